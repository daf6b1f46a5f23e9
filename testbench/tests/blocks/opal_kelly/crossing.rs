//! What crosses from one clock to the other: cycle for cycle as the golden models have it.

use rand::Rng;
use rowfuse_hdl::link::opal_kelly::{DualClockBuffer, DualClockFifo, Synchroniser};
use rowfuse_testbench::dut::Dut;
use rust_hdl::prelude::*;

use super::golden::{Fifo, WORDS};
use super::world::{rises, Ticking};
use crate::support::{agree, rng};

pub fn synchroniser() {
    let mut random = rng(700);
    let mut dut = Dut::new("synchroniser", Synchroniser::<3>::default(), |b, clock| {
        b.clock.next = clock
    })
    .unwrap();
    let trace = agree(&mut dut, 500, |block: &mut Synchroniser<3>, _: usize| {
        block.d.next = random.gen_range(0..8_u64).to_bits()
    });
    for t in 0..trace.cycles() {
        let expected = t.checked_sub(2).map_or(0, |then| trace.u64("d", then));
        assert_eq!(trace.u64("q", t), expected, "cycle {t}");
    }
}

/// Every word is written before any is read: what a memory holds at power-on is nobody's.
pub fn buffer() {
    const CYCLES: usize = 6000;
    let mut random = rng(701);
    let mut clock = Ticking::new();
    let block = DualClockBuffer::<4>::default();
    let mut dut = Dut::new("dual_clock_buffer", block, |b, clock| {
        b.read_clock.next = clock
    })
    .unwrap()
    .with_driven_clocks(&["write_clock"]);
    let mut first = 0_u64;
    let trace = agree(&mut dut, CYCLES, |b: &mut DualClockBuffer<4>, t: usize| {
        let (level, free) = clock.tick(&mut random);
        b.write_clock.next = level.into();
        if free {
            b.write_enable.next = first < 16 || random.gen();
            let address = if first < 16 {
                first
            } else {
                random.gen_range(0..16)
            };
            b.write_address.next = address.to_bits();
            b.write_data.next = u64::from(random.gen::<u16>()).to_bits();
            first += 1;
        }
        b.read_enable.next = t > 100 && random.gen();
        b.read_address.next = random.gen_range(0..16_u64).to_bits();
    });
    let mut words = [0; 16];
    let mut shown = 0;
    for t in 0..trace.cycles() {
        if rises(&trace, "write_clock", t) && trace.u64("write_enable", t) == 1 {
            words[trace.u64("write_address", t) as usize] = trace.u64("write_data", t);
        }
        assert_eq!(trace.u64("read_data", t), shown, "cycle {t}");
        if trace.u64("read_enable", t) == 1 {
            shown = words[trace.u64("read_address", t) as usize];
        }
    }
}

/// Phases of much putting, much taking and both.
pub fn phase(t: usize, length: usize) -> (f64, f64) {
    [
        (0.9, 0.2),
        (0.1, 0.95),
        (0.6, 0.5),
        (1.0, 0.0),
        (1.0, 1.0),
        (0.0, 1.0),
    ][t / length % 6]
}

fn fifo(name: &str, main_writes: bool, seed: u64) {
    let mut random = rng(seed);
    let mut clock = Ticking::new();
    let (driven, main): (&str, fn(&mut DualClockFifo, Clock)) = match main_writes {
        true => ("read_clock", |b, clock| b.write_clock.next = clock),
        false => ("write_clock", |b, clock| b.read_clock.next = clock),
    };
    let mut dut = Dut::new(name, DualClockFifo::default(), main)
        .unwrap()
        .with_driven_clocks(&[driven]);
    let trace = agree(&mut dut, 45_000, |b: &mut DualClockFifo, t: usize| {
        let (level, free) = clock.tick(&mut random);
        let (put, take) = phase(t, 6000);
        let (put, take) = (random.gen_bool(put), random.gen_bool(take));
        let word = u64::from(random.gen::<u16>()).to_bits();
        if main_writes || free {
            (b.put.next, b.data_in.next) = (put, word);
        }
        if !main_writes || free {
            b.take.next = take;
        }
        match main_writes {
            true => b.read_clock.next = level.into(),
            false => b.write_clock.next = level.into(),
        }
    });
    let mut golden = Fifo::default();
    let (mut fullest, mut vain) = (0, 0);
    for t in 0..trace.cycles() {
        let take = trace.u64("take", t) == 1;
        let put = (trace.u64("put", t) == 1).then(|| trace.u64("data_in", t));
        let other = rises(&trace, driven, t);
        match main_writes {
            true if other => golden.read_edge(take),
            false if other => golden.write_edge(put),
            _ => {}
        }
        assert_eq!(
            trace.u64("write_level", t),
            golden.write_level(),
            "cycle {t}"
        );
        assert_eq!(trace.u64("read_level", t), golden.read_level(), "cycle {t}");
        assert_eq!(
            trace.u64("valid", t) == 1,
            golden.read_level() > 0,
            "cycle {t}"
        );
        assert_eq!(trace.u64("data_out", t), golden.data, "cycle {t}");
        fullest = fullest.max(golden.held());
        vain += usize::from(take && golden.held() == 0);
        match main_writes {
            true => golden.write_edge(put),
            false => golden.read_edge(take),
        }
    }
    assert!(fullest == WORDS && vain > 0, "never full or never empty");
}

pub fn a_fast_writer() {
    fifo("dual_clock_fifo", true, 702);
}

pub fn a_fast_reader() {
    fifo("dual_clock_fifo", false, 703);
}
