//! Choices, comparisons, bits, and bounds.

use super::node::{Op, Value};
use super::{DataflowError, Graph, Range};

impl Graph {
    /// Option number `sel`. The range of `sel` must lie in `0..options.len()`.
    pub fn select(&mut self, sel: Value, options: &[Value]) -> Value {
        let choices = self.range(sel);
        if choices.lo < 0 || choices.hi as usize >= options.len() {
            let at = self.place();
            return self.fail(DataflowError::Selector {
                at,
                range: choices,
                options: options.len(),
            });
        }
        let options = &options[..=choices.hi as usize];
        if let Some(only) = choices.single() {
            return options[only as usize];
        }
        let mut v = vec![sel];
        v.extend_from_slice(options);
        let stage = self.align(&mut v);
        // Alignment may have added a register, and with it a 0, to the selector.
        let possible = &v[1 + self.range(v[0]).lo as usize..];
        let range = possible
            .iter()
            .map(|option| self.range(*option))
            .reduce(Range::hull)
            .unwrap_or(Range::constant(0));
        let first = self.pool.len() as u32;
        self.pool.extend_from_slice(&v[1..]);
        let count = options.len() as u32;
        self.pure(
            Op::Select {
                sel: v[0],
                first,
                count,
            },
            range,
            stage,
        )
    }

    /// `then` if the bit `cond` is 1, else `otherwise`.
    pub fn if_else(&mut self, cond: Value, then: Value, otherwise: Value) -> Value {
        if !self.is_bit(cond) {
            return self.not_a_bit("if_else", cond);
        }
        self.select(cond, &[otherwise, then])
    }

    /// Both bits.
    pub fn and(&mut self, a: Value, b: Value) -> Value {
        self.gate("and", a, b, Op::And)
    }

    /// Either bit.
    pub fn or(&mut self, a: Value, b: Value) -> Value {
        self.gate("or", a, b, Op::Or)
    }

    /// One bit but not the other.
    pub fn xor(&mut self, a: Value, b: Value) -> Value {
        self.gate("xor", a, b, Op::Xor)
    }

    /// The opposite bit.
    pub fn not(&mut self, a: Value) -> Value {
        if !self.is_bit(a) {
            return self.not_a_bit("not", a);
        }
        let range = self.range(a);
        let range = Range::new(1 - range.hi, 1 - range.lo);
        self.pure(Op::Not(a), range, self.nodes[a.index()].stage)
    }

    /// 1 if a = b, else 0.
    pub fn eq(&mut self, a: Value, b: Value) -> Value {
        let mut v = [a, b];
        let stage = self.align(&mut v);
        let (ra, rb) = (self.range(v[0]), self.range(v[1]));
        let range = match (ra.intersect(rb), ra.single(), rb.single()) {
            (None, _, _) => Range::constant(0),
            (_, Some(x), Some(y)) if x == y => Range::constant(1),
            _ => Range::bit(),
        };
        self.pure(Op::Equal(v[0], v[1]), range, stage)
    }

    /// 1 if a < b, else 0.
    pub fn less(&mut self, a: Value, b: Value) -> Value {
        let mut v = [a, b];
        let stage = self.align(&mut v);
        let (ra, rb) = (self.range(v[0]), self.range(v[1]));
        let range = if ra.hi < rb.lo {
            Range::constant(1)
        } else if ra.lo >= rb.hi {
            Range::constant(0)
        } else {
            Range::bit()
        };
        self.pure(Op::Less(v[0], v[1]), range, stage)
    }

    /// The greater of two.
    pub fn max(&mut self, a: Value, b: Value) -> Value {
        let mut v = [a, b];
        let stage = self.align(&mut v);
        let (ra, rb) = (self.range(v[0]), self.range(v[1]));
        let range = Range::new(ra.lo.max(rb.lo), ra.hi.max(rb.hi));
        self.pure(Op::Max(v[0], v[1]), range, stage)
    }

    /// The lesser of two.
    pub fn min(&mut self, a: Value, b: Value) -> Value {
        let mut v = [a, b];
        let stage = self.align(&mut v);
        let (ra, rb) = (self.range(v[0]), self.range(v[1]));
        let range = Range::new(ra.lo.min(rb.lo), ra.hi.min(rb.hi));
        self.pure(Op::Min(v[0], v[1]), range, stage)
    }

