//! A case: engine, network, numbers and plan in a few lines of JSON.

use std::fs;
use std::path::Path;

use ndarray::{Array3, Array4};
use rowfuse_spec::EngineConfig;
use serde::{Deserialize, Serialize};

use super::error::CampaignError;
use super::fill::{noise, Filling};
use super::scaling::{scale, Scaling};
use crate::network::{Layer, Network, Pool, Shape, Window};
use crate::plan::{Blocks, Fusion, PlanOptions};
use crate::quantise::{QuantisedConv, QuantisedNetwork, INPUT_ZERO_POINT, SIGNED_ZERO_POINT};

/// Version of the files.
pub const VERSION: u32 = 1;

/// Channels, rows or columns of a map at most, and multiply-accumulate operations of a case: a file must not ask for more than a machine has.
const MOST_SIDE: usize = 1024;
const MOST_MACS: u64 = 1 << 33;

fn too_large(map: Shape) -> bool {
    [map.channels, map.height, map.width]
        .iter()
        .any(|side| *side > MOST_SIDE)
}

/// A step of a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Stage {
    /// A convolution.
    Conv {
        /// Output channels.
        cout: usize,
        /// Kernel, strides, padding.
        window: Window,
        /// Whether its output's zero is 0, or 128.
        relu: bool,
        /// Whether the engine's 2×2 pool follows.
        pool: bool,
        /// Its weights.
        weights: Filling,
        /// What becomes of its sums.
        scaling: Scaling,
    },
    /// A pool that the host computes.
    Pool {
        /// Which.
        pool: Pool,
    },
}

/// Which layers are fused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grouping {
    /// As the planner likes.
    Auto,
    /// None.
    Off,
    /// So many of the engine's convolutions each.
    Groups(Vec<usize>),
}

/// Everything that a run is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// [`VERSION`].
    pub version: u32,
    /// What it is kept for.
    pub why: String,
    /// The engine.
    pub config: EngineConfig,
    /// The image.
    pub input: Shape,
    /// Its pixels.
    pub pixels: Filling,
    /// The network.
    pub stages: Vec<Stage>,
    /// Where all noise comes from.
    pub seed: u64,
    /// What is fused.
    pub grouping: Grouping,
    /// Block convolution.
    pub blocks: Option<Blocks>,
    /// Whether the functional board lets loads run ahead of convolutions, or behind them.
    pub loads_first: bool,
}

impl Case {
    /// Reads a case.
    ///
    /// # Errors
    /// If the file cannot be read, or is no legal case of this version.
    pub fn read(path: &Path) -> Result<Case, CampaignError> {
        let file = |reason: String| CampaignError::File {
            path: path.to_owned(),
            reason,
        };
        let text = fs::read_to_string(path).map_err(|error| file(error.to_string()))?;
        let case: Case = serde_json::from_str(&text).map_err(|error| file(error.to_string()))?;
        if case.version != VERSION {
            return Err(file(format!("version {}, this is {VERSION}", case.version)));
        }
        case.config
            .validate()
            .map_err(|error| file(error.to_string()))?;
        match case.is_valid() {
            true => Ok(case),
            false => Err(file(
                "the maps do not fit the kernels and pools, or a number is out of its range".into(),
            )),
        }
    }

