//! Rings of rows in the line buffer.
//!
//! The line buffer is 36 pixel lanes: 3×3 banks of 2×2 parities. It holds padded maps (padded
//! coordinate = pixel + 1) cut into padded sub-blocks `(S, Q)`: sub-row `S` is in bank row `S mod 3`
//! and ring slot `(S div 3) mod D`, sub-column `Q` in bank column `Q mod 3`, at lane address
//! `slot row address + (Q div 3)·channel_stride + channel`.

use serde::{Deserialize, Serialize};

use crate::config::EngineConfig;
use crate::error::LayoutError;

/// Where a padded sub-row lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Lane address of the row's first sub-block.
    pub address: u32,
    /// Bank row, 0..=2.
    pub bank: u32,
}

/// A ring of padded sub-rows of one map in the line buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineBufferRegion {
    /// First lane address.
    pub base: u32,
    /// Slots `D` of the ring, each three sub-rows (one a bank row): `3·D` sub-rows in all.
    pub ring_depth: u32,
    /// 4×4 tiles a row; the padded row has `2·tile_cols + 1` sub-blocks.
    pub tile_cols: u32,
    /// Lane bytes of a sub-block's channels: a multiple of the lanes, as all of a group are written.
    pub channel_stride: u32,
}

impl LineBufferRegion {
    /// A ring for maps of that many channels.
    pub fn new(base: u32, ring_depth: u32, tile_cols: u32, channels: u32, lanes: u32) -> Self {
        let channel_stride = channels.next_multiple_of(lanes);
        LineBufferRegion {
            base,
            ring_depth,
            tile_cols,
            channel_stride,
        }
    }

    /// Lane bytes of a padded sub-row.
    pub const fn row_pitch(&self) -> u32 {
        (2 * self.tile_cols + 1).div_ceil(3) * self.channel_stride
    }

    /// Bytes the ring takes of every lane.
    pub const fn bytes_per_lane(&self) -> u32 {
        self.ring_depth * self.row_pitch()
    }

    /// Lane address behind the ring.
    pub const fn ring_end(&self) -> u32 {
        self.base + self.bytes_per_lane()
    }

    /// Padded sub-rows the ring holds.
    pub const fn sub_rows(&self) -> u32 {
        3 * self.ring_depth
    }

    /// Where padded sub-row `sub_row` lies.
    pub const fn slot(&self, sub_row: u32) -> Slot {
        let slot = (sub_row / 3) % self.ring_depth;
        Slot {
            address: self.base + slot * self.row_pitch(),
            bank: sub_row % 3,
        }
    }

    /// Refuses a ring that exceeds the lanes of `config`, or that the commands cannot describe.
    pub fn fits(&self, config: &EngineConfig) -> Result<(), LayoutError> {
        let range = |what, found, min, max| {
            if (min..=max).contains(&found) {
                Ok(())
            } else {
                Err(LayoutError::Range {
                    what,
                    found,
                    min,
                    max,
                })
            }
        };
        range("the ring depth", self.ring_depth, 1, 8192)?;
        range("the number of tile columns", self.tile_cols, 1, 128)?;
        range("the channel stride", self.channel_stride, 1, 512)?;
        let available = config.lane_depth;
        range("the ring's base", self.base, 0, available - 1)?;
        // Each factor is bounded above, so only the product can be large; 64 bits hold it.
        let bytes = u64::from(self.ring_depth) * u64::from(self.row_pitch());
        let needed = u32::try_from(u64::from(self.base) + bytes).unwrap_or(u32::MAX);
        if needed > available {
            return Err(LayoutError::LineBuffer { needed, available });
        }
        range("the row pitch", self.row_pitch(), 1, 8191)
    }
}
