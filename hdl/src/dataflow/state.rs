//! Operations with a memory of earlier clocks.

use super::node::{Op, Restart, Value};
use super::{Graph, Range};

impl Graph {
    /// The value `n` clocks ago, at the same stage: n registers that start at 0. A constant stays as it is.
    ///
    /// In the first clocks after power-up the registers of earlier stages still hold zeros, and what is computed from
    /// those zeros is what a delay at a later stage remembers.
    pub fn delay(&mut self, a: Value, n: u32) -> Value {
        if n == 0 || self.nodes[a.index()].stage.is_none() {
            return a;
        }
        let range = self.range(a).with_zero();
        self.push(Op::Delay(a, n), range, self.nodes[a.index()].stage)
    }

    /// A running sum: the result is `acc + value`, combinational, where `acc` is a register that starts at 0. At the
    /// clock, if `enable`, `acc` becomes 0 if `last` and the sum otherwise.
    ///
    /// The range is that of `max_terms` terms; that no more are added before a `last` is the caller's promise, which
    /// simulation checks as [`Graph::bound`] does.
    pub fn accumulate(
        &mut self,
        value: Value,
        enable: Value,
        last: Value,
        max_terms: u32,
    ) -> Value {
        self.accumulator(value, enable, last, max_terms, Restart::AfterLastEnabled)
    }

    /// As [`Graph::accumulate`], but `clear` sets `acc` to 0 whether enabled or not. This is what a flip-flop's own
    /// reset does, so it costs no logic.
    pub fn accumulate_until_clear(
        &mut self,
        value: Value,
        enable: Value,
        clear: Value,
        max_terms: u32,
    ) -> Value {
        self.accumulator(value, enable, clear, max_terms, Restart::WhenCleared)
    }

    fn accumulator(
        &mut self,
        value: Value,
        enable: Value,
        stop: Value,
        max_terms: u32,
        restart: Restart,
    ) -> Value {
        for control in [enable, stop] {
            let range = self.range(control);
            if !Range::bit().includes(range) {
                return self.argument("accumulate", format!("a control in {range} is no bit"));
            }
        }
        if max_terms == 0 {
            return self.argument("accumulate", "no terms at all".to_owned());
        }
        let mut v = [value, enable, stop];
        let stage = Some(self.align(&mut v).unwrap_or(0));
        let terms = Range::new(1, i64::from(max_terms));
        let Some(range) = self.range(v[0]).with_zero().checked_mul(terms) else {
            return self.overflow("accumulate");
        };
        let op = Op::Accumulate {
            value: v[0],
            enable: v[1],
            stop: v[2],
            restart,
        };
        self.pure(op, range, stage)
    }
}
