//! One node as steps.

use super::context::Context;
use super::graph::Graph;
use super::node::{Attribute, Node};
use super::step::{Kind, Map};
use super::{elementwise, reshape, window, OnnxFault};

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
        "Cast" if matches!(node.int("to", 0)?, 1 | 10 | 11 | 16) => {
            one(Kind::Nothing("float to float"))
        }
        "Softmax" | "LogSoftmax" => one(Kind::Softmax),
        _ => Err(node.fault(format!("this operator is not run; rowfuse runs {KNOWN}"))),
    }
}

impl Context<'_> {
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
