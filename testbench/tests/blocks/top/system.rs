//! The system between its bytes and the memory's pins: a host that waits at random, a chip with a checker, resets.

use std::collections::VecDeque;

use rand::{Rng, RngCore};
use rand_chacha::ChaCha8Rng;
use rowfuse_hdl::system::{memory, System};
use rowfuse_spec::config::preset;
use rowfuse_spec::frame::{Frame, Info, ReplyStatus, Request, Status};
use rowfuse_testbench::dut::{Dut, Stimulus};
use rowfuse_testbench::sdram::{Pins, Sdram};
use rust_hdl::prelude::*;

use crate::support::{agree, rng};

struct World {
    random: ChaCha8Rng,
    chip: Sdram,
    dq: Option<u16>,
    bytes: VecDeque<u8>,
    offered: bool,
    reset: bool,
    received: Vec<u8>,
    marks: [usize; 3],
}

impl Stimulus<System> for &mut World {
    fn drive(&mut self, block: &mut System, _cycle: usize) {
        self.offered = !self.bytes.is_empty() && (self.offered || self.random.gen_bool(0.7));
        block.rx_valid.next = self.offered;
        block.rx_data.next = u64::from(self.bytes.front().copied().unwrap_or(0)).to_bits();
        block.tx_ready.next = self.random.gen_bool(0.7);
        block.reset.next = std::mem::take(&mut self.reset);
        block.dq_in.next = self.dq.unwrap_or(0).to_bits();
    }

    fn observe(&mut self, block: &System, cycle: usize) {
        if self.offered && block.rx_ready.val() {
            self.bytes.pop_front();
            self.offered = false;
        }
        if block.tx_valid.val() && block.tx_ready.val() {
            self.received.push(block.tx_data.val().index() as u8);
        }
        let strobes = [&block.frame_good, &block.frame_bad, &block.rate_valid];
        for (mark, strobe) in self.marks.iter_mut().zip(strobes) {
            *mark += usize::from(strobe.val());
        }
        let z = block.dq_z.val().index();
        assert!(z == 0 || z == 0xFFFF, "all pins are driven or none");
        let pins = Pins {
            cke: block.cke.val(),
            cs_n: block.cs_n.val(),
            ras_n: block.ras_n.val(),
            cas_n: block.cas_n.val(),
            we_n: block.we_n.val(),
            ba: block.ba.val().index() as u8,
            a: block.a.val().index() as u16,
            dqm: block.dqm.val().index() as u8,
            dq: (z == 0).then(|| block.dq_out.val().index() as u16),
        };
        let next = self.chip.clock(&pins);
        self.dq = next.unwrap_or_else(|violation| panic!("cycle {cycle}: {violation}"));
    }
}

struct Board {
    dut: Dut<System>,
    world: World,
    seq: u8,
}

impl Board {
    fn ask(&mut self, request: &Request) -> Frame {
        self.seq += 1;
        let frame = request.frame(self.seq).unwrap();
        self.talk(frame.encode().unwrap())
    }

    /// The reply to those bytes.
    fn talk(&mut self, bytes: Vec<u8>) -> Frame {
        self.world.bytes = bytes.into();
        self.world.received.clear();
        for _ in 0..20 {
            agree(&mut self.dut, 150, &mut self.world);
            if let Ok(frame) = Frame::decode(&self.world.received) {
                return frame;
            }
        }
        panic!("no reply: {:02x?}", self.world.received);
    }
}

/// The golden model is the contract: what a board answers, and what the chip then holds.
pub fn a_host_that_waits_at_random() {
    let config = preset("tiny-1").unwrap();
    let clocks = memory(&config).clocks().unwrap();
    let system = System::new(&config).unwrap();
    let mut board = Board {
        dut: Dut::new("system", system, |b, clock| b.clock.next = clock)
            .unwrap()
            // The link's buffers show bytes at its outputs while nobody looks.
            .with_zeros(),
        world: World {
            random: rng(380),
            chip: Sdram::new(clocks, 1 << 16),
            dq: None,
            bytes: VecDeque::new(),
            offered: false,
            reset: false,
            received: Vec::new(),
            marks: [0; 3],
        },
        seq: 0,
    };
    let expected = Info::of(&config, rowfuse_hdl::identity::source_id(&config).unwrap());
    assert_eq!(
        Info::decode(&board.ask(&Request::Info).payload).unwrap(),
        expected
    );
    let mut data = vec![0; 60];
    rng(381).fill_bytes(&mut data);
    // Across the end of a row.
    let address = 1024 - 20;
    let write = Request::Write {
        address,
        data: data.clone(),
    };
    assert_eq!(board.ask(&write).status, ReplyStatus::Ok as u8);
    for (place, pair) in data.chunks(2).enumerate() {
        let word = board.world.chip.peek(address as usize / 2 + place);
        assert_eq!(word, Some(u16::from_le_bytes([pair[0], pair[1]])));
    }
    let length = data.len() as u16;
    assert_eq!(board.ask(&Request::Read { address, length }).payload, data);
    let sum = rowfuse_spec::crc32::crc32(&data).to_le_bytes();
    assert_eq!(
        board.ask(&Request::Checksum { address, length }).payload,
        sum
    );
    for round in 0..3 {
        // What was written is no program: it ends with an error; the button disturbs nothing but programs.
        assert_eq!(
            board
                .ask(&Request::Run {
                    address: 1024 - 64 + 44
                })
                .status,
            ReplyStatus::Ok as u8
        );
        board.world.reset = true;
        let status = Status::decode(&board.ask(&Request::Status).payload).unwrap();
        assert!(!status.busy, "round {round}");
        let mut damaged = Request::Info.frame(99).unwrap().encode().unwrap();
        damaged[2] ^= 0x10;
        assert_eq!(board.talk(damaged).status, ReplyStatus::BadCrc as u8);
        assert_eq!(board.ask(&Request::Read { address, length }).payload, data);
    }
    let [good, bad, rates] = board.world.marks;
    assert_eq!((good, bad, rates), (4 + 3 * 3, 3, 0));
}
