//! The ring walker, against the slots of `rowfuse_spec::layout::LineBufferRegion`.

use rand::Rng;
use rowfuse_hdl::engine::ring_walker::RingWalker;
use rowfuse_spec::layout::LineBufferRegion;
use rowfuse_testbench::dut::Dut;
use rust_hdl::prelude::*;

use super::seeded;
use crate::support::agree;

/// Rows of the largest line buffer.
const LINE_BUFFER_ROWS: u32 = 8192;

/// A ring, and where the walk through it starts.
#[derive(Clone, Copy)]
struct Walk {
    region: LineBufferRegion,
    sub_row: u32,
}

/// A ring anywhere in the largest line buffer: of many short rows, or of a few that fill it.
fn any_region(random: &mut impl Rng) -> LineBufferRegion {
    loop {
        let long = random.gen_bool(0.5);
        let region = LineBufferRegion {
            base: random.gen_range(0..LINE_BUFFER_ROWS),
            ring_depth: random.gen_range(1..=if long { 2 } else { 8 }),
            tile_cols: random.gen_range(1..=if long { 60 } else { 16 }),
            channel_stride: random.gen_range(1..=if long { 512 } else { 46 }),
        };
        if region.ring_end() < LINE_BUFFER_ROWS {
            return region;
        }
    }
}

pub fn it_walks_every_kind_of_ring() {
    let mut random = seeded(95);
    let cycles = 6000;
    let mut walk = None;
    let mut fresh = false;
    let mut walks = Vec::new();
    let mut steps = Vec::new();
    let block = RingWalker::default();
    let mut dut = Dut::new("ring_walker", block, |b, clock| b.clock.next = clock).unwrap();
    let trace = agree(&mut dut, cycles, |b: &mut RingWalker, t: usize| {
        // Strobes come at most every second clock; a walk's ring is shown a clock before its load.
        let strobe = t % 2 == 1;
        if t == 0 || (!strobe && random.gen_ratio(1, 30)) {
            let region = any_region(&mut random);
            let sub_row = random.gen_range(0..200);
            walk = Some(Walk { region, sub_row });
            fresh = true;
        }
        let Walk { region, sub_row } = walk.unwrap();
        let load = strobe && fresh;
        fresh &= !load;
        walks.push(load.then_some(Walk { region, sub_row }));
        let step = if strobe { random.gen_range(0..3u32) } else { 0 };
        steps.push(step);
        let slot = region.slot(sub_row);
        b.load.next = load;
        b.step_one.next = step == 1;
        b.step_two.next = step == 2;
        b.start.next = u64::from(slot.address).to_bits();
        b.start_bank.next = u64::from(slot.bank).to_bits();
        b.base.next = u64::from(region.base).to_bits();
        b.pitch.next = u64::from(region.row_pitch()).to_bits();
        b.ring_end.next = u64::from(region.ring_end()).to_bits();
    });
    let mut at: Option<Walk> = None;
    for t in 0..cycles {
        if let Some(Walk { region, sub_row }) = at {
            for (port, n) in [("a", 0), ("b", 1), ("c", 2)] {
                let address = region.slot(sub_row + n).address;
                assert_eq!(
                    trace.u64(port, t),
                    u64::from(address),
                    "{port} in cycle {t}"
                );
            }
            let bank = region.slot(sub_row).bank;
            assert_eq!(trace.u64("bank", t), u64::from(bank), "cycle {t}");
        }
        // A load wins over a step.
        match (&mut at, walks[t]) {
            (_, Some(start)) => at = Some(start),
            (Some(walk), None) => walk.sub_row += steps[t],
            (None, None) => {}
        }
    }
}

/// Columns: the pitch is the channel stride, and the ring never ends.
#[test]
fn it_walks_columns() {
    let (cycles, stride) = (40_u64, 12_u64);
    let block = RingWalker::default();
    let mut dut = Dut::new("ring_walker", block, |b, clock| b.clock.next = clock).unwrap();
    let trace = agree(&mut dut, cycles as usize, |b: &mut RingWalker, t: usize| {
        b.load.next = t == 1;
        b.step_two.next = t % 2 == 1;
        b.pitch.next = stride.to_bits();
        b.ring_end.next = 0xffff_u64.to_bits();
    });
    for t in 2..cycles {
        let column = t / 2 * 2 - 2;
        for (port, n) in [("a", 0), ("b", 1), ("c", 2)] {
            let address = (column + n) / 3 * stride;
            assert_eq!(trace.u64(port, t as usize), address, "{port} in cycle {t}");
        }
        assert_eq!(trace.u64("bank", t as usize), column % 3);
    }
}
