//! Compiling a dataflow to a flat list of operations on slots.
//!
//! One step is one clock edge. Stage 0 is computed from the new inputs first. Then, from the deepest stage up, the
//! registers of a stage take what the stage before still holds from the last step, and the stage is computed anew.
//! The memories of stage 0 come last: they take what this step computed.
//!
//! Within a stage, operations of the same kind and depth stand together (a run) and write neighbouring slots, so that
//! the simulator's inner loops have no branch on the kind.

use std::collections::HashMap;

use super::node::{Node, Op, Restart, Value, View};
use super::{Dataflow, Range};

/// The kind of a run; the comments give its operands. Up to `Copy` they are clocked, beyond they are functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// sum, enable, last
    RestartAfterLast,
    /// sum, enable, clear
    RestartWhenCleared,
    /// source, first slot, length
    Delay,
    /// a, b; writes three blocks of slots: input, pipeline and output registers
    Product,
    /// source
    Copy,
    /// a, b
    Add,
    Sub,
    Neg,
    /// a, n
    Shl,
    Shr,
    /// selector, first of table, count
    Select,
    /// selector, option 0, option 1
    Choose,
    And,
    Or,
    Xor,
    Not,
    Equal,
    Less,
    Max,
    Min,
    /// a, lo, hi
    Clamp,
    /// a, lo, width
    Bits,
    ShrBy,
}

/// Operations `first..first + len` of the argument list, writing slots from `slot` on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub kind: Kind,
    pub slot: usize,
    pub first: usize,
    pub len: usize,
}

/// A range to be checked after every step.
#[derive(Clone, Debug)]
pub(super) struct Check {
    pub slot: usize,
    pub range: Range,
    pub what: String,
}

/// The compiled form.
#[derive(Clone, Debug, Default)]
pub(super) struct Program {
    /// Slots at power-up: constants, zeros.
    pub initial: Vec<i64>,
    pub runs: Vec<Run>,
    pub args: Vec<[u32; 3]>,
    pub table: Vec<u32>,
    /// Runs before this index are the functions of stage 0.
    pub first_clocked: usize,
    pub inputs: Vec<usize>,
    pub outputs: Vec<usize>,
    pub checks: Vec<Check>,
}

struct Compiler<'a> {
    flow: &'a Dataflow,
    program: Program,
    /// Slot of every node's value.
    slot: Vec<u32>,
    /// Slot of every accumulator's register.
    state: Vec<u32>,
    /// Slots of the bounds of clamps.
    literals: HashMap<i64, u32>,
}

/// Compiles.
pub(super) fn compile(flow: &Dataflow) -> Program {
    let mut compiler = Compiler {
        flow,
        program: Program::default(),
        slot: vec![u32::MAX; flow.nodes.len()],
        state: vec![u32::MAX; flow.nodes.len()],
        literals: HashMap::new(),
    };
    compiler.compile();
    compiler.program
}

