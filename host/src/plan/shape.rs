//! What the planner needs to know of a network: the shapes of its convolutions.

use rowfuse_spec::layout::FeatureMap;
use rowfuse_spec::numerics::MAX_INPUT_CHANNELS;
use rowfuse_spec::EngineConfig;
use serde::{Deserialize, Serialize};

use super::{Blocks, PlanError};
use crate::network::Shape;
use crate::quantise::QuantisedConv;

/// A 3×3 convolution on a map, and the pool behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConvShape {
    /// The module's name.
    pub name: String,
    /// Input channels.
    pub cin: u32,
    /// Output channels.
    pub cout: u32,
    /// Rows of pixels that the convolution reads and computes.
    pub height: u32,
    /// Columns of pixels.
    pub width: u32,
    /// Rows and columns of the blocks in which the map is convolved, each on its own: those of the map, unless blocks
    /// are asked for.
    pub block: [u32; 2],
    /// Whether a 2×2 max-pool follows.
    pub pool: bool,
    /// What pixels outside the map are: the input's zero point.
    pub pad_value: u8,
}

impl ConvShape {
    /// Rows of 4×4 tiles of a block.
    pub const fn tile_rows(&self) -> u32 {
        self.block[0].div_ceil(4)
    }

    /// Columns of 4×4 tiles of a block.
    pub const fn tile_cols(&self) -> u32 {
        self.block[1].div_ceil(4)
    }

    /// Sub-columns of a block's output, as the engine writes it: whole tiles.
    pub const fn stored_sub_cols(&self) -> u32 {
        self.stored(self.block[1])
    }

    /// Sub-rows or sub-columns of the output of so many rows or columns, as the engine writes it: whole tiles.
    pub(super) const fn stored(&self, pixels: u32) -> u32 {
        pixels.div_ceil(4) * if self.pool { 1 } else { 2 }
    }

    /// Whether the map is convolved in more than one block.
    pub const fn in_blocks(&self) -> bool {
        self.block[0] < self.height || self.block[1] < self.width
    }

    /// Rows and columns of what becomes of a block.
    pub const fn block_behind(&self) -> [u32; 2] {
        let [rows, cols] = self.block;
        if self.pool {
            [rows / 2, cols / 2]
        } else {
            [rows, cols]
        }
    }

    /// The input as the host writes it, at a byte address.
    pub(super) fn input_map(&self, base: u32, lanes: u32) -> FeatureMap {
        FeatureMap::input(base, self.cin, self.height, self.width, lanes)
    }

    /// The output as the engine writes it at a byte address. Blocks' last tiles may reach beyond the map, as the map's own
    /// may.
    pub(super) fn output_map(&self, base: u32, lanes: u32) -> FeatureMap {
        let (channels, height, width) = (self.cout, self.height, self.width);
        let [rows, cols] = self.block;
        let unit = if self.pool { 4 } else { 2 };
        let stored = |size: u32, block: u32| {
            let last = (size - 1) / block * block;
            // Its tiles may begin before it: see [`super::blocks::Block::insets`].
            last / unit + self.stored(last % unit + size - last)
        };
        FeatureMap {
            sub_rows: stored(height, rows),
            sub_cols: stored(width, cols),
            ..FeatureMap::conv_output(base, channels, height, width, lanes, self.pool)
        }
    }

    /// Channels, rows and columns of the output.
    pub const fn output(&self) -> (u32, u32, u32) {
        if self.pool {
            (self.cout, self.height / 2, self.width / 2)
        } else {
            (self.cout, self.height, self.width)
        }
    }

    /// Multiply-accumulate operations.
    pub const fn macs(&self) -> u64 {
        9 * self.cin as u64 * self.cout as u64 * self.height as u64 * self.width as u64
    }
}

/// The shapes of a network's convolutions, or the first thing that the engine cannot do.
pub(super) fn shapes(
    input: Shape,
    layers: &[QuantisedConv],
    config: &EngineConfig,
    blocks: Option<Blocks>,
) -> Result<Vec<ConvShape>, PlanError> {
    let mut shapes = Vec::with_capacity(layers.len());
    let mut map = (input.channels, input.height, input.width);
    for layer in layers {
        let limit = |what, found: usize, limit: u32| {
            if found <= limit as usize && found > 0 {
                return Ok(found as u32);
            }
            Err(PlanError::Limit {
                layer: layer.name.clone(),
                what,
                found: found as u64,
                limit: limit.into(),
            })
        };
        let channels = MAX_INPUT_CHANNELS.min(config.weight_depth);
        let mut shape = ConvShape {
            name: layer.name.clone(),
            cin: limit("the number of input channels", layer.cin(), channels)?,
            cout: limit(
                "the number of output channels",
                layer.cout(),
                config.parameter_depth.min(512 * config.lanes),
            )?,
            height: limit("the height of the map", map.1, 1020)?,
            width: limit("the width of the map", map.2, 512)?,
            block: [0; 2],
            pool: layer.pool_after,
            pad_value: layer.input_zero_point,
        };
        let (height, width) = (shape.height, shape.width);
        shape.block = blocks.map_or([height, width], |blocks| blocks.of(height, width));
        if layer.cin() != map.0 {
            return Err(PlanError::Channels {
                layer: shape.name,
                expected: map.0,
                found: layer.cin(),
            });
        }
        let (c, h, w) = shape.output();
        if h == 0 || w == 0 {
            return Err(PlanError::Pool {
                layer: shape.name,
                height: shape.height,
                width: shape.width,
            });
        }
        map = (c as usize, h as usize, w as usize);
        shapes.push(shape);
    }
    Ok(shapes)
}
