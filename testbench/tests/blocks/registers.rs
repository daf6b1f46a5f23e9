//! The smallest blocks: registers and constants.

use rand::Rng;
use rowfuse_hdl::engine::fixed::Fixed;
use rowfuse_hdl::primitives::{HighDff, InputPins, OutputPins};
use rowfuse_testbench::dut::{Dut, Trace};
use rust_hdl::prelude::*;

use crate::support::{agree, rng};

/// `q` is the `d` of a clock ago, and at first `first`; or `d` itself without a register.
fn follows(trace: &Trace, first: u64, register: bool) {
    for t in 0..trace.cycles() {
        let expected = match (register, t) {
            (false, _) => trace.u64("d", t),
            (true, 0) => first,
            (true, _) => trace.u64("d", t - 1),
        };
        assert_eq!(trace.u64("q", t), expected, "cycle {t}");
    }
}

pub fn flip_flop() {
    let mut random = rng(301);
    let block = DFF::<Bits<8>>::default();
    let mut dut = Dut::new("dff", block, |b, clock| b.clock.next = clock).unwrap();
    let trace = agree(&mut dut, 300, |b: &mut DFF<Bits<8>>, _: usize| {
        b.d.next = random.gen_range(0..256_u64).to_bits();
    });
    follows(&trace, 0, true);
}

pub fn high_flip_flop() {
    let mut random = rng(302);
    let block = HighDff::default();
    let mut dut = Dut::new("high_dff", block, |b, clock| b.clock.next = clock).unwrap();
    let trace = agree(&mut dut, 300, |b: &mut HighDff, _: usize| {
        b.d.next = random.gen();
    });
    follows(&trace, 1, true);
}

/// A constant, of the widths there are.
pub fn fixed() {
    for value in [0, 1, 0xBEEF, 0xFFFF] {
        let block = Fixed::<16>::new(value);
        let mut dut = Dut::combinational("fixed", block).unwrap();
        let trace = agree(&mut dut, 3, |_: &mut Fixed<16>, _: usize| ());
        assert_eq!(trace.column("value"), [value; 3]);
    }
}

pub fn output_pins() {
    for register in [true, false] {
        let (mut random, first) = (rng(303), 0b10_1001);
        let block = OutputPins::<6>::new(register, first);
        let name = format!("output_pins_{register}");
        let mut dut = Dut::new(&name, block, |b, clock| b.clock.next = clock).unwrap();
        let trace = agree(&mut dut, 300, |b: &mut OutputPins<6>, _: usize| {
            b.d.next = random.gen_range(0..64_u64).to_bits();
        });
        follows(&trace, first, register);
    }
}

pub fn input_pins() {
    for register in [true, false] {
        let mut random = rng(304);
        let block = InputPins::<6>::new(register);
        let name = format!("input_pins_{register}");
        let mut dut = Dut::new(&name, block, |b, clock| b.clock.next = clock).unwrap();
        let trace = agree(&mut dut, 300, |b: &mut InputPins<6>, _: usize| {
            b.d.next = random.gen_range(0..64_u64).to_bits();
        });
        follows(&trace, 0, register);
    }
}
