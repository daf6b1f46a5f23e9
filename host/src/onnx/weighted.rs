//! Operators with weights: convolutions, fully connected layers, batch norm.

use super::constant::{Constant, Dequantise};
use super::context::Context;
use super::node::list;
use super::step::{Kind, Map};
use super::tensor::MAX_VALUES;
use super::{window, OnnxFault};
use crate::network::Shape;

/// Most inputs of a fully connected layer: 65,536·255·128 still fits 32 bits.
const MAX_FEATURES: usize = 1 << 16;

impl Context<'_> {
    /// Weights at input `index`; behind them their scale and zero point if they are quantised by the operator itself.
    pub(super) fn weight(&self, index: usize, axis: i64) -> Result<Constant, OnnxFault> {
        let weight = self.constant(index, "the weights")?.clone();
        if index == 1 {
            return Ok(weight);
        }
        if weight.dequantise.is_some() || weight.transposed {
            return Err(self
                .node
                .fault("the weights are no plain tensor of integers"));
        }
        let scale = self
            .constant(index + 1, "the weights' scale")?
            .tensor
            .clone();
        let zero = self.optional(index + 2, "the weights' zero point")?;
        Ok(Constant {
            dequantise: Some(Dequantise {
                scale,
                zero: zero.map(|zero| zero.tensor),
                axis,
            }),
            ..weight
        })
    }

    pub(super) fn conv(
        &self,
        weight: usize,
        bias: usize,
        map: &mut Map,
    ) -> Result<Kind, OnnxFault> {
        map.planes(self.node)?;
        let group = self.node.int("group", 1)?;
        if group != 1 {
            return Err(self.node.fault(format!(
                "groups = {group}; rowfuse runs ungrouped convolutions"
            )));
        }
        let weight = self.weight(weight, 0)?;
        let &[cout, cin, rows, columns] = &weight.tensor.dims[..] else {
            let rank = weight.tensor.dims.len().saturating_sub(2);
            return Err(self.node.fault(format!(
                "a convolution over {rank} dimensions; rowfuse runs those over rows and columns"
            )));
        };
        let kernel: Vec<i64> = vec![rows as i64, columns as i64];
        if let Some(stated) = self
            .node
            .ints("kernel_shape")?
            .filter(|&stated| stated != kernel)
        {
            return Err(self.node.fault(format!(
                "kernel_shape is {}, but the weights have {kernel:?}",
                list(stated)
            )));
        }
        if cin != map.shape.channels {
            return Err(self.node.fault(format!(
                "takes {cin} channels, but the map before it is {}",
                map.shape
            )));
        }
        if weight.len() == 0 {
            let dims = &weight.tensor.dims;
            return Err(self
                .node
                .fault(format!("weights of shape {dims:?} hold nothing")));
        }
        let (window, dilation) = window::of_node(self.node, [rows, columns], map)?;
        let [height, width] = window.kernel;
        // No overflow: the file's tensor was judged, a kernel has at most 16 by 16 values.
        if cout * cin * height * width > MAX_VALUES {
            return Err(self.node.fault(format!(
                "dilations make {cout}×{cin}×{height}×{width} weights, the limit is {MAX_VALUES}"
            )));
        }
        map.windowed(self.node, &window)?;
        map.shape.channels = cout;
        Ok(Kind::Conv {
            weight,
            bias: self.bias(bias, cout)?,
            cin,
            cout,
            dilation,
            window,
        })
    }

    pub(super) fn bias(&self, index: usize, outputs: usize) -> Result<Option<Constant>, OnnxFault> {
        let bias = self.optional(index, "the bias")?;
        match &bias {
            Some(bias) if bias.len() != outputs => Err(self
                .node
                .fault(format!("{} biases for {outputs} outputs", bias.len()))),
            _ => Ok(bias),
        }
    }

    pub(super) fn gemm(&self, map: &mut Map) -> Result<Kind, OnnxFault> {
        if self.node.int("transA", 0)? != 0 {
            return Err(self
                .node
                .fault("transA = 1 transposes the features; rowfuse takes one row of them"));
        }
        let by_rows = self.node.int("transB", 0)? != 0;
        let mut kind = self.linear(1, Some(2), by_rows, map)?;
        if let Kind::Linear { alpha, beta, .. } = &mut kind {
            *alpha = self.node.float("alpha", 1.0)?;
            *beta = self.node.float("beta", 1.0)?;
        }
        Ok(kind)
    }

    /// `by_rows` if the weights are outputs × inputs.
    pub(super) fn linear(
        &self,
        weight: usize,
        bias: Option<usize>,
        by_rows: bool,
        map: &mut Map,
    ) -> Result<Kind, OnnxFault> {
        if !map.flat && map.shape.height * map.shape.width != 1 {
            return Err(self.node.fault(format!(
                "multiplies a map of {} as a matrix, expected a Flatten before it",
                map.shape
            )));
        }
        let weight = self.weight(weight, if by_rows { 0 } else { 1 })?;
        let Some((rows, columns)) = weight.matrix() else {
            let rank = weight.tensor.dims.len();
            return Err(self
                .node
                .fault(format!("weights of {rank} dimensions, expected a matrix")));
        };
        let (inputs, outputs) = if by_rows {
            (columns, rows)
        } else {
            (rows, columns)
        };
        if inputs != map.shape.len() {
            return Err(self.node.fault(format!(
                "takes {inputs} features, but gets {}",
                map.shape.len()
            )));
        }
        if inputs > MAX_FEATURES {
            return Err(self.node.fault(format!(
                "takes {inputs} features, the limit is {MAX_FEATURES}"
            )));
        }
        map.shape = Shape::new(outputs, 1, 1);
        map.flat = true;
        let bias = match bias {
            Some(index) => self.bias(index, outputs)?,
            None => None,
        };
        Ok(Kind::Linear {
            by_columns: by_rows == weight.transposed,
            weight,
            bias,
            inputs,
            outputs,
            alpha: 1.0,
            beta: 1.0,
        })
    }

    pub(super) fn batch_norm(&self, map: &Map) -> Result<Kind, OnnxFault> {
        for output in 1..self.node.outputs.len() {
            self.unused_output(output)?;
        }
        if self.node.int("training_mode", 0)? != 0 {
            return Err(self
                .node
                .fault("training_mode = 1; export the model for inference"));
        }
        let epsilon = self.node.float("epsilon", 1e-5)?;
        let channels = map.shape.channels;
        let part = |index: usize, what: &str| {
            let values = self.constant(index, what)?.floats()?;
            match values.len() == channels {
                true => Ok(values),
                false => Err(self.node.fault(format!(
                    "{what} has {} values for {channels} channels",
                    values.len()
                ))),
            }
        };
        let (gamma, beta) = (part(1, "scale")?, part(2, "B")?);
        let (mean, variance) = (part(3, "mean")?, part(4, "var")?);
        let mut scale = Vec::with_capacity(channels);
        let mut shift = Vec::with_capacity(channels);
        for channel in 0..channels {
            let spread = f64::from(variance[channel]) + f64::from(epsilon);
            if spread <= 0.0 {
                return Err(self.node.fault(format!(
                    "channel {channel} has variance {}, expected more than -epsilon",
                    variance[channel]
                )));
            }
            let factor = f64::from(gamma[channel]) / spread.sqrt();
            scale.push(factor as f32);
            shift.push((f64::from(beta[channel]) - factor * f64::from(mean[channel])) as f32);
        }
        Ok(Kind::Affine { scale, shift })
    }
}
