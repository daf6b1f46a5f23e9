//! Everything on the device but its clocks, at the pins: a host on the line, a chip behind the pins' registers.

use std::collections::VecDeque;

use rand::RngCore;
use rowfuse_hdl::identity::source_id;
use rowfuse_hdl::link::uart::UartSettings;
use rowfuse_hdl::system;
use rowfuse_hdl::top::SerialSystem;
use rowfuse_spec::config::{preset, Device};
use rowfuse_spec::frame::{Frame, Info, ReplyStatus, Request};
use rowfuse_spec::uart::RATE_BITS;
use rowfuse_spec::EngineConfig;
use rowfuse_testbench::dut::{Dut, Stimulus};
use rowfuse_testbench::sdram::{Pins, Sdram};
use rust_hdl::prelude::*;

use crate::support::agree;
use crate::uart::host::{receive, send};

/// Clocks a bit at first, and as soon as RATE has asked for it.
const SLOW: u32 = 16;
const FAST: u32 = 8;

const UART: UartSettings = UartSettings {
    default_increment: (1 << RATE_BITS) / SLOW,
    settle_clocks: 100,
    hold_clocks: 1 << 20,
};

/// A small engine on a real device: with registers in the memory's pins and a chip that must be powered up.
fn config() -> EngineConfig {
    EngineConfig {
        name: "tiny-on-a-device".into(),
        clock_mhz: 80,
        device: Device::lfe5u_85f(),
        ..preset("tiny-1").unwrap()
    }
}

struct World {
    chip: Sdram,
    dq: Option<u16>,
    line: VecDeque<bool>,
    heard: Vec<bool>,
    pressed: bool,
    lights: u8,
}

impl Stimulus<SerialSystem> for &mut World {
    fn drive(&mut self, block: &mut SerialSystem, _cycle: usize) {
        block.rx.next = self.line.pop_front().unwrap_or(true);
        block.button_n.next = !self.pressed;
        block.dq_in.next = self.dq.unwrap_or(0).to_bits();
    }

    fn observe(&mut self, block: &SerialSystem, cycle: usize) {
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
        self.heard.push(block.tx.val());
        self.lights |= block.led.val().index() as u8;
    }
}

struct Board {
    dut: Dut<SerialSystem>,
    world: World,
    seq: u8,
}

impl Board {
    fn new(config: &EngineConfig) -> Board {
        let clocks = system::memory(config).clocks().unwrap();
        let block = SerialSystem::new(config, Some(UART)).unwrap();
        Board {
            dut: Dut::new("serial_system", block, |b, clock| b.clock.next = clock)
                .unwrap()
                // The link's buffers show bytes at its outputs while nobody looks.
                .with_zeros(),
            world: World {
                chip: Sdram::new(clocks, 1 << 16),
                dq: None,
                line: VecDeque::new(),
                heard: Vec::new(),
                pressed: false,
                lights: 0,
            },
            seq: 0,
        }
    }

    fn run(&mut self, cycles: usize) {
        agree(&mut self.dut, cycles, &mut self.world);
    }

    /// What answers to bytes on the line within the time of so many more.
    fn talk(&mut self, bytes: &[u8], answer: usize, clocks: u32) -> Vec<Option<u8>> {
        self.world.line = send(bytes, clocks.into(), 0.3).into();
        self.world.heard.clear();
        self.run((bytes.len() + answer + 3) * 10 * clocks as usize + 400);
        receive(&self.world.heard, clocks.into())
    }

    fn ask(&mut self, request: &Request, answer: usize, clocks: u32) -> Frame {
        self.seq += 1;
        let frame = request.frame(self.seq).unwrap();
        let heard = self.talk(&frame.encode().unwrap(), 10 + answer, clocks);
        let bytes: Option<Vec<u8>> = heard.into_iter().collect();
        let reply = Frame::decode(&bytes.expect("no framing errors")).unwrap();
        assert_eq!(reply.seq, self.seq);
        reply
    }
}

/// The whole system, by value, is more than a usual test's stack holds: the list of blocks runs it with room.
pub fn a_host_talks_to_the_memory_through_line_and_pins() {
    let config = config();
    let mut board = Board::new(&config);
    let info = board.ask(&Request::Info, Info::BYTES, SLOW);
    let expected = Info::of(&config, source_id(&config).unwrap());
    assert_eq!(Info::decode(&info.payload).unwrap(), expected);
    assert_eq!(board.world.lights, 1, "the link's light");

    let increment = (1 << RATE_BITS) / FAST;
    let reply = board.ask(&Request::Rate { increment }, 0, SLOW);
    assert_eq!(reply.status, ReplyStatus::Ok as u8);

    // The chip is powered up for 200 µs; a WRITE waits as long as it takes.
    board.run(16_000);
    let mut data = vec![0; 96];
    crate::support::rng(5).fill_bytes(&mut data);
    // Across the end of a row, which lies at 1024 bytes.
    let address = 1024 - 40;
    let request = Request::Write {
        address,
        data: data.clone(),
    };
    assert_eq!(board.ask(&request, 0, FAST).status, ReplyStatus::Ok as u8);
    for (place, pair) in data.chunks(2).enumerate() {
        let word = board.world.chip.peek(address as usize / 2 + place);
        assert_eq!(word, Some(u16::from_le_bytes([pair[0], pair[1]])));
    }
    let length = data.len() as u16;
    let read = board.ask(&Request::Read { address, length }, data.len(), FAST);
    assert_eq!(read.payload, data);
    assert_eq!(board.world.lights, 1);

    // Damaged on the line: the light says so, and the next frame is understood.
    let mut bytes = Request::Info.frame(9).unwrap().encode().unwrap();
    bytes[2] ^= 0x10;
    board.talk(&bytes, 10, FAST);
    assert_eq!(board.world.lights, 0b101, "the error's light");

    // The button brings the first rate back, however often it is pressed.
    for pressed in [true, false, true, false, true, false] {
        board.world.pressed = pressed;
        board.run(50);
    }
    let info = board.ask(&Request::Info, Info::BYTES, SLOW);
    assert_eq!(Info::decode(&info.payload).unwrap(), expected);
}
