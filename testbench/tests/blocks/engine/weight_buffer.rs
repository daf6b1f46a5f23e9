//! The weight buffer: the golden model is a table of entries with the clock in which each byte was last written.

use rand::Rng;
use rowfuse_hdl::engine::weight_buffer::{hop_of_channel, WeightBuffer, WRITE_LATENCY};
use rowfuse_testbench::dut::Dut;
use rust_hdl::prelude::*;

use super::seeded;
use crate::support::agree;

/// Writes of a word: clock and value, in order.
type Writes = Vec<(usize, u16)>;

/// Words all over the ring in random order, reads of any entry in every clock.
fn check(lanes: usize, depth: usize, stage: usize) {
    let mut random = seeded((100 * lanes + stage) as u64);
    let cycles = 5000;
    let words = (9 * lanes).div_ceil(2);
    let block = WeightBuffer::new(lanes as u32, depth as u32, stage as u32);
    let name = format!("weight_buffer{lanes}_{depth}_{stage}");
    let mut dut = Dut::new(&name, block, |b, clock| b.clock.next = clock).unwrap();
    // Few, so that they are read after they have been written, and anywhere.
    let entries: Vec<u64> = (0..24)
        .map(|_| random.gen_range(0..depth as u64))
        .chain([0, depth as u64 - 1])
        .collect();
    let trace = agree(&mut dut, cycles, |b: &mut WeightBuffer, t: usize| {
        let density = [0.05, 1.0, 0.0, 0.2][t / 100 % 4];
        let turn = random.gen_range(0..65536 / depth as u64) * depth as u64;
        let entry = entries[random.gen_range(0..entries.len())];
        b.write.next = random.gen_bool(density);
        b.write_address.next = (entry + turn).to_bits();
        // Words beyond the entry are none.
        let any = if random.gen_bool(0.1) {
            32
        } else {
            words as u64
        };
        b.write_word.next = random.gen_range(0..any).to_bits();
        b.write_data.next = random.gen_range(0..65536_u64).to_bits();
        let turn = random.gen_range(0..65536 / depth as u64) * depth as u64;
        let entry = entries[random.gen_range(0..entries.len())];
        b.read_address.next = (entry + turn).to_bits();
    });

    let mut memory = vec![vec![Writes::new(); words]; depth];
    for t in trace.when("write") {
        let entry = trace.u64("write_address", t) as usize % depth;
        let word = trace.u64("write_word", t) as usize;
        if word < words {
            memory[entry][word].push((t, trace.u64("write_data", t) as u16));
        }
    }
    let (mut checked, mut written) = (0, 0);
    for t in 0..cycles - stage - lanes {
        let entry = &memory[trace.u64("read_address", t) as usize % depth];
        for byte in 0..9 * lanes {
            let shown = t + stage + hop_of_channel(lanes, byte / 9);
            // A write that is on its way when the entry is read may or may not be seen.
            let seen = entry[byte / 2].iter().filter(|(at, _)| *at < shown);
            let value = match seen.clone().next_back() {
                Some((at, _)) if at + WRITE_LATENCY as usize > t => continue,
                Some((_, value)) => value.to_le_bytes()[byte % 2],
                None => 0,
            };
            let found = trace.field("weights", shown, 8 * byte, 8);
            assert_eq!(found, u64::from(value), "byte {byte}, read in cycle {t}");
            checked += 1;
            written += usize::from(value != 0);
        }
        let unused = &trace.words("weights", t)[(9 * lanes).div_ceil(4)..];
        assert!(unused.iter().all(|word| *word == 0));
    }
    assert!(
        checked > cycles * 9 * lanes / 2,
        "only {checked} bytes could be checked"
    );
    assert!(
        written > checked / 4,
        "only {written} bytes had been written"
    );
}

pub fn one_lane() {
    check(1, 1024, 6);
    check(1, 16, 3);
}

pub fn two_lanes() {
    check(2, 64, 6);
}

pub fn four_lanes() {
    check(4, 64, 6);
}
