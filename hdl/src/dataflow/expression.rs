//! Verilog expressions: every one an unsigned vector of a stated width.

use super::node::{Op, Value};
use super::{Dataflow, Range};

impl Dataflow {
    /// The low `width` bits of a value's infinitely extended pattern.
    pub(super) fn extend(&self, a: Value, width: u32) -> String {
        let range = self.node(a).range;
        if let Op::Constant(v) = self.node(a).op {
            return literal(v, width);
        }
        let (own, name) = (range.width(), self.signal(a));
        if own == width {
            name
        } else if own > width {
            format!("{name}[{}:0]", width - 1)
        } else {
            format!("{{{}, {name}}}", self.sign(a, width - own))
        }
    }

    /// `count` copies of the bit that extends a value.
    pub(super) fn sign(&self, a: Value, count: u32) -> String {
        let range = self.node(a).range;
        let bit = match (self.node(a).op, range.is_signed()) {
            (Op::Constant(v), _) => format!("1'b{}", i32::from(v < 0)),
            (_, true) => format!("{}[{}]", self.signal(a), range.width() - 1),
            (_, false) => "1'b0".to_owned(),
        };
        format!("{{{count}{{{bit}}}}}")
    }

    /// Bits `lo..lo + width` of the extended pattern.
    pub(super) fn slice(&self, a: Value, lo: u32, width: u32) -> String {
        let own = self.node(a).range.width();
        let name = self.signal(a);
        if lo >= own {
            self.sign(a, width)
        } else if lo + width > own {
            format!(
                "{{{}, {name}[{}:{lo}]}}",
                self.sign(a, lo + width - own),
                own - 1
            )
        } else {
            format!("{name}[{}:{lo}]", lo + width - 1)
        }
    }

    /// The expression of a function, `width` bits wide.
    pub(super) fn function(&self, op: Op, width: u32) -> String {
        let wide = |a: Value| self.extend(a, width);
        match op {
            Op::Add(a, b) => format!("{} + {}", wide(a), wide(b)),
            Op::Sub(a, b) => format!("{} - {}", wide(a), wide(b)),
            Op::Neg(a) => format!("{} - {}", literal(0, width), wide(a)),
            Op::Shl(_, n) if n >= width => literal(0, width),
            Op::Shl(a, n) => format!("{{{}, {}}}", self.extend(a, width - n), literal(0, n)),
            Op::Shr(a, n) => self.slice(a, n, width),
            Op::Bits { a, lo, width } => self.slice(a, lo, width),
            Op::Bound(a, _) => wide(a),
            Op::And(a, b) => format!("{} & {}", wide(a), wide(b)),
            Op::Or(a, b) => format!("{} | {}", wide(a), wide(b)),
            Op::Xor(a, b) => format!("{} ^ {}", wide(a), wide(b)),
            Op::Not(a) => format!("~{}", wide(a)),
            Op::Equal(a, b) => {
                let common = self.common(a, b).width();
                format!("{} == {}", self.extend(a, common), self.extend(b, common))
            }
            Op::Less(a, b) => self.less(a, b),
            Op::Max(a, b) => format!("({}) ? {} : {}", self.less(a, b), wide(b), wide(a)),
            Op::Min(a, b) => format!("({}) ? {} : {}", self.less(a, b), wide(a), wide(b)),
            Op::Clamp(a, lo, hi) => self.clamp(a, lo, hi, width),
            Op::Select { sel, first, count } => {
                let options = &self.pool[first as usize..(first + count) as usize];
                self.tree(sel, options, width)
            }
            // Emitted as statements of their own.
            _ => String::new(),
        }
    }

    fn common(&self, a: Value, b: Value) -> Range {
        self.node(a).range.hull(self.node(b).range)
    }

    fn less(&self, a: Value, b: Value) -> String {
        let common = self.common(a, b);
        let [a, b] = [a, b].map(|v| self.extend(v, common.width()));
        if common.is_signed() {
            format!("$signed({a}) < $signed({b})")
        } else {
            format!("{a} < {b}")
        }
    }

    fn clamp(&self, a: Value, lo: i64, hi: i64, width: u32) -> String {
        let range = self.node(a).range;
        let (own, name) = (range.width(), self.signal(a));
        let against = |v: i64| {
            let common = range.hull(Range::constant(v)).width();
            (self.extend(a, common), literal(v, common))
        };
        let mut text = self.extend(a, width);
        if range.lo < lo {
            let below = match (lo, range.is_signed()) {
                (0, _) => format!("{name}[{}]", own - 1),
                (_, true) => {
                    let (a, lo) = against(lo);
                    format!("$signed({a}) < $signed({lo})")
                }
                (_, false) => {
                    let (a, lo) = against(lo);
                    format!("{a} < {lo}")
                }
            };
            text = format!("({below}) ? {} : {text}", literal(lo, width));
        }
        if range.hi > hi {
            let power = hi >= 0 && (hi as u64 + 1).is_power_of_two();
            let above = match (power, range.is_signed()) {
                (true, signed) => {
                    // Beyond 2^k − 1: not negative and any bit from k on.
                    let k = (hi as u64 + 1).trailing_zeros();
                    let top = own - 1 - u32::from(signed);
                    let any = format!("|{name}[{top}:{k}]");
                    if signed {
                        format!("~{name}[{}] & ({any})", own - 1)
                    } else {
                        any
                    }
                }
                (false, true) => {
                    let (a, hi) = against(hi);
                    format!("$signed({hi}) < $signed({a})")
                }
                (false, false) => {
                    let (a, hi) = against(hi);
                    format!("{hi} < {a}")
                }
            };
            text = format!("({above}) ? {} : ({text})", literal(hi, width));
        }
        text
    }

    /// A multiplexer by the bits of the selector, highest first.
    fn tree(&self, sel: Value, options: &[Value], width: u32) -> String {
        if let [only] = options {
            return self.extend(*only, width);
        }
        let bit = options.len().next_power_of_two().trailing_zeros() - 1;
        let (low, high) = options.split_at(1 << bit);
        format!(
            "({}) ? ({}) : ({})",
            self.slice(sel, bit, 1),
            self.tree(sel, high, width),
            self.tree(sel, low, width)
        )
    }
}

/// The low `width` bits of a number.
pub(super) fn literal(v: i64, width: u32) -> String {
    let bits = if width >= 64 {
        v as u64
    } else {
        v as u64 & ((1 << width) - 1)
    };
    format!("{width}'h{bits:x}")
}
