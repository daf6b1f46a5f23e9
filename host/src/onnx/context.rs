//! A node among the graph's constants.

use super::constant::Constant;
use super::graph::Graph;
use super::node::Node;
use super::step::{Kind, Quantisation};
use super::tensor::Element;
use super::OnnxFault;

/// A node and the graph whose constants it reads.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) node: &'a Node,
    pub(super) graph: &'a Graph,
}

impl Context<'_> {
    pub(super) fn constant(&self, index: usize, what: &str) -> Result<&Constant, OnnxFault> {
        let name = self.node.input(index);
        name.and_then(|name| self.graph.constants.get(name))
            .ok_or_else(|| {
                self.node.fault(format!(
                    "{what} (input {index}) is no constant; rowfuse needs weights that are fixed"
                ))
            })
    }

    pub(super) fn optional(&self, index: usize, what: &str) -> Result<Option<Constant>, OnnxFault> {
        match self.node.input(index) {
            None => Ok(None),
            Some(_) => self.constant(index, what).cloned().map(Some),
        }
    }

    pub(super) fn unused_output(&self, index: usize) -> Result<(), OnnxFault> {
        match self.node.outputs.get(index) {
            Some(name) if self.graph.readers.contains_key(name) => Err(self.node.fault(format!(
                "its output {index} is read, rowfuse gives only the first"
            ))),
            _ => Ok(()),
        }
    }

    /// A number that is a constant input.
    pub(super) fn scalar(&self, index: usize, what: &str) -> Result<f32, OnnxFault> {
        let values = self.constant(index, what)?.floats()?;
        match values[..] {
            [value] => Ok(value),
            _ => Err(self
                .node
                .fault(format!("{what} has {} values, expected 1", values.len()))),
        }
    }

    /// Scale and zero point of an activation.
    pub(super) fn quantisation(
        &self,
        scale: usize,
        zero: usize,
    ) -> Result<Quantisation, OnnxFault> {
        let found = self.scalar(scale, "the activations' scale")?;
        if !(f32::MIN_POSITIVE..=f32::MAX).contains(&found) {
            return Err(self.node.fault(format!(
                "the activations' scale is {found}, expected a number above 0"
            )));
        }
        let Some(constant) = self.optional(zero, "the zero point")? else {
            return Ok(Quantisation {
                scale: found,
                zero: 0,
            });
        };
        let offset = match constant.tensor.element {
            Element::U8 => 0,
            Element::I8 => 128,
            other => {
                return Err(self.node.fault(format!(
                    "activations of type {other:?}, expected uint8 or int8"
                )))
            }
        };
        match constant.tensor.integers()?[..] {
            // Within uint8 by the range of the type.
            [value] => Ok(Quantisation {
                scale: found,
                zero: (value + offset) as u8,
            }),
            ref values => Err(self
                .node
                .fault(format!("{} zero points, expected 1", values.len()))),
        }
    }

    /// An operator on quantised values, as one on floats between two quantisers: inputs 1 and 2 are scale and zero point of its
    /// input, `output` and the one behind it those of its output, which may be missing.
    pub(super) fn quantised(
        &self,
        output: usize,
        inner: impl FnOnce(&Self) -> Result<Kind, OnnxFault>,
    ) -> Result<Vec<Kind>, OnnxFault> {
        let mut kinds = vec![Kind::Dequantise(self.quantisation(1, 2)?), inner(self)?];
        if self.node.input(output).is_some() {
            kinds.push(Kind::Quantise(self.quantisation(output, output + 1)?));
        }
        Ok(kinds)
    }
}
