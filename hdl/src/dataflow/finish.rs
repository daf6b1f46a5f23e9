//! From a graph under construction to a finished dataflow: checks, and the alignment of the outputs.

use std::collections::{HashMap, HashSet};

use super::node::{Node, Op, Value, View};
use super::{Cost, DataflowError, Graph, Range, Simulator};

/// A port of a finished dataflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// The proven range of its values.
    pub range: Range,
    /// Bits: the least that hold the range.
    pub width: u32,
    /// True if the bits are two's complement.
    pub signed: bool,
}

/// A finished graph: simulation, Verilog, latency and cost of one and the same arithmetic.
#[derive(Clone, Debug)]
pub struct Dataflow {
    pub(super) name: String,
    pub(super) nodes: Vec<Node>,
    pub(super) pool: Vec<Value>,
    pub(super) scopes: Vec<String>,
    pub(super) reasons: Vec<&'static str>,
    pub(super) sites: HashMap<Value, String>,
    pub(super) input_values: Vec<Value>,
    pub(super) output_values: Vec<Value>,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    latency: u32,
}

impl Graph {
    /// Aligns all outputs to the deepest stage among them and checks the whole.
    ///
    /// # Errors
    /// The first mistake made in building the graph; no outputs; an output that depends on an input without a register
    /// between; a name that is used twice or that Verilog does not take.
    pub fn finish(mut self) -> Result<Dataflow, DataflowError> {
        let mut values: Vec<Value> = self.outputs.iter().map(|(_, value)| *value).collect();
        let latency = self.align(&mut values);
        if let Some(error) = self.error {
            return Err(error);
        }
        if values.is_empty() {
            return Err(DataflowError::NoOutput { name: self.name });
        }
        if latency == Some(0) {
            let direct = |value: &Value| self.nodes[value.index()].stage == Some(0);
            let index = values.iter().position(direct).unwrap_or(0);
            let name = self.outputs.swap_remove(index).0;
            return Err(DataflowError::NotRegistered { name });
        }
        let port = |name: &str, value: Value| {
            let range = self.nodes[value.index()].range;
            Port {
                name: name.to_owned(),
                range,
                width: range.width(),
                signed: range.is_signed(),
            }
        };
        let inputs = self.inputs.iter().map(|(name, v)| port(name, *v)).collect();
        let outputs = self.outputs.iter().zip(&values);
        let outputs = outputs.map(|((name, _), v)| port(name, *v)).collect();
        let dataflow = Dataflow {
            inputs,
            outputs,
            latency: latency.unwrap_or(0),
            input_values: self.inputs.iter().map(|(_, value)| *value).collect(),
            output_values: values,
            name: self.name,
            nodes: self.nodes,
            pool: self.pool,
            scopes: self.scopes,
            reasons: self.reasons,
            sites: self.sites,
        };
        dataflow.check_names()?;
        Ok(dataflow)
    }
}

impl Dataflow {
    /// The name of the graph and of its Verilog module.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Clocks from an input to the outputs that depend on it.
    pub fn latency(&self) -> u32 {
        self.latency
    }

    /// The input ports, in the order in which they were made.
    pub fn inputs(&self) -> &[Port] {
        &self.inputs
    }

    /// The output ports, in the order in which they were made.
    pub fn outputs(&self) -> &[Port] {
        &self.outputs
    }

    /// Number of nodes, the unit of the simulation's speed.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// A simulator in the state of power-up.
    pub fn simulator(&self) -> Simulator {
        Simulator::new(self)
    }

    /// An estimate of what the dataflow takes on an ECP5.
    pub fn cost(&self) -> Cost {
        super::cost::estimate(self)
    }

    /// Which nodes the outputs depend on.
    pub(super) fn live(&self, view: View) -> Vec<bool> {
        let mut live = vec![false; self.nodes.len()];
        for value in &self.output_values {
            live[value.index()] = true;
        }
        // Operands come before their users.
        for index in (0..self.nodes.len()).rev() {
            if live[index] {
                let op = self.nodes[index].op;
                op.operands(&self.pool, view, |value| live[value.index()] = true);
            }
        }
        live
    }

    pub(super) fn node(&self, value: Value) -> &Node {
        &self.nodes[value.index()]
    }

    /// Unique name of a node's signal.
    pub(super) fn signal(&self, value: Value) -> String {
        if let Op::MulLut { tree, .. } = self.node(value).op {
            return self.signal(tree);
        }
        let scope = &self.scopes[self.node(value).scope as usize];
        if scope.is_empty() {
            format!("n{}", value.0)
        } else {
            format!("{scope}_n{}", value.0)
        }
    }

    /// True if the port name could be that of an internal signal or one derived from it.
    pub(super) fn is_internal(&self, name: &str) -> bool {
        (0..name.len()).any(|at| {
            let digits = name[at..].strip_prefix('n').map(|rest| {
                let end = rest.find(|c: char| !c.is_ascii_digit());
                &rest[..end.unwrap_or(rest.len())]
            });
            let index = digits.and_then(|digits| digits.parse::<u32>().ok());
            index.is_some_and(|index| {
                (index as usize) < self.nodes.len() && name.starts_with(&self.signal(Value(index)))
            })
        })
    }

    fn check_names(&self) -> Result<(), DataflowError> {
        let scopes = self.scopes.iter().filter(|scope| !scope.is_empty());
        let ports = || self.inputs.iter().chain(&self.outputs).map(|p| &p.name);
        for name in scopes.chain(ports()).chain([&self.name]) {
            if !super::names::is_identifier(name) {
                return Err(DataflowError::BadName { name: name.clone() });
            }
        }
        let mut seen = HashSet::from(["clock"]);
        for name in ports() {
            if !seen.insert(name) || self.is_internal(name) {
                return Err(DataflowError::DuplicateName { name: name.clone() });
            }
        }
        Ok(())
    }
}
