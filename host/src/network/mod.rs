//! What a network looks like: its layers, their names in a weights file, and the shapes between them.

mod detect;
mod pool;
mod shapes;
mod small;
mod variant;
mod vgg;
mod window;

pub use detect::{detect, TensorSpec};
pub use pool::Pool;
pub(crate) use shapes::MAX_VALUES;
pub use shapes::{LayerShape, NetworkError};
pub use variant::{is_counter, StoredLayer, Variant};
pub use vgg::{Vgg, NAMES};
pub use window::Window;

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
    /// Convolution with zero padding and bias, then ReLU or not.
    Conv {
        /// Name of the module; tensors are `{name}.weight` (cout × cin × kernel) and `{name}.bias`.
        name: String,
        /// Input channels.
        cin: usize,
        /// Output channels.
        cout: usize,
        /// Kernel, strides and padding: [`Window::CONV3`] unless given.
        #[serde(default = "conv3")]
        window: Window,
        /// Whether ReLU follows: it does unless the contrary is given.
        #[serde(default = "yes")]
        relu: bool,
    },
    /// 2×2 max-pool, stride 2, behind a convolution, which the engine does with it; an odd last row or column is dropped.
    Pool,
    /// Any other max-pool: the host's.
    MaxPool {
        /// Which pixels; those beyond the map do not count.
        window: Window,
    },
    /// Average over windows: the host's.
    AveragePool {
        /// Which pixels.
        window: Window,
        /// Whether those beyond the map count, as zeros.
        count_padding: bool,
    },
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

fn conv3() -> Window {
    Window::CONV3
}

fn yes() -> bool {
    true
}

impl Layer {
    /// A 3×3 convolution with stride 1 and padding 1, then ReLU: the engine's own.
    pub fn conv3(name: impl Into<String>, cin: usize, cout: usize) -> Layer {
        Layer::Conv {
            name: name.into(),
            cin,
            cout,
            window: Window::CONV3,
            relu: true,
        }
    }

    /// The shapes of a layer's weights, outputs first, and of its bias; `None` for a layer that has none.
    pub fn weight_shapes(&self) -> Option<(Vec<usize>, [usize; 1])> {
        match self {
            Layer::Conv {
                cin, cout, window, ..
            } => {
                let [rows, columns] = window.kernel;
                Some((vec![*cout, *cin, rows, columns], [*cout]))
            }
            Layer::Linear {
                inputs, outputs, ..
            } => Some((vec![*outputs, *inputs], [*outputs])),
            _ => None,
        }
    }

    /// The module's name, for layers that have weights.
    pub fn name(&self) -> Option<&str> {
        match self {
            Layer::Conv { name, .. } | Layer::Linear { name, .. } => Some(name),
            _ => None,
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
