//! What a node does to the one map that goes through the network, in rowfuse's terms.

use super::constant::Constant;
use super::node::Node;
use super::OnnxFault;
use crate::network::{Shape, Window};

/// How uint8 stand for floats: `(value − zero)·scale`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Quantisation {
    pub(super) scale: f32,
    /// int8's zero point plus 128, as rowfuse keeps int8 values as uint8.
    pub(super) zero: u8,
}

impl std::fmt::Display for Quantisation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "scale {}, zero point {} as uint8", self.scale, self.zero)
    }
}

/// One thing done to the map.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// Weights are cout × cin × rows × columns, to be spread by `dilation`; `window` is that of the spread kernel.
    Conv {
        weight: Constant,
        bias: Option<Constant>,
        cin: usize,
        cout: usize,
        dilation: [usize; 2],
        window: Window,
    },
    /// `alpha·W·x + beta·b`; `by_columns` if the weights lie inputs × outputs.
    Linear {
        weight: Constant,
        by_columns: bool,
        bias: Option<Constant>,
        inputs: usize,
        outputs: usize,
        alpha: f32,
        beta: f32,
    },
    /// `scale·x + shift`, one of each for every channel, or one for all.
    Affine {
        scale: Vec<f32>,
        shift: Vec<f32>,
    },
    Relu,
    MaxPool(Window),
    AveragePool {
        window: Window,
        count_padding: bool,
    },
    GlobalAverage,
    Quantise(Quantisation),
    Dequantise(Quantisation),
    /// Softmax: right at the end it changes no order.
    Softmax,
    /// Changes nothing here, and why.
    Nothing(&'static str),
}

/// A thing done, and the node that says so.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) node: String,
    pub(super) op: String,
    pub(super) kind: Kind,
}

impl Step {
    pub(super) fn fault(&self, reason: impl Into<String>) -> OnnxFault {
        OnnxFault::Node {
            node: self.node.clone(),
            op: self.op.clone(),
            reason: reason.into(),
        }
    }
}

/// The map on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Map {
    pub(super) shape: Shape,
    /// Whether it is a list of features by now.
    pub(super) flat: bool,
    /// Whether the model keeps channels last (until its Transpose puts them first).
    pub(super) channels_last: bool,
}

impl Map {
    /// The model's idea of the map's dimensions.
    pub(super) fn dims(&self) -> Vec<usize> {
        let Shape {
            channels,
            height,
            width,
        } = self.shape;
        match (self.flat, self.channels_last) {
            (true, _) => vec![1, self.shape.len()],
            (false, true) => vec![1, height, width, channels],
            (false, false) => vec![1, channels, height, width],
        }
    }

    /// The map behind a window, or why there is none.
    pub(super) fn windowed(&mut self, node: &Node, window: &Window) -> Result<(), OnnxFault> {
        let Some([height, width]) = window.output(self.shape.height, self.shape.width) else {
            let map = self.shape;
            return Err(node.fault(format!("the window {window} does not fit the map of {map}")));
        };
        (self.shape.height, self.shape.width) = (height, width);
        Ok(())
    }

    /// Refuses lists of features and maps with their channels last.
    pub(super) fn planes(&self, node: &Node) -> Result<(), OnnxFault> {
        match (self.flat, self.channels_last) {
            (false, false) => Ok(()),
            (true, _) => Err(node.fault("works on a map, but gets a list of features")),
            _ => {
                Err(node.fault("gets a map with its channels last, expected a Transpose before it"))
            }
        }
    }
}