impl Compiler<'_> {
    fn compile(&mut self) {
        let flow = self.flow;
        let live = flow.live(View::Simulation);
        let latency = flow.latency() as usize;
        let mut stages: Vec<Vec<usize>> = vec![Vec::new(); latency + 1];
        for (index, node) in flow.nodes.iter().enumerate() {
            match node.op {
                Op::Constant(v) if live[index] => self.slot[index] = self.fresh(v),
                Op::Input(_) => stages[0].push(index),
                Op::Clamp(_, lo, hi) if live[index] => {
                    for bound in [lo, hi] {
                        if !self.literals.contains_key(&bound) {
                            let slot = self.fresh(bound);
                            self.literals.insert(bound, slot);
                        }
                    }
                    stages[node.stage.unwrap_or(0) as usize].push(index);
                }
                _ if live[index] => stages[node.stage.unwrap_or(0) as usize].push(index),
                _ => {}
            }
        }
        // Slots and operations by ascending stage, so that every source has a lower slot than its user's.
        let compiled: Vec<(Vec<Run>, Vec<Run>)> =
            stages.iter().map(|nodes| self.stage(nodes)).collect();
        let mut compiled = compiled.into_iter();
        let (clock_0, functions_0) = compiled.next().unwrap_or_default();
        self.program.runs.extend(functions_0);
        self.program.first_clocked = self.program.runs.len();
        for (clock, functions) in compiled.rev() {
            self.program.runs.extend(clock);
            self.program.runs.extend(functions);
        }
        self.program.runs.extend(clock_0);
        let slots = |values: &[Value]| values.iter().map(|v| self.at(*v) as usize).collect();
        let (inputs, outputs) = (slots(&flow.input_values), slots(&flow.output_values));
        (self.program.inputs, self.program.outputs) = (inputs, outputs);
    }

    /// Slots and runs of one stage: what the clock does, and what is computed after it.
    fn stage(&mut self, nodes: &[usize]) -> (Vec<Run>, Vec<Run>) {
        let flow = self.flow;
        let of = |wanted: fn(Op) -> bool| -> Vec<usize> {
            let wanted = |index: &usize| wanted(flow.nodes[*index].op);
            nodes.iter().copied().filter(wanted).collect()
        };
        for index in of(|op| matches!(op, Op::Input(_))) {
            self.slot[index] = self.fresh(0);
        }
        let mut sums = of(|op| matches!(op, Op::Accumulate { .. }));
        sums.sort_by_key(|index| restart_kind(flow.nodes[*index].op));
        for index in &sums {
            self.state[*index] = self.fresh(0);
        }
        let delays = of(|op| matches!(op, Op::Delay(..)));
        for index in &delays {
            if let Op::Delay(_, n) = flow.nodes[*index].op {
                (0..n).for_each(|_| self.slot[*index] = self.fresh(0));
            }
        }
        let products = of(|op| matches!(op, Op::Mul(..) | Op::MulLut { .. }));
        for block in 0..3 {
            for index in &products {
                let slot = self.fresh(0);
                if block == 2 {
                    self.slot[*index] = slot;
                }
            }
        }
        let copies = of(|op| matches!(op, Op::Reg(_) | Op::Keep(_)));
        for index in &copies {
            self.slot[*index] = self.fresh(0);
        }
        let functions = self.functions(nodes);

        let mut clock = Vec::new();
        for index in &sums {
            let Op::Accumulate { enable, stop, .. } = flow.nodes[*index].op else {
                continue;
            };
            let kind = restart_kind(flow.nodes[*index].op);
            let args = [self.slot[*index], self.at(enable), self.at(stop)];
            self.emit(&mut clock, kind, self.state[*index] as usize, args);
        }
        // A delay may read another one's output: the reader first.
        for index in delays.iter().rev() {
            if let Op::Delay(a, n) = flow.nodes[*index].op {
                let args = [self.at(a), self.slot[*index] + 1 - n, n];
                self.emit(&mut clock, Kind::Delay, 0, args);
            }
        }
        for (nth, index) in products.iter().enumerate() {
            if let Op::Mul(a, b) | Op::MulLut { a, b, .. } = flow.nodes[*index].op {
                let first = self.slot[products[0]] as usize - 2 * products.len();
                let args = [self.at(a), self.at(b), 0];
                self.emit(&mut clock, Kind::Product, first + nth, args);
            }
        }
        for index in &copies {
            if let Op::Reg(a) | Op::Keep(a) = flow.nodes[*index].op {
                let args = [self.at(a), 0, 0];
                self.emit(&mut clock, Kind::Copy, self.slot[*index] as usize, args);
            }
        }
        (clock, functions)
    }

    /// The functions of a stage, by depth and kind.
    fn functions(&mut self, nodes: &[usize]) -> Vec<Run> {
        let flow = self.flow;
        let mut depth = HashMap::new();
        let mut order = Vec::new();
        for index in nodes {
            let Node { op, .. } = flow.nodes[*index];
            let mut deepest = 0;
            if !op.is_registered() {
                op.operands(&flow.pool, View::Simulation, |value| {
                    deepest = deepest.max(depth.get(&value.index()).copied().unwrap_or(0));
                });
                if !matches!(op, Op::Input(_) | Op::Bound(..)) {
                    deepest += 1;
                }
            }
            depth.insert(*index, deepest);
            if let Some(kind) = function_kind(op) {
                order.push((deepest, kind, *index));
            }
        }
        order.sort_unstable();
        let mut runs = Vec::new();
        for level in order.chunk_by(|(one, ..), (other, ..)| one == other) {
            // A run's sources lie below its first slot, so a run never spans two depths.
            let mut level_runs = Vec::new();
            for &(_, kind, index) in level {
                let slot = self.fresh(0);
                self.slot[index] = slot;
                let args = self.function_args(index);
                self.emit(&mut level_runs, kind, slot as usize, args);
                if let Op::Accumulate { .. } = flow.nodes[index].op {
                    self.check(index, "the sum of at most so many terms");
                }
            }
            runs.extend(level_runs);
        }
        for index in nodes {
            match flow.nodes[*index].op {
                Op::Bound(_, why) => self.check(*index, flow.reasons[why as usize]),
                Op::Input(_) => self.check(*index, "an input"),
                _ => {}
            }
        }
        runs
    }

    fn function_args(&mut self, index: usize) -> [u32; 3] {
        let flow = self.flow;
        match flow.nodes[index].op {
            Op::Add(a, b) | Op::Sub(a, b) | Op::ShrBy(a, b) => [self.at(a), self.at(b), 0],
            Op::And(a, b) | Op::Or(a, b) | Op::Xor(a, b) => [self.at(a), self.at(b), 0],
            Op::Equal(a, b) | Op::Less(a, b) => [self.at(a), self.at(b), 0],
            Op::Max(a, b) | Op::Min(a, b) => [self.at(a), self.at(b), 0],
            Op::Neg(a) | Op::Not(a) => [self.at(a), 0, 0],
            Op::Shl(a, n) | Op::Shr(a, n) => [self.at(a), n, 0],
            Op::Clamp(a, lo, hi) => [self.at(a), self.literals[&lo], self.literals[&hi]],
            Op::Bits { a, lo, width } => [self.at(a), lo, width],
            Op::Accumulate { value, .. } => [self.state[index], self.at(value), 0],
            Op::Select { sel, first, count } => {
                let options = &flow.pool[first as usize..(first + count) as usize];
                if let [zero, one] = options {
                    return [self.at(sel), self.at(*zero), self.at(*one)];
                }
                let start = self.program.table.len() as u32;
                let slots: Vec<u32> = options.iter().map(|option| self.at(*option)).collect();
                self.program.table.extend(slots);
                [self.at(sel), start, count]
            }
            _ => [0; 3],
        }
    }

    /// Slot of a value; a bound value is the value itself.
    fn at(&self, value: Value) -> u32 {
        match self.flow.node(value).op {
            Op::Bound(a, _) => self.at(a),
            _ => self.slot[value.index()],
        }
    }

    fn fresh(&mut self, initial: i64) -> u32 {
        self.program.initial.push(initial);
        self.program.initial.len() as u32 - 1
    }

    fn check(&mut self, index: usize, why: &str) {
        let value = Value(index as u32);
        let range = self.flow.nodes[index].range;
        let what = format!("{}.{} ({why})", self.flow.name, self.flow.signal(value));
        let slot = self.at(value) as usize;
        self.program.checks.push(Check { slot, range, what });
    }

    /// Adds an operation, to the last run if it fits there.
    fn emit(&mut self, runs: &mut Vec<Run>, kind: Kind, slot: usize, args: [u32; 3]) {
        let first = self.program.args.len();
        self.program.args.push(args);
        if let Some(run) = runs.last_mut() {
            let next = kind == Kind::Delay || run.slot + run.len == slot;
            if run.kind == kind && run.first + run.len == first && next {
                run.len += 1;
                return;
            }
        }
        runs.push(Run {
            kind,
            slot,
            first,
            len: 1,
        });
    }
}

