//! Which rows of which layer are computed when, and where the rings lie that hold them in between.
//!
//! Each block of a group's input, usually the whole map, goes through all of the group's layers before the next. Of each
//! block the last layer is cut into strips of tile rows. For each strip every layer before it
//! computes what the strip still lacks, and no row is loaded or computed twice. A ring of depth `D`
//! holds `6·D` rows of pixels: row `y` takes the place of row `y − 6·D`. The ring of the group's input goes on from block to
//! block, so that the next one's rows arrive early; the others begin again.

use std::ops::Range;

use rowfuse_spec::layout::LineBufferRegion;
use rowfuse_spec::EngineConfig;

use super::blocks::Block;
use super::ConvShape;

/// Pixel rows of one slot of a ring.
pub(super) const ROWS_PER_SLOT: u32 = 6;

/// What is done for one strip of the group's last layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Strip {
    /// Place of its block among the schedule's; the ranges count within that.
    pub block: usize,
    /// Sub-rows of the group's input that are loaded; may be empty.
    pub loads: Range<u32>,
    /// Tile rows that each layer computes; empty if it is done already.
    pub rows: Vec<Range<u32>>,
    /// First row of pixels of its input that each layer reads from then on.
    pub first_rows: Vec<u32>,
}

/// The blocks and strips of a group and the rings of its layers' inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Schedule {
    pub blocks: Vec<Block>,
    pub strips: Vec<Strip>,
    pub rings: Vec<LineBufferRegion>,
}

impl Schedule {
    /// Cuts each block's rows of the last of `shapes` into `strips` strips (fewer if it has not so many) as even as can be,
    /// the higher ones first, since the first strip needs no row above it. The error is the number of bytes a lane would need.
    pub(super) fn new(
        shapes: &[ConvShape],
        blocks: Vec<Block>,
        config: &EngineConfig,
        strips: u32,
    ) -> Result<Schedule, u64> {
        let strips = (0..blocks.len()).flat_map(|block| cut(shapes, &blocks, block, strips));
        let strips: Vec<Strip> = strips.collect();
        let rings = rings(shapes, &blocks, config, &strips)?;
        Ok(Schedule {
            blocks,
            strips,
            rings,
        })
    }
}

/// The strips' rows of a block, worked out from the last layer back to the loads.
fn cut(shapes: &[ConvShape], blocks: &[Block], block: usize, count: u32) -> Vec<Strip> {
    let last = shapes.len() - 1;
    let extents = blocks[block].extents(shapes);
    let rows_above = blocks[block].rows_above(shapes);
    let tile_rows = (extents[last].0 + rows_above[last]).div_ceil(4);
    let count = count.min(tile_rows);
    let mut done = vec![0; shapes.len()];
    let mut loaded = 0;
    let mut strips = Vec::with_capacity(count as usize);
    for n in 0..count {
        let height = tile_rows / count + u32::from(n < tile_rows % count);
        let mut until = done[last] + height;
        let mut rows = vec![0..0; shapes.len()];
        for stage in (0..shapes.len()).rev() {
            rows[stage] = done[stage]..until.max(done[stage]);
            done[stage] = rows[stage].end;
            // The window of the last tile row ends in the row below it.
            let sub_row = 2 * until - rows_above[stage] / 2;
            let sub_row = sub_row.min(extents[stage].0.div_ceil(2) - 1);
            until = match stage.checked_sub(1).map(|before| shapes[before].pool) {
                None => sub_row + 1,
                Some(true) => sub_row + 1,
                Some(false) => sub_row / 2 + 1,
            };
        }
        let first = |(rows, above): (&Range<u32>, &u32)| (4 * rows.start).saturating_sub(1 + above);
        strips.push(Strip {
            block,
            loads: loaded..until.max(loaded),
            first_rows: rows.iter().zip(&rows_above).map(first).collect(),
            rows,
        });
        loaded = loaded.max(until);
    }
    strips
}

