//! Numbers that follow from a seed and a place, for ever: a case's file says which, not what they are.

use rowfuse_testbench::cases::{worst_pixels, worst_weights};
use serde::{Deserialize, Serialize};

/// What pixels or weights are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Filling {
    /// Every value equally likely.
    Noise,
    /// Three of four zero, the others noise.
    Sparse,
    /// The least and the largest at random.
    Extremes,
    /// All alike: of pixels 0..=255, of weights −128..=127.
    Constant(i16),
    /// Drives position `row`, `column` (0..6 each) of the Winograd transform as far up, or down, as it goes.
    Worst {
        /// Row of the transform.
        row: usize,
        /// Column of the transform.
        column: usize,
        /// Down.
        negative: bool,
    },
}

/// 64 bits of noise for a place: the finaliser of SplitMix64 (Steele, Lea and Flood, 2014) on a Weyl sequence. Files depend on it.
pub(super) fn noise(seed: u64, place: u64) -> u64 {
    let mut z = seed.wrapping_add((place.wrapping_add(1)).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Filling {
    /// Whether its numbers are in range for pixels, or for weights.
    pub fn is_valid(&self, pixels: bool) -> bool {
        match self {
            Filling::Constant(value) if pixels => (0..=255).contains(value),
            Filling::Constant(value) => (-128..=127).contains(value),
            Filling::Worst { row, column, .. } => *row < 6 && *column < 6,
            _ => true,
        }
    }

    /// The pixel at row `y`, column `x`, which is number `place` of its map.
    pub(super) fn pixel(&self, seed: u64, place: u64, y: usize, x: usize) -> u8 {
        let noise = noise(seed, place);
        match *self {
            Filling::Noise => noise as u8,
            Filling::Sparse if noise >> 8 & 3 != 0 => 0,
            Filling::Sparse => noise as u8,
            Filling::Extremes => {
                if noise & 1 == 1 {
                    u8::MAX
                } else {
                    0
                }
            }
            Filling::Constant(value) => value as u8,
            // Windows of neighbouring tiles share two pixels: those of even number are whole.
            Filling::Worst {
                row,
                column,
                negative,
            } => {
                let inside = |pixel: usize| match (pixel + 1) % 8 {
                    place @ 0..6 => place,
                    place => place - 4,
                };
                worst_pixels(row, column, negative)[inside(y)][inside(x)]
            }
        }
    }

    /// The weight at row `r`, column `c` of a kernel, which is number `place` of its layer.
    pub(super) fn weight(&self, seed: u64, place: u64, r: usize, c: usize) -> i8 {
        let noise = noise(seed, place);
        match *self {
            Filling::Noise => noise as i8,
            Filling::Sparse if noise >> 8 & 3 != 0 => 0,
            Filling::Sparse => noise as i8,
            Filling::Extremes => {
                if noise & 1 == 1 {
                    i8::MAX
                } else {
                    i8::MIN
                }
            }
            Filling::Constant(value) => value as i8,
            Filling::Worst {
                row,
                column,
                negative,
            } => worst_weights(row, column, negative)[r % 3][c % 3],
        }
    }
}
