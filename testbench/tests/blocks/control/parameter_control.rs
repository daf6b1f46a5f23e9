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
/// Spare clocks on either side of the four.
const SPARE: usize = 1;

pub fn every_channel_is_read_in_time() {
    for (seed, gaps) in [(61, false), (62, true)] {
        eprintln!("seed {seed}");
        for lanes in LANES {
            check(&mut crate::support::rng(seed), lanes, gaps);
        }
    }
}

fn check(random: &mut ChaCha8Rng, lanes: u32, gaps: bool) {
    let mut dut = Dut::new("parameter_control", ParameterControl::new(lanes), |b, c| {
        b.clock.next = c;
    })
    .expect("a legal block");
    let mut tiles = Vec::<u32>::new();
    let mut base = 0;
    let (mut left, mut next, mut shape) = (0, 0, [0; 3]);
    let mut expected = Vec::new();
    let trace = agree(&mut dut, 5000, |block: &mut ParameterControl, t: usize| {
        (block.start.next, block.first.next) = (false, false);
        if t < next {
            return;
        }
        let interval = PITCH * lanes as usize;
        if left == 0 {
            shape = [1..4, 1..5, 1..5].map(|range| random.gen_range(range));
            let [groups, tile_rows, tile_cols] = shape;
            base = random.gen_range(0..500);
            block.start.next = true;
            block.tile_rows.next = tile_rows.to_bits();
            block.tile_cols.next = tile_cols.to_bits();
            block.parameter_index.next = base.to_bits();
            let tiles_of_group = (tile_rows * tile_cols) as usize;
            tiles = (0..groups).flat_map(|g| vec![g; tiles_of_group]).collect();
            left = tiles.len();
            next = t + random.gen_range(4..40);
            return;
        }
        block.first.next = true;
        let group = tiles[tiles.len() - left];
        expected.push((t, base + group * lanes));
        left -= 1;
        let extra = if gaps { random.gen_range(0..20) } else { 0 };
        next = t + interval + extra;
        if left == 0 {
            // A command ends only long after its last column.
            next += LEAD + interval;
        }
    });
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