/// Pixel rows that the ring before a layer must hold at the same time.
fn rows_needed(shapes: &[ConvShape], strips: &[Strip], stage: usize) -> u32 {
    let written = |strip: &Strip| match stage.checked_sub(1) {
        None => 2 * strip.loads.end,
        Some(before) if shapes[before].pool => 2 * strip.rows[before].end,
        Some(before) => 4 * strip.rows[before].end,
    };
    let needed = |strip: &Strip| written(strip).saturating_sub(strip.first_rows[stage]);
    strips.iter().map(needed).max().unwrap_or(0)
}

/// The rings, one behind the other: those between layers as small as they may be, that of the input
/// with the rest of the line buffer, so that rows are loaded ahead.
fn rings(
    shapes: &[ConvShape],
    blocks: &[Block],
    config: &EngineConfig,
    strips: &[Strip],
) -> Result<Vec<LineBufferRegion>, u64> {
    let loaded = blocks.iter().map(|block| block.sub_cols).max();
    let loaded = loaded.unwrap_or(0);
    let ring = |stage: usize, depth: u32| {
        let stored = match stage.checked_sub(1) {
            None => loaded,
            Some(before) => shapes[before].stored_sub_cols(),
        };
        // All stored columns are written, even those beyond the map.
        let tile_cols = shapes[stage].tile_cols().max(stored.div_ceil(2));
        LineBufferRegion::new(0, depth, tile_cols, shapes[stage].cin, config.lanes)
    };
    let depth = |stage| rows_needed(shapes, strips, stage).div_ceil(ROWS_PER_SLOT);
    let mut rings: Vec<_> = (0..shapes.len()).map(|s| ring(s, depth(s))).collect();
    let bytes = |ring: &LineBufferRegion| u64::from(ring.bytes_per_lane());
    let needed: u64 = rings.iter().map(bytes).sum();
    let spare = u64::from(config.lane_depth).checked_sub(needed);
    let spare = spare.ok_or(needed)? as u32;
    let sub_rows: u32 = blocks.iter().map(Block::sub_rows).sum();
    let all = (2 * sub_rows).div_ceil(ROWS_PER_SLOT);
    let more = spare / rings[0].row_pitch();
    rings[0].ring_depth = (rings[0].ring_depth + more).min(all.max(rings[0].ring_depth));
    // The input's ring comes last: its size is the one that varies.
    let mut base = 0;
    for stage in (0..shapes.len()).rev() {
        rings[stage].base = base;
        base = rings[stage].ring_end();
    }
    match rings.iter().all(|ring| ring.fits(config).is_ok()) {
        true => Ok(rings),
        false => Err(needed.max(u64::from(config.lane_depth) + 1)),
    }
}

/// For the sub-rows `loads` of a strip, as the ring counts them: how many must wait for the strip before to be computed,
/// and the strip, if any, that the others must wait for. `starts` are the first rows of pixels that the strips so far
/// read, this one's included.
pub(super) fn waits(
    ring: &LineBufferRegion,
    starts: &[u32],
    loads: &Range<u32>,
) -> Vec<(Range<u32>, Option<usize>)> {
    let capacity = ring.ring_depth * ROWS_PER_SLOT;
    // The first strip whose rows are still there when the sub-row is written may run at that time.
    let allowed = |sub_row: u32| {
        let fits = |&start: &u32| 2 * (sub_row + 1) - start <= capacity;
        starts.iter().position(fits).unwrap_or(starts.len() - 1)
    };
    let before = starts.len() - 1;
    let late = loads
        .clone()
        .find(|&sub_row| before > 0 && allowed(sub_row) == before)
        .unwrap_or(loads.end);
    let mut parts = Vec::new();
    if loads.start < late {
        parts.push((loads.start..late, allowed(late - 1).checked_sub(1)));
    }
    if late < loads.end {
        parts.push((late..loads.end, Some(before - 1)));
    }
    parts
}

#[cfg(test)]
#[path = "schedule_tests.rs"]
mod tests;
