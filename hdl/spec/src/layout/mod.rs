//! Where bytes lie: feature maps and weights in memory, padded rows in the line buffer.
//!
//! A *quad* is a 2×2 block of one channel, four bytes, pixel `(r, c)` at `2·(r & 1) + (c & 1)`. A
//! *sub-row* is a row of quads. A *group* is as many channels as the engine has lanes.

mod line_buffer;
mod map;
mod weights;

pub use line_buffer::{LineBufferRegion, Slot};
pub use map::FeatureMap;
pub use weights::{entry_bytes, pack_weights, unpack_weights, weight_bytes};

#[cfg(test)]
mod tests;
