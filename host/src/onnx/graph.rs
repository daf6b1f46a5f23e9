//! The graph of a model, checked: every value is given once, before it is read; constants are told from activations.

use super::constant::Constant;
use super::node::{shown, Node};
use super::proto::{self, decode};
use super::tensor::Tensor;
use super::OnnxFault;
use prost::bytes::Bytes;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Most nodes, initialisers, inputs or outputs.
const MAX_PARTS: u64 = 20_000;
/// Operator sets from this version on broadcast as numpy does, which is what is read.
const MIN_OPSET: i64 = 7;
/// The newest operator set whose operators were looked at.
const MAX_OPSET: i64 = 28;

/// The network's input.
#[derive(Clone, Debug)]
pub(super) struct Input {
    pub(super) name: String,
    /// Sizes; `None` where the model leaves them open.
    pub(super) dims: Vec<Option<usize>>,
}

/// A sound graph.
#[derive(Debug)]
pub(super) struct Graph {
    pub(super) input: Input,
    pub(super) output: String,
    /// In an order in which they can run; those that only prepare constants are left out.
    pub(super) nodes: Vec<Node>,
    /// Values known before any image is.
    pub(super) constants: HashMap<String, Constant>,
    /// Of each activation, the nodes that read it.
    pub(super) readers: HashMap<String, Vec<usize>>,
}

impl Graph {
    /// Reads a model's bytes.
    pub(super) fn read(bytes: &Bytes) -> Result<Graph, OnnxFault> {
        let model: proto::Model = decode(bytes)?;
        opsets(&model)?;
        if model.graph.is_empty() {
            let reason = "it has no graph".into();
            return Err(OnnxFault::Syntax { reason });
        }
        let graph: proto::Graph = decode(&model.graph)?;
        let parts = [
            ("the number of nodes", graph.node.len()),
            ("the number of initializers", graph.initializer.len()),
            ("the number of inputs", graph.input.len()),
            ("the number of outputs", graph.output.len()),
        ];
        for (what, found) in parts {
            if found as u64 > MAX_PARTS {
                return Err(OnnxFault::Limit {
                    what: what.into(),
                    found: found as u64,
                    limit: MAX_PARTS,
                });
            }
        }
        if !graph.sparse_initializer.is_empty() {
            let reason = "it has sparse initializers, only dense ones are read";
            return Err(OnnxFault::graph(reason));
        }
        let mut builder = Builder::default();
        for (index, message) in graph.initializer.iter().enumerate() {
            let tensor = Tensor::new(message, &format!("initializer {index}"))?;
            builder.give(&tensor.name)?;
            let name = tensor.name.clone();
            builder.constants.insert(name, Constant::plain(tensor));
        }
        let input = builder.input(&graph.input)?;
        for (position, message) in graph.node.iter().enumerate() {
            builder.node(Node::new(message, position)?)?;
        }
        let output = builder.output(&graph.output)?;
        Ok(Graph {
            input,
            output,
            nodes: builder.nodes,
            constants: builder.constants,
            readers: builder.readers,
        })
    }
}

fn opsets(model: &proto::Model) -> Result<(), OnnxFault> {
    let count = model.functions.len();
    if count > 0 {
        let reason = format!("it defines {count} functions of its own, which are not read");
        return Err(OnnxFault::graph(reason));
    }
    for message in &model.opset_import {
        let set: proto::OperatorSet = decode(message)?;
        let ours = matches!(set.domain.as_str(), "" | "ai.onnx");
        if ours && !(MIN_OPSET..=MAX_OPSET).contains(&set.version) {
            return Err(OnnxFault::graph(format!(
                "it uses operator set {}, expected {MIN_OPSET} to {MAX_OPSET}",
                set.version
            )));
        }
    }
    Ok(())
}

#[derive(Default)]
struct Builder {
    given: HashSet<String>,
    nodes: Vec<Node>,
    constants: HashMap<String, Constant>,
    readers: HashMap<String, Vec<usize>>,
}

