//! Each operation over all values of small ranges.

use rand::Rng;
use rowfuse_hdl::dataflow::Range;

use super::compare::{verilog_agrees, Case};
use super::random::value;
use super::reference::{Action, Bench};

/// One bit, unsigned, signed, off zero on either side, wider than the other.
const RANGES: &[Range] = &[
    Range::new(0, 1),
    Range::new(-1, 0),
    Range::new(0, 7),
    Range::new(-4, 3),
    Range::new(-8, 7),
    Range::new(3, 6),
    Range::new(-7, -2),
    Range::new(-1, 12),
];
const SPAN: usize = 16;
const CYCLES: usize = SPAN * SPAN + 12;

/// Two inputs that go through all pairs of values.
fn pair(bench: &mut Bench, a: Range, b: Range) -> [usize; 2] {
    let step = |range: Range, at: usize| range.lo + (at as i64) % (range.hi - range.lo + 1);
    [
        bench.input(a, |t| step(a, t % SPAN)),
        bench.input(b, |t| step(b, t / SPAN)),
    ]
}

/// A case a pair of ranges, with the results of `actions` as outputs.
fn pairs(name: &str, actions: impl Fn(usize, usize) -> Vec<Action>) {
    let mut cases = Vec::new();
    for (i, a) in RANGES.iter().enumerate() {
        for (j, b) in RANGES.iter().enumerate() {
            let mut bench = Bench::new(&format!("{name}_{i}_{j}"), CYCLES);
            let [x, y] = pair(&mut bench, *a, *b);
            results(&mut bench, &actions(x, y));
            cases.push(Case::new(bench));
        }
    }
    verilog_agrees(name, &cases);
}

/// Makes the results of all actions outputs, a register later.
fn results(bench: &mut Bench, actions: &[Action]) {
    for action in actions {
        let result = bench.apply(action);
        let result = bench.apply(&Action::Reg(result));
        bench.output(result);
    }
    // A constant has no stage, so that one output is a register in any case.
    let late = bench.apply(&Action::Reg(0));
    bench.output(late);
}

#[test]
fn two_operands() {
    pairs("two_operands", |a, b| {
        vec![
            Action::Add(a, b),
            Action::Sub(a, b),
            Action::Sub(b, a),
            Action::Max(a, b),
            Action::Min(a, b),
            Action::Equal(a, b),
            Action::Less(a, b),
            Action::Less(b, a),
            Action::Linear(vec![(3, a), (-5, b), (-1, a)]),
            Action::Linear(vec![(-7, a), (-2, b)]),
            Action::Linear(vec![(1, a), (-1, a)]),
        ]
    });
}

#[test]
fn products() {
    pairs("products", |a, b| {
        vec![
            Action::Mul(a, b),
            Action::MulLut(a, b),
            Action::MulLut(b, a),
        ]
    });
}

#[test]
fn one_operand() {
    let mut cases = Vec::new();
    for (i, range) in RANGES.iter().enumerate() {
        let mut bench = Bench::new(&format!("one_operand_{i}"), CYCLES);
        let [a, _] = pair(&mut bench, *range, Range::bit());
        let mut actions = vec![Action::Neg(a), Action::Replicate(a), Action::AtStage(a, 3)];
        actions.extend((0..6).map(|n| Action::Shr(a, n)));
        actions.extend([63, 64, 100].map(|n| Action::Shr(a, n)));
        actions.extend([0, 1, 5, 40].map(|n| Action::Shl(a, n)));
        actions.extend((-9..=9).map(|c| Action::Scale(a, c)));
        actions.extend([0, 1, 4].map(|n| Action::Delay(a, n)));
        for lo in range.lo - 1..=range.hi + 1 {
            actions.extend((lo..=range.hi + 1).map(|hi| Action::Clamp(a, lo, hi)));
        }
        for lo in [0, 1, 2, 3, 5, 62, 63] {
            actions.extend([1, 2, 4, 63].map(|width| Action::Bits(a, lo, width)));
        }
        results(&mut bench, &actions);
        cases.push(Case::new(bench));
    }
    verilog_agrees("one_operand", &cases);
}

#[test]
fn comparisons_with_constants() {
    let mut cases = Vec::new();
    for (i, range) in RANGES.iter().enumerate() {
        let mut bench = Bench::new(&format!("constants_{i}"), CYCLES);
        let [x, y] = pair(&mut bench, *range, Range::bit());
        for c in -10..=14 {
            let c = bench.apply(&Action::Constant(c));
            let actions = [
                Action::Equal(x, c),
                Action::Less(x, c),
                Action::Less(c, x),
                Action::Max(c, x),
                Action::Min(x, c),
                Action::Add(c, x),
                Action::Sub(c, x),
                Action::Mul(c, x),
                Action::MulLut(x, c),
                Action::IfElse(y, x, c),
            ];
            results(&mut bench, &actions);
        }
        cases.push(Case::new(bench));
    }
    verilog_agrees("constants", &cases);
}

