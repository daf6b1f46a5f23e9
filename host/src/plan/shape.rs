//! What the planner needs to know of a network: the shapes of its convolutions.

use ndarray::Array3;
use rowfuse_spec::layout::FeatureMap;
use rowfuse_spec::numerics::MAX_INPUT_CHANNELS;
use rowfuse_spec::EngineConfig;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

use super::mapping::{Arrange, Crop, HostStep};
use super::{Blocks, PlanError};
use crate::network::Shape;
use crate::quantise::QuantisedConv;

/// Most rows of a map that the engine takes.
pub(super) const MAX_HEIGHT: u32 = 1020;
/// Most columns.
pub(super) const MAX_WIDTH: u32 = 512;

/// A 3×3 convolution on a map as the engine does it, and the pool behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConvShape {
    /// The module's name.
    pub name: String,
    /// What the host does with the map before it, if anything.
    pub host: Option<HostStep>,
    /// How its kernel and its map become the engine's; none if they are the engine's own.
    pub arrange: Option<Arrange>,
    /// Input channels of the engine: those of all copies, where the host makes some.
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
    /// Which results count, if not all do.
    pub crop: Option<Crop>,
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

    /// Channels, rows and columns of the engine's output.
    pub const fn output(&self) -> (u32, u32, u32) {
        if self.pool {
            (self.cout, self.height / 2, self.width / 2)
        } else {
            (self.cout, self.height, self.width)
        }
    }

    /// Channels, rows and columns of what counts of it.
    pub fn result(&self) -> (u32, u32, u32) {
        match self.crop {
            Some(crop) => (self.cout, crop.size[0], crop.size[1]),
            None => self.output(),
        }
    }

    /// What the engine reads, of the map (channels × rows × columns) that the layer before or the image is: the map itself, unless the host
    /// is needed.
    ///
    /// # Errors
    /// If the map is not the one that the plan was made for.
    pub fn lay_out<'a>(&self, map: &'a Array3<u8>) -> Result<Cow<'a, Array3<u8>>, PlanError> {
        let Some(host) = &self.host else {
            return Ok(Cow::Borrowed(map));
        };
        let pooled = host.pooled(map, self.pad_value)?;
        Ok(Cow::Owned(match &self.arrange {
            Some(arrange) if host.copies => arrange.copies(&pooled, self.pad_value),
            _ => pooled,
        }))
    }

    /// Multiply-accumulate operations that the layer asks for; the engine does more where it works on copies.
    pub fn macs(&self) -> u64 {
        let channels = u64::from(self.cin) * u64::from(self.cout);
        match &self.arrange {
            Some(arrange) => arrange.macs(channels),
            None => 9 * channels * u64::from(self.height) * u64::from(self.width),
        }
    }
}

/// The shapes of a network's convolutions, or the first thing that the engine cannot do.
pub(super) fn shapes(
    input: Shape,
    layers: &[QuantisedConv],
    config: &EngineConfig,
    blocks: Option<Blocks>,
) -> Result<Vec<ConvShape>, PlanError> {
    let mut shapes: Vec<ConvShape> = Vec::with_capacity(layers.len());
    let mut map = input;
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
        if layer.cin() != map.channels {
            return Err(PlanError::Channels {
                layer: layer.name.clone(),
                expected: map.channels,
                found: layer.cin(),
            });
        }
        let pooled = layer.pooled(map);
        let arrange = Arrange::of(layer, pooled, config);
        if arrange.is_none() && !layer.window.is_native() {
            return Err(PlanError::Kernel {
                layer: layer.name.clone(),
                window: layer.window,
                map: pooled,
            });
        }
        if blocks.is_some() && arrange.is_some() {
            return Err(PlanError::BlockWindow {
                layer: layer.name.clone(),
                window: layer.window,
            });
        }
        let whole = arrange.as_ref().is_none_or(Arrange::is_whole);
        let crop = arrange.as_ref().filter(|_| !whole);
        let crop = crop.map(|arrange| Crop::of(arrange, layer.pool_after));
        let (count, height, width) = match &arrange {
            Some(arrange) => (
                arrange.count(),
                arrange.rows.size as usize,
                arrange.columns.size as usize,
            ),
            None => (1, pooled.height, pooled.width),
        };
        let cropped = shapes.last().is_some_and(|before| before.crop.is_some());
        // The map itself may be what is read: of a kernel of one tap, or where only results must be dropped.
        let moved = |way: &Arrange| !way.is_identity(pooled.height, pooled.width);
        let copies = arrange.as_ref().is_some_and(moved);
        let needed = copies || cropped || !layer.before.is_empty();
        let host = needed.then(|| HostStep {
            map,
            pools: layer.before.clone(),
            copies,
        });
        let channels = MAX_INPUT_CHANNELS.min(config.weight_depth);
        let mut shape = ConvShape {
            name: layer.name.clone(),
            host,
            arrange,
            cin: limit(
                match count {
                    1 => "the number of input channels",
                    _ => "the number of input channels, copies included,",
                },
                layer.cin() * count,
                channels,
            )?,
            cout: limit(
                "the number of output channels",
                layer.cout(),
                config.parameter_depth.min(512 * config.lanes),
            )?,
            height: limit("the height of the map", height, MAX_HEIGHT)?,
            width: limit("the width of the map", width, MAX_WIDTH)?,
            block: [0; 2],
            pool: layer.pool_after,
            pad_value: layer.input_zero_point,
            crop,
        };
        let (height, width) = (shape.height, shape.width);
        shape.block = blocks.map_or([height, width], |blocks| blocks.of(height, width));
        let (c, h, w) = shape.result();
        if h == 0 || w == 0 {
            return Err(PlanError::Pool {
                layer: shape.name,
                height: shape.height,
                width: shape.width,
            });
        }
        map = Shape::new(c as usize, h as usize, w as usize);
        shapes.push(shape);
    }
    Ok(shapes)
}
