//! A second, naive description of every dataflow operation: whole series over time in 128-bit arithmetic, built in
//! step with the graph under test.

use rowfuse_hdl::dataflow::{Graph, Range, Value};

/// One operation; operands are numbers of earlier results.
#[derive(Clone, Debug)]
pub enum Action {
    Constant(i64),
    Add(usize, usize),
    Sub(usize, usize),
    Neg(usize),
    Shl(usize, u32),
    Shr(usize, u32),
    Scale(usize, i64),
    Linear(Vec<(i64, usize)>),
    Sum(Vec<usize>),
    Mul(usize, usize),
    MulLut(usize, usize),
    Reg(usize),
    AtStage(usize, u32),
    Replicate(usize),
    Delay(usize, u32),
    Select(usize, Vec<usize>),
    IfElse(usize, usize, usize),
    And(usize, usize),
    Or(usize, usize),
    Xor(usize, usize),
    Not(usize),
    Equal(usize, usize),
    Less(usize, usize),
    Max(usize, usize),
    Min(usize, usize),
    Clamp(usize, i64, i64),
    Bits(usize, u32, u32),
    ShrBy(usize, usize),
    Bound(usize, Range),
    Accumulate(usize, usize, usize, u32),
    AccumulateUntilClear(usize, usize, usize, u32),
}

/// Values of a signal: `at[t]` is what it shows after t edges, under the inputs of cycle t.
#[derive(Clone, Debug)]
pub struct Series {
    pub stage: Option<u32>,
    pub at: Vec<i128>,
}

impl Series {
    fn later(&self) -> Self {
        let Some(stage) = self.stage else {
            return self.clone();
        };
        let mut at = vec![0];
        at.extend_from_slice(&self.at[..self.at.len() - 1]);
        Self {
            stage: Some(stage + 1),
            at,
        }
    }

    pub fn at_stage(&self, stage: u32) -> Self {
        let now = self.stage.unwrap_or(stage);
        (now..stage).fold(self.clone(), |series, _| series.later())
    }
}

/// A graph and its naive twin.
pub struct Bench {
    pub graph: Graph,
    pub cycles: usize,
    pub inputs: Vec<Vec<i64>>,
    pub values: Vec<(Value, Series)>,
    pub outputs: Vec<usize>,
    /// What was applied, for the message of a failure.
    history: Vec<String>,
}

impl Bench {
    pub fn new(name: &str, cycles: usize) -> Self {
        Self {
            graph: Graph::new(name),
            cycles,
            inputs: Vec::new(),
            values: Vec::new(),
            outputs: Vec::new(),
            history: Vec::new(),
        }
    }

    pub fn input(&mut self, range: Range, mut value: impl FnMut(usize) -> i64) -> usize {
        let name = format!("x{}", self.inputs.len());
        let node = self.graph.input(&name, range);
        let series: Vec<i64> = (0..self.cycles).map(&mut value).collect();
        let at = series.iter().map(|v| i128::from(*v)).collect();
        self.inputs.push(series);
        self.push(node, Some(0), at)
    }

    pub fn output(&mut self, value: usize) {
        let name = format!("y{}", self.outputs.len());
        self.graph.output(&name, self.values[value].0);
        self.outputs.push(value);
    }

    pub fn range(&self, value: usize) -> Range {
        self.graph.range(self.values[value].0)
    }

    /// All operations, one a line.
    pub fn history(&self) -> String {
        self.history.join("\n")
    }

    pub fn stage(&self, value: usize) -> Option<u32> {
        self.values[value].1.stage
    }

    fn push(&mut self, value: Value, stage: Option<u32>, at: Vec<i128>) -> usize {
        // What is proven to have one value only is a constant, from power-up on.
        let range = self.graph.range(value);
        let (stage, at) = match (range.lo == range.hi, stage) {
            (true, Some(_)) if self.graph.reg(value) == value => {
                assert!(at.iter().all(|v| *v == i128::from(range.lo)));
                (None, at)
            }
            _ => (stage, at),
        };
        let stage_of = self.graph.stage(value);
        assert_eq!(
            stage.unwrap_or(0),
            stage_of,
            "stage after\n{}",
            self.history()
        );
        for (t, v) in at.iter().enumerate() {
            let inside = i128::from(range.lo) <= *v && *v <= i128::from(range.hi);
            assert!(inside, "cycle {t}: {v} is not in the proven {range:?}");
        }
        self.values.push((value, Series { stage, at }));
        self.values.len() - 1
    }