#[test]
fn bits_and_choices() {
    let mut cases = Vec::new();
    for options in 1..=9i64 {
        let mut bench = Bench::new(&format!("choice{options}"), CYCLES);
        let sel = bench.input(Range::new(0, options - 1), |t| t as i64 % options);
        let [a, b] = pair(&mut bench, Range::new(-5, 9), Range::new(0, 3));
        let c = bench.apply(&Action::Constant(-100));
        let late = bench.apply(&Action::Reg(a));
        let all = [a, b, c, late];
        let list: Vec<usize> = (0..options as usize).map(|k| all[k % 4]).collect();
        let p = bench.apply(&Action::Bits(b, 0, 1));
        let q = bench.apply(&Action::Bits(b, 1, 1));
        let mut actions = vec![
            Action::And(p, q),
            Action::Or(p, q),
            Action::Xor(p, q),
            Action::Not(p),
            Action::IfElse(p, a, b),
            Action::IfElse(q, c, a),
            Action::IfElse(q, p, a),
        ];
        if options > 1 {
            actions.push(Action::Select(sel, list));
        }
        results(&mut bench, &actions);
        cases.push(Case::new(bench));
    }
    verilog_agrees("choices", &cases);
}

#[test]
fn shifts_by_a_value() {
    let mut cases = Vec::new();
    for (i, range) in RANGES.iter().enumerate() {
        for (j, most) in [1, 3, 5, 15].into_iter().enumerate() {
            let mut bench = Bench::new(&format!("shift_{i}_{j}"), CYCLES);
            let [x, n] = pair(&mut bench, *range, Range::new(0, most));
            let wide = bench.apply(&Action::Scale(x, 1234));
            let constant = bench.apply(&Action::Constant(-99));
            let actions = [x, wide, constant].map(|a| Action::ShrBy(a, n));
            results(&mut bench, &actions);
            cases.push(Case::new(bench));
        }
    }
    verilog_agrees("shifts", &cases);
}

/// Multiplier operands at the ends of 18 bits, and random ones.
#[test]
fn wide_products() {
    let mut random = crate::support::rng(18);
    let ranges = [
        Range::signed(18),
        Range::unsigned(17),
        Range::signed(14),
        Range::new(-131_072, -1),
        Range::signed(1),
    ];
    let mut cases = Vec::new();
    for (i, a) in ranges.iter().enumerate() {
        for (j, b) in ranges.iter().enumerate() {
            let mut bench = Bench::new(&format!("wide_{i}_{j}"), CYCLES);
            let [x, y] = [a, b].map(|range| bench.input(*range, |_| value(&mut random, *range)));
            results(&mut bench, &[Action::Mul(x, y), Action::MulLut(x, y)]);
            cases.push(Case::new(bench));
        }
    }
    verilog_agrees("wide_products", &cases);
}

/// Sums that end, pause and are cleared, at a stage where the power-up zeros have gone through a NOT.
#[test]
fn running_sums() {
    let mut random = crate::support::rng(3);
    let mut cases = Vec::new();
    for (i, range) in RANGES.iter().enumerate() {
        let mut bench = Bench::new(&format!("sums_{i}"), CYCLES);
        let a = bench.input(*range, |_| value(&mut random, *range));
        let mut terms = 0;
        let pause: Vec<bool> = (0..CYCLES).map(|_| random.gen_bool(0.4)).collect();
        let enable = bench.input(Range::bit(), |t| i64::from(!pause[t]));
        let last = bench.input(Range::bit(), |t| {
            terms = if terms == 5 {
                0
            } else {
                terms + i64::from(!pause[t])
            };
            i64::from(terms == 5 || t % 17 == 3)
        });
        let late = bench.apply(&Action::Reg(a));
        let opposite = bench.apply(&Action::Not(enable));
        let opposite = bench.apply(&Action::AtStage(opposite, 2));
        let opposite = bench.apply(&Action::Not(opposite));
        let actions = [
            Action::Accumulate(a, enable, last, 80),
            Action::AccumulateUntilClear(a, enable, last, 80),
            Action::AccumulateUntilClear(late, opposite, last, 80),
            Action::Accumulate(late, opposite, last, 80),
        ];
        results(&mut bench, &actions);
        cases.push(Case::new(bench));
    }
    verilog_agrees("running_sums", &cases);
}
