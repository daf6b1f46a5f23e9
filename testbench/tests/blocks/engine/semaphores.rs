//! The semaphores: the golden model is four integers.

use rand::Rng;
use rowfuse_hdl::engine::semaphores::Semaphores;
use rowfuse_testbench::dut::Dut;
use rust_hdl::prelude::*;

use super::seeded;
use crate::support::agree;

pub fn they_count() {
    let mut random = seeded(96);
    let cycles = 6000;
    let mut counts = [0i32; 4];
    let mut expected = Vec::new();
    let block = Semaphores::default();
    let mut dut = Dut::new("semaphores", block, |b, clock| b.clock.next = clock).unwrap();
    let trace = agree(&mut dut, cycles, |b: &mut Semaphores, t: usize| {
        expected.push(
            (0..4)
                .filter(|i| counts[*i] > 0)
                .map(|i| 1 << i)
                .sum::<u64>(),
        );
        // Long ways up to 255 and down to 0, and clears near either end.
        let up = (t / 600).is_multiple_of(2);
        let clear = random.gen_ratio(1, 900);
        let (mut give, mut take) = (0u64, 0u64);
        for (i, count) in counts.iter_mut().enumerate() {
            let often = random.gen_bool(0.8);
            let (mut gives, mut takes) = (often == up, random.gen_bool(0.2) || often != up);
            gives &= takes || *count < 255;
            takes &= *count > 0;
            gives &= takes || *count < 255;
            give |= u64::from(gives) << i;
            take |= u64::from(takes) << i;
            *count += i32::from(gives) - i32::from(takes);
            assert!((0..=255).contains(count));
        }
        if clear {
            counts = [0; 4];
        }
        b.clear.next = clear;
        b.give.next = give.to_bits();
        b.take.next = take.to_bits();
    });
    for (t, available) in expected.iter().enumerate() {
        assert_eq!(trace.u64("available", t), *available, "cycle {t}");
    }
}

/// All eight bits count: what has been given 255 times can be taken 255 times.
#[test]
fn they_count_to_255() {
    let block = Semaphores::default();
    let mut dut = Dut::new("semaphores", block, |b, clock| b.clock.next = clock).unwrap();
    let trace = agree(&mut dut, 520, |b: &mut Semaphores, t: usize| {
        b.give.next = if t < 255 { 0b0101_u64 } else { 0 }.to_bits();
        b.take.next = if (255..510).contains(&t) {
            0b0101_u64
        } else {
            0
        }
        .to_bits();
    });
    for t in 0..520 {
        let above = (1..510).contains(&t);
        assert_eq!(
            trace.u64("available", t),
            if above { 0b0101 } else { 0 },
            "cycle {t}"
        );
    }
}