    /// Writes it, readable.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), CampaignError> {
        let file = |reason: String| CampaignError::File {
            path: path.to_owned(),
            reason,
        };
        let text = serde_json::to_string_pretty(self).map_err(|error| file(error.to_string()))?;
        crate::atomic::write(path, format!("{text}\n").as_bytes())
            .map_err(|error| file(error.to_string()))
    }

    /// Whether it describes a network at all.
    pub fn is_valid(&self) -> bool {
        let numbers = self.stages.iter().all(|stage| match stage {
            Stage::Conv { weights, .. } => weights.is_valid(false),
            Stage::Pool { .. } => true,
        });
        let has_conv = self
            .stages
            .iter()
            .any(|stage| matches!(stage, Stage::Conv { .. }));
        numbers
            && has_conv
            && self.pixels.is_valid(true)
            && self.shapes().is_some()
            && self.macs() <= MOST_MACS
    }

    /// The maps before each stage and behind the last; `None` if one does not fit.
    pub fn shapes(&self) -> Option<Vec<Shape>> {
        let mut shapes = vec![self.input];
        let mut map = self.input;
        if map.is_empty() || too_large(map) {
            return None;
        }
        for stage in &self.stages {
            map = match stage {
                Stage::Conv {
                    cout, window, pool, ..
                } => {
                    if *cout == 0 || !window.is_valid() {
                        return None;
                    }
                    let [mut height, mut width] = window.output(map.height, map.width)?;
                    if *pool {
                        (height, width) = (height / 2, width / 2);
                    }
                    Shape::new(*cout, height, width)
                }
                Stage::Pool { pool } => {
                    if let Pool::Max { window } | Pool::Average { window, .. } = pool {
                        Some(()).filter(|()| window.is_valid())?;
                    }
                    pool.output(map)?
                }
            };
            if map.is_empty() || too_large(map) {
                return None;
            }
            shapes.push(map);
        }
        Some(shapes)
    }

    /// Multiply-accumulate operations.
    pub fn macs(&self) -> u64 {
        let shapes = self.shapes().unwrap_or_default();
        let of = |(stage, pair): (&Stage, &[Shape])| match stage {
            Stage::Conv { cout, window, .. } => {
                let places = window
                    .output(pair[0].height, pair[0].width)
                    .unwrap_or([0, 0]);
                let kernel = window.kernel[0] * window.kernel[1];
                (pair[0].channels * cout * kernel * places[0] * places[1]) as u64
            }
            Stage::Pool { .. } => 0,
        };
        self.stages.iter().zip(shapes.windows(2)).map(of).sum()
    }

    /// How it is planned.
    pub fn options(&self) -> PlanOptions {
        let fusion = match &self.grouping {
            Grouping::Auto => Fusion::Auto,
            Grouping::Off => Fusion::Off,
            Grouping::Groups(lengths) => Fusion::Groups(lengths.clone()),
        };
        PlanOptions {
            layers: None,
            fusion,
            blocks: self.blocks,
        }
    }

    /// The image: channels × rows × columns.
    pub fn image(&self) -> Array3<u8> {
        let Shape {
            channels,
            height,
            width,
        } = self.input;
        Array3::from_shape_fn((channels, height, width), |(c, y, x)| {
            let place = (c * height + y) * width + x;
            self.pixels.pixel(self.seed, place as u64, y, x)
        })
    }

    /// The network in integers.
    pub fn network(&self) -> QuantisedNetwork {
        let (mut layers, mut convs, mut pools) =
            (Vec::new(), Vec::<QuantisedConv>::new(), Vec::new());
        let (mut cin, mut zero_point) = (self.input.channels, INPUT_ZERO_POINT);
        for (index, stage) in self.stages.iter().enumerate() {
            match stage {
                Stage::Conv {
                    cout,
                    window,
                    relu,
                    pool,
                    weights,
                    scaling,
                } => {
                    let name = format!("conv{index}");
                    layers.push(Layer::Conv {
                        name: name.clone(),
                        cin,
                        cout: *cout,
                        window: *window,
                        relu: *relu,
                    });
                    if *pool {
                        layers.push(Layer::Pool);
                    }
                    let seed = noise(self.seed, 1 << 40 | index as u64);
                    let [rows, columns] = window.kernel;
                    let values =
                        Array4::from_shape_fn((*cout, cin, rows, columns), |(o, i, r, c)| {
                            let place = ((o * cin + i) * rows + r) * columns + c;
                            weights.weight(seed, place as u64, r, c)
                        });
                    let mut conv = QuantisedConv {
                        name,
                        before: std::mem::take(&mut pools),
                        window: *window,
                        weights: values,
                        requant: Vec::new(),
                        weight_scales: vec![1.0; *cout],
                        input_zero_point: zero_point,
                        output_zero_point: if *relu { 0 } else { SIGNED_ZERO_POINT },
                        input_scale: 1.0,
                        output_scale: 1.0,
                        pool_after: *pool,
                    };
                    scale(&mut conv, *scaling, noise(seed, 1 << 41));
                    zero_point = conv.output_zero_point;
                    convs.push(conv);
                    cin = *cout;
                }
                Stage::Pool { pool } => {
                    layers.push(match *pool {
                        Pool::Max { window } => Layer::MaxPool { window },
                        Pool::Average {
                            window,
                            count_padding,
                        } => Layer::AveragePool {
                            window,
                            count_padding,
                        },
                        Pool::Adaptive { height, width } => Layer::AdaptivePool { height, width },
                    });
                    pools.push(*pool);
                }
            }
        }
        QuantisedNetwork {
            normalisation: crate::image::Normalisation::IMAGENET,
            network: Network {
                name: "case".into(),
                input: self.input,
                layers,
            },
            input_scale: 1.0,
            layers: convs,
            tail: pools,
            classifier: Vec::new(),
            report: Vec::new(),
            calibration: "none".into(),
        }
    }
}
