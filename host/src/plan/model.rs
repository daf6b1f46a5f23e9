//! What a plan is made of.

use ndarray::Array3;
use rowfuse_spec::counters::Counter;
use rowfuse_spec::layout::{FeatureMap, LineBufferRegion};
use rowfuse_spec::EngineConfig;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

use super::mapping::Crop;
use super::{hex, Blocks, ConvShape, PlanError};
use crate::quantise::QuantisedConv;

/// Format of a serialised [`Plan`].
pub const SCHEMA: u32 = 4;

/// How a network runs on an engine: memory map, programs and predictions. It holds no weights;
/// [`super::constants`] makes them from the network again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The network's name.
    pub network: String,
    /// SHA-256 of the weights and parameters the plan is for, in hexadecimal.
    pub weights_sha256: String,
    /// Into which blocks maps are cut; none if each is convolved as a whole.
    pub blocks: Option<Blocks>,
    /// The engine.
    pub config: EngineConfig,
    /// [`EngineConfig::id`] of it, which the board must have.
    pub config_id: u32,
    /// Where the network's input is written.
    pub input: FeatureMap,
    /// Every region of memory in order of address.
    pub memory: Vec<Region>,
    /// One program each, in order.
    pub groups: Vec<Group>,
}

/// A region of memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Region {
    /// What is there.
    pub what: String,
    /// Byte address, a multiple of 64.
    pub address: u32,
    /// Bytes.
    pub bytes: u32,
}

/// Layers that are executed by one program, from memory to memory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// The layers, first to last; all but the last hand their output on in the line buffer.
    pub layers: Vec<LayerPlan>,
    /// Blocks that its input is cut into.
    pub blocks: u32,
    /// Strips the last layer is cut into, those of all blocks.
    pub strips: u32,
    /// The first layer's input.
    pub input: FeatureMap,
    /// The last layer's output.
    pub output: FeatureMap,
    /// Byte address of the parameters of all layers.
    pub parameters: u32,
    /// Byte address of the program.
    pub program_address: u32,
    /// The program's commands.
    #[serde(with = "hex")]
    pub program: Vec<u8>,
    /// What the counters will be.
    pub prediction: Prediction,
}

impl Group {
    /// The layers' names, joined.
    pub fn name(&self) -> String {
        let names: Vec<&str> = self.layers.iter().map(|l| l.shape.name.as_str()).collect();
        names.join(" + ")
    }

    /// Multiply-accumulate operations.
    pub fn macs(&self) -> u64 {
        self.layers.iter().map(|layer| layer.shape.macs()).sum()
    }

    /// What counts of the output that the engine has written.
    ///
    /// # Errors
    /// If the output is smaller than the plan says.
    pub fn result(&self, output: Array3<u8>) -> Result<Array3<u8>, PlanError> {
        match self.crop() {
            Some(crop) => crop.apply(&output),
            None => Ok(output),
        }
    }

    /// Its first layer, if the host is needed before it.
    pub fn host(&self) -> Option<&ConvShape> {
        let first = self.layers.first().map(|layer| &layer.shape);
        first.filter(|shape| shape.host.is_some())
    }

    /// Which of the group's results count, if not all do.
    pub fn crop(&self) -> Option<&Crop> {
        self.layers.last()?.shape.crop.as_ref()
    }

    /// Bytes of every pixel lane that the rings take.
    pub fn lane_bytes(&self) -> u32 {
        let rings = self.layers.iter().map(|layer| layer.ring.bytes_per_lane());
        rings.sum()
    }
}

/// A layer of a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerPlan {
    /// The layer.
    pub shape: ConvShape,
    /// The ring of its input in the line buffer.
    pub ring: LineBufferRegion,
    /// Byte address of its weights.
    pub weights: u32,
    /// Its share of the group's counters; its cycles are those in which the compute unit is at it.
    pub prediction: Prediction,
    /// Share of the array's multiply-accumulate operations that are the layer's, while it runs: 1 if
    /// every cycle did 144 a lane.
    pub utilisation: f64,
    /// Bytes of the whole line buffer that its input's ring takes.
    pub line_buffer_bytes: u32,
    /// What most of its time goes by.
    pub bound: Bound,
}

/// What a layer's time goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// The array is at work.
    Multipliers,
    /// Waiting for weights.
    Weights,
    /// Waiting for rows or room.
    Rows,
    /// Waiting for results to be written.
    Output,
    /// Waiting for the shortest interval between tiles.
    Interval,
}

impl Bound {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Bound::Multipliers => "multipliers",
            Bound::Weights => "weights",
            Bound::Rows => "rows",
            Bound::Output => "output",
            Bound::Interval => "interval",
        }
    }
}

/// Predicted counters, as [`Counter`] defines them. Those that do not depend on timing are exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // each is the counter of that name
pub struct Prediction {
    pub cycles: u64,
    pub compute_cycles: u64,
    pub stall_weights: u64,
    pub stall_tokens: u64,
    pub stall_output: u64,
    pub stall_interval: u64,
    pub read_words: u64,
    pub write_words: u64,
    pub sub_rows_loaded: u64,
    pub tiles: u64,
    pub commands: u64,
}

