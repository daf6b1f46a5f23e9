//! Both pipes and the wires, with the model of the host before them and an engine behind that waits at random.

use std::collections::VecDeque;

use rand::{Rng, RngCore};
use rand_chacha::ChaCha8Rng;
use rowfuse_hdl::link::opal_kelly::{Pipes, RESET_LATENCY};
use rowfuse_spec::frame::Decoder;
use rowfuse_spec::pipes::{CONTROL_RESET, STATUS_BUSY, STATUS_FAILED, STATUS_MEMORY};
use rowfuse_testbench::board::opal_kelly::{FromHost, HostPace, PipeHost, ToHost};
use rowfuse_testbench::dut::{Dut, Stimulus};
use rust_hdl::prelude::*;

use super::parts::{stream, Sender, PATIENCE};
use super::world::{rises, Ticking};
use crate::support::{agree, rng};

struct World {
    random: ChaCha8Rng,
    clock: Ticking,
    host: PipeHost,
    was: bool,
    seen: ToHost,
    to_board: VecDeque<u8>,
    from_board: Vec<u8>,
    received: Vec<u8>,
    sender: Sender,
    state: [bool; 3],
}

impl Stimulus<Pipes> for &mut World {
    fn drive(&mut self, b: &mut Pipes, _: usize) {
        let (level, free) = self.clock.tick(&mut self.random);
        b.ti_clk.next = level.into();
        if level && !self.was {
            if self.random.gen_ratio(1, 400) {
                self.host.press(self.random.gen_range(1..9));
            }
            let edge = self
                .host
                .clock(&self.seen, &mut self.to_board, &mut self.from_board);
            edge.unwrap();
        }
        self.was = level;
        if free {
            let FromHost {
                in_write,
                in_blockstrobe,
                in_dataout,
                out_read,
                out_blockstrobe,
                control,
            } = self.host.outputs();
            b.in_write.next = in_write;
            b.in_blockstrobe.next = in_blockstrobe;
            b.in_dataout.next = u64::from(in_dataout).to_bits();
            b.out_read.next = out_read;
            b.out_blockstrobe.next = out_blockstrobe;
            b.control.next = u64::from(control).to_bits();
        }
        b.rx_ready.next = self.random.gen_bool(0.7);
        let byte = self.sender.next(&mut self.random);
        b.tx_valid.next = byte.is_some();
        b.tx_data.next = u64::from(byte.unwrap_or(0)).to_bits();
        for bit in &mut self.state {
            *bit ^= self.random.gen_ratio(1, 50);
        }
        [b.busy.next, b.program_failed.next, b.memory_ready.next] = self.state;
    }

    fn observe(&mut self, b: &Pipes, _: usize) {
        self.seen = ToHost {
            in_ready: b.in_ready.val(),
            out_ready: b.out_ready.val(),
            out_datain: b.out_datain.val().index() as u16,
            status: b.status.val().index() as u16,
            blocks: b.blocks.val().index() as u16,
        };
        if b.rx_valid.val() && b.rx_ready.val() {
            self.received.push(b.rx_data.val().index() as u8);
        }
        self.sender.taken(b.tx_ready.val());
    }
}

/// Bytes arrive in their order with filler behind them, replies are all decoded, and the wires say what was some clocks ago.
pub fn a_host_and_an_engine_that_wait_at_random() {
    for (seed, pace) in [
        (740, HostPace::FULL),
        (
            741,
            HostPace {
                between: 300,
                gaps: 0.2,
            },
        ),
    ] {
        let mut random = rng(seed);
        let replies = stream(&mut random);
        let mut requests = vec![0; 512 * 12 + 100];
        random.fill_bytes(&mut requests);
        let mut world = World {
            host: PipeHost::new(pace, random.gen()),
            random,
            clock: Ticking::new(),
            was: false,
            seen: ToHost::default(),
            to_board: requests.iter().copied().collect(),
            from_board: Vec::new(),
            received: Vec::new(),
            sender: Sender::new(replies.clone()),
            state: [false; 3],
        };
        let block = Pipes::new(PATIENCE as u64);
        let mut dut = Dut::new("pipes", block, |b, clock| b.clock.next = clock)
            .unwrap()
            .with_driven_clocks(&["ti_clk"]);
        let trace = agree(&mut dut, 90_000, &mut world);

        rowfuse_spec::pipes::fill(&mut requests);
        assert_eq!(world.received, requests, "requests");
        let decode = |bytes: &[u8]| Decoder::new().push_all(bytes);
        let sent: Vec<u8> = replies.iter().copied().collect();
        assert_eq!(decode(&world.from_board), decode(&sent), "replies");
        assert!(world.from_board.len().is_multiple_of(512));

        // Three bits pass a register of the engine and two of the host; the reset one of the host, two of the engine, and one that sees it rise.
        let mut sent = 0;
        let mut status = [0; 2];
        let mut control = 0;
        let mut line = [0; 4];
        let mut resets = 0;
        let mut pressed = None;
        for t in 0..trace.cycles() {
            if rises(&trace, "ti_clk", t) {
                status = [sent, status[0]];
                control = trace.u64("control", t) & u64::from(CONTROL_RESET);
                if control == 1 {
                    pressed.get_or_insert(t);
                }
            }
            assert_eq!(trace.u64("status", t), status[1], "cycle {t}");
            let [_, _, _, reset] = line;
            assert_eq!(trace.u64("reset", t), reset, "cycle {t}");
            resets += reset;
            let [first, second, before, _] = line;
            line = [
                control,
                first,
                second,
                u64::from(second == 1 && before == 0),
            ];
            let bit = |port: &str, bit: u16| trace.u64(port, t) * u64::from(bit);
            sent = bit("busy", STATUS_BUSY)
                | bit("program_failed", STATUS_FAILED)
                | bit("memory_ready", STATUS_MEMORY);
        }
        assert!(resets > 20, "{resets}");
        let first = trace.when("reset").next();
        assert_eq!(first, pressed.map(|t| t + RESET_LATENCY));
    }
}
