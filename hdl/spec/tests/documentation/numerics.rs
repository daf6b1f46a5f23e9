//! Widths of the Winograd transform, and the identity that makes it exact.

use std::fmt::Write;

use rowfuse_spec::numerics::{AT, AT_SHIFT, BT, G, MAX_INPUT_CHANNELS};

type Range = (i64, i64);

/// The range of each entry of `R·x·Rᵀ`, all entries of `x` anywhere in `x_range`.
fn transform<const C: usize>(r: &[[i64; C]; 6], (low, high): Range) -> [[Range; 6]; 6] {
    let entry = |i: usize, j: usize| {
        let mut range = (0, 0);
        for weight in r[i].iter().flat_map(|a| r[j].iter().map(move |b| a * b)) {
            range.0 += (weight * low).min(weight * high);
            range.1 += (weight * low).max(weight * high);
        }
        range
    };
    std::array::from_fn(|i| std::array::from_fn(|j| entry(i, j)))
}

/// Bits of two's complement that hold a range.
fn bits((low, high): Range) -> u32 {
    (1..64)
        .find(|n| low >= -(1 << (n - 1)) && high < 1 << (n - 1))
        .expect("fits")
}

fn table(title: &str, ranges: &[[Range; 6]; 6]) -> String {
    let mut text = format!("| {title} | 0 | 1 | 2 | 3 | 4 | 5 |\n|---|---|---|---|---|---|---|\n");
    for (place, row) in ranges.iter().enumerate() {
        write!(text, "| {place} |").expect("string");
        for range in row {
            write!(text, " {} |", bits(*range)).expect("string");
        }
        text.push('\n');
    }
    text
}

#[test]
fn widths_of_the_numerics_page_are_current() {
    let v = transform(&BT, (0, 255));
    let u = transform(&G, (-128, 127));
    let channels = i64::from(MAX_INPUT_CHANNELS);
    let sum = |i: usize, j: usize| {
        let (a, b) = (u[i][j], v[i][j]);
        let corners = [a.0 * b.0, a.0 * b.1, a.1 * b.0, a.1 * b.1].map(|p| p * channels);
        (
            *corners.iter().min().expect("four"),
            *corners.iter().max().expect("four"),
        )
    };
    let sums = std::array::from_fn(|i| std::array::from_fn(|j| sum(i, j)));
    let sections = [
        ("v", table("V", &v)),
        ("u", table("U", &u)),
        ("sums", table("sum of 512 products", &sums)),
    ];
    super::compare("numerics.md", &sections);
}

/// One dimension of the transform on every triple of unit vectors; by linearity that is a proof.
#[test]
fn one_dimension_is_exact() {
    for (y, (row, shift)) in AT.iter().zip(AT_SHIFT).enumerate() {
        for (tap, pixel) in (0..3).flat_map(|tap| (0..6).map(move |pixel| (tap, pixel))) {
            let sum: i64 = (0..6).map(|i| row[i] * G[i][tap] * BT[i][pixel]).sum();
            assert_eq!(sum, if pixel == y + tap { 3 << shift } else { 0 });
        }
    }
}
