//! Block convolution: maps are cut into blocks, each convolved on its own.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{ConvShape, PlanError};

/// How maps are cut into blocks. Every block is padded like a map, and never sees its neighbours' pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Blocks {
    /// Blocks of so many rows and columns of pixels, an even number; less at the lower and right edges. A map that is
    /// not larger is one block.
    Fixed(u32),
    /// 2×2 blocks a map, whatever its size: half of it, rounded up to whole 4×4 tiles. A map of up to four rows or columns
    /// is not cut that way.
    Quarters,
}

impl Blocks {
    /// Rows and columns of the blocks of a map.
    pub fn of(self, height: u32, width: u32) -> [u32; 2] {
        [height, width].map(|size| match self {
            Blocks::Fixed(block) => block.min(size),
            Blocks::Quarters => size.div_ceil(2).next_multiple_of(4).min(size),
        })
    }

    /// Refuses a size that is zero or odd: memory holds 2×2 pixels together.
    pub(super) fn check(self) -> Result<(), PlanError> {
        match self {
            Blocks::Fixed(block) if block == 0 || !block.is_multiple_of(2) => {
                Err(PlanError::BlockSize { found: block })
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Blocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Blocks::Fixed(block) => write!(f, "{block}"),
            Blocks::Quarters => f.write_str("2x2"),
        }
    }
}

impl From<Blocks> for String {
    fn from(blocks: Blocks) -> String {
        blocks.to_string()
    }
}

impl TryFrom<String> for Blocks {
    type Error = String;

    fn try_from(text: String) -> Result<Blocks, String> {
        text.parse()
    }
}

impl FromStr for Blocks {
    type Err = String;

    /// `2x2`, or an even number of pixels.
    fn from_str(text: &str) -> Result<Blocks, String> {
        let blocks = match (text, text.parse()) {
            ("2x2", _) => Blocks::Quarters,
            (_, Ok(block)) => Blocks::Fixed(block),
            _ => return Err("neither `2x2` nor a number of pixels".into()),
        };
        blocks.check().map_err(|error| error.to_string())?;
        Ok(blocks)
    }
}

/// A block of a group's input map, and where it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// First row and column of pixels, both even.
    pub row: u32,
    pub col: u32,
    /// Rows and columns of pixels.
    pub height: u32,
    pub width: u32,
    /// Sub-columns that are loaded.
    pub sub_cols: u32,
    /// Number of its first sub-row in the input's ring, through which the blocks go as if they were one tall map.
    pub from: u32,
}

impl Block {
    /// Sub-rows that hold its pixels.
    pub const fn sub_rows(&self) -> u32 {
        self.height.div_ceil(2)
    }

    /// Rows and columns of pixels that each layer of the group computes for it.
    pub fn extents(&self, group: &[ConvShape]) -> Vec<(u32, u32)> {
        let (mut height, mut width) = (self.height, self.width);
        let mut extents = Vec::with_capacity(group.len());
        for shape in group {
            extents.push((height, width));
            if shape.pool {
                (height, width) = (height / 2, width / 2);
            }
        }
        extents
    }

    /// For each layer whether its tiles begin two rows above the block, and two columns left of it. Those of the last do where its pooled output
    /// begins at an odd row or column, within 2×2 pixels that memory holds together: then its quads are the map's.
    pub fn insets(&self, group: &[ConvShape]) -> Vec<[bool; 2]> {
        let mut insets = vec![[false; 2]; group.len()];
        if let Some((last, before)) = group.split_last() {
            if last.pool {
                let odd = |pixels: u32| !(pixels >> pools(before)).is_multiple_of(4);
                insets[before.len()] = [odd(self.row), odd(self.col)];
            }
        }
        insets
    }

    /// For each layer how many rows its tiles begin above the block.
    pub fn rows_above(&self, group: &[ConvShape]) -> Vec<u32> {
        let insets = self.insets(group).into_iter();
        insets.map(|[rows, _]| 2 * u32::from(rows)).collect()
    }

    /// Sub-row and sub-column of its output in the last layer's.
    pub fn output(&self, group: &[ConvShape]) -> (u32, u32) {
        let unit = 2 << pools(group);
        (self.row / unit, self.col / unit)
    }
}

fn pools(group: &[ConvShape]) -> usize {
    group.iter().filter(|shape| shape.pool).count()
}

/// The blocks of a group's input, row by row. `stored` are the sub-columns that memory holds of it: all of them are loaded
/// if the map is one block.
///
/// # Errors
/// If a layer's blocks are not those that the one before leaves, or a layer of the group, or its unpooled output, would have blocks of odd size.
pub(super) fn cut(group: &[ConvShape], stored: u32) -> Result<Vec<Block>, PlanError> {
    for pair in group.windows(2) {
        if pair[1].block != pair[0].block_behind() {
            return Err(PlanError::BlocksDiffer {
                layer: pair[1].name.clone(),
                expected: pair[0].block_behind(),
                found: pair[1].block,
            });
        }
    }
    let first = &group[0];
    let ([rows, cols], all) = (first.block, pools(group));
    // The last layer may pool a block to an odd size: see [`Block::insets`].
    let pools = all - usize::from(group[group.len() - 1].pool);
    for (block, size) in [(rows, first.height), (cols, first.width)] {
        if block < size && !block.is_multiple_of(2 << pools) {
            return Err(PlanError::BlockPool {
                layers: super::names(group),
                block,
                pools,
            });
        }
    }
    let (mut blocks, mut from) = (Vec::new(), 0);
    for row in (0..first.height).step_by(rows as usize) {
        let height = rows.min(first.height - row);
        for col in (0..first.width).step_by(cols as usize) {
            let width = cols.min(first.width - col);
            // What a pool drops at the map's edge may be a whole block.
            if height >> all == 0 || width >> all == 0 {
                continue;
            }
            let sub_cols = match width == first.width {
                true => stored,
                false => width.div_ceil(2),
            };
            let block = Block {
                row,
                col,
                height,
                width,
                sub_cols,
                from,
            };
            from += block.sub_rows();
            blocks.push(block);
        }
    }
    Ok(blocks)
}

/// Lets the layers of a group that others follow behind a pool take the blocks that it leaves. `lengths` are the groups'.
pub(super) fn shrink(shapes: &mut [ConvShape], lengths: &[usize]) {
    let mut rest = shapes;
    for &length in lengths {
        let (group, later) = rest.split_at_mut(length.min(rest.len()));
        rest = later;
        for stage in 1..group.len() {
            group[stage].block = group[stage - 1].block_behind();
        }
    }
}

#[cfg(test)]
#[path = "blocks_tests.rs"]
mod tests;
