//! Random graphs: any operation on any values, at any stages.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rowfuse_hdl::dataflow::Range;

use super::reference::{Action, Bench};

/// Ranges in which sign and width rules go wrong first: one bit, off zero, negative only, the 64-bit ends.
pub fn range(random: &mut ChaCha8Rng) -> Range {
    match random.gen_range(0..8) {
        0 => Range::bit(),
        1 => Range::unsigned(random.gen_range(1..=40)),
        2 => Range::signed(random.gen_range(1..=40)),
        3 => Range::new(-random.gen_range(2..90), -1),
        4 => Range::new(random.gen_range(1..5), random.gen_range(6..70)),
        5 => Range::new(-random.gen_range(0..9), random.gen_range(1..300)),
        6 => Range::unsigned(random.gen_range(1..=8)),
        _ => Range::signed(random.gen_range(2..=8)),
    }
}

/// A value of a range, the ends more often than the middle.
pub fn value(random: &mut ChaCha8Rng, range: Range) -> i64 {
    match random.gen_range(0..6) {
        0 => range.lo,
        1 => range.hi,
        _ => random.gen_range(range.lo..=range.hi),
    }
}

/// A bench of `size` random operations; all late results are outputs.
pub fn bench(name: &str, random: &mut ChaCha8Rng, size: usize, cycles: usize) -> Bench {
    let mut bench = Bench::new(name, cycles);
    for _ in 0..5 {
        let range = range(random);
        let mut source = random.clone();
        bench.input(range, |_| value(&mut source, range));
        *random = source;
    }
    for _ in 0..2 {
        bench.input(Range::bit(), |_| random.gen_range(0..2));
    }
    if random.gen() {
        bench.graph.scope("part_a");
    }
    while bench.values.len() < size {
        if let Some(action) = action(&bench, random) {
            bench.apply(&action);
        }
    }
    let last = bench.values.len() - 1;
    // So that there is at least one stage.
    let registered = bench.apply(&Action::Reg(0));
    bench.output(registered);
    for value in (0..=last).rev().take(size / 2) {
        bench.output(value);
    }
    bench
}

fn action(bench: &Bench, random: &mut ChaCha8Rng) -> Option<Action> {
    use Action::*;
    let count = bench.values.len();
    let any = |random: &mut ChaCha8Rng| random.gen_range(count.saturating_sub(14)..count);
    let variable = |v: usize| bench.stage(v).is_some() && bench.range(v).lo < bench.range(v).hi;
    let pick = |random: &mut ChaCha8Rng, fits: &dyn Fn(Range) -> bool| {
        let start = random.gen_range(0..count);
        (0..count)
            .map(|step| (start + step) % count)
            .find(|v| variable(*v) && fits(bench.range(*v)))
    };
    let is_bit = |range: Range| range == Range::bit();
    let bit = |random: &mut ChaCha8Rng| pick(random, &is_bit);
    let short = |random: &mut ChaCha8Rng| pick(random, &|range| Range::signed(18).includes(range));
    let (a, b) = (any(random), any(random));
    let (ra, rb) = (bench.range(a), bench.range(b));
    let room = ra.width().max(rb.width()) < 56;
    let action = match random.gen_range(0..31) {
        0 => Constant(value(random, Range::signed(12))),
        1 if room => Add(a, b),
        2 if room => Sub(a, b),
        3 if room => Neg(a),
        4 if ra.width() < 44 => Shl(a, random.gen_range(0..12)),
        5 => Shr(a, random.gen_range(0..64)),
        6 if ra.width() < 44 => Scale(a, random.gen_range(-40..=40)),
        7 if ra.width().max(rb.width()) < 44 => {
            let terms = [a, b, a].map(|v| (random.gen_range(-6..=6), v));
            Linear(terms.to_vec())
        }
        8 if room => Sum(vec![a, b, a]),
        9 => Mul(short(random)?, short(random)?),
        10 => MulLut(short(random)?, short(random)?),
        11 => Reg(a),
        12 => AtStage(a, bench.stage(a)? + random.gen_range(0..3)),
        13 => Replicate(a),
        14 => Delay(a, random.gen_range(0..6)),
        15 | 16 => {
            let small = |range: Range| range.lo >= 0 && range.hi < 9;
            let sel = pick(random, &small)?;
            let extra = random.gen_range(1..3);
            let options = (0..bench.range(sel).hi + extra).map(|_| any(random));
            Select(sel, options.collect())
        }
        17 => IfElse(bit(random)?, a, b),
        18 => And(bit(random)?, bit(random)?),
        19 => Or(bit(random)?, bit(random)?),
        20 => Xor(bit(random)?, bit(random)?),
        21 => Not(bit(random)?),
        22 => Equal(a, b),
        23 => Less(a, b),
        24 => Max(a, b),
        25 => Min(a, b),
        26 => {
            let span = Range::new(ra.lo.clamp(-1000, 1000) - 2, ra.hi.clamp(-1000, 1000) + 2);
            let ends = [value(random, span), value(random, span), 0, 255];
            let (x, y) = (ends[random.gen_range(0..4)], ends[random.gen_range(0..4)]);
            Clamp(a, x.min(y), x.max(y))
        }
        27 => Bits(a, random.gen_range(0..40), random.gen_range(1..20)),
        28 => ShrBy(a, pick(random, &|range| range.lo >= 0 && range.hi < 64)?),
        29 => {
            // What was seen in the naive evaluation is a bound that holds, and mostly a tighter one.
            let seen = &bench.values[a].1.at;
            let (lo, hi) = (seen.iter().min()?, seen.iter().max()?);
            // A bound of one value would turn what is computed from it into constants, without a stage.
            (lo < hi).then(|| Bound(a, Range::new(*lo as i64, *hi as i64)))?
        }
        _ if ra.width() < 40 => {
            // Never more than all cycles, so the promise about the terms always holds.
            let (enable, stop, terms) = (bit(random)?, bit(random)?, bench.cycles as u32 + 1);
            if random.gen() {
                Accumulate(a, enable, stop, terms)
            } else {
                AccumulateUntilClear(a, enable, stop, terms)
            }
        }
        _ => return None,
    };
    Some(action)
}
