//! The performance counters: the golden model is an array of integers.

use rand::Rng;
use rowfuse_hdl::engine::counters::Counters;
use rowfuse_spec::counters::NUM_COUNTERS;
use rowfuse_testbench::dut::Dut;
use rust_hdl::prelude::*;

use super::seeded;
use crate::support::agree;

pub fn each_counts_its_own_strobe() {
    let mut random = seeded(99);
    let cycles = 5000;
    let block = Counters::default();
    let mut dut = Dut::new("counters", block, |b, clock| b.clock.next = clock).unwrap();
    let trace = agree(&mut dut, cycles, |b: &mut Counters, _: usize| {
        b.clear.next = random.gen_ratio(1, 1500);
        for (i, strobe) in b.strobes.iter_mut().enumerate() {
            strobe.next = random.gen_bool((i + 1) as f64 / (NUM_COUNTERS + 1) as f64);
        }
        // Numbers that do not exist among them.
        b.select.next = random.gen_range(0..16_u64).to_bits();
    });
    let mut counts = [0; NUM_COUNTERS];
    for t in 0..cycles - 1 {
        let select = trace.u64("select", t) as usize;
        let expected = counts.get(select).copied().unwrap_or(0);
        assert_eq!(
            trace.u64("value", t + 1),
            expected,
            "counter {select}, cycle {t}"
        );
        for (i, count) in counts.iter_mut().enumerate() {
            *count += trace.u64(&format!("strobes${i}"), t);
            if trace.u64("clear", t) == 1 {
                *count = 0;
            }
        }
    }
}
