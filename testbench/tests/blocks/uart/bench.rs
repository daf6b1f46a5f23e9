//! A line, a link and the golden model around a UART.

use std::collections::VecDeque;

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rowfuse_hdl::link::uart::{Uart, UartSettings};
use rowfuse_spec::uart::RATE_BITS;
use rowfuse_testbench::dut::{Dut, Stimulus};
use rust_hdl::prelude::*;

use super::golden::{Golden, Inputs, Outputs};
use crate::support::agree;

/// Short times, so that they pass in a test. All tests share one Verilog.
pub const SETTINGS: UartSettings = UartSettings {
    default_increment: (1 << RATE_BITS) / 16,
    settle_clocks: 100,
    hold_clocks: 20_000,
};

/// Clocks a bit at an increment.
pub fn clocks(increment: u32) -> f64 {
    f64::from(1 << RATE_BITS) / f64::from(increment)
}

/// What surrounds the UART.
pub struct Around {
    random: ChaCha8Rng,
    golden: Golden,
    inputs: Inputs,
    /// Levels of the line to the board to come; high when there are none.
    pub line: VecDeque<bool>,
    /// Bytes to be sent to the host.
    pub bytes: VecDeque<u8>,
    /// Probability that a byte is offered when there is one, that one is taken, and of a good frame.
    pub offer: f64,
    pub take: f64,
    pub good: f64,
    /// Everything at random.
    pub wild: bool,
    /// Inputs of the next cycle alone.
    pub rate: Option<u32>,
    pub reset: bool,
    /// The line to the host in every cycle.
    pub sent: Vec<bool>,
    /// Bytes taken, and when they were first shown.
    pub received: Vec<u8>,
    pub shown: Vec<usize>,
    /// Cycles in which a byte to the host was taken.
    pub taken: Vec<usize>,
    /// The increment of every cycle, after the golden model.
    pub increments: Vec<u32>,
    stands: bool,
}

/// A UART in both simulations, and around it.
pub struct Bench {
    dut: Dut<Uart>,
    pub around: Around,
}

impl Bench {
    pub fn new(seed: u64) -> Bench {
        let dut = Dut::new("uart", Uart::new(&SETTINGS), |b, clock| {
            b.clock.next = clock
        });
        let around = Around {
            random: crate::support::rng(seed),
            golden: Golden::new(SETTINGS),
            inputs: Inputs::default(),
            line: VecDeque::new(),
            bytes: VecDeque::new(),
            offer: 1.0,
            take: 1.0,
            good: 0.0,
            wild: false,
            rate: None,
            reset: false,
            sent: Vec::new(),
            received: Vec::new(),
            shown: Vec::new(),
            taken: Vec::new(),
            increments: Vec::new(),
            stands: false,
        };
        let dut = dut.expect("a legal block");
        let mut bench = Bench { dut, around };
        bench.run(20);
        bench
    }

    /// Cycles run so far.
    pub fn now(&self) -> usize {
        self.around.sent.len()
    }

    /// Runs through all three models.
    pub fn run(&mut self, cycles: usize) {
        agree(&mut self.dut, cycles, &mut self.around);
    }

    /// Runs until the line and the bytes to be sent have come to their end, and a little longer.
    pub fn finish(&mut self) {
        while !self.around.line.is_empty() || !self.around.bytes.is_empty() {
            self.run(1000);
        }
        self.run(200 + (12.0 * clocks(self.around.golden.increment())) as usize);
    }

    /// Changes the rate and keeps it with good frames.
    pub fn at(mut self, increment: u32) -> Bench {
        self.around.rate = Some(increment);
        self.around.good = 0.005;
        self.run(SETTINGS.settle_clocks as usize + 10);
        self
    }

    /// What a host made of the line since cycle `from` at `clocks` a bit.
    pub fn heard(&self, from: usize, clocks: f64) -> Vec<Option<u8>> {
        super::host::receive(&self.around.sent[from..], clocks)
    }

    /// Bytes that the golden model lost.
    pub fn lost(&self) -> usize {
        self.around.golden.lost
    }
}

impl Stimulus<Uart> for &mut Around {
    fn drive(&mut self, uart: &mut Uart, _cycle: usize) {
        let offered = self.inputs.tx.is_some() && !uart.tx_ready.val();
        self.inputs = Inputs {
            reset: std::mem::take(&mut self.reset),
            rx: self.line.pop_front().unwrap_or(true),
            rx_ready: self.random.gen_bool(self.take),
            tx: None,
            rate: self.rate.take(),
            frame_good: self.random.gen_bool(self.good),
        };
        if self.wild {
            self.inputs.reset = self.random.gen_ratio(1, 3000);
            let increment = 1 << self.random.gen_range(13..=17) | self.random.gen_range(0..1 << 12);
            self.inputs.rate = self.random.gen_ratio(1, 900).then_some(increment);
            if self.bytes.is_empty() && self.random.gen_ratio(1, 2000) {
                self.bytes
                    .extend([0; 2].map(|_: u8| self.random.gen::<u8>()));
            }
        }
        if offered || self.random.gen_bool(self.offer) {
            self.inputs.tx = self.bytes.front().copied();
        }
        let inputs = &self.inputs;
        uart.reset.next = inputs.reset;
        uart.rx.next = inputs.rx;
        uart.rx_ready.next = inputs.rx_ready;
        uart.tx_valid.next = inputs.tx.is_some();
        uart.tx_data.next = u64::from(inputs.tx.unwrap_or(0xA7)).to_bits();
        uart.rate.next = u64::from(inputs.rate.unwrap_or(0x3_3333)).to_bits();
        uart.rate_valid.next = inputs.rate.is_some();
        uart.frame_good.next = inputs.frame_good;
    }

    fn observe(&mut self, uart: &Uart, _cycle: usize) {
        let now = self.sent.len();
        let rx = uart.rx_data.val().index() as u8;
        let outputs = Outputs {
            tx: uart.tx.val(),
            tx_ready: uart.tx_ready.val(),
            rx: uart.rx_valid.val().then_some(rx),
        };
        assert_eq!(outputs, self.golden.outputs(), "cycle {now}");
        self.sent.push(outputs.tx);
        self.increments.push(self.golden.increment());
        if let Some(byte) = outputs.rx {
            if !self.stands {
                self.shown.push(now);
            }
            self.stands = !self.inputs.rx_ready;
            if self.inputs.rx_ready {
                self.received.push(byte);
            }
        } else {
            self.stands = false;
        }
        if outputs.tx_ready && self.inputs.tx.is_some() {
            self.bytes.pop_front();
            self.taken.push(now);
        }
        self.golden.step(&self.inputs);
    }
}