    /// The value in `lo..=hi` nearest to a.
    pub fn clamp(&mut self, a: Value, lo: i64, hi: i64) -> Value {
        if lo > hi {
            return self.argument("clamp", format!("{lo}..={hi} is empty"));
        }
        let range = self.range(a);
        if Range::new(lo, hi).includes(range) {
            return a;
        }
        let range = Range::new(range.lo.clamp(lo, hi), range.hi.clamp(lo, hi));
        self.pure(Op::Clamp(a, lo, hi), range, self.nodes[a.index()].stage)
    }

    /// Bits `lo..lo + width` of the two's complement pattern (infinitely sign-extended), as an unsigned number.
    /// `width` in 1..=63, `lo` in 0..=63.
    pub fn bits(&mut self, a: Value, lo: u32, width: u32) -> Value {
        if !(1..=63).contains(&width) || lo > 63 {
            return self.argument("bits", format!("cannot take {width} bits from bit {lo} on"));
        }
        let range = self.range(a);
        let all = Range::unsigned(width);
        // If the bits above are the same throughout the range, the slice grows with the value.
        let above = range.shift_right(lo).shift_right(width);
        let range = if above.lo == above.hi {
            Range::new((range.lo >> lo) & all.hi, (range.hi >> lo) & all.hi)
        } else {
            all
        };
        if lo == 0 && range == self.range(a) {
            return a;
        }
        self.pure(
            Op::Bits { a, lo, width },
            range,
            self.nodes[a.index()].stage,
        )
    }

    /// The same value, in a range that the caller has proven and intervals cannot find; `why` is the proof in a phrase.
    ///
    /// Hardware drops the upper bits. Simulation checks it (in builds with debug assertions, or if asked to), also
    /// with the zeros that registers start from.
    pub fn bound(&mut self, a: Value, range: Range, why: &'static str) -> Value {
        let known = self.range(a);
        match known.intersect(range) {
            None => self.argument(
                "bound",
                format!("{range} has nothing in common with {known} ({why})"),
            ),
            Some(range) if range == known => a,
            Some(range) => {
                let why_index = self.reasons.iter().position(|known| *known == why);
                let why_index = why_index.unwrap_or_else(|| {
                    self.reasons.push(why);
                    self.reasons.len() - 1
                });
                let op = Op::Bound(a, why_index as u32);
                self.push(op, range, self.nodes[a.index()].stage)
            }
        }
    }

    /// [`Graph::bound`] where the bound may also be wider than what is known.
    pub(super) fn narrow(&mut self, a: Value, range: Range, why: &'static str) -> Value {
        if self.nodes[a.index()].stage.is_none() {
            return a;
        }
        self.bound(a, range, why)
    }

    fn is_bit(&self, a: Value) -> bool {
        Range::bit().includes(self.range(a))
    }

    fn not_a_bit(&mut self, operation: &'static str, a: Value) -> Value {
        let (at, range) = (self.place(), self.range(a));
        self.fail(DataflowError::NotABit {
            at,
            operation,
            range,
        })
    }

    fn gate(
        &mut self,
        name: &'static str,
        a: Value,
        b: Value,
        op: fn(Value, Value) -> Op,
    ) -> Value {
        for value in [a, b] {
            if !self.is_bit(value) {
                return self.not_a_bit(name, value);
            }
        }
        let mut v = [a, b];
        let stage = self.align(&mut v);
        let (ra, rb) = (self.range(v[0]), self.range(v[1]));
        let range = match op(a, b) {
            Op::And(..) => Range::new(ra.lo & rb.lo, ra.hi & rb.hi),
            Op::Or(..) => Range::new(ra.lo | rb.lo, ra.hi | rb.hi),
            _ => match (ra.single(), rb.single()) {
                (Some(x), Some(y)) => Range::constant(x ^ y),
                _ => Range::bit(),
            },
        };
        self.pure(op(v[0], v[1]), range, stage)
    }
}
