//! One node as steps.

use super::constant::{Constant, Dequantise};
use super::graph::Graph;
use super::node::{list, Attribute, Node};
use super::step::{Kind, Map, Quantisation};
use super::tensor::{Element, MAX_VALUES};
use super::{elementwise, reshape, window, OnnxFault};
use crate::network::Shape;

/// Most inputs of a fully connected layer: 65,536·255·128 still fits 32 bits.
const MAX_FEATURES: usize = 1 << 16;

/// Operators that run, for messages.
pub(super) const KNOWN: &str = "Conv, Gemm, MatMul, BatchNormalization, Relu, MaxPool, AveragePool, GlobalAveragePool, \
     Flatten, Add/Sub/Mul/Div of a constant, QuantizeLinear, DequantizeLinear, QLinearConv, QLinearMatMul and a few that change nothing";

/// What `node` does to `map`, which becomes what is behind it.
pub(super) fn steps(node: &Node, graph: &Graph, map: &mut Map) -> Result<Vec<Kind>, OnnxFault> {
    let context = Context { node, graph };
    let one = |kind: Kind| Ok(vec![kind]);
    match node.op.as_str() {
        "Conv" => one(context.conv(1, 2, map)?),
        "Gemm" => one(context.gemm(map)?),
        "MatMul" => one(context.linear(1, None, false, map)?),
        "QLinearConv" => context.quantised(6, |it| it.conv(3, 8, map)),
        "QLinearMatMul" => context.quantised(6, |it| it.linear(3, None, false, map)),
        "com.microsoft.QGemm" => context.quantised(7, |it| {
            let by_rows = node.int("transB", 0)? != 0;
            if node.int("transA", 0)? != 0 || node.float("alpha", 1.0)? != 1.0 {
                return Err(node.fault("transA or alpha is not the default"));
            }
            it.linear(3, Some(6), by_rows, map)
        }),
        "BatchNormalization" => one(context.batch_norm(map)?),
        "Relu" => one(Kind::Relu),
        "Clip" => one(context.clip()?),
        "MaxPool" => {
            map.planes(node)?;
            context.unused_output(1)?;
            let window = window::of_pool(node, map, false)?;
            map.windowed(node, &window)?;
            one(Kind::MaxPool(window))
        }
        "AveragePool" => one(context.average(map)?),
        "GlobalAveragePool" => one(context.global_average(map)?),
        "com.microsoft.QLinearGlobalAveragePool" | "com.microsoft.QLinearAveragePool" => {
            if node.int("channels_last", 0)? != 0 {
                return Err(node.fault("channels_last = 1; rowfuse keeps channels first"));
            }
            context.quantised(3, |it| match node.get("kernel_shape") {
                Some(_) => it.average(map),
                None => it.global_average(map),
            })
        }
        "ReduceMean" => reshape::mean(node, graph, map).map(|kind| vec![kind]),
        "Add" | "Sub" | "Mul" | "Div" => one(elementwise::affine(node, graph, map)?),
        "QuantizeLinear" => one(Kind::Quantise(context.quantisation(1, 2)?)),
        "DequantizeLinear" => one(Kind::Dequantise(context.quantisation(1, 2)?)),
        "Flatten" | "Reshape" | "Squeeze" => one(reshape::flatten(node, graph, map)?),
        "Transpose" => one(reshape::transpose(node, map)?),
        "Identity" => one(Kind::Nothing("identity")),
        "Dropout" => {
            context.unused_output(1)?;
            one(Kind::Nothing("dropout is for training"))
        }
        "Cast" if matches!(node.int("to", 0)?, 1 | 10 | 11 | 16) => one(Kind::Nothing("float to float")),
        "Softmax" | "LogSoftmax" => one(Kind::Softmax),
        _ => Err(node.fault(format!("this operator is not run; rowfuse runs {KNOWN}"))),
    }
}

/// A node among its constants.
#[derive(Clone, Copy)]
struct Context<'a> {
    node: &'a Node,
    graph: &'a Graph,
}