    /// Aligns operands and applies a function cycle by cycle.
    fn map(&self, operands: &[usize], f: impl Fn(&[i128]) -> i128) -> (Option<u32>, Vec<i128>) {
        let stages = operands.iter().filter_map(|o| self.values[*o].1.stage);
        let stage = stages.max();
        let aligned: Vec<Series> = operands
            .iter()
            .map(|o| self.values[*o].1.at_stage(stage.unwrap_or(0)))
            .collect();
        let at = (0..self.cycles).map(|t| {
            let now: Vec<i128> = aligned.iter().map(|series| series.at[t]).collect();
            f(&now)
        });
        (stage, at.collect())
    }

    /// Applies an operation to the graph and to its twin; the number of the result.
    pub fn apply(&mut self, action: &Action) -> usize {
        let node = self.build(action);
        assert_eq!(self.graph.error(), None, "{action:?}");
        let (stage, at) = self.evaluate(action);
        let number = self.values.len();
        self.history.push(format!(
            "{number}: {action:?}, stage {stage:?}, {}",
            self.graph.range(node)
        ));
        self.push(node, stage, at)
    }

    fn build(&mut self, action: &Action) -> Value {
        use Action::*;
        let v = |index: &usize| self.values[*index].0;
        let all = |list: &[usize]| list.iter().map(v).collect::<Vec<Value>>();
        let g = &mut self.graph;
        match action {
            Constant(c) => g.constant(*c),
            Add(a, b) => g.add(v(a), v(b)),
            Sub(a, b) => g.sub(v(a), v(b)),
            Neg(a) => g.neg(v(a)),
            Shl(a, n) => g.shl(v(a), *n),
            Shr(a, n) => g.shr(v(a), *n),
            Scale(a, c) => g.scale(v(a), *c),
            Linear(terms) => {
                let terms: Vec<(i64, Value)> = terms.iter().map(|(c, a)| (*c, v(a))).collect();
                g.linear(&terms)
            }
            Sum(list) => g.sum(&all(list)),
            Mul(a, b) => g.mul(v(a), v(b)),
            MulLut(a, b) => g.mul_lut(v(a), v(b)),
            Reg(a) => g.reg(v(a)),
            AtStage(a, stage) => g.at_stage(v(a), *stage),
            Replicate(a) => g.replicate(v(a)),
            Delay(a, n) => g.delay(v(a), *n),
            Select(sel, options) => g.select(v(sel), &all(options)),
            IfElse(c, a, b) => g.if_else(v(c), v(a), v(b)),
            And(a, b) => g.and(v(a), v(b)),
            Or(a, b) => g.or(v(a), v(b)),
            Xor(a, b) => g.xor(v(a), v(b)),
            Not(a) => g.not(v(a)),
            Equal(a, b) => g.eq(v(a), v(b)),
            Less(a, b) => g.less(v(a), v(b)),
            Max(a, b) => g.max(v(a), v(b)),
            Min(a, b) => g.min(v(a), v(b)),
            Clamp(a, lo, hi) => g.clamp(v(a), *lo, *hi),
            Bits(a, lo, width) => g.bits(v(a), *lo, *width),
            ShrBy(a, n) => g.shift_right_by(v(a), v(n)),
            Bound(a, range) => g.bound(v(a), *range, "the test says so"),
            Accumulate(a, e, l, n) => g.accumulate(v(a), v(e), v(l), *n),
            AccumulateUntilClear(a, e, c, n) => g.accumulate_until_clear(v(a), v(e), v(c), *n),
        }
    }

