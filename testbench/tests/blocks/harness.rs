//! The harness itself: it must pass what agrees and fail what does not.

use rand::Rng;
use rowfuse_testbench::dut::{Dut, DutError, Verified};
use rowfuse_testbench::verilator::Direction;
use rust_hdl::prelude::*;

use crate::support::agree;

/// An interface, so that a port's name contains `$`.
#[derive(LogicInterface, Clone, Debug, Default)]
pub struct Command {
    pub enable: Signal<In, Bit>,
    pub step: Signal<In, Bits<4>>,
}

#[derive(LogicBlock, Default)]
struct Counter {
    pub clock: Signal<In, Clock>,
    pub command: Command,
    pub terms: [Signal<In, Signed<6>>; 2],
    pub count: Signal<Out, Bits<8>>,
    pub sum: Signal<Out, Signed<6>>,
    register: DFF<Bits<8>>,
    wide_step: Signal<Local, Bits<8>>,
}

impl Logic for Counter {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, register);
        self.wide_step.next = bit_cast::<8, 4>(self.command.step.val());
        if self.command.enable.val() {
            self.register.d.next = self.register.q.val() + self.wide_step.val();
        }
        self.count.next = self.register.q.val();
        self.sum.next = self.terms[0].val() + self.terms[1].val();
    }
}

#[test]
fn a_counter_and_an_adder_agree_with_the_golden_model() {
    let mut random = crate::support::rng(1);
    let mut dut = Dut::new("counter", Counter::default(), |b, clock| {
        b.clock.next = clock
    })
    .expect("a legal block");
    let trace = agree(&mut dut, 500, |block: &mut Counter, _: usize| {
        block.command.enable.next = random.gen();
        block.command.step.next = random.gen_range(0..16_u64).to_bits();
        for term in &mut block.terms {
            term.next = signed(random.gen_range(-32..32_i64));
        }
    });
    let mut count = 0_u8;
    for t in 0..trace.cycles() {
        assert_eq!(trace.u64("count", t), u64::from(count), "cycle {t}");
        if trace.u64("command$enable", t) == 1 {
            count = count.wrapping_add(trace.u64("command$step", t) as u8);
        }
        let sum = trace.i64("terms$0", t) + trace.i64("terms$1", t);
        assert_eq!(
            trace.i64("sum", t),
            (sum + 32).rem_euclid(64) - 32,
            "cycle {t}"
        );
    }
}

#[derive(LogicBlock, Default)]
struct Wide {
    pub clock: Signal<In, Clock>,
    pub a: Signal<In, Bits<288>>,
    pub shift: Signal<In, Bits<40>>,
    pub both: Signal<Out, Bits<576>>,
    pub shifted: Signal<Out, Bits<40>>,
    register: DFF<Bits<288>>,
    double: Signal<Local, Bits<576>>,
}

impl Logic for Wide {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, register);
        self.register.d.next = self.a.val();
        self.double.next = bit_cast::<576, 288>(self.register.q.val()) << 288;
        self.both.next = self.double.val() | bit_cast::<576, 288>(self.a.val());
        self.shifted.next = self.shift.val() << 1;
    }
}

#[test]
fn ports_of_hundreds_of_bits_cross_intact() {
    let mut random = crate::support::rng(2);
    let mut dut =
        Dut::new("wide", Wide::default(), |b, clock| b.clock.next = clock).expect("a legal block");
    let trace = agree(&mut dut, 60, |block: &mut Wide, _: usize| {
        let mut value: Bits<288> = 0.into();
        for _ in 0..9 {
            value = (value << 32) | u64::from(random.gen::<u32>()).to_bits();
        }
        block.a.next = value;
        block.shift.next = random.gen_range(0..1_u64 << 40).to_bits();
    });
    for t in 1..trace.cycles() {
        let expected = [trace.words("a", t), trace.words("a", t - 1)].concat();
        assert_eq!(trace.words("both", t), expected, "cycle {t}");
        let shifted = trace.u64("shift", t) << 1 & ((1 << 40) - 1);
        assert_eq!(trace.u64("shifted", t), shifted, "cycle {t}");
    }
}

/// The cast of a sum keeps the carry in Verilog and loses it in Rust.
#[derive(LogicBlock, Default)]
struct CarryQuirk {
    pub a: Signal<In, Bits<8>>,
    pub b: Signal<In, Bits<8>>,
    pub sum: Signal<Out, Bits<16>>,
}

impl Logic for CarryQuirk {
    #[hdl_gen]
    fn update(&mut self) {
        self.sum.next = bit_cast::<16, 8>(self.a.val() + self.b.val());
    }
}

#[test]
fn a_disagreement_is_found() {
    let mut dut = Dut::combinational("carry", CarryQuirk::default()).expect("a legal block");
    let quiet = agree(&mut dut, 1, |block: &mut CarryQuirk, _: usize| {
        block.a.next = 100.into()
    });
    if *quiet.verified() != Verified::Compared {
        return;
    }
    let result = dut.run(3, |block: &mut CarryQuirk, cycle: usize| {
        block.a.next = 200.into();
        block.b.next = (50 + 10 * cycle as u64).to_bits();
    });
    match result {
        Err(DutError::Mismatch { mismatch, .. }) => {
            assert_eq!(
                (mismatch.cycle, mismatch.port.as_str(), mismatch.count),
                (1, "sum", 2)
            );
            assert_eq!(
                (mismatch.rust_hdl.as_str(), mismatch.verilator.as_str()),
                ("0x4", "0x104")
            );
        }
        other => panic!("the carry went unnoticed: {other:?}"),
    }
}

/// A latch: rust-hdl's check lets it pass.
#[derive(LogicBlock, Default)]
struct Latch {
    pub enable: Signal<In, Bit>,
    pub data: Signal<In, Bits<4>>,
    pub held: Signal<Out, Bits<4>>,
}

impl Logic for Latch {
    #[hdl_gen]
    fn update(&mut self) {
        if self.enable.val() {
            self.held.next = self.data.val();
        }
    }
}

#[test]
fn a_latch_is_refused() {
    let mut dut = Dut::combinational("latch", Latch::default()).expect("passes rust-hdl's check");
    match dut.run(1, |_: &mut Latch, _: usize| ()) {
        Ok(trace) => assert_ne!(
            *trace.verified(),
            Verified::Compared,
            "the latch was accepted"
        ),
        Err(error) => assert!(error.to_string().contains("LATCH"), "{error}"),
    }
}

#[test]
fn a_run_goes_on_where_the_last_one_ended() {
    let mut dut = Dut::new("counter", Counter::default(), |b, clock| {
        b.clock.next = clock
    })
    .expect("a legal block");
    let mut step = |block: &mut Counter, _: usize| {
        block.command.enable.next = true;
        block.command.step.next = 3.into();
    };
    agree(&mut dut, 4, &mut step);
    assert_eq!(agree(&mut dut, 2, &mut step).u64("count", 1), 15);
    let clocks = dut
        .ports()
        .iter()
        .filter(|port| port.direction == Direction::Clock);
    assert_eq!(clocks.count(), 1);
}