impl Context<'_> {
    fn constant(&self, index: usize, what: &str) -> Result<&Constant, OnnxFault> {
        let name = self.node.input(index);
        name.and_then(|name| self.graph.constants.get(name)).ok_or_else(|| {
            self.node.fault(format!("{what} (input {index}) is no constant; rowfuse needs weights that are fixed"))
        })
    }

    fn optional(&self, index: usize, what: &str) -> Result<Option<Constant>, OnnxFault> {
        match self.node.input(index) {
            None => Ok(None),
            Some(_) => self.constant(index, what).cloned().map(Some),
        }
    }

    fn unused_output(&self, index: usize) -> Result<(), OnnxFault> {
        match self.node.outputs.get(index) {
            Some(name) if self.graph.readers.contains_key(name) => Err(self
                .node
                .fault(format!("its output {index} is read, rowfuse gives only the first"))),
            _ => Ok(()),
        }
    }

    /// A number that is a constant input.
    fn scalar(&self, index: usize, what: &str) -> Result<f32, OnnxFault> {
        let values = self.constant(index, what)?.floats()?;
        match values[..] {
            [value] => Ok(value),
            _ => Err(self.node.fault(format!("{what} has {} values, expected 1", values.len()))),
        }
    }

    /// Scale and zero point of an activation.
    fn quantisation(&self, scale: usize, zero: usize) -> Result<Quantisation, OnnxFault> {
        let found = self.scalar(scale, "the activations' scale")?;
        if !(f32::MIN_POSITIVE..=f32::MAX).contains(&found) {
            return Err(self.node.fault(format!("the activations' scale is {found}, expected a number above 0")));
        }
        let Some(constant) = self.optional(zero, "the zero point")? else {
            return Ok(Quantisation { scale: found, zero: 0 });
        };
        let offset = match constant.tensor.element {
            Element::U8 => 0,
            Element::I8 => 128,
            other => return Err(self.node.fault(format!("activations of type {other:?}, expected uint8 or int8"))),
        };
        match constant.tensor.integers()?[..] {
            // Within uint8 by the range of the type.
            [value] => Ok(Quantisation {
                scale: found,
                zero: (value + offset) as u8,
            }),
            ref values => Err(self.node.fault(format!("{} zero points, expected 1", values.len()))),
        }
    }

    /// An operator on quantised values, as one on floats between two quantisers: inputs 1 and 2 are scale and zero point of its
    /// input, `output` and the one behind it those of its output, which may be missing.
    fn quantised(
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

    /// Weights at input `index`; behind them their scale and zero point if they are quantised by the operator itself.
    fn weight(&self, index: usize, axis: i64) -> Result<Constant, OnnxFault> {
        let weight = self.constant(index, "the weights")?.clone();
        if index == 1 {
            return Ok(weight);
        }
        if weight.dequantise.is_some() || weight.transposed {
            return Err(self.node.fault("the weights are no plain tensor of integers"));
        }
        let scale = self.constant(index + 1, "the weights' scale")?.tensor.clone();
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

    fn conv(&self, weight: usize, bias: usize, map: &mut Map) -> Result<Kind, OnnxFault> {
        map.planes(self.node)?;
        let group = self.node.int("group", 1)?;
        if group != 1 {
            return Err(self.node.fault(format!("groups = {group}; rowfuse runs ungrouped convolutions")));
        }
        let weight = self.weight(weight, 0)?;
        let &[cout, cin, rows, columns] = &weight.tensor.dims[..] else {
            let rank = weight.tensor.dims.len().saturating_sub(2);
            return Err(self.node.fault(format!("a convolution over {rank} dimensions; rowfuse runs those over rows and columns")));
        };
        let kernel: Vec<i64> = vec![rows as i64, columns as i64];
        if let Some(stated) = self.node.ints("kernel_shape")?.filter(|&stated| stated != kernel) {
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
            return Err(self.node.fault(format!("weights of shape {dims:?} hold nothing")));
        }
        let (window, dilation) = window::of_node(self.node, [rows, columns], map)?;
        let [height, width] = window.kernel;
        // No overflow: the file's tensor was judged, a kernel has at most 16 by 16 values.
        if cout * cin * height * width > MAX_VALUES {
            return Err(self.node.fault(format!("dilations make {cout}×{cin}×{height}×{width} weights, the limit is {MAX_VALUES}")));
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

    fn bias(&self, index: usize, outputs: usize) -> Result<Option<Constant>, OnnxFault> {
        let bias = self.optional(index, "the bias")?;
        match &bias {
            Some(bias) if bias.len() != outputs => Err(self.node.fault(format!(
                "{} biases for {outputs} outputs",
                bias.len()
            ))),
            _ => Ok(bias),
        }
    }

    fn gemm(&self, map: &mut Map) -> Result<Kind, OnnxFault> {
        if self.node.int("transA", 0)? != 0 {
            return Err(self.node.fault("transA = 1 transposes the features; rowfuse takes one row of them"));
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
    fn linear(
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
            return Err(self.node.fault(format!("weights of {rank} dimensions, expected a matrix")));
        };
        let (inputs, outputs) = if by_rows { (columns, rows) } else { (rows, columns) };
        if inputs != map.shape.len() {
            return Err(self.node.fault(format!(
                "takes {inputs} features, but gets {}",
                map.shape.len()
            )));
        }
        if inputs > MAX_FEATURES {
            return Err(self.node.fault(format!("takes {inputs} features, the limit is {MAX_FEATURES}")));
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

    fn batch_norm(&self, map: &Map) -> Result<Kind, OnnxFault> {
        for output in 1..self.node.outputs.len() {
            self.unused_output(output)?;
        }
        if self.node.int("training_mode", 0)? != 0 {
            return Err(self.node.fault("training_mode = 1; export the model for inference"));
        }
        let epsilon = self.node.float("epsilon", 1e-5)?;
        let channels = map.shape.channels;
        let part = |index: usize, what: &str| {
            let values = self.constant(index, what)?.floats()?;
            match values.len() == channels {
                true => Ok(values),
                false => Err(self.node.fault(format!("{what} has {} values for {channels} channels", values.len()))),
            }
        };
        let (gamma, beta) = (part(1, "scale")?, part(2, "B")?);
        let (mean, variance) = (part(3, "mean")?, part(4, "var")?);
        let mut scale = Vec::with_capacity(channels);
        let mut shift = Vec::with_capacity(channels);
        for channel in 0..channels {
            let spread = f64::from(variance[channel]) + f64::from(epsilon);
            if spread <= 0.0 {
                return Err(self.node.fault(format!("channel {channel} has variance {}, expected more than -epsilon", variance[channel])));
            }
            let factor = f64::from(gamma[channel]) / spread.sqrt();
            scale.push(factor as f32);
            shift.push((f64::from(beta[channel]) - factor * f64::from(mean[channel])) as f32);
        }
        Ok(Kind::Affine { scale, shift })
    }

    fn clip(&self) -> Result<Kind, OnnxFault> {
        let bound = |index: usize, name: &str, default: f32| match self.node.get(name) {
            Some(Attribute::Float(value)) => Ok(*value),
            Some(_) => Err(self.node.fault(format!("attribute {name} is no number"))),
            None if self.node.input(index).is_none() => Ok(default),
            None => self.scalar(index, name),
        };
        let (low, high) = (bound(1, "min", f32::MIN)?, bound(2, "max", f32::MAX)?);
        match (low == 0.0, high >= f32::MAX) {
            (true, true) => Ok(Kind::Relu),
            _ => Err(self.node.fault(format!(
                "clips to {low}..{high}; rowfuse runs ReLU, which is 0 to infinity (ReLU6 is not run)"
            ))),
        }
    }

    fn average(&self, map: &mut Map) -> Result<Kind, OnnxFault> {
        map.planes(self.node)?;
        let window = window::of_pool(self.node, map, true)?;
        map.windowed(self.node, &window)?;
        if (window.kernel, window.stride, window.padding) == ([1, 1], [1, 1], [0; 4]) {
            return Ok(Kind::Nothing("average over one pixel"));
        }
        Ok(Kind::AveragePool {
            window,
            count_padding: self.node.int("count_include_pad", 0)? != 0,
        })
    }

    fn global_average(&self, map: &mut Map) -> Result<Kind, OnnxFault> {
        map.planes(self.node)?;
        (map.shape.height, map.shape.width) = (1, 1);
        Ok(Kind::GlobalAverage)
    }
}
