//! The transforms, against the matrices of the contract: on unit vectors, which decide a linear map, and on random and
//! extreme values, which decide the widths.

use rand::Rng;
use rowfuse_hdl::dataflow::{Dataflow, Graph, Range, Value};
use rowfuse_hdl::engine::transform::{
    input_transform, input_transform_1d, inverse_transform_1d, weight_transform,
    weight_transform_1d,
};
use rowfuse_spec::numerics::{AT, AT_SHIFT, BT, G};

use super::flow::agree_flow;
use super::seeded;
use super::winograd::{transformed_kernel, transformed_window};

/// A graph from `N` inputs of a range to the outputs that `build` makes.
fn flow<const N: usize>(
    name: &str,
    range: Range,
    build: impl FnOnce(&mut Graph, [Value; N]) -> Vec<Value>,
) -> Dataflow {
    let mut g = Graph::new(name);
    let x = std::array::from_fn(|i| g.input(&format!("x{i}"), range));
    for (i, value) in build(&mut g, x).into_iter().enumerate() {
        g.output(&format!("y{i}"), value);
    }
    g.finish().unwrap_or_else(|error| panic!("{error}"))
}

/// Unit vectors, ends of the range and random vectors through both simulations, against `golden`.
fn check(flow: &Dataflow, latency: usize, range: Range, golden: impl Fn(&[i64]) -> Vec<i64>) {
    assert_eq!(flow.latency() as usize, latency, "{}", flow.name());
    let mut random = seeded(73);
    let n = flow.inputs().len();
    let mut inputs: Vec<Vec<i64>> = (0..n)
        .map(|unit| (0..n).map(|i| i64::from(i == unit)).collect())
        .collect();
    for kind in 0..400 {
        let mut value = || match kind % 2 {
            0 => random.gen_range(range.lo..=range.hi),
            _ => [range.lo, range.hi][random.gen_range(0..2)],
        };
        inputs.push((0..n).map(|_| value()).collect());
    }
    // The vectors that make each output largest and smallest.
    for output in 0..flow.outputs().len() {
        let column = |i: usize| golden(&inputs[i])[output];
        let signs: Vec<bool> = (0..n).map(|i| column(i) >= 0).collect();
        let ends = [(range.lo, range.hi), (range.hi, range.lo)];
        for (negative, positive) in ends {
            let worst = signs.iter().map(|up| if *up { positive } else { negative });
            inputs.push(worst.collect());
        }
    }
    let checked = inputs.len();
    inputs.extend(vec![vec![0; n]; latency]);
    let outputs = agree_flow(flow, &inputs);
    for t in 0..checked {
        let (x, name) = (&inputs[t], flow.name());
        assert_eq!(outputs[t + latency], golden(x), "{name} of {x:?}");
    }
}

fn product<const N: usize>(matrix: &[[i64; N]], x: &[i64]) -> Vec<i64> {
    let rows = matrix.iter();
    rows.map(|row| row.iter().zip(x).map(|(a, b)| a * b).sum())
        .collect()
}

#[test]
fn the_input_transform_is_bt() {
    for range in [
        Range::unsigned(8),
        Range {
            lo: -2295,
            hi: 2550,
        },
    ] {
        let name = format!("input_1d_{}", range.width());
        let flow = flow(&name, range, |g, x| input_transform_1d(g, x).to_vec());
        check(&flow, 2, range, |x| product(&BT, x));
    }
}

#[test]
fn the_weight_transform_is_g() {
    for range in [Range::signed(8), Range { lo: -896, hi: 889 }] {
        let name = format!("weight_1d_{}", range.width());
        let flow = flow(&name, range, |g, x| weight_transform_1d(g, x).to_vec());
        check(&flow, 2, range, |x| product(&G, x));
    }
}

/// The shifts round down whatever is not divisible, so any value will do.
#[test]
fn the_inverse_transform_is_at_with_its_shifts() {
    for range in [Range::signed(9), Range::signed(35)] {
        let name = format!("inverse_1d_{}", range.width());
        let flow = flow(&name, range, |g, x| inverse_transform_1d(g, x).to_vec());
        check(&flow, 3, range, |x| {
            let y = product(&AT, x);
            y.iter().zip(AT_SHIFT).map(|(y, n)| y >> n).collect()
        });
    }
}

#[test]
fn the_window_is_transformed_in_both_dimensions() {
    let range = Range::unsigned(8);
    let square = |x: &[i64]| std::array::from_fn(|i| std::array::from_fn(|j| x[6 * i + j]));
    let flow = flow::<36>("input_2d", range, |g, x| {
        let window = std::array::from_fn(|i| std::array::from_fn(|j| x[6 * i + j]));
        input_transform(g, window).concat()
    });
    check(&flow, 4, range, |x| transformed_window(&square(x)).concat());
}

#[test]
fn the_kernel_is_transformed_in_both_dimensions() {
    let range = Range::signed(8);
    let square = |x: &[i64]| std::array::from_fn(|i| std::array::from_fn(|j| x[3 * i + j]));
    let flow = flow::<9>("weight_2d", range, |g, x| {
        let kernel = std::array::from_fn(|i| std::array::from_fn(|j| x[3 * i + j]));
        weight_transform(g, kernel).concat()
    });
    check(&flow, 4, range, |x| transformed_kernel(&square(x)).concat());
}
