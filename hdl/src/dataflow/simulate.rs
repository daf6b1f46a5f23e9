//! The simulator: runs of operations over a flat array of 64-bit values.

use std::sync::Arc;

use super::schedule::{compile, Kind, Program, Run};
use super::Dataflow;

/// Simulates a [`Dataflow`], one clock edge a step. Cloning it copies the state and shares the program.
#[derive(Clone, Debug)]
pub struct Simulator {
    program: Arc<Program>,
    values: Vec<i64>,
    checked: bool,
}

impl Simulator {
    pub(super) fn new(flow: &Dataflow) -> Self {
        let program = Arc::new(compile(flow));
        let mut simulator = Self {
            values: Vec::new(),
            program,
            checked: cfg!(debug_assertions),
        };
        simulator.reset();
        simulator
    }

    /// Whether every step verifies the bounds that callers promised: input ranges, [`super::Graph::bound`], the terms of
    /// accumulators. On by default in builds with debug assertions; a broken promise panics and names the signal.
    pub fn set_checked(&mut self, checked: bool) {
        self.checked = checked;
    }

    /// Back to power-up: every register 0.
    pub fn reset(&mut self) {
        self.values.clone_from(&self.program.initial);
        for run in &self.program.runs[self.program.first_clocked..] {
            if run.kind > Kind::Copy {
                execute(run, &self.program, &mut self.values);
            }
        }
    }

    /// One rising edge of the clock that samples `inputs` (in the order of the graph's inputs).
    ///
    /// # Panics
    /// If the number of inputs is wrong, or, when checked, if a promised bound does not hold.
    pub fn step(&mut self, inputs: &[i64]) {
        assert_eq!(
            inputs.len(),
            self.program.inputs.len(),
            "one value an input"
        );
        for (slot, value) in self.program.inputs.iter().zip(inputs) {
            self.values[*slot] = *value;
        }
        for run in &self.program.runs {
            execute(run, &self.program, &mut self.values);
        }
        if self.checked {
            for check in &self.program.checks {
                let value = self.values[check.slot];
                assert!(
                    check.range.contains(value),
                    "{}: {value} is not in {}",
                    check.what,
                    check.range
                );
            }
        }
    }

    /// An output (in the order of the graph's outputs) as it is now: after the last step's edge.
    pub fn output(&self, index: usize) -> i64 {
        self.values[self.program.outputs[index]]
    }
}

#[inline(always)]
fn map1(to: &mut [i64], from: &[i64], args: &[[u32; 3]], f: impl Fn(i64) -> i64) {
    for (to, [a, _, _]) in to.iter_mut().zip(args) {
        *to = f(from[*a as usize]);
    }
}

#[inline(always)]
fn map2(to: &mut [i64], from: &[i64], args: &[[u32; 3]], f: impl Fn(i64, i64) -> i64) {
    for (to, [a, b, _]) in to.iter_mut().zip(args) {
        *to = f(from[*a as usize], from[*b as usize]);
    }
}

#[inline(always)]
fn map3(to: &mut [i64], from: &[i64], args: &[[u32; 3]], f: impl Fn(i64, [u32; 3]) -> i64) {
    for (to, args) in to.iter_mut().zip(args) {
        *to = f(from[args[0] as usize], *args);
    }
}

fn execute(run: &Run, program: &Program, values: &mut [i64]) {
    let args = &program.args[run.first..run.first + run.len];
    match run.kind {
        // These read slots above their own.
        Kind::RestartAfterLast | Kind::RestartWhenCleared => return restart(run, args, values),
        Kind::Delay => {
            for &[source, first, length] in args {
                let (first, last) = (first as usize, (first + length - 1) as usize);
                values.copy_within(first..last, first + 1);
                values[first] = values[source as usize];
            }
            return;
        }
        Kind::Product => {
            let (from, to) = values.split_at_mut(run.slot);
            to.copy_within(run.len..2 * run.len, 2 * run.len);
            to.copy_within(0..run.len, run.len);
            return map2(&mut to[..run.len], from, args, |a, b| a * b);
        }
        _ => {}
    }
    let (from, to) = values.split_at_mut(run.slot);
    let to = &mut to[..run.len];
    let table = &program.table;
    match run.kind {
        Kind::Copy => map1(to, from, args, |a| a),
        Kind::Add => map2(to, from, args, |a, b| a + b),
        Kind::Sub => map2(to, from, args, |a, b| a - b),
        Kind::Neg => map1(to, from, args, |a| -a),
        Kind::Shl => map3(to, from, args, |a, [_, n, _]| a << n),
        Kind::Shr => map3(to, from, args, |a, [_, n, _]| a >> n),
        Kind::Choose => map3(to, from, args, |sel, [_, zero, one]| {
            from[if sel == 0 { zero } else { one } as usize]
        }),
        Kind::Select => map3(to, from, args, |sel, [_, first, count]| {
            debug_assert!((0..i64::from(count)).contains(&sel), "a selector in range");
            from[table[first as usize + sel as usize] as usize]
        }),
        Kind::And => map2(to, from, args, |a, b| a & b),
        Kind::Or => map2(to, from, args, |a, b| a | b),
        Kind::Xor => map2(to, from, args, |a, b| a ^ b),
        Kind::Not => map1(to, from, args, |a| a ^ 1),
        Kind::Equal => map2(to, from, args, |a, b| i64::from(a == b)),
        Kind::Less => map2(to, from, args, |a, b| i64::from(a < b)),
        Kind::Max => map2(to, from, args, i64::max),
        Kind::Min => map2(to, from, args, i64::min),
        Kind::Clamp => map3(to, from, args, |a, [_, lo, hi]| {
            a.max(from[lo as usize]).min(from[hi as usize])
        }),
        Kind::Bits => map3(to, from, args, |a, [_, lo, width]| {
            (a >> lo) & (i64::MAX >> (63 - width))
        }),
        Kind::ShrBy => map2(to, from, args, |a, n| a >> n),
        Kind::RestartAfterLast | Kind::RestartWhenCleared | Kind::Delay | Kind::Product => {}
    }
}

fn restart(run: &Run, args: &[[u32; 3]], values: &mut [i64]) {
    for (nth, args) in args.iter().enumerate() {
        let [sum, enable, stop] = args.map(|slot| values[slot as usize]);
        let state = &mut values[run.slot + nth];
        *state = match (run.kind, enable != 0, stop != 0) {
            (Kind::RestartWhenCleared, _, true) | (_, true, true) => 0,
            (_, true, false) => sum,
            (_, false, _) => *state,
        };
    }
}