impl Prediction {
    /// The prediction of one counter.
    pub const fn get(&self, counter: Counter) -> u64 {
        match counter {
            Counter::Cycles => self.cycles,
            Counter::ComputeCycles => self.compute_cycles,
            Counter::StallWeights => self.stall_weights,
            Counter::StallTokens => self.stall_tokens,
            Counter::StallOutput => self.stall_output,
            Counter::StallInterval => self.stall_interval,
            Counter::ReadWords => self.read_words,
            Counter::WriteWords => self.write_words,
            Counter::SubRowsLoaded => self.sub_rows_loaded,
            Counter::Tiles => self.tiles,
            Counter::Commands => self.commands,
        }
    }

    /// Bytes that memory moves, both ways.
    pub const fn memory_bytes(&self) -> u64 {
        2 * (self.read_words + self.write_words)
    }
}

impl std::ops::AddAssign for Prediction {
    fn add_assign(&mut self, other: Prediction) {
        self.cycles += other.cycles;
        self.compute_cycles += other.compute_cycles;
        self.stall_weights += other.stall_weights;
        self.stall_tokens += other.stall_tokens;
        self.stall_output += other.stall_output;
        self.stall_interval += other.stall_interval;
        self.read_words += other.read_words;
        self.write_words += other.write_words;
        self.sub_rows_loaded += other.sub_rows_loaded;
        self.tiles += other.tiles;
        self.commands += other.commands;
    }
}

impl Plan {
    /// Convolutions it covers.
    pub fn layer_count(&self) -> usize {
        self.groups.iter().map(|group| group.layers.len()).sum()
    }

    /// Which of a network's convolutions, counted from 0, is the plan's first: the one of that name.
    pub fn first_layer(&self, layers: &[QuantisedConv]) -> Option<usize> {
        let name = &self.groups.first()?.layers.first()?.shape.name;
        layers.iter().position(|layer| &layer.name == name)
    }

    /// What the first group reads, of the map that its first layer reads: the image, unless the host lays it out.
    ///
    /// # Errors
    /// If the map is not the one that the plan was made for.
    pub fn lay_out<'a>(&self, map: &'a Array3<u8>) -> Result<Cow<'a, Array3<u8>>, PlanError> {
        match self.groups.first().and_then(Group::host) {
            Some(first) => first.lay_out(map),
            None => Ok(Cow::Borrowed(map)),
        }
    }

    /// The first layer that needs the host between its group and the one before, if any does.
    pub fn host_between(&self) -> Option<&ConvShape> {
        self.groups.iter().skip(1).find_map(Group::host)
    }

    /// Whether a group's program lies at that byte address.
    pub fn has_program_at(&self, address: u32) -> bool {
        self.groups.iter().any(|g| g.program_address == address)
    }

    /// The sum of all groups' predictions.
    pub fn prediction(&self) -> Prediction {
        let mut sum = Prediction::default();
        self.groups.iter().for_each(|group| sum += group.prediction);
        sum
    }

    /// Seconds that the engine is predicted to take for a frame.
    pub fn predicted_seconds(&self) -> f64 {
        self.prediction().cycles as f64 / (f64::from(self.config.clock_mhz) * 1e6)
    }

    /// Bytes of memory that the plan uses.
    pub fn memory_bytes(&self) -> u64 {
        let ends = self
            .memory
            .iter()
            .map(|r| u64::from(r.address) + u64::from(r.bytes));
        ends.max().unwrap_or(0)
    }

    /// Refuses a plan of another format, one whose configuration is not `config_id`, or one whose layers' blocks are not
    /// what [`Plan::blocks`] says.
    pub fn check(&self, config_id: u32) -> Result<(), PlanError> {
        if self.schema != SCHEMA {
            return Err(PlanError::Schema {
                expected: SCHEMA,
                found: self.schema,
            });
        }
        if self.config_id != config_id || self.config.id() != config_id {
            return Err(PlanError::Configuration {
                expected: self.config_id,
                found: config_id,
            });
        }
        self.groups
            .iter()
            .try_for_each(|group| self.check_blocks(group))
    }

    /// A group's first layer has the blocks of its map, the others what the one before leaves of them.
    fn check_blocks(&self, group: &Group) -> Result<(), PlanError> {
        let mut behind = None;
        for shape in group.layers.iter().map(|layer| &layer.shape) {
            let (height, width) = (shape.height, shape.width);
            let of_map = || self.blocks.map_or([height, width], |b| b.of(height, width));
            let expected = behind.unwrap_or_else(of_map);
            if shape.block != expected {
                return Err(PlanError::BlocksDiffer {
                    layer: shape.name.clone(),
                    expected,
                    found: shape.block,
                });
            }
            behind = Some(shape.block_behind());
        }
        Ok(())
    }
}
