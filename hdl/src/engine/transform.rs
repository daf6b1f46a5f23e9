//! The one-dimensional Winograd F(4,3) transforms and their two-dimensional compositions, as dataflow.
//!
//! The matrices are `rowfuse_spec::numerics::{BT, G, AT}`; the factorings below share sums between rows, and the tests hold
//! each against its matrix on the unit vectors, which decides a linear map.
use crate::dataflow::{Graph, Value};

/// `Bᵀ·x` for six values; two pipeline stages.
pub fn input_transform_1d(g: &mut Graph, x: [Value; 6]) -> [Value; 6] {
    let minus_four = |g: &mut Graph, a, b| {
        let four = g.shl(b, 2);
        let d = g.sub(a, four);
        g.reg(d)
    };
    let minus = |g: &mut Graph, a, b| {
        let d = g.sub(a, b);
        g.reg(d)
    };
    let even = minus_four(g, x[4], x[2]);
    let odd = minus_four(g, x[3], x[1]);
    let even_step = minus(g, x[4], x[2]);
    let odd_step = minus(g, x[3], x[1]);
    let first = minus(g, x[0], x[2]);
    let last = minus(g, x[5], x[3]);
    let first_four = g.shl(first, 2);
    let odd_two = g.shl(odd_step, 1);
    let odd_four = g.shl(odd_step, 2);
    let y = [
        g.add(first_four, even_step),
        g.add(even, odd),
        g.sub(even, odd),
        g.add(even_step, odd_two),
        g.sub(even_step, odd_two),
        g.sub(last, odd_four),
    ];
    y.map(|v| g.reg(v))
}

/// `G′·x` for three values; two pipeline stages.
pub fn weight_transform_1d(g: &mut Graph, x: [Value; 3]) -> [Value; 6] {
    let four = g.shl(x[2], 2);
    let sum = g.add(x[0], x[2]);
    let sum = g.reg(sum);
    let sum_four = g.add(x[0], four);
    let sum_four = g.reg(sum_four);
    let [first, middle, last] = x.map(|v| g.reg(v));
    let middle_two = g.shl(middle, 1);
    let y = [
        first,
        g.add(sum, middle),
        g.sub(sum, middle),
        g.add(sum_four, middle_two),
        g.sub(sum_four, middle_two),
        last,
    ];
    y.map(|v| g.reg(v))
}

/// `A′ᵀ·m` for six values with the exact shifts `>>3, >>2, >>1, >>1`; three pipeline stages.
pub fn inverse_transform_1d(g: &mut Graph, m: [Value; 6]) -> [Value; 4] {
    let sum = |g: &mut Graph, a, b| {
        let s = g.add(a, b);
        g.reg(s)
    };
    let difference = |g: &mut Graph, a, b| {
        let d = g.sub(a, b);
        g.reg(d)
    };
    let six = |g: &mut Graph, a| {
        let (four, two) = (g.shl(a, 2), g.shl(a, 1));
        let s = g.add(four, two);
        g.reg(s)
    };
    let s12 = sum(g, m[1], m[2]);
    let d21 = difference(g, m[2], m[1]);
    let s34 = sum(g, m[3], m[4]);
    let d34 = difference(g, m[3], m[4]);
    let first = six(g, m[0]);
    let last = six(g, m[5]);
    let s12_four = g.shl(s12, 2);
    let d21_two = g.shl(d21, 1);
    let d34_two = g.shl(d34, 1);
    let even = difference(g, s34, s12_four);
    let y1 = sum(g, d34, d21_two);
    let y2 = difference(g, s34, s12);
    let odd = sum(g, d21, d34_two);
    let y0 = sum(g, even, first);
    let y3 = sum(g, odd, last);
    let shifts = [(y0, 3), (y1, 2), (y2, 1), (y3, 1)];
    let deepest = g.stage(y0);
    shifts.map(|(y, shift)| {
        let y = g.shr(y, shift);
        g.at_stage(y, deepest)
    })
}

/// `BᵀdB` of a 6×6 window, rows first; four pipeline stages.
pub fn input_transform(g: &mut Graph, window: [[Value; 6]; 6]) -> [[Value; 6]; 6] {
    let rows = window.map(|row| input_transform_1d(g, row));
    let columns = transpose(rows).map(|column| input_transform_1d(g, column));
    transpose(columns)
}

/// `G′gG′ᵀ` of a 3×3 kernel, rows first; four pipeline stages.
pub fn weight_transform(g: &mut Graph, kernel: [[Value; 3]; 3]) -> [[Value; 6]; 6] {
    let rows = kernel.map(|row| weight_transform_1d(g, row));
    let columns = transpose(rows).map(|column| weight_transform_1d(g, column));
    transpose(columns)
}

/// Rows become columns.
pub fn transpose<T: Copy, const R: usize, const C: usize>(x: [[T; C]; R]) -> [[T; R]; C] {
    std::array::from_fn(|c| std::array::from_fn(|r| x[r][c]))
}
