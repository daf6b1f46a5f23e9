//! The pixel buffer: the golden model is a map from (lane, address) to the last writes.

use std::collections::HashMap;

use rand::Rng;
use rowfuse_hdl::engine::pixel_buffer::{PixelBuffer, LANES, READ_LATENCY, WRITE_LATENCY};
use rowfuse_testbench::dut::{Dut, Trace};
use rust_hdl::prelude::*;

use super::seeded;
use crate::support::agree;

/// Writes of each byte: clock and value, in order.
#[derive(Default)]
struct Golden(HashMap<(usize, usize), Vec<(usize, u8)>>);

impl Golden {
    /// Takes the write offered in clock `t`, if any.
    fn write(&mut self, trace: &Trace, t: usize, depth: usize) {
        if trace.u64("write", t) == 0 {
            return;
        }
        let input = |name: &str| trace.u64(name, t) as usize;
        for pixel in 0..4 {
            let (r, c) = (pixel / 2, pixel % 2);
            let bank = 3 * ((input("row_bank") + r) % 3) + (input("col_bank") + c) % 3;
            let lane = 4 * bank + 2 * (1 - r) + (1 - c);
            let (row, col) = (input(["row0", "row1"][r]), input(["col0", "col1"][c]));
            let address = (row + col + input("channel")) % depth;
            let value = trace.field("quad", t, 8 * pixel, 8) as u8;
            self.0.entry((lane, address)).or_default().push((t, value));
        }
    }

    /// What a read asked for in clock `t` gives; `None` while a write is on its way.
    fn read(&self, lane: usize, address: usize, t: usize) -> Option<u8> {
        let writes = self.0.get(&(lane, address)).map_or(&[][..], |w| w);
        let latency = WRITE_LATENCY as usize;
        let started = writes.iter().filter(|(at, _)| *at < t);
        let last = started.clone().next_back();
        match last {
            Some((at, value)) => (at + latency <= t).then_some(*value),
            None => Some(0),
        }
    }
}

/// Random writes and reads of a few addresses that lie all over a lane, with changing density.
fn check(depth: u32) {
    let mut random = seeded(90 + u64::from(depth));
    let cycles = 3000;
    let depth = depth as usize;
    // A multiple of the depth is added here and there: addresses are taken modulo the depth.
    let spots: Vec<u64> = (0..4).map(|_| random.gen_range(0..depth as u64)).collect();
    let block = PixelBuffer::new(depth as u32);
    let name = format!("pixel_buffer{depth}");
    let mut dut = Dut::new(&name, block, |b, clock| b.clock.next = clock).unwrap();
    let trace = agree(&mut dut, cycles, |b: &mut PixelBuffer, t: usize| {
        let density = [0.02, 1.0, 0.1, 0.5][t / 40 % 4];
        b.write.next = random.gen_bool(density);
        b.quad.next = u64::from(random.gen::<u32>()).to_bits();
        for row in [&mut b.row0, &mut b.row1] {
            let turn = random.gen_range(0..65536 / depth as u64) * depth as u64;
            row.next = (spots[random.gen_range(0..4)] + turn).to_bits();
        }
        b.col0.next = random.gen_range(0..2_u64).to_bits();
        b.col1.next = (depth as u64 - random.gen_range(1..3_u64)).to_bits();
        b.channel.next = random.gen_range(0..3_u64).to_bits();
        b.row_bank.next = random.gen_range(0..3_u64).to_bits();
        b.col_bank.next = random.gen_range(0..3_u64).to_bits();
        for address in &mut b.read_address {
            let near = spots[random.gen_range(0..4)] + random.gen_range(0..4);
            address.next = (near + depth as u64 - 2).to_bits();
        }
    });
    let mut golden = Golden::default();
    for t in 0..cycles {
        golden.write(&trace, t, depth);
    }
    let (mut checked, mut written) = (0, 0);
    for t in 0..cycles - READ_LATENCY as usize {
        for lane in 0..LANES {
            let address = trace.u64(&format!("read_address${}", lane / 4), t) as usize % depth;
            let Some(value) = golden.read(lane, address, t) else {
                continue;
            };
            let found = trace.field("pixels", t + READ_LATENCY as usize, 8 * lane, 8);
            assert_eq!(found, u64::from(value), "lane {lane}, read in cycle {t}");
            checked += 1;
            written += usize::from(value != 0);
        }
    }
    assert!(
        checked > cycles * LANES / 2,
        "only {checked} reads could be checked"
    );
    assert!(
        written > checked / 4,
        "only {written} bytes had been written"
    );
}

pub fn one_slice_a_lane() {
    check(16);
}

pub fn four_slices_a_lane() {
    check(2048);
}
