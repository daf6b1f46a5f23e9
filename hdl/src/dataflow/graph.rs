//! Building a graph: inputs, constants, stages, names. The operations are in the neighbouring files.

use std::collections::HashMap;

use super::node::{Node, Op, Value};
use super::{DataflowError, Range};

/// A graph of exact integer operations under construction.
///
/// Every value has a proven range and a pipeline stage. Inputs are at stage 0; [`Graph::reg`] and its like add stages;
/// an operation on values of different stages delays the earlier ones by registers that all users of a value share.
/// Constants have no stage. All registers start at 0, so a registered value's range includes 0.
///
/// Methods never fail: the first mistake is kept and reported by [`Graph::finish`].
#[derive(Clone, Debug)]
pub struct Graph {
    pub(super) name: String,
    pub(super) nodes: Vec<Node>,
    pub(super) pool: Vec<Value>,
    pub(super) inputs: Vec<(String, Value)>,
    pub(super) outputs: Vec<(String, Value)>,
    pub(super) scopes: Vec<String>,
    pub(super) reasons: Vec<&'static str>,
    pub(super) sites: HashMap<Value, String>,
    pub(super) error: Option<DataflowError>,
    scope: u32,
    registers: HashMap<Value, Value>,
    constants: HashMap<i64, Value>,
}

impl Graph {
    /// An empty graph; `name` becomes the name of the Verilog module.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            nodes: Vec::new(),
            pool: Vec::new(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            scopes: vec![String::new()],
            reasons: Vec::new(),
            sites: HashMap::new(),
            error: None,
            scope: 0,
            registers: HashMap::new(),
            constants: HashMap::new(),
        }
    }

    /// Names what is built from here on: signals become `<scope>_n<number>`, so that a timing report can be read.
    /// An empty string ends it.
    pub fn scope(&mut self, name: &str) {
        let known = self.scopes.iter().position(|known| known == name);
        let index = known.unwrap_or_else(|| {
            self.scopes.push(name.to_owned());
            self.scopes.len() - 1
        });
        self.scope = index as u32;
    }

    /// An input port, at stage 0. The caller promises that its value stays in `range`.
    pub fn input(&mut self, name: &str, range: Range) -> Value {
        let index = self.inputs.len() as u32;
        let value = self.push(Op::Input(index), range, Some(0));
        self.inputs.push((name.to_owned(), value));
        value
    }

    /// An input port that carries its value `port_stage` clocks after the stage-0 inputs it belongs to, with a register behind it:
    /// the value returned stands at stage `port_stage + 1`.
    pub fn input_at(&mut self, name: &str, range: Range, port_stage: u32) -> Value {
        let index = self.inputs.len() as u32;
        let value = self.push(Op::Input(index), range, Some(port_stage));
        self.inputs.push((name.to_owned(), value));
        self.reg(value)
    }

    /// A constant, which can be used at any stage.
    pub fn constant(&mut self, v: i64) -> Value {
        if let Some(known) = self.constants.get(&v) {
            return *known;
        }
        let value = self.push(Op::Constant(v), Range::constant(v), None);
        self.constants.insert(v, value);
        value
    }

    /// An output port. [`Graph::finish`] brings all outputs to the deepest stage among them.
    pub fn output(&mut self, name: &str, a: Value) {
        self.outputs.push((name.to_owned(), a));
    }

    /// The first mistake made so far, which [`Graph::finish`] will report.
    pub fn error(&self) -> Option<&DataflowError> {
        self.error.as_ref()
    }

    /// The proven range of a value.
    pub fn range(&self, a: Value) -> Range {
        self.nodes[a.index()].range
    }

    /// The pipeline stage of a value: the number of clocks after the inputs it depends on. 0 for a constant.
    pub fn stage(&self, a: Value) -> u32 {
        self.nodes[a.index()].stage.unwrap_or(0)
    }

    /// The value one stage later. A constant stays as it is. Asked twice for the same value it gives the same register.
    pub fn reg(&mut self, a: Value) -> Value {
        let Some(stage) = self.nodes[a.index()].stage else {
            return a;
        };
        if let Some(known) = self.registers.get(&a) {
            return *known;
        }
        // The register is named after the value it delays, not after whoever happens to need it.
        let scope = std::mem::replace(&mut self.scope, self.nodes[a.index()].scope);
        let value = self.push(Op::Reg(a), self.range(a).with_zero(), Some(stage + 1));
        self.scope = scope;
        self.registers.insert(a, value);
        value
    }

    /// The value at a given later stage.
    pub fn at_stage(&mut self, a: Value, stage: u32) -> Value {
        let Some(from) = self.nodes[a.index()].stage else {
            return a;
        };
        if from > stage {
            return self.fail(DataflowError::Stage {
                at: self.place(),
                stage: from,
                wanted: stage,
            });
        }
        (from..stage).fold(a, |value, _| self.reg(value))
    }

    /// The value one stage later, in flip-flops of its own that synthesis does not merge with others holding the same.
    /// Each call gives another copy. A constant stays as it is.
    pub fn replicate(&mut self, a: Value) -> Value {
        let Some(stage) = self.nodes[a.index()].stage else {
            return a;
        };
        self.push(Op::Keep(a), self.range(a).with_zero(), Some(stage + 1))
    }

    /// Brings values to the deepest stage among them; `None` if all are constants.
    pub(super) fn align(&mut self, values: &mut [Value]) -> Option<u32> {
        let stage = values
            .iter()
            .filter_map(|value| self.nodes[value.index()].stage)
            .max()?;
        for value in values {
            *value = self.at_stage(*value, stage);
        }
        Some(stage)
    }

    /// Adds a node.
    pub(super) fn push(&mut self, op: Op, range: Range, stage: Option<u32>) -> Value {
        let value = Value(self.nodes.len() as u32);
        self.nodes.push(Node {
            op,
            range,
            stage,
            scope: self.scope,
        });
        value
    }

    /// Adds a node whose only possible result, if there is but one, it shows from power-up on: that becomes a constant.
    pub(super) fn pure(&mut self, op: Op, range: Range, stage: Option<u32>) -> Value {
        match range.single() {
            Some(v) => self.constant(v),
            None => self.push(op, range, stage),
        }
    }

    /// Keeps the first error, and goes on with a zero.
    pub(super) fn fail(&mut self, error: DataflowError) -> Value {
        self.error.get_or_insert(error);
        self.constant(0)
    }

    pub(super) fn overflow(&mut self, operation: &'static str) -> Value {
        let at = self.place();
        self.fail(DataflowError::Overflow { at, operation })
    }

    pub(super) fn argument(&mut self, operation: &'static str, what: String) -> Value {
        let at = self.place();
        self.fail(DataflowError::Argument {
            at,
            operation,
            what,
        })
    }

    /// Where the construction stands, for error messages.
    pub(super) fn place(&self) -> String {
        let scope = &self.scopes[self.scope as usize];
        let dot = if scope.is_empty() { "" } else { "." };
        format!("{}{dot}{scope} node {}", self.name, self.nodes.len())
    }
}
