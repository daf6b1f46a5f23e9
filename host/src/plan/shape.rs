//! What the planner needs to know of a network: the shapes of its convolutions.

use rowfuse_spec::numerics::MAX_INPUT_CHANNELS;
use rowfuse_spec::EngineConfig;
use serde::{Deserialize, Serialize};

use super::PlanError;
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
    /// Whether a 2×2 max-pool follows.
    pub pool: bool,
    /// What pixels outside the map are: the input's zero point.
    pub pad_value: u8,
}

impl ConvShape {
    /// Rows of 4×4 tiles.
    pub const fn tile_rows(&self) -> u32 {
        self.height.div_ceil(4)
    }

    /// Columns of 4×4 tiles.
    pub const fn tile_cols(&self) -> u32 {
        self.width.div_ceil(4)
    }

    /// Sub-rows of the input that hold pixels.
    pub const fn sub_rows(&self) -> u32 {
        self.height.div_ceil(2)
    }

    /// Sub-columns of the output, as the engine writes it: whole tiles.
    pub const fn stored_sub_cols(&self) -> u32 {
        if self.pool {
            self.tile_cols()
        } else {
            2 * self.tile_cols()
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
        let shape = ConvShape {
            name: layer.name.clone(),
            cin: limit("the number of input channels", layer.cin(), channels)?,
            cout: limit(
                "the number of output channels",
                layer.cout(),
                config.parameter_depth.min(512 * config.lanes),
            )?,
            height: limit("the height of the map", map.1, 1020)?,
            width: limit("the width of the map", map.2, 512)?,
            pool: layer.pool_after,
            pad_value: layer.input_zero_point,
        };
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
