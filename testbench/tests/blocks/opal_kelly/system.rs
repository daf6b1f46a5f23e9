//! The system between the endpoints and MIG: a host that waits at random, a memory that does, two clocks, resets.

use std::collections::VecDeque;

use rand::{Rng, RngCore};
use rand_chacha::ChaCha8Rng;
use rowfuse_hdl::identity::{id_of, sha256};
use rowfuse_hdl::top::opal_kelly::OkSystem;
use rowfuse_spec::config::preset;
use rowfuse_spec::frame::{Decoder, Frame, Info, ReplyStatus, Request, Status};
use rowfuse_spec::pipes::STATUS_MEMORY;
use rowfuse_testbench::board::opal_kelly::{
    drive, read, FromHost, HostPace, Inputs, PipeHost, ToHost,
};
use rowfuse_testbench::dut::{Dut, Stimulus};
use rowfuse_testbench::mig::{Mig, MigSettings};

use super::world::Ticking;
use crate::support::{agree, rng};

struct World {
    random: ChaCha8Rng,
    clock: Ticking,
    was: bool,
    host: PipeHost,
    given: FromHost,
    seen: ToHost,
    mig: Mig,
    to_board: VecDeque<u8>,
    from_board: Vec<u8>,
    marks: [usize; 3],
}

impl Stimulus<OkSystem> for &mut World {
    fn drive(&mut self, block: &mut OkSystem, _: usize) {
        let (level, free) = self.clock.tick(&mut self.random);
        if level && !self.was {
            let edge = self
                .host
                .clock(&self.seen, &mut self.to_board, &mut self.from_board);
            edge.unwrap();
        }
        self.was = level;
        if free {
            self.given = self.host.outputs();
        }
        let inputs = Inputs {
            ti_clk: level,
            host: self.given,
            memory: self.mig.outputs(),
        };
        drive(block, &inputs);
    }

    fn observe(&mut self, block: &OkSystem, cycle: usize) {
        let outputs = read(block);
        self.seen = outputs.host;
        let clock = self.mig.clock(&outputs.memory);
        clock.unwrap_or_else(|violation| panic!("cycle {cycle}: {violation}"));
        let strobes = [&block.frame_good, &block.frame_bad, &block.program_failed];
        for (mark, strobe) in self.marks.iter_mut().zip(strobes) {
            *mark += usize::from(strobe.val());
        }
    }
}

struct Board {
    dut: Dut<OkSystem>,
    world: World,
    seq: u8,
}

impl Board {
    fn ask(&mut self, request: &Request) -> Frame {
        self.seq += 1;
        let frame = request.frame(self.seq).unwrap();
        let reply = self.talk(&frame.encode().unwrap());
        assert_eq!(reply.seq, self.seq);
        reply
    }

    /// The reply to those bytes.
    fn talk(&mut self, bytes: &[u8]) -> Frame {
        self.world.to_board.extend(bytes);
        let mut decoder = Decoder::new();
        for _ in 0..400 {
            agree(&mut self.dut, 100, &mut self.world);
            let bytes = std::mem::take(&mut self.world.from_board);
            if let Some(frame) = decoder.push_all(&bytes).into_iter().next() {
                return frame.unwrap();
            }
        }
        panic!("no reply");
    }
}

/// The golden model is the contract: what a board answers, and what the memory then holds.
pub fn a_host_and_a_memory_that_wait_at_random() {
    let config = preset("tiny-1").unwrap();
    let id = id_of(&sha256(&OkSystem::unidentified(&config).unwrap().emit()));
    let settings = MigSettings {
        words: 1 << 16,
        calibration: 5000,
        access: 0.6,
        data: 0.7,
        ..MigSettings::BOARD
    };
    let pace = HostPace {
        between: 40,
        gaps: 0.05,
    };
    let mut random = rng(750);
    let system = OkSystem::new(&config).unwrap();
    let mut board = Board {
        dut: Dut::new("ok_system", system, |b, clock| b.clock.next = clock)
            .unwrap()
            .with_driven_clocks(&["ti_clk"])
            // The link's buffers show bytes at its outputs while nobody looks.
            .with_zeros(),
        world: World {
            clock: Ticking::new(),
            was: false,
            host: PipeHost::new(pace, random.gen()),
            given: FromHost::default(),
            seen: ToHost::default(),
            mig: Mig::new(settings, random.gen()),
            random,
            to_board: VecDeque::new(),
            from_board: Vec::new(),
            marks: [0; 3],
        },
        seq: 0,
    };
    // Who it is can be told before the memory can be used; what needs it waits.
    let info = Info::decode(&board.ask(&Request::Info).payload).unwrap();
    assert_eq!(info, Info::of(&config, id));
    assert_eq!(board.world.seen.status & STATUS_MEMORY, 0);
    let mut data = vec![0; 700];
    rng(751).fill_bytes(&mut data);
    let address = 1024 - 22;
    let write = Request::Write {
        address,
        data: data.clone(),
    };
    assert_eq!(board.ask(&write).status, ReplyStatus::Ok as u8);
    assert_eq!(board.world.seen.status & STATUS_MEMORY, STATUS_MEMORY);
    for (place, pair) in data.chunks(2).enumerate() {
        let word = board.world.mig.peek(address as usize / 2 + place);
        assert_eq!(word, Some(u16::from_le_bytes([pair[0], pair[1]])));
    }
    let length = data.len() as u16;
    let reads = Request::Read { address, length };
    assert_eq!(board.ask(&reads).payload, data);
    let sum = rowfuse_spec::crc32::crc32(&data).to_le_bytes();
    let sums = Request::Checksum { address, length };
    assert_eq!(board.ask(&sums).payload, sum);
    for round in 0..4 {
        // What was written is no program: it ends with an error; the reset bit disturbs nothing but programs.
        let run = Request::Run { address: 1024 };
        assert_eq!(board.ask(&run).status, ReplyStatus::Ok as u8);
        board.world.host.press(3 + round);
        let status = Status::decode(&board.ask(&Request::Status).payload).unwrap();
        assert!(!status.busy, "round {round}");
        let mut damaged = Request::Info.frame(99).unwrap().encode().unwrap();
        damaged[2] ^= 0x10;
        assert_eq!(board.talk(&damaged).status, ReplyStatus::BadCrc as u8);
        assert_eq!(board.ask(&reads).payload, data);
    }
    let [good, bad, failed] = board.world.marks;
    assert_eq!((good, bad), (4 + 4 * 3, 4));
    assert!(failed > 0);
}
