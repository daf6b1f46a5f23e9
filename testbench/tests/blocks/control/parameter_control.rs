//! Parameter control: each channel's address stands while the output stage needs it.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rowfuse_hdl::engine::output_stage::{FIRST_ROW_DELAY, PARAMETER_STAGE};
use rowfuse_hdl::engine::parameter_buffer::READ_LATENCY;
use rowfuse_hdl::engine::parameter_control::ParameterControl;
use rowfuse_testbench::dut::Dut;
use rust_hdl::prelude::*;

use super::LANES;
use crate::support::agree;

/// Clocks from a tile's first column to the first of the four clocks in which the table must be read for its first channel.
const LEAD: usize = (PARAMETER_STAGE + FIRST_ROW_DELAY - READ_LATENCY) as usize;
/// Clocks from a channel to the next.
const PITCH: usize = 6;
/// Addresses the block can tell; the largest table has fewer.
const ADDRESSES: u32 = 1 << 16;
/// Spare clocks on either side of the four.
const SPARE: usize = 1;

pub fn every_channel_is_read_in_time() {
    for (seed, gaps) in [(61, false), (62, true)] {
        eprintln!("seed {seed}");
        for lanes in LANES {
            check(&mut crate::support::rng(seed), lanes, gaps, false);
        }
    }
}

/// Only the first tiles of them: a command may start anew at any time.
#[test]
fn maps_may_be_as_large_as_their_fields_say() {
    for lanes in LANES {
        check(&mut crate::support::rng(63), lanes, false, true);
    }
}

fn check(random: &mut ChaCha8Rng, lanes: u32, gaps: bool, large: bool) {
    let mut dut = Dut::new("parameter_control", ParameterControl::new(lanes), |b, c| {
        b.clock.next = c;
    })
    .expect("a legal block");
    let mut base = 0;
    let (mut left, mut done, mut next, mut shape) = (0, 0, 0, [0; 3]);
    let mut expected = Vec::new();
    let cycles = if large { 60_000 } else { 5000 };
    let trace = agree(
        &mut dut,
        cycles,
        |block: &mut ParameterControl, t: usize| {
            (block.start.next, block.first.next) = (false, false);
            if t < next {
                return;
            }
            let interval = PITCH * lanes as usize;
            if left == 0 {
                shape = [1..4, 1..5, 1..5].map(|range| random.gen_range(range));
                if large {
                    // A little more than a power of two: a bit that is not looked at is missed. Some are walked through to the second
                    // group, for which they must not be too large.
                    let whole = random.gen_bool(0.7);
                    let bit = 1 << random.gen_range(0..if whole { 8 } else { 16_u32 });
                    let few = random.gen_range(1..3);
                    let sizes = [few, (bit + few).min(0xFFFF)];
                    let long = random.gen_range(0..2);
                    shape = [2, sizes[long], sizes[1 - long]];
                }
                let [groups, tile_rows, tile_cols] = shape;
                base = random.gen_range(0..ADDRESSES - groups * lanes);
                block.start.next = true;
                block.tile_rows.next = tile_rows.to_bits();
                block.tile_cols.next = tile_cols.to_bits();
                block.parameter_index.next = base.to_bits();
                left = u64::from(groups) * u64::from(tile_rows) * u64::from(tile_cols);
                left = if large {
                    left.min([12, 600][random.gen_range(0..2)])
                } else {
                    left
                };
                done = 0;
                next = t + random.gen_range(4..40);
                return;
            }
            block.first.next = true;
            let group = (done / (u64::from(shape[1]) * u64::from(shape[2]))) as u32;
            expected.push((t, base + group * lanes));
            left -= 1;
            done += 1;
            let extra = if gaps { random.gen_range(0..20) } else { 0 };
            next = t + interval + extra;
            if left == 0 {
                // A command ends only long after its last column.
                next += LEAD + interval;
            }
        },
    );
    assert!(expected.len() > 80, "{}", expected.len());
    for (t, channel) in expected {
        for lane in 0..lanes as usize {
            for clock in 0..PITCH {
                let at = t + LEAD - SPARE + PITCH * lane + clock;
                if at < trace.cycles() {
                    let found = trace.u64("address", at);
                    let wanted = u64::from(channel) + lane as u64;
                    assert_eq!(found, wanted, "tile of cycle {t}, cycle {at}");
                }
            }
        }
    }
}