impl Builder {
    /// Notes that something gives the value `name`.
    fn give(&mut self, name: &str) -> Result<(), OnnxFault> {
        match self.given.insert(name.to_owned()) {
            true => Ok(()),
            false => Err(OnnxFault::graph(format!(
                "value '{}' is given twice",
                shown(name)
            ))),
        }
    }

    /// The one input that is no initialiser.
    fn input(&mut self, inputs: &[Bytes]) -> Result<Input, OnnxFault> {
        let mut found: BTreeMap<String, proto::ValueInfo> = BTreeMap::new();
        for message in inputs {
            let value: proto::ValueInfo = decode(message)?;
            // Older files list initialisers as inputs too.
            if !self.constants.contains_key(&value.name) {
                found.insert(value.name.clone(), value);
            }
        }
        if found.len() != 1 {
            let names: Vec<String> = found.keys().take(4).map(|name| shown(name)).collect();
            return Err(OnnxFault::graph(format!(
                "it has {} inputs ({}), expected one: the image",
                found.len(),
                names.join(", ")
            )));
        }
        let (name, value) = found.pop_first().expect("one was counted");
        self.give(&name)?;
        let fault =
            |reason: &str| OnnxFault::graph(format!("the input '{}' {reason}", shown(&name)));
        let kind: proto::Type = decode(&value.kind)?;
        let tensor = kind.tensor.ok_or_else(|| fault("is no tensor"))?;
        let tensor: proto::TensorType = decode(&tensor)?;
        if !matches!(tensor.elem_type, 1 | 10) {
            return Err(fault(
                "does not take floats: export the model with a float input",
            ));
        }
        let shape = tensor.shape.ok_or_else(|| fault("has no shape"))?;
        let shape: proto::TensorShape = decode(&shape)?;
        if shape.dim.len() != 4 {
            let count = shape.dim.len();
            return Err(fault(&format!(
                "has {count} dimensions, expected 4: batch, channels, rows, columns"
            )));
        }
        let mut dims = Vec::with_capacity(4);
        for message in &shape.dim {
            let dimension: proto::Dimension = decode(message)?;
            // Zero and below are how some writers leave a size open.
            let size = dimension.value.filter(|&size| size > 0);
            dims.push(size.map(|size| usize::try_from(size).unwrap_or(usize::MAX)));
        }
        Ok(Input { name, dims })
    }

    /// Adds a node whose inputs must all be known.
    fn node(&mut self, node: Node) -> Result<(), OnnxFault> {
        for input in node.inputs.iter().filter(|input| !input.is_empty()) {
            if !self.given.contains(input) {
                return Err(node.fault(format!(
                    "reads '{}', which nothing before it gives (a missing input, or a cycle)",
                    shown(input)
                )));
            }
        }
        for output in node.outputs.iter().filter(|output| !output.is_empty()) {
            self.give(output)?;
        }
        if let Some(constant) = Constant::of_node(&node, &self.constants)? {
            if let Some(output) = node.outputs.first() {
                self.constants.insert(output.clone(), constant);
            }
            return Ok(());
        }
        let index = self.nodes.len();
        for input in node.inputs.iter().filter(|input| !input.is_empty()) {
            if !self.constants.contains_key(input) {
                self.readers.entry(input.clone()).or_default().push(index);
            }
        }
        self.nodes.push(node);
        Ok(())
    }

    fn output(&self, outputs: &[Bytes]) -> Result<String, OnnxFault> {
        let mut names = Vec::new();
        for message in outputs {
            names.push(decode::<proto::ValueInfo>(message)?.name);
        }
        match &names[..] {
            [name] if self.given.contains(name) => Ok(name.clone()),
            [name] => Err(OnnxFault::graph(format!(
                "the output '{}' is given by no node",
                shown(name)
            ))),
            _ => Err(OnnxFault::graph(format!(
                "it has {} outputs, expected one: the class scores",
                names.len()
            ))),
        }
    }
}
