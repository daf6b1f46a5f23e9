//! Patterns that drive one position of a transform to the bound its width was chosen for.

use rowfuse_spec::numerics::{BT, G};

/// The 36 positions of a transform, row by row.
pub const POSITIONS: Positions = Positions { next: 0 };

/// Iterates over `(row, column)` in 0..6 × 0..6.
#[derive(Debug, Clone)]
pub struct Positions {
    next: usize,
}

impl Iterator for Positions {
    type Item = (usize, usize);

    fn next(&mut self) -> Option<Self::Item> {
        let position = self.next;
        self.next += 1;
        (position < 36).then_some((position / 6, position % 6))
    }
}

/// The 6×6 window for which `(BT·d·BTᵀ)[row][column]` is largest (or smallest): 255 where the pixel's
/// coefficient has the wanted sign, 0 elsewhere.
///
/// # Panics
/// When `row` or `column` is 6 or more.
pub fn worst_pixels(row: usize, column: usize, negative: bool) -> [[u8; 6]; 6] {
    BT[row].map(|a| BT[column].map(|b| if wanted(a * b, negative) { u8::MAX } else { 0 }))
}

/// The 3×3 kernel for which `(G·g·Gᵀ)[row][column]` is largest (or smallest): 127 and −128 by the sign
/// of the weight's coefficient.
///
/// # Panics
/// When `row` or `column` is 6 or more.
pub fn worst_weights(row: usize, column: usize, negative: bool) -> [[i8; 3]; 3] {
    G[row].map(|a| {
        G[column].map(|b| match a * b {
            0 => 0,
            coefficient if wanted(coefficient, negative) => i8::MAX,
            _ => i8::MIN,
        })
    })
}

/// Whether a coefficient pulls the way that is wanted.
fn wanted(coefficient: i64, negative: bool) -> bool {
    if negative {
        coefficient < 0
    } else {
        coefficient > 0
    }
}
