//! Pools apart: where a block would be odd behind a pool, as 14 pixels are, its output could not be put beside its neighbour's, for
//! memory holds 2×2 pixels together. Then the last layer writes its blocks unpooled, and a second pass of the
//! same program pools the whole map: a convolution that leaves every pixel as it is, one group of channels at a time.

use rowfuse_spec::layout::{pack_weights, weight_bytes, LineBufferRegion};
use rowfuse_spec::numerics::Requant;
use rowfuse_spec::{EngineConfig, LayoutError};

use super::blocks::Block;
use super::emit::Pass;
use super::schedule::{Schedule, ROWS_PER_SLOT};
use super::ConvShape;

/// Multiplies by 1 − 2⁻¹⁸ and rounds: every pixel stays what it is.
pub(super) const SAME: Requant = Requant {
    bias: 0,
    multiplier: 58_254,
    shift: 19,
};

/// What the pass behind a layer is called.
pub(super) fn name(layer: &ConvShape) -> String {
    format!("{} pool", layer.name)
}

/// Bytes of the pass's weights.
pub(super) fn bytes(config: &EngineConfig) -> u32 {
    weight_bytes(config.lanes, config.lanes, config.lanes)
}

/// The pass's weights: each lane takes its own channel's middle pixel.
pub(super) fn weights(config: &EngineConfig) -> Result<Vec<u8>, LayoutError> {
    let lanes = config.lanes;
    let mut oihw = vec![0; (lanes * lanes * 9) as usize];
    for lane in 0..lanes {
        oihw[(9 * (lane * lanes + lane) + 4) as usize] = 1;
    }
    pack_weights(&oihw, lanes, lanes, lanes)
}

/// The pass that pools a layer's output, or how many bytes of each lane it would need.
///
/// A convolution of one pixel needs no neighbours, so any rows will do: half of what the line buffer holds, while the other half is loaded.
pub(super) fn pass(layer: &ConvShape, config: &EngineConfig) -> Result<Pass, u64> {
    let (lanes, height, width) = (config.lanes, layer.height, layer.width);
    let slot = LineBufferRegion::new(0, 1, width.div_ceil(4), lanes, lanes).row_pitch();
    let rows = config.lane_depth / slot * ROWS_PER_SLOT / 2 / 4 * 4;
    let rows = rows.max(4).min(height);
    let shape = ConvShape {
        cin: lanes,
        cout: lanes,
        block: [rows, width],
        pad_value: 0,
        ..layer.clone()
    };
    let (mut blocks, mut from) = (Vec::new(), 0);
    for group in 0..config.groups(layer.cout) {
        // An odd last row is dropped by the pool.
        for row in (0..height / 2 * 2).step_by(rows as usize) {
            let block = Block {
                row,
                col: 0,
                height: rows.min(height - row),
                width,
                sub_cols: width.div_ceil(2),
                group: Some(group),
                from,
            };
            from += block.sub_rows();
            blocks.push(block);
        }
    }
    let shapes = vec![shape];
    let schedule = Schedule::new(&shapes, blocks, config, 1)?;
    Ok(Pass { shapes, schedule })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pixel_stays_what_it_is() {
        for pixel in 0..=255 {
            assert_eq!(i32::from(SAME.apply(pixel)), pixel);
        }
    }
}
