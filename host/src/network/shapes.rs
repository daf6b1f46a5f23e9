//! How shapes go through a network, and what can be wrong with it.

use super::{Layer, Network, Shape, Window};
use crate::fault::Fault;

/// Largest side of a map, so that sizes never overflow.
const MAX_SIDE: usize = 1 << 14;
/// Largest number of channels or features.
const MAX_CHANNELS: usize = 1 << 20;

/// A layer's shapes for the network's input size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerShape {
    /// What goes in.
    pub input: Shape,
    /// What comes out; a fully connected layer gives features × 1 × 1.
    pub output: Shape,
    /// Multiply-accumulate operations.
    pub macs: u64,
}

/// Layers that do not fit together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// Sizes of zero or beyond what is sensible.
    #[error("network {network}: {what} is {found}, expected 1 to {limit}")]
    Size {
        /// The network.
        network: String,
        /// Which size.
        what: &'static str,
        /// Its value.
        found: usize,
        /// The largest accepted.
        limit: usize,
    },
    /// A convolution that expects other channels than it gets.
    #[error("layer {layer} takes {expected} channels, but the map before it is {found}")]
    Channels {
        /// The layer.
        layer: String,
        /// Channels in the layer's description.
        expected: usize,
        /// The map it gets.
        found: Shape,
    },
    /// A map too small to pool.
    #[error("layer {index} halves a map of {found}, which has fewer than 2 rows or columns")]
    TooSmall {
        /// Position in the network.
        index: usize,
        /// The map it gets.
        found: Shape,
    },
    /// A kernel, stride or padding that is out of its range.
    #[error("layer {index} has the window {window}: kernels and strides go from 1 to {}, padding is less than the kernel", Window::MAX_KERNEL)]
    Window {
        /// Position in the network.
        index: usize,
        /// The window.
        window: Window,
    },
    /// A kernel that is larger than its map with the padding.
    #[error("layer {index} has the window {window}, but the map before it is {found}")]
    Kernel {
        /// Position in the network.
        index: usize,
        /// The window.
        window: Window,
        /// The map it gets.
        found: Shape,
    },
    /// A fully connected layer that expects other features than it gets.
    #[error("layer {layer} takes {expected} features, but the map before it is {found}, {} features", found.len())]
    Features {
        /// The layer.
        layer: String,
        /// Features in the layer's description.
        expected: usize,
        /// The map it gets.
        found: Shape,
    },
    /// A layer that works on maps after the classifier has begun.
    #[error("layer {index} works on a map, but comes after a fully connected layer")]
    Order {
        /// Position in the network.
        index: usize,
    },
}

impl Fault for NetworkError {
    fn code(&self) -> &'static str {
        match self {
            NetworkError::Size { .. } => "network.size",
            NetworkError::Channels { .. } => "network.channels",
            NetworkError::TooSmall { .. } => "network.too_small",
            NetworkError::Features { .. } => "network.features",
            NetworkError::Window { .. } => "network.window",
            NetworkError::Kernel { .. } => "network.kernel",
            NetworkError::Order { .. } => "network.order",
        }
    }

    fn help(&self) -> String {
        match self {
            NetworkError::TooSmall { .. } => {
                "use a larger input; five pools need at least 32 pixels".into()
            }
            NetworkError::Features { .. } => {
                "put an adaptive pool of the size used in training before the classifier".into()
            }
            NetworkError::Window { .. } => {
                "such a layer cannot be run: cut it into smaller ones".into()
            }
            NetworkError::Kernel { .. } => "use a larger input".into(),
            NetworkError::Size { .. } => "choose a size within the range".into(),
            NetworkError::Channels { .. } | NetworkError::Order { .. } => {
                "check the order of the network's layers".into()
            }
        }
    }
}

impl Network {
    /// The shapes of every layer, in order, or the first thing that does not fit.
    pub fn shapes(&self) -> Result<Vec<LayerShape>, NetworkError> {
        self.size("the input's channels", self.input.channels, MAX_CHANNELS)?;
        self.size("the input's height", self.input.height, MAX_SIDE)?;
        self.size("the input's width", self.input.width, MAX_SIDE)?;
        let mut map = self.input;
        let mut flat = false;
        let mut shapes = Vec::with_capacity(self.layers.len());
        for (index, layer) in self.layers.iter().enumerate() {
            let linear = matches!(layer, Layer::Linear { .. });
            if flat && !linear {
                return Err(NetworkError::Order { index });
            }
            flat |= linear;
            let (output, macs) = self.step(index, layer, map)?;
            shapes.push(LayerShape {
                input: map,
                output,
                macs,
            });
            map = output;
        }
        Ok(shapes)
    }

    fn step(&self, index: usize, layer: &Layer, map: Shape) -> Result<(Shape, u64), NetworkError> {
        match layer {
            Layer::Conv {
                name,
                cin,
                cout,
                window,
                ..
            } => {
                self.size("a convolution's output", *cout, MAX_CHANNELS)?;
                if *cin != map.channels {
                    let (layer, expected) = (name.clone(), *cin);
                    return Err(NetworkError::Channels {
                        layer,
                        expected,
                        found: map,
                    });
                }
                let [height, width] = self.places(index, *window, map)?;
                let output = Shape::new(*cout, height, width);
                let taps = window.kernel[0] * window.kernel[1];
                Ok((output, (output.len() * taps) as u64 * *cin as u64))
            }
            Layer::MaxPool { window } | Layer::AveragePool { window, .. } => {
                let [height, width] = self.places(index, *window, map)?;
                Ok((Shape::new(map.channels, height, width), 0))
            }
            Layer::Pool if map.height < 2 || map.width < 2 => {
                Err(NetworkError::TooSmall { index, found: map })
            }
            Layer::Pool => Ok((Shape::new(map.channels, map.height / 2, map.width / 2), 0)),
            Layer::AdaptivePool { height, width } => {
                self.size("an adaptive pool's height", *height, MAX_SIDE)?;
                self.size("an adaptive pool's width", *width, MAX_SIDE)?;
                Ok((Shape::new(map.channels, *height, *width), 0))
            }
            Layer::Linear {
                name,
                inputs,
                outputs,
                ..
            } => {
                self.size("a layer's output", *outputs, MAX_CHANNELS)?;
                if *inputs != map.len() {
                    let (layer, expected) = (name.clone(), *inputs);
                    return Err(NetworkError::Features {
                        layer,
                        expected,
                        found: map,
                    });
                }
                Ok((Shape::new(*outputs, 1, 1), *inputs as u64 * *outputs as u64))
            }
        }
    }

    /// Rows and columns that a window leaves of a map.
    fn places(&self, index: usize, window: Window, map: Shape) -> Result<[usize; 2], NetworkError> {
        if !window.is_valid() {
            return Err(NetworkError::Window { index, window });
        }
        let output = window.output(map.height, map.width);
        output.ok_or(NetworkError::Kernel {
            index,
            window,
            found: map,
        })
    }

    fn size(&self, what: &'static str, found: usize, limit: usize) -> Result<(), NetworkError> {
        if (1..=limit).contains(&found) {
            return Ok(());
        }
        Err(NetworkError::Size {
            network: self.name.clone(),
            what,
            found,
            limit,
        })
    }
}

#[cfg(test)]
#[path = "shapes_tests.rs"]
mod tests;
