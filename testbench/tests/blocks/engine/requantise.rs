//! Requantisation: golden model `rowfuse_spec::numerics::requantise`.

use rand::Rng;
use rowfuse_hdl::dataflow::{Dataflow, Graph, Range};
use rowfuse_hdl::engine::requantise::{bias9_range, requantise, Parameters, NINE_Y_LIMIT};
use rowfuse_spec::numerics::{self, RawParameters, BIAS_LIMIT, SHIFT_MAX, SHIFT_MIN};

use super::flow::agree_flow;
use super::seeded;

const ACC_LIMIT: i64 = NINE_Y_LIMIT / 9;
/// The nine stages of the function's documentation.
const LATENCY: usize = 9;

fn flow(in_luts: bool) -> Dataflow {
    let name = if in_luts {
        "requantise_luts"
    } else {
        "requantise_dsp"
    };
    let mut g = Graph::new(name);
    let limits = Range {
        lo: -NINE_Y_LIMIT,
        hi: NINE_Y_LIMIT,
    };
    let nine_y = g.input("nine_y", limits);
    let parameters = Parameters {
        bias9: g.input("bias9", bias9_range()),
        multiplier: g.input("multiplier", Range::unsigned(16)),
        shift: g.input("shift", Range::unsigned(5)),
    };
    let out = requantise(&mut g, nine_y, parameters, in_luts);
    g.output("out", out);
    g.finish().unwrap_or_else(|error| panic!("{error}"))
}

/// Runs cases `[9Y, 9·bias, m, s − SHIFT_MIN]`, one a clock, through both kinds of multiplier.
fn check(mut cases: Vec<Vec<i64>>) {
    let checked = cases.len();
    cases.extend(vec![vec![0, 0, 1, 0]; LATENCY]);
    for in_luts in [false, true] {
        let flow = flow(in_luts);
        assert_eq!(flow.latency() as usize, LATENCY);
        let outputs = agree_flow(&flow, &cases);
        for t in 0..checked {
            let [nine_y, bias9, multiplier, shift] = cases[t][..] else {
                panic!("four inputs");
            };
            let (acc, multiplier) = ((nine_y / 9) as i32, multiplier as u16);
            let shift = shift as u32 + SHIFT_MIN;
            let raw = RawParameters {
                bias9,
                multiplier,
                shift,
            };
            let is = outputs[t + LATENCY][0];
            assert_eq!(is, i64::from(raw.apply(acc)), "acc {acc}, {raw:?}");
            if bias9 % 9 == 0 {
                let golden = numerics::requantise(acc, (bias9 / 9) as i32, multiplier, shift);
                assert_eq!(is, i64::from(golden), "acc {acc}, {raw:?}");
            }
        }
    }
}

fn case(acc: i64, bias: i64, multiplier: i64, shift: u32) -> Vec<i64> {
    vec![9 * acc, 9 * bias, multiplier, i64::from(shift - SHIFT_MIN)]
}

#[test]
fn every_shift_at_the_ends_of_the_ranges() {
    let limit = i64::from(BIAS_LIMIT);
    let mut cases = Vec::new();
    for shift in SHIFT_MIN..=SHIFT_MAX {
        for acc in [-ACC_LIMIT, -1, 0, 1, ACC_LIMIT] {
            for bias in [-limit, -(1 << 17), -1, 0, 1, (1 << 17) - 1, limit] {
                for multiplier in [0, 1, 2, 0x7fff, 0x8000, 0xffff] {
                    cases.push(case(acc, bias, multiplier, shift));
                }
            }
        }
    }
    check(cases);
}

/// Sums on both sides of where the result changes: half up, zero, and saturation.
#[test]
fn every_shift_at_the_steps_of_the_result() {
    let mut random = seeded(71);
    let mut cases = Vec::new();
    for shift in SHIFT_MIN..=SHIFT_MAX {
        for _ in 0..60 {
            let largest = 0xffff >> random.gen_range(0..16);
            let multiplier = random.gen_range(1..=largest);
            let step = [-1, 0, 1, 2, 127, 253, 254, 255, 256, 511][random.gen_range(0..10)];
            let at = ((2 * step + 1) << (shift - 1)) / (9 * multiplier);
            let limit = i64::from(BIAS_LIMIT);
            for sum in at - 1..=at + 1 {
                let acc = random.gen_range(-ACC_LIMIT..=ACC_LIMIT);
                let bias = (sum - acc).clamp(-limit, limit);
                let acc = (sum - bias).clamp(-ACC_LIMIT, ACC_LIMIT);
                cases.push(case(acc, bias, multiplier, shift));
            }
        }
    }
    check(cases);
}

#[test]
fn random_parameters() {
    let mut random = seeded(72);
    let range = bias9_range();
    let cases = (0..8000).map(|_| {
        let small = random.gen_range(0..28);
        let acc = random.gen_range(-ACC_LIMIT..=ACC_LIMIT) >> small;
        // Any 9·bias, a multiple of nine or not.
        let bias9 = random.gen_range(range.lo..=range.hi) >> random.gen_range(0..30);
        let multiplier = random.gen_range(0..=0xffff);
        vec![9 * acc, bias9, multiplier, random.gen_range(0..32)]
    });
    check(cases.collect());
}
