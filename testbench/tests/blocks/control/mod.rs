//! The blocks that decide: who fetches, waits, loads, issues and writes what, and when.

pub mod address_generator;
pub mod fetcher;
pub mod issue;
pub mod loader;
pub mod output_control;
pub mod parameter_control;
pub mod sequencer;
pub mod weight_loader;
pub mod writer;

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rowfuse_spec::layout::LineBufferRegion;

/// The engine's possible lanes.
const LANES: [u32; 3] = [1, 2, 4];

/// A ring of a random place and depth for maps of that size.
fn region(random: &mut ChaCha8Rng, tile_cols: u32, channels: u32, lanes: u32) -> LineBufferRegion {
    let (base, depth) = (random.gen_range(0..7000), random.gen_range(1..=4));
    LineBufferRegion::new(base, depth, tile_cols, channels, lanes)
}

/// Lane offset of padded sub-column `col` within its row, and its bank.
fn column(region: &LineBufferRegion, col: u32) -> (u32, u32) {
    (col / 3 * region.channel_stride, col % 3)
}