    fn evaluate(&self, action: &Action) -> (Option<u32>, Vec<i128>) {
        use Action::*;
        let two = |n: u32| 1i128 << n;
        let clocked = |a: &usize, clocks: u32| {
            let series = &self.values[*a].1;
            let later = series.at_stage(series.stage.unwrap_or(0) + clocks);
            (later.stage, later.at)
        };
        match action {
            Constant(c) => (None, vec![i128::from(*c); self.cycles]),
            Add(a, b) => self.map(&[*a, *b], |v| v[0] + v[1]),
            Sub(a, b) => self.map(&[*a, *b], |v| v[0] - v[1]),
            Neg(a) => self.map(&[*a], |v| -v[0]),
            Shl(a, n) => self.map(&[*a], |v| v[0] * two(*n)),
            Shr(a, n) => self.map(&[*a], |v| v[0].div_euclid(two(*n))),
            Scale(a, c) => self.map(&[*a], |v| v[0] * i128::from(*c)),
            Linear(terms) => {
                // A value whose coefficients cancel is no operand.
                let total = |v: usize| terms.iter().filter(|t| t.1 == v).map(|t| t.0).sum::<i64>();
                let operands: Vec<usize> =
                    (0..self.values.len()).filter(|v| total(*v) != 0).collect();
                self.map(&operands, |v| {
                    let totals = operands.iter().map(|o| i128::from(total(*o)));
                    totals.zip(v).map(|(c, v)| c * v).sum()
                })
            }
            Sum(list) => self.map(list, |v| v.iter().sum()),
            Mul(a, b) | MulLut(a, b) => {
                let (stage, at) = self.map(&[*a, *b], |v| v[0] * v[1]);
                let product = Series { stage, at };
                let later = product.at_stage(stage.unwrap_or(0) + 3);
                (later.stage, later.at)
            }
            Reg(a) | Replicate(a) => clocked(a, 1),
            AtStage(a, stage) => {
                let series = self.values[*a].1.at_stage(*stage);
                (series.stage, series.at)
            }
            Delay(a, n) => (self.values[*a].1.stage, clocked(a, *n).1),
            Select(sel, options) => {
                // What the selector cannot reach is no operand.
                let mut operands = vec![*sel];
                operands.extend(&options[..=self.range(*sel).hi as usize]);
                self.map(&operands, |v| v[1 + v[0] as usize])
            }
            IfElse(c, a, b) => self.map(&[*c, *a, *b], |v| if v[0] == 1 { v[1] } else { v[2] }),
            And(a, b) => self.map(&[*a, *b], |v| v[0] * v[1]),
            Or(a, b) => self.map(&[*a, *b], |v| i128::from(v[0] + v[1] > 0)),
            Xor(a, b) => self.map(&[*a, *b], |v| (v[0] + v[1]) % 2),
            Not(a) => self.map(&[*a], |v| 1 - v[0]),
            Equal(a, b) => self.map(&[*a, *b], |v| i128::from(v[0] == v[1])),
            Less(a, b) => self.map(&[*a, *b], |v| i128::from(v[0] < v[1])),
            Max(a, b) => self.map(&[*a, *b], |v| v[0].max(v[1])),
            Min(a, b) => self.map(&[*a, *b], |v| v[0].min(v[1])),
            Clamp(a, lo, hi) => self.map(&[*a], |v| v[0].clamp(i128::from(*lo), i128::from(*hi))),
            Bits(a, lo, width) => {
                self.map(&[*a], |v| v[0].div_euclid(two(*lo)).rem_euclid(two(*width)))
            }
            ShrBy(a, n) => self.map(&[*a, *n], |v| v[0].div_euclid(two(v[1] as u32))),
            Bound(a, _) => self.map(&[*a], |v| v[0]),
            Accumulate(a, enable, last, _) => {
                self.running_sum([*a, *enable, *last], |sum, [v, enable, last]| {
                    match (enable, last) {
                        (1, 1) => 0,
                        (1, _) => sum + v,
                        _ => sum,
                    }
                })
            }
            AccumulateUntilClear(a, enable, clear, _) => {
                self.running_sum([*a, *enable, *clear], |sum, [v, enable, clear]| {
                    match (enable, clear) {
                        (_, 1) => 0,
                        (1, _) => sum + v,
                        _ => sum,
                    }
                })
            }
        }
    }

    fn running_sum(
        &self,
        operands: [usize; 3],
        clock: impl Fn(i128, [i128; 3]) -> i128,
    ) -> (Option<u32>, Vec<i128>) {
        let series = operands.map(|o| self.map(&operands, |_| 0).0.map(|s| (o, s)));
        let stage = series[0].map(|(_, stage)| stage).unwrap_or(0);
        let aligned = operands.map(|o| self.values[o].1.at_stage(stage));
        let mut state = 0;
        let at = (0..self.cycles).map(|t| {
            let now = [0, 1, 2].map(|o: usize| aligned[o].at[t]);
            let shown = state + now[0];
            state = clock(state, now);
            shown
        });
        (Some(stage), at.collect())
    }
}
