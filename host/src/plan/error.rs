//! Why a network cannot be planned, or a plan not be used.

use std::ops::Range;

use rowfuse_spec::error::{CommandError, ConfigError, LayoutError, RequantError};

use super::mapping::Crop;
use crate::fault::{Exit, Fault};
use crate::network::{NetworkError, Shape, Window};

/// A network that an engine cannot run, or a plan that does not belong to a network or an engine.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // each field is named in its sentence
pub enum PlanError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error(
        "convolutions {}..{} are asked for, but {network} has 0..{found}",
        .asked.start, .asked.end
    )]
    Layers {
        network: String,
        asked: Range<usize>,
        found: usize,
    },
    #[error("layer {layer}: {what} is {found}, but the engine's limit is {limit}")]
    Limit {
        layer: String,
        what: &'static str,
        found: u64,
        limit: u64,
    },
    #[error("layer {layer} has {found} input channels, but its input has {expected}")]
    Channels {
        layer: String,
        expected: usize,
        found: usize,
    },
    #[error("layer {layer}: a map of {height}×{width} pixels is too small for a 2×2 pool")]
    Pool {
        layer: String,
        height: u32,
        width: u32,
    },
    #[error(
        "layers {layers} need {needed} bytes of every pixel lane, but {config} has {available}"
    )]
    LineBuffer {
        layers: String,
        needed: u64,
        available: u32,
        config: String,
    },
    #[error("blocks of {found} pixels are asked for, but the number must be even and at least 2")]
    BlockSize { found: u32 },
    #[error(
        "layers {layers}: a block of {block} pixels is {} behind {pools} pools, which is odd or none: \
         a layer behind them would have blocks that begin within 2×2 pixels which lie together", .block >> .pools
    )]
    BlockPool {
        layers: String,
        block: u32,
        pools: usize,
    },
    #[error(
        "layer {layer} has blocks of {}×{} pixels, but the plan's are {}×{} there",
        .found[0], .found[1], .expected[0], .expected[1]
    )]
    BlocksDiffer {
        layer: String,
        expected: [u32; 2],
        found: [u32; 2],
    },
    #[error("layer {layer} has the window {window}, but its map is only {map}")]
    Kernel {
        layer: String,
        window: Window,
        map: Shape,
    },
    #[error(
        "layer {layer} has the window {window}: in blocks only {} is convolved",
        Window::CONV3
    )]
    BlockWindow { layer: String, window: Window },
    #[error("layer {layer} needs the host before it, so it cannot be fused with the layer before")]
    Fused { layer: String },
    #[error("layer {layer} needs the host between two groups, so images cannot be streamed")]
    Streamed { layer: String },
    #[error("the map is {found}, but the plan is for one of {expected}")]
    HostMap { expected: Shape, found: Shape },
    #[error("the plan's pools do not fit a map of {found}")]
    HostPool { found: Shape },
    #[error(
        "of a map of {height}×{width} pixels the plan wants {}×{} from row {}, column {} on",
        .crop.size[0], .crop.size[1], .crop.start[0], .crop.start[1]
    )]
    Crop {
        crop: Crop,
        height: usize,
        width: usize,
    },
    #[error("layer {layer}: the plan's copies are not those of a kernel of {rows}×{columns}")]
    Copies {
        layer: String,
        rows: usize,
        columns: usize,
    },
    #[error("the plan needs {needed} bytes of memory, but {config} has {available}")]
    Memory {
        needed: u64,
        available: u64,
        config: String,
    },
    #[error("groups of {asked:?} layers are asked for, but there are {found} layers to group")]
    Groups { asked: Vec<usize>, found: usize },
    #[error("the plan is for configuration {expected:#010x}, but this one is {found:#010x}")]
    Configuration { expected: u32, found: u32 },
    #[error("the plan was made for weights {expected}, but these are {found}")]
    Weights { expected: String, found: String },
    #[error("the plan is of format {found}, but this rowfuse reads format {expected}")]
    Schema { expected: u32, found: u32 },
    #[error("the program of layers {layers} would never end")]
    Deadlock { layers: String },
    #[error(transparent)]
    Layout(#[from] LayoutError),
    #[error("layer {layer}, channel {channel}: {source}")]
    Requant {
        layer: String,
        channel: usize,
        source: RequantError,
    },
    #[error(transparent)]
    Command(#[from] CommandError),
}

impl Fault for PlanError {
    fn code(&self) -> &'static str {
        match self {
            PlanError::Config(_) => "plan.config",
            PlanError::Network(error) => error.code(),
            PlanError::Layers { .. } => "plan.layers",
            PlanError::Limit { .. } => "plan.limit",
            PlanError::Channels { .. } => "plan.channels",
            PlanError::Pool { .. } => "plan.pool",
            PlanError::LineBuffer { .. } => "plan.line_buffer",
            PlanError::BlockSize { .. } => "plan.block_size",
            PlanError::BlockPool { .. } => "plan.block_pool",
            PlanError::BlocksDiffer { .. } => "plan.blocks",
            PlanError::Kernel { .. } => "plan.kernel",
            PlanError::BlockWindow { .. } => "plan.block_window",
            PlanError::Fused { .. } => "plan.fused",
            PlanError::Streamed { .. } => "plan.streamed",
            PlanError::HostMap { .. } => "plan.host_map",
            PlanError::HostPool { .. } => "plan.host_pool",
            PlanError::Crop { .. } => "plan.crop",
            PlanError::Copies { .. } => "plan.copies",
            PlanError::Memory { .. } => "plan.memory",
            PlanError::Groups { .. } => "plan.groups",
            PlanError::Configuration { .. } => "plan.configuration",
            PlanError::Weights { .. } => "plan.weights",
            PlanError::Schema { .. } => "plan.schema",
            PlanError::Deadlock { .. } => "plan.deadlock",
            PlanError::Layout(_) => "plan.layout",
            PlanError::Requant { .. } => "plan.requant",
            PlanError::Command(_) => "plan.command",
        }
    }

    fn help(&self) -> String {
        match self {
            PlanError::Network(error) => return error.help(),
            PlanError::Config(_) => "choose one of the configurations that `rowfuse list` shows",
            PlanError::Layers { .. } => "ask for at least one convolution, and none behind the last",
            PlanError::Channels { .. } => "check the order of the network's layers",
            PlanError::Pool { .. } | PlanError::Kernel { .. } => "use a larger input",
            PlanError::BlockWindow { .. } => "leave --blocks out for this network",
            PlanError::Fused { .. } => "begin a group with this layer",
            PlanError::Streamed { .. } => "run on one board, which goes group by group",
            PlanError::HostMap { .. } => "prepare the image for the network's input size",
            PlanError::HostPool { .. } | PlanError::Crop { .. } | PlanError::Copies { .. } => {
                "make the plan again with this version, for this quantised model"
            }
            PlanError::Limit { .. } | PlanError::LineBuffer { .. } => {
                "choose a larger configuration, or a smaller input"
            }
            PlanError::BlockSize { .. } => "choose an even number of pixels, such as 28",
            PlanError::BlockPool { .. } => {
                "choose a multiple of 4, or of 8 if two pools are in one group; or `2x2`"
            }
            PlanError::BlocksDiffer { .. } => "make the plan again with `rowfuse plan --blocks`",
            PlanError::Memory { .. } => "choose a configuration with more memory, or plan fewer layers",
            PlanError::Groups { .. } => "the numbers must be at least 1 and add up to the layers",
            PlanError::Configuration { .. } => {
                "plan again for this configuration, or choose the board the plan was made for"
            }
            PlanError::Weights { .. } => "plan again for this quantised model",
            PlanError::Schema { .. } => "make the plan again with this version",
            PlanError::Requant { .. } => "make the quantised model again",
            PlanError::Deadlock { .. } | PlanError::Layout(_) | PlanError::Command(_) => {
                "this is a fault of rowfuse: please report it with the network and the configuration"
            }
        }
        .into()
    }

    fn exit(&self) -> Exit {
        match self {
            PlanError::Network(error) => error.exit(),
            PlanError::Deadlock { .. } | PlanError::Layout(_) | PlanError::Command(_) => {
                Exit::Internal
            }
            PlanError::Layers { .. }
            | PlanError::BlockSize { .. }
            | PlanError::BlockWindow { .. }
            | PlanError::Fused { .. }
            | PlanError::Streamed { .. } => Exit::Usage,
            PlanError::Configuration { .. } => Exit::Board,
            _ => Exit::Input,
        }
    }
}