fn restart_kind(op: Op) -> Kind {
    match op {
        Op::Accumulate {
            restart: Restart::WhenCleared,
            ..
        } => Kind::RestartWhenCleared,
        _ => Kind::RestartAfterLast,
    }
}

/// The run kind of a function, `None` for what is no function or needs no operation.
fn function_kind(op: Op) -> Option<Kind> {
    Some(match op {
        Op::Add(..) | Op::Accumulate { .. } => Kind::Add,
        Op::Sub(..) => Kind::Sub,
        Op::Neg(_) => Kind::Neg,
        Op::Shl(..) => Kind::Shl,
        Op::Shr(..) => Kind::Shr,
        Op::Select { count: 2, .. } => Kind::Choose,
        Op::Select { .. } => Kind::Select,
        Op::And(..) => Kind::And,
        Op::Or(..) => Kind::Or,
        Op::Xor(..) => Kind::Xor,
        Op::Not(_) => Kind::Not,
        Op::Equal(..) => Kind::Equal,
        Op::Less(..) => Kind::Less,
        Op::Max(..) => Kind::Max,
        Op::Min(..) => Kind::Min,
        Op::Clamp(..) => Kind::Clamp,
        Op::Bits { .. } => Kind::Bits,
        Op::ShrBy(..) => Kind::ShrBy,
        Op::Input(_) | Op::Constant(_) | Op::Bound(..) => return None,
        Op::Reg(_) | Op::Keep(_) | Op::Delay(..) | Op::Mul(..) | Op::MulLut { .. } => return None,
    })
}
