//! Every node of the engine's graphs, for every preset: its interval follows from its operands' by arithmetic written once more, and the bits that the
//! emitted Verilog declares for it hold the interval.

use super::node::{Op, Value, View};
use super::{Dataflow, Range};
use crate::board::floorplan::Floorplan;
use crate::engine::convolver::convolver;
use crate::engine::output_stage::output_stage;
use rowfuse_spec::config::{preset, presets};
use std::collections::HashMap;

type Interval = (i128, i128);

fn wide(range: Range) -> Interval {
    (range.lo.into(), range.hi.into())
}

fn hull(values: &[i128]) -> Interval {
    let least = values.iter().copied().min().expect("a value");
    let most = values.iter().copied().max().expect("a value");
    (least, most)
}

/// What an operation can give at most; `None` where the caller of the graph promised the range.
fn recomputed(flow: &Dataflow, op: Op) -> Option<Interval> {
    let of = |value: Value| wide(flow.node(value).range);
    let corners = |a: Value, b: Value, f: fn(i128, i128) -> i128| {
        let ((al, ah), (bl, bh)) = (of(a), of(b));
        hull(&[f(al, bl), f(al, bh), f(ah, bl), f(ah, bh)])
    };
    let with_zero = |(lo, hi): Interval| (lo.min(0), hi.max(0));
    Some(match op {
        Op::Input(_) | Op::Bound(..) | Op::Accumulate { .. } => return None,
        Op::Constant(v) => (v.into(), v.into()),
        Op::Add(a, b) => corners(a, b, |a, b| a + b),
        Op::Sub(a, b) => corners(a, b, |a, b| a - b),
        Op::Neg(a) => (-of(a).1, -of(a).0),
        Op::Shl(a, n) => (of(a).0 << n, of(a).1 << n),
        Op::Shr(a, n) => (of(a).0 >> n, of(a).1 >> n),
        // Three registers, which begin at 0.
        Op::Mul(a, b) | Op::MulLut { a, b, .. } => with_zero(corners(a, b, |a, b| a * b)),
        Op::Reg(a) | Op::Keep(a) | Op::Delay(a, _) => with_zero(of(a)),
        Op::Select { first, count, .. } => {
            let options = &flow.pool[first as usize..(first + count) as usize];
            let ends: Vec<i128> = options.iter().flat_map(|v| [of(*v).0, of(*v).1]).collect();
            hull(&ends)
        }
        Op::Max(a, b) => corners(a, b, i128::max),
        Op::Min(a, b) => corners(a, b, i128::min),
        Op::Clamp(a, lo, hi) => {
            let clamp = |v: i128| v.max(lo.into()).min(hi.into());
            (clamp(of(a).0), clamp(of(a).1))
        }
        Op::Bits { width, .. } => (0, (1 << width) - 1),
        Op::ShrBy(a, n) => corners(a, n, |a, n| a >> n),
        // Of one bit.
        Op::And(..) | Op::Or(..) | Op::Xor(..) | Op::Not(_) | Op::Equal(..) | Op::Less(..) => {
            (0, 1)
        }
    })
}

/// Bits of every signal that the emitted text declares.
fn declared(flow: &Dataflow) -> HashMap<String, u32> {
    let text = flow.verilog_module();
    let declarations = text.lines().filter_map(|line| {
        let rest = line
            .trim()
            .strip_prefix("reg ")
            .or_else(|| line.trim().strip_prefix("wire "))?;
        let (bits, rest) = match rest.strip_prefix('[') {
            Some(rest) => {
                let (top, rest) = rest.split_once(":0] ")?;
                (top.parse::<u32>().ok()? + 1, rest)
            }
            None => (1, rest),
        };
        let end = rest.find([' ', ';', '=']).unwrap_or(rest.len());
        Some((rest[..end].to_owned(), bits))
    });
    declarations.collect()
}

#[derive(Debug, Default, PartialEq)]
struct Audit {
    nodes: usize,
    recomputed: usize,
    promised: usize,
    accumulators: usize,
    declared: usize,
    widest: u32,
    /// Of declared bits, how many more than the interval needs, at most.
    slack: u32,
}

/// The figures, or the first node that is not right.
fn audit(flow: &Dataflow) -> Result<Audit, String> {
    let live = flow.live(View::Hardware);
    let declared = declared(flow);
    let mut audit = Audit::default();
    for index in (0..flow.nodes.len()).filter(|index| live[*index]) {
        let value = Value(index as u32);
        let node = flow.node(value);
        let interval = wide(node.range);
        audit.nodes += 1;
        match recomputed(flow, node.op) {
            Some((lo, hi)) => {
                audit.recomputed += 1;
                let fits = interval.0 <= lo && hi <= interval.1;
                if !fits {
                    return Err(format!("{}: {lo}..={hi} in {node:?}", flow.signal(value)));
                }
            }
            None if matches!(node.op, Op::Accumulate { .. }) => audit.accumulators += 1,
            None => audit.promised += 1,
        }
        let Some(bits) = declared.get(&flow.signal(value)) else {
            continue;
        };
        audit.declared += 1;
        // Unsigned if never negative, two's complement otherwise.
        let holds = |bits: u32| {
            if interval.0 >= 0 {
                interval.1 < 1 << bits
            } else {
                -(1_i128 << (bits - 1)) <= interval.0 && interval.1 < 1 << (bits - 1)
            }
        };
        if !holds(*bits) {
            return Err(format!("{}: {node:?} in {bits} bits", flow.signal(value)));
        }
        let needed = (1..=*bits).find(|bits| holds(*bits)).unwrap_or(*bits);
        audit.slack = audit.slack.max(bits - needed);
        audit.widest = audit.widest.max(*bits);
    }
    Ok(audit)
}

/// Prints the table of `docs/verification/formal.md`.
#[test]
fn every_interval_follows_and_fits_its_bits() {
    for config in presets() {
        let plan = Floorplan::new(&config.device, config.lanes);
        let graphs = [
            convolver(config.lanes, &plan).expect("a sound graph"),
            output_stage(config.lanes, config.requantiser_in_luts()).expect("a sound graph"),
        ];
        for flow in &graphs {
            let found = audit(flow).unwrap_or_else(|fault| panic!("{fault}"));
            println!("{} {}: {found:?}", config.name, flow.name());
            assert!(
                found.nodes > 100 && found.declared * 2 > found.nodes,
                "{found:?}"
            );
            assert_eq!(found.slack, 0, "bits that no value needs");
        }
    }
}

/// The audit finds intervals that are one value too narrow.
#[test]
fn a_wrong_interval_is_found() {
    let config = &preset("tiny-1").expect("a preset");
    let flow = output_stage(config.lanes, config.requantiser_in_luts()).expect("a sound graph");
    let live = flow.live(View::Hardware);
    let mut found = 0;
    for index in (0..flow.nodes.len()).filter(|index| live[*index]) {
        let node = flow.nodes[index];
        let exact = recomputed(&flow, node.op).filter(|interval| *interval == wide(node.range));
        if exact.is_none() || node.range.lo == node.range.hi {
            continue;
        }
        let mut wrong = flow.clone();
        wrong.nodes[index].range.hi -= 1;
        assert!(audit(&wrong).is_err(), "{node:?}");
        found += 1;
        if found == 20 {
            return;
        }
    }
    panic!("only {found} intervals are exact");
}
