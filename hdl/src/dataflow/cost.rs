//! An estimate of area, for choosing between structures before synthesis.

use super::node::{Op, View};
use super::Dataflow;

/// What a dataflow takes: LUT4s and flip-flops (an estimate before optimisation), multiplier blocks (exact).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Four-input look-up tables, carry chains included.
    pub lut: u32,
    /// Flip-flops.
    pub ff: u32,
    /// 18×18 multipliers.
    pub dsp: u32,
}

/// Adds up all nodes that outputs depend on.
pub(super) fn estimate(flow: &Dataflow) -> Cost {
    let mut cost = Cost::default();
    let live = flow.live(View::Hardware);
    for (node, _) in flow.nodes.iter().zip(live).filter(|(_, live)| *live) {
        let width = node.range.width();
        let common = |a, b| flow.node(a).range.hull(flow.node(b).range).width();
        match node.op {
            Op::Input(_) | Op::Constant(_) | Op::MulLut { .. } | Op::Bound(..) => {}
            // Wires; an inverter disappears in what follows it.
            Op::Shl(..) | Op::Shr(..) | Op::Bits { .. } | Op::Not(_) => {}
            Op::Add(..) | Op::Sub(..) | Op::Neg(_) => cost.lut += width,
            Op::And(..) | Op::Or(..) | Op::Xor(..) => cost.lut += 1,
            Op::Equal(a, b) => cost.lut += common(a, b).div_ceil(2),
            Op::Less(a, b) => cost.lut += common(a, b),
            Op::Max(a, b) | Op::Min(a, b) => cost.lut += common(a, b) + width,
            Op::Clamp(a, ..) => cost.lut += flow.node(a).range.width() + width,
            Op::Select { count, .. } => cost.lut += width * count.div_ceil(2),
            Op::ShrBy(a, amount) => {
                cost.lut += flow.node(a).range.width() * flow.node(amount).range.width();
            }
            Op::Reg(_) | Op::Keep(_) => cost.ff += width,
            Op::Delay(_, n) => cost.ff += width * n,
            Op::Accumulate { .. } => {
                cost.lut += width;
                cost.ff += width;
            }
            Op::Mul(..) => cost.dsp += 1,
        }
    }
    cost
}
