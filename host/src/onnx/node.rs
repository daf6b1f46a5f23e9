//! A node of the graph and its attributes, with typed access.

use super::proto::{self, decode};
use super::tensor::Tensor;
use super::OnnxFault;
use prost::bytes::Bytes;
use std::collections::BTreeMap;

/// Most inputs, outputs or attributes of a node.
const MAX_PARTS: usize = 64;
/// Longest name that is shown.
const MAX_SHOWN: usize = 80;

/// The value of an attribute.
#[derive(Clone, Debug)]
pub(super) enum Attribute {
    Float(f32),
    Int(i64),
    Text(String),
    Tensor(Tensor),
    Floats(Vec<f32>),
    Ints(Vec<i64>),
    /// Graphs, types and lists of these.
    Other,
}

/// A node, its parts counted and its names unique.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Its name, or that of its output if it has none.
    pub(super) name: String,
    pub(super) op: String,
    /// Empty names stand for inputs that are left out.
    pub(super) inputs: Vec<String>,
    pub(super) outputs: Vec<String>,
    attributes: BTreeMap<String, Attribute>,
}

impl Node {
    pub(super) fn new(message: &Bytes, position: usize) -> Result<Node, OnnxFault> {
        let node: proto::Node = decode(message)?;
        let name = match (node.name.is_empty(), node.output.first()) {
            (false, _) => node.name,
            (true, Some(output)) if !output.is_empty() => output.clone(),
            _ => format!("{position}"),
        };
        // Operators of other domains are known by both names.
        let op = match node.domain.as_str() {
            "" | "ai.onnx" => node.op_type,
            domain => format!("{domain}.{}", node.op_type),
        };
        let mut result = Node {
            name: shown(&name),
            op: shown(&op),
            inputs: node.input,
            outputs: node.output,
            attributes: BTreeMap::new(),
        };
        let parts = [
            (result.inputs.len(), "inputs"),
            (result.outputs.len(), "outputs"),
            (node.attribute.len(), "attributes"),
        ];
        for (count, what) in parts {
            if count > MAX_PARTS {
                return Err(result.fault(format!("{count} {what}, the limit is {MAX_PARTS}")));
            }
        }
        for attribute in &node.attribute {
            let attribute: proto::Attribute = decode(attribute)?;
            let name = attribute.name.clone();
            let value = result.attribute(attribute)?;
            if result.attributes.insert(name.clone(), value).is_some() {
                return Err(result.fault(format!("attribute {} is given twice", shown(&name))));
            }
        }
        Ok(result)
    }

    fn attribute(&self, attribute: proto::Attribute) -> Result<Attribute, OnnxFault> {
        Ok(match attribute.kind {
            1 => Attribute::Float(attribute.f),
            2 => Attribute::Int(attribute.i),
            3 => Attribute::Text(shown(&String::from_utf8_lossy(&attribute.s))),
            4 => Attribute::Tensor(Tensor::new(&attribute.t, &self.name)?),
            6 => Attribute::Floats(attribute.floats),
            7 => Attribute::Ints(attribute.ints),
            _ => Attribute::Other,
        })
    }

    /// A fault of this node.
    pub(super) fn fault(&self, reason: impl Into<String>) -> OnnxFault {
        OnnxFault::Node {
            node: self.name.clone(),
            op: self.op.clone(),
            reason: reason.into(),
        }
    }

    /// The name of input `index`, if it is not left out.
    pub(super) fn input(&self, index: usize) -> Option<&str> {
        let name = self.inputs.get(index)?;
        (!name.is_empty()).then_some(name)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Attribute> {
        self.attributes.get(name)
    }

    fn wrong(&self, name: &str, expected: &str) -> OnnxFault {
        self.fault(format!("attribute {name} is no {expected}"))
    }

    pub(super) fn int(&self, name: &str, default: i64) -> Result<i64, OnnxFault> {
        match self.get(name) {
            None => Ok(default),
            Some(Attribute::Int(value)) => Ok(*value),
            Some(_) => Err(self.wrong(name, "integer")),
        }
    }

    /// A finite float.
    pub(super) fn float(&self, name: &str, default: f32) -> Result<f32, OnnxFault> {
        match self.get(name) {
            None => Ok(default),
            Some(Attribute::Float(value)) if value.is_finite() => Ok(*value),
            Some(_) => Err(self.wrong(name, "finite number")),
        }
    }

    pub(super) fn text(&self, name: &str, default: &'static str) -> Result<&str, OnnxFault> {
        match self.get(name) {
            None => Ok(default),
            Some(Attribute::Text(text)) => Ok(text),
            Some(_) => Err(self.wrong(name, "text")),
        }
    }

    pub(super) fn ints(&self, name: &str) -> Result<Option<&[i64]>, OnnxFault> {
        match self.get(name) {
            None => Ok(None),
            Some(Attribute::Ints(values)) => Ok(Some(values)),
            Some(_) => Err(self.wrong(name, "list of integers")),
        }
    }

    /// A list of `N` sizes from `least` to 65,535; `default` for each if there is none.
    pub(super) fn sizes<const N: usize>(
        &self,
        name: &str,
        least: usize,
        default: usize,
    ) -> Result<[usize; N], OnnxFault> {
        let Some(values) = self.ints(name)? else {
            return Ok([default; N]);
        };
        let sizes: Vec<usize> = values
            .iter()
            .filter_map(|&value| usize::try_from(value).ok())
            .filter(|size| (least..=65_535).contains(size))
            .collect();
        match <[usize; N]>::try_from(sizes) {
            Ok(sizes) if values.len() == N => Ok(sizes),
            _ => Err(self.fault(format!(
                "{name} is {}, expected {N} numbers of {least} to 65535 (maps have rows and columns)",
                list(values)
            ))),
        }
    }
}

/// The first few numbers of a list.
pub(super) fn list(values: &[i64]) -> String {
    match values.len() {
        0..=8 => format!("{values:?}"),
        count => format!("a list of {count} numbers"),
    }
}

/// A name from a file as it may be shown: short, without control characters.
pub(super) fn shown(name: &str) -> String {
    let clean = name.chars().filter(|c| !c.is_control());
    clean.take(MAX_SHOWN).collect()
}
