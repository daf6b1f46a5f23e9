//! What a network looks like: its layers, their names in a weights file, and the shapes between them.

mod detect;
mod shapes;
mod vgg;

pub use detect::{detect, TensorSpec};
pub use shapes::{LayerShape, NetworkError};
pub use vgg::{Vgg, NAMES};

use serde::{Deserialize, Serialize};

/// The shape of a feature map: channels × height × width, each at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Shape {
    /// Channels.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl Shape {
    /// Channels, rows, columns.
    pub const fn new(channels: usize, height: usize, width: usize) -> Shape {
        Shape {
            channels,
            height,
            width,
        }
    }

    /// Values in the map.
    pub const fn len(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// True if the map holds nothing.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}×{}×{}", self.channels, self.height, self.width)
    }
}

/// One step of a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Layer {
    /// 3×3 convolution, stride 1, zero padding 1, with bias, then ReLU.
    Conv {
        /// Name of the module; tensors are `{name}.weight` (cout × cin × 3 × 3) and `{name}.bias`.
        name: String,
        /// Input channels.
        cin: usize,
        /// Output channels.
        cout: usize,
    },
    /// 2×2 max-pool, stride 2; an odd last row or column is dropped.
    Pool,
    /// Average over windows that cut the map into `height` × `width` parts, as torch's
    /// `AdaptiveAvgPool2d`: part i covers rows ⌊i·H/height⌋ to ⌈(i+1)·H/height⌉. Identity if the map has
    /// that size already.
    AdaptivePool {
        /// Rows of the result.
        height: usize,
        /// Columns of the result.
        width: usize,
    },
    /// Fully connected layer with bias; the map is flattened channel by channel.
    Linear {
        /// Name of the module; tensors are `{name}.weight` (outputs × inputs) and `{name}.bias`.
        name: String,
        /// Input features.
        inputs: usize,
        /// Output features.
        outputs: usize,
        /// Whether ReLU follows.
        relu: bool,
    },
}

impl Layer {
    /// The module's name, for layers that have weights.
    pub fn name(&self) -> Option<&str> {
        match self {
            Layer::Conv { name, .. } | Layer::Linear { name, .. } => Some(name),
            Layer::Pool | Layer::AdaptivePool { .. } => None,
        }
    }
}

/// A feed-forward network. [`Network::shapes`] checks that its layers fit together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// Such as `vgg16`.
    pub name: String,
    /// Shape of the input image.
    pub input: Shape,
    /// In the order of execution.
    pub layers: Vec<Layer>,
}

impl Network {
    /// Multiply-accumulate operations of one frame, or the fault of the network's shapes.
    pub fn macs(&self) -> Result<u64, NetworkError> {
        Ok(self.shapes()?.iter().map(|shape| shape.macs).sum())
    }

    /// Number of convolutions.
    pub fn conv_count(&self) -> usize {
        self.layers
            .iter()
            .filter(|layer| matches!(layer, Layer::Conv { .. }))
            .count()
    }
}
