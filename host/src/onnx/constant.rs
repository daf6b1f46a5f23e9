//! Values known before any image is: initialisers, and what nodes make of them.

use super::node::{Attribute, Node};
use super::tensor::Tensor;
use super::{sizes, OnnxFault};
use std::collections::HashMap;
use std::sync::Arc;

/// How integers become the floats they stand for: `(value − zero)·scale`.
#[derive(Clone, Debug)]
pub(super) struct Dequantise {
    pub(super) scale: Arc<Tensor>,
    pub(super) zero: Option<Arc<Tensor>>,
    /// The axis along which scales differ, if there are several.
    pub(super) axis: i64,
}

/// A constant: a tensor of the file, perhaps to be dequantised or transposed.
#[derive(Clone, Debug)]
pub(super) struct Constant {
    pub(super) tensor: Arc<Tensor>,
    pub(super) dequantise: Option<Dequantise>,
    /// Whether a matrix is read by columns.
    pub(super) transposed: bool,
}

impl Constant {
    pub(super) fn plain(tensor: Tensor) -> Constant {
        Constant {
            tensor: Arc::new(tensor),
            dequantise: None,
            transposed: false,
        }
    }

    /// The value of a node that reads constants alone; `None` for any other node.
    pub(super) fn of_node(
        node: &Node,
        known: &HashMap<String, Constant>,
    ) -> Result<Option<Constant>, OnnxFault> {
        if node.op == "Constant" {
            return Constant::literal(node).map(Some);
        }
        let named = node.inputs.iter().filter(|input| !input.is_empty());
        let inputs: Vec<Option<&Constant>> = named.map(|input| known.get(input)).collect();
        let Some(Some(first)) = inputs.first() else {
            return Ok(None);
        };
        if inputs.iter().any(Option::is_none) {
            return Ok(None);
        }
        match node.op.as_str() {
            "Identity" => Ok(Some((*first).clone())),
            "Transpose" if first.tensor.dims.len() == 2 => Ok(Some(Constant {
                transposed: first.transposed != (node.ints("perm")? != Some(&[0, 1])),
                ..(*first).clone()
            })),
            "DequantizeLinear" => Constant::dequantised(node, &inputs).map(Some),
            _ => match sizes::evaluated(node, &inputs.into_iter().flatten().collect::<Vec<_>>())? {
                Some(constant) => Ok(Some(constant)),
                None => Err(node.fault(
                    "computes a constant in a way that is not read; export the model with constant folding",
                )),
            },
        }
    }

    /// Of a Constant node.
    fn literal(node: &Node) -> Result<Constant, OnnxFault> {
        let name = node.outputs.first().map_or("", String::as_str);
        let attribute = [
            "value",
            "value_float",
            "value_floats",
            "value_int",
            "value_ints",
        ]
        .iter()
        .find_map(|name| node.get(name));
        let tensor = match attribute {
            Some(Attribute::Tensor(tensor)) => tensor.renamed(name),
            Some(Attribute::Float(value)) => Tensor::of_floats(name, vec![], &[*value]),
            Some(Attribute::Floats(values)) => Tensor::of_floats(name, vec![values.len()], values),
            Some(Attribute::Int(value)) => Tensor::of_integers(name, vec![], &[*value]),
            Some(Attribute::Ints(values)) => Tensor::of_integers(name, vec![values.len()], values),
            _ => return Err(node.fault("holds neither a tensor nor numbers")),
        };
        Ok(Constant::plain(tensor))
    }

    fn dequantised(node: &Node, inputs: &[Option<&Constant>]) -> Result<Constant, OnnxFault> {
        if node.int("block_size", 0)? != 0 {
            return Err(node.fault(
                "dequantises in blocks, expected one scale or one for each output channel",
            ));
        }
        let part = |index: usize| inputs.get(index).copied().flatten();
        match (part(0), part(1)) {
            (Some(values), Some(scale)) if values.dequantise.is_none() && !values.transposed => {
                Ok(Constant {
                    tensor: values.tensor.clone(),
                    dequantise: Some(Dequantise {
                        scale: scale.tensor.clone(),
                        zero: part(2).map(|zero| zero.tensor.clone()),
                        axis: node.int("axis", 1)?,
                    }),
                    transposed: false,
                })
            }
            _ => Err(node.fault("expected integers and a scale")),
        }
    }

    /// Number of values.
    pub(super) fn len(&self) -> usize {
        self.tensor.len()
    }

    /// Rows and columns, if it is a matrix.
    pub(super) fn matrix(&self) -> Option<(usize, usize)> {
        match (&self.tensor.dims[..], self.transposed) {
            (&[rows, columns], false) => Some((rows, columns)),
            (&[columns, rows], true) => Some((rows, columns)),
            _ => None,
        }
    }

    /// The values as finite floats, in the file's order: [`Constant::transposed`] is the reader's to heed.
    pub(super) fn floats(&self) -> Result<Vec<f32>, OnnxFault> {
        let Some(dequantise) = &self.dequantise else {
            return self.tensor.floats();
        };
        let values = self.tensor.integers()?;
        let (scales, inner) = self.scales(dequantise)?;
        let zeros = self.zeros(dequantise, scales.len())?;
        let channel = |index: usize| index / inner % scales.len();
        let values = values.into_iter().enumerate();
        Ok(values
            .map(|(index, value)| (value - zeros[channel(index)]) as f32 * scales[channel(index)])
            .collect())
    }

    /// Scales, above zero, and how many values in a row have the same one.
    pub(super) fn scales(&self, dequantise: &Dequantise) -> Result<(Vec<f32>, usize), OnnxFault> {
        let dims = &self.tensor.dims;
        let scales = dequantise.scale.floats()?;
        if let Some(scale) = scales.iter().find(|&&scale| scale <= 0.0) {
            return Err(dequantise
                .scale
                .fault(format!("holds the scale {scale}, expected more than 0")));
        }
        if scales.len() == 1 {
            return Ok((scales, self.len().max(1)));
        }
        let rank = dims.len() as i64;
        let axis = match dequantise.axis {
            axis if axis < 0 => axis.saturating_add(rank),
            axis => axis,
        };
        match usize::try_from(axis)
            .ok()
            .filter(|&axis| dims.get(axis) == Some(&scales.len()))
        {
            Some(axis) if !scales.is_empty() => {
                Ok((scales, dims[axis + 1..].iter().product::<usize>().max(1)))
            }
            _ => Err(dequantise.scale.fault(format!(
                "has {} scales, tensor '{}' of shape {dims:?} has another size along axis {axis}",
                scales.len(),
                self.tensor.name
            ))),
        }
    }

    /// Zero points, one for each of `count` scales.
    pub(super) fn zeros(
        &self,
        dequantise: &Dequantise,
        count: usize,
    ) -> Result<Vec<i64>, OnnxFault> {
        let Some(zero) = &dequantise.zero else {
            return Ok(vec![0; count]);
        };
        let zeros = zero.integers()?;
        match zeros.len() {
            found if found == count => Ok(zeros),
            1 => Ok(vec![zeros[0]; count]),
            found => Err(zero.fault(format!("has {found} zero points for {count} scales"))),
        }
    }
}
