//! The nodes of a graph.

use super::Range;

/// A value of a graph: cheap to copy, only meaningful in the graph that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value(pub(super) u32);

impl Value {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// When an accumulator starts again at zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Restart {
    /// After a term that is enabled and the last one.
    AfterLastEnabled,
    /// Whenever asked to, enabled or not.
    WhenCleared,
}

/// What a node computes. Lists of operands live in the graph's pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Input(u32),
    Constant(i64),
    Add(Value, Value),
    Sub(Value, Value),
    Neg(Value),
    Shl(Value, u32),
    Shr(Value, u32),
    Mul(Value, Value),
    /// A product (a, b) for simulation, and the adder tree that makes it in hardware.
    MulLut {
        a: Value,
        b: Value,
        tree: Value,
    },
    Reg(Value),
    Keep(Value),
    Delay(Value, u32),
    /// Options are `pool[first..first + count]`.
    Select {
        sel: Value,
        first: u32,
        count: u32,
    },
    And(Value, Value),
    Or(Value, Value),
    Xor(Value, Value),
    Not(Value),
    Equal(Value, Value),
    Less(Value, Value),
    Max(Value, Value),
    Min(Value, Value),
    Clamp(Value, i64, i64),
    Bits {
        a: Value,
        lo: u32,
        width: u32,
    },
    ShrBy(Value, Value),
    Accumulate {
        value: Value,
        enable: Value,
        stop: Value,
        restart: Restart,
    },
    /// The same value in a range proven by the caller, whose reason is `reasons[why]`.
    Bound(Value, u32),
}

/// Which of the two descriptions of a LUT multiplier is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    /// A product.
    Simulation,
    /// An adder tree.
    Hardware,
}

/// One node: an operation, the range of its result, and its pipeline stage (a constant has none).
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub op: Op,
    pub range: Range,
    pub stage: Option<u32>,
    /// Index of the scope it was made in.
    pub scope: u32,
}

impl Op {
    /// Calls `f` with every operand.
    pub fn operands(self, pool: &[Value], view: View, mut f: impl FnMut(Value)) {
        use Op::*;
        match self {
            Input(_) | Constant(_) => {}
            Neg(a) | Shl(a, _) | Shr(a, _) | Reg(a) | Keep(a) | Delay(a, _) | Not(a) => f(a),
            Clamp(a, _, _) | Bits { a, .. } | Bound(a, _) => f(a),
            Add(a, b)
            | Sub(a, b)
            | Mul(a, b)
            | And(a, b)
            | Or(a, b)
            | Xor(a, b)
            | Equal(a, b)
            | Less(a, b)
            | Max(a, b)
            | Min(a, b)
            | ShrBy(a, b) => {
                f(a);
                f(b);
            }
            MulLut { a, b, tree } => match view {
                View::Simulation => {
                    f(a);
                    f(b);
                }
                View::Hardware => f(tree),
            },
            Select { sel, first, count } => {
                f(sel);
                for option in &pool[first as usize..(first + count) as usize] {
                    f(*option);
                }
            }
            Accumulate {
                value,
                enable,
                stop,
                ..
            } => {
                f(value);
                f(enable);
                f(stop);
            }
        }
    }

    /// True for an operation whose result is a register, so that it depends on nothing of its own stage's present.
    pub fn is_registered(self) -> bool {
        matches!(
            self,
            Op::Reg(_) | Op::Keep(_) | Op::Delay(..) | Op::Mul(..) | Op::MulLut { .. }
        )
    }
}
