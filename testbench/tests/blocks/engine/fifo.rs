//! The FIFO: the golden model is a `VecDeque`.

use std::collections::VecDeque;

use rand::Rng;
use rowfuse_hdl::engine::fifo::Fifo;
use rowfuse_testbench::dut::Dut;
use rust_hdl::prelude::*;

use super::seeded;
use crate::support::agree;

/// Phases of much putting, much taking and both, so that the queue is full and empty for long; rare clears.
fn check<const W: usize>(depth: usize) {
    let mut random = seeded((W + depth) as u64);
    let cycles = 12 * depth.max(50) + 500;
    let name = format!("fifo{W}_{depth}");
    let block = Fifo::<W>::new(depth);
    let mut dut = Dut::new(&name, block, |b, clock| b.clock.next = clock).unwrap();
    let trace = agree(&mut dut, cycles, |b: &mut Fifo<W>, t: usize| {
        let phase = t / (2 * depth.max(10));
        let (put, take) = [(0.9, 0.1), (0.1, 0.9), (0.5, 0.5), (1.0, 1.0), (1.0, 0.0)][phase % 5];
        b.put.next = random.gen_bool(put);
        b.take.next = random.gen_bool(take);
        b.clear.next = random.gen_ratio(1, 4 * depth as u32 + 20);
        b.data_in.next = (random.gen::<u64>() & (u64::MAX >> (64 - W))).to_bits();
    });
    let mut queue = VecDeque::new();
    let (mut refused, mut vain) = (0, 0);
    for t in 0..cycles {
        assert_eq!(trace.u64("level", t), queue.len() as u64, "cycle {t}");
        assert_eq!(trace.u64("valid", t) == 1, !queue.is_empty(), "cycle {t}");
        if let Some(oldest) = queue.front() {
            assert_eq!(trace.u64("data_out", t), *oldest, "cycle {t}");
        }
        let [clear, put, take] = ["clear", "put", "take"].map(|port| trace.u64(port, t) == 1);
        let full = queue.len() == depth;
        refused += usize::from(put && full);
        vain += usize::from(take && queue.is_empty());
        if take {
            queue.pop_front();
        }
        // There is no room for a word in the clock in which a full queue gives one away.
        if put && !full {
            queue.push_back(trace.u64("data_in", t));
        }
        if clear {
            queue.clear();
        }
    }
    assert!(refused > 0 && vain > 0, "never full or never empty");
}

pub fn two_words() {
    check::<1>(2);
}

pub fn sixteen_words() {
    check::<12>(16);
}

pub fn many_words() {
    check::<40>(256);
}
