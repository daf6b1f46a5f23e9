//! What the hardware must compute, stated as directly as possible.
//!
//! [`plain`] is the definition: nested loops over ndarrays, without Winograd, tiles, plan or commands.
//! [`quick`] gives the same numbers fast enough for a whole network and is tested equal to it.

pub mod plain;
pub mod quick;

use ndarray::{Array3, Array4};
use rowfuse_spec::numerics::Requant;

/// A uint8 feature map, channels × rows × columns. A byte `d` stands for `d − zero_point`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Map {
    /// The bytes, indexed `[channel, row, column]`.
    pub data: Array3<u8>,
    /// The byte that stands for zero; also what lies beyond the border.
    pub zero_point: u8,
}

impl Map {
    /// A map with zero point 0, as every layer but the network's first reads.
    pub fn new(data: Array3<u8>) -> Self {
        Self {
            data,
            zero_point: 0,
        }
    }

    /// The network's input, with the zero point 128 or another.
    pub fn with_zero_point(data: Array3<u8>, zero_point: u8) -> Self {
        Self { data, zero_point }
    }
}

/// One 3×3 layer: convolution with border 1 and stride 1, requantisation, and max-pooling or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Weights, indexed `[output, input, row, column]`.
    pub weights: Array4<i8>,
    /// Requantisation of every output channel.
    pub requants: Vec<Requant>,
    /// Whether 2×2 max-pooling follows.
    pub pool: bool,
}

/// What does not fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GoldenError {
    /// The map and the weights disagree on the number of input channels or values.
    #[error("the weights are for {expected} inputs, but there are {found}")]
    Inputs {
        /// By the weights.
        expected: usize,
        /// By the map.
        found: usize,
    },
    /// The kernel is not 3×3.
    #[error("the quick model computes 3×3 kernels, not {rows}×{columns}")]
    Kernel {
        /// Rows of the kernel.
        rows: usize,
        /// Columns of the kernel.
        columns: usize,
    },
    /// Not one set of requantisation parameters per output channel.
    #[error("{expected} output channels need as many requantisation parameters, not {found}")]
    Requants {
        /// Output channels.
        expected: usize,
        /// Parameters given.
        found: usize,
    },
    /// A stride or block of zero, or a kernel that does not fit into the padded map.
    #[error("{what} cannot be {found}")]
    Geometry {
        /// What was wrong.
        what: &'static str,
        /// Its value.
        found: usize,
    },
}
