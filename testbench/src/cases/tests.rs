//! The cases are what they claim to be.

use rowfuse_spec::numerics::{BT, G};

use super::*;
use crate::golden::plain;

/// `(m·x·mᵀ)[row][column]`.
fn transformed<const N: usize>(
    m: &[[i64; N]; 6],
    x: [[i64; N]; N],
    row: usize,
    column: usize,
) -> i64 {
    (0..N * N)
        .map(|n| m[row][n / N] * x[n / N][n % N] * m[column][n % N])
        .sum()
}

#[test]
fn the_worst_patterns_reach_the_bounds() {
    for (row, column) in POSITIONS {
        let coefficients = |m: &[i64], n: &[i64], wanted: fn(&i64) -> bool| -> i64 {
            let all = m.iter().flat_map(|a| n.iter().map(move |b| a * b));
            all.filter(wanted).sum()
        };
        let highest = 255 * coefficients(&BT[row], &BT[column], |c| *c > 0);
        let lowest = 255 * coefficients(&BT[row], &BT[column], |c| *c < 0);
        let v = |negative| {
            transformed(
                &BT,
                worst_pixels(row, column, negative).map(|r| r.map(i64::from)),
                row,
                column,
            )
        };
        assert_eq!((v(false), v(true)), (highest, lowest), "V[{row}][{column}]");

        let up = coefficients(&G[row], &G[column], |c| *c > 0);
        let down = coefficients(&G[row], &G[column], |c| *c < 0);
        let u = |negative| {
            transformed(
                &G,
                worst_weights(row, column, negative).map(|r| r.map(i64::from)),
                row,
                column,
            )
        };
        assert_eq!(u(false), 127 * up - 128 * down, "U[{row}][{column}]");
        assert_eq!(u(true), 127 * down - 128 * up, "U[{row}][{column}]");
    }
    assert_eq!(POSITIONS.count(), 36);
}

#[test]
fn a_worst_map_holds_whole_windows() {
    let shape = Shape {
        inputs: 1,
        outputs: 1,
        height: 16,
        width: 16,
        pool: false,
    };
    for (row, column) in POSITIONS {
        let pixels = Pixels::Worst {
            row,
            column,
            negative: false,
        };
        let case = Case::new(shape, pixels, Weights::Constant(1), 0);
        let pattern = worst_pixels(row, column, false);
        // The tile in the third row and column of tiles: its window starts at pixel 7.
        for (y, row) in pattern.iter().enumerate() {
            for (x, pixel) in row.iter().enumerate() {
                assert_eq!(case.map.data[[0, 7 + y, 7 + x]], *pixel);
            }
        }
    }
}

#[test]
fn cases_differ_by_seed_and_repeat_by_seed() {
    let shape = Shape {
        inputs: 4,
        outputs: 12,
        height: 9,
        width: 5,
        pool: false,
    };
    for (first, second) in ordinary(shape, 5).iter().zip(ordinary(shape, 5)) {
        assert_eq!(*first, second);
        assert!(
            first.to_string().contains(&format!("seed {}", first.seed)),
            "{first}"
        );
    }
    let random = |seed| Case::new(shape, Pixels::Random, Weights::Random, seed);
    assert_ne!(random(1).map, random(2).map);
    assert_eq!(adversarial(shape, 0).len(), 4 * 36);
}

#[test]
fn parameters_are_legal_and_show_the_sums() {
    let shape = Shape {
        inputs: 16,
        outputs: 24,
        height: 12,
        width: 12,
        pool: false,
    };
    let all = ordinary(shape, 1)
        .into_iter()
        .chain(adversarial(shape, 100));
    for case in all {
        for requant in &case.layer.requants {
            assert_eq!(requant.validate(), Ok(()), "{case}");
        }
        assert_eq!(
            case.expected(),
            plain::layer(&case.map, &case.layer),
            "{case}"
        );
    }
    let case = Case::new(shape, Pixels::Random, Weights::Random, 9);
    let out = case.expected().expect("fits");
    let mut seen = [false; 256];
    out.data
        .iter()
        .for_each(|value| seen[usize::from(*value)] = true);
    let count = seen.iter().filter(|seen| **seen).count();
    assert!(count > 250, "only {count} of 256 values occur");
}

#[test]
fn a_pixel_has_its_place_in_the_window_of_an_even_tile_or_else_of_an_odd_one() {
    for pixel in 0..64_usize {
        // The window of tile t begins a pixel before 4t.
        let place = |tile: usize| (pixel + 1).checked_sub(4 * tile).filter(|place| *place < 6);
        let tiles = |odd: usize| (0..20).map(move |n| 2 * n + odd);
        let expected = tiles(0)
            .find_map(place)
            .or_else(|| tiles(1).find_map(place));
        assert_eq!(Some(super::window(pixel)), expected, "pixel {pixel}");
    }
}
