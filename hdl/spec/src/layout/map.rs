//! Feature maps in external memory.

use serde::{Deserialize, Serialize};

use crate::error::LayoutError;

/// A uint8 feature map in memory: `[sub_row][group][sub_col][lane][4]`.
///
/// Pixels outside `height × width` and channels beyond `channels` are stored but mean nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureMap {
    /// Byte address of the first quad; even.
    pub base: u32,
    /// Channels.
    pub channels: u32,
    /// Rows of pixels.
    pub height: u32,
    /// Columns of pixels.
    pub width: u32,
    /// Lanes of the engine: 1, 2 or 4.
    pub lanes: u32,
    /// Stored sub-rows, at least `height / 2` rounded up.
    pub sub_rows: u32,
    /// Stored sub-columns, at least `width / 2` rounded up.
    pub sub_cols: u32,
}

impl FeatureMap {
    /// A map as the host writes it: no more sub-blocks than it needs.
    pub fn input(base: u32, channels: u32, height: u32, width: u32, lanes: u32) -> FeatureMap {
        let (sub_rows, sub_cols) = (height.div_ceil(2), width.div_ceil(2));
        FeatureMap {
            base,
            channels,
            height,
            width,
            lanes,
            sub_rows,
            sub_cols,
        }
    }

    /// A map as CONV writes it. `height` and `width` are those of the convolution; whole 4×4 tiles are
    /// stored. With `pooled` the map is half as high and wide, rounded down.
    pub fn conv_output(
        base: u32,
        channels: u32,
        height: u32,
        width: u32,
        lanes: u32,
        pooled: bool,
    ) -> FeatureMap {
        let (tile_rows, tile_cols) = (height.div_ceil(4), width.div_ceil(4));
        if pooled {
            let (height, width) = (height / 2, width / 2);
            let (sub_rows, sub_cols) = (tile_rows, tile_cols);
            FeatureMap {
                base,
                channels,
                height,
                width,
                lanes,
                sub_rows,
                sub_cols,
            }
        } else {
            let (sub_rows, sub_cols) = (2 * tile_rows, 2 * tile_cols);
            FeatureMap {
                base,
                channels,
                height,
                width,
                lanes,
                sub_rows,
                sub_cols,
            }
        }
    }

    /// Channel groups.
    pub const fn groups(&self) -> u32 {
        self.channels.div_ceil(self.lanes)
    }

    /// Bytes from a group to the next of the same sub-row.
    pub const fn group_pitch(&self) -> u32 {
        self.sub_cols * self.lanes * 4
    }

    /// Bytes from a sub-row to the next.
    pub const fn row_pitch(&self) -> u32 {
        self.groups() * self.group_pitch()
    }

    /// Bytes of the whole map.
    pub const fn bytes(&self) -> u32 {
        self.sub_rows * self.row_pitch()
    }

    /// Byte address behind the map.
    pub const fn end(&self) -> u32 {
        self.base + self.bytes()
    }

    /// Word address of the first quad of a sub-row.
    pub const fn sub_row_word_address(&self, sub_row: u32) -> u32 {
        (self.base + sub_row * self.row_pitch()) / 2
    }

    /// Word address of the first quad at a sub-block.
    pub const fn part_word_address(&self, sub_row: u32, sub_col: u32) -> u32 {
        self.sub_row_word_address(sub_row) + sub_col * 2 * self.lanes
    }

    /// Byte address of a pixel.
    pub const fn address(&self, channel: u32, row: u32, col: u32) -> u32 {
        self.base + self.offset(channel, row, col)
    }

    /// Byte offset of a pixel from the base.
    pub const fn offset(&self, channel: u32, row: u32, col: u32) -> u32 {
        let (group, lane) = (channel / self.lanes, channel % self.lanes);
        (row / 2) * self.row_pitch()
            + group * self.group_pitch()
            + ((col / 2) * self.lanes + lane) * 4
            + (row % 2) * 2
            + col % 2
    }

    /// Bytes to write to memory for a map in channel-row-column order. What is stored beyond the map
    /// is `fill`.
    pub fn pack(&self, chw: &[u8], fill: u8) -> Result<Vec<u8>, LayoutError> {
        check("a feature map", chw.len(), self.pixels())?;
        let mut bytes = vec![fill; self.bytes() as usize];
        self.each(|place, offset| bytes[offset] = chw[place]);
        Ok(bytes)
    }

    /// The map in channel-row-column order from its bytes in memory.
    pub fn unpack(&self, bytes: &[u8]) -> Result<Vec<u8>, LayoutError> {
        check("a stored feature map", bytes.len(), self.bytes() as usize)?;
        let mut chw = vec![0; self.pixels()];
        self.each(|place, offset| chw[place] = bytes[offset]);
        Ok(chw)
    }

    fn pixels(&self) -> usize {
        (self.channels * self.height * self.width) as usize
    }

    /// Calls `visit` with every pixel's place in channel-row-column order and its byte offset.
    fn each(&self, mut visit: impl FnMut(usize, usize)) {
        let mut place = 0;
        for channel in 0..self.channels {
            for row in 0..self.height {
                for col in 0..self.width {
                    visit(place, self.offset(channel, row, col) as usize);
                    place += 1;
                }
            }
        }
    }
}

pub(super) fn check(what: &'static str, found: usize, needed: usize) -> Result<(), LayoutError> {
    if found == needed {
        Ok(())
    } else {
        Err(LayoutError::Length {
            what,
            found,
            needed,
        })
    }
}
