//! Seeded layers for tests and self-tests, from ordinary to as extreme as the numerics allow.
//!
//! A case is made from its [`Shape`], [`Pixels`], [`Weights`] and a seed alone, the same on every
//! machine, and prints all of them, so that a failure can be repeated from its message.
//!
//! ```
//! use rowfuse_testbench::cases::{Case, Pixels, Shape, Weights};
//! let shape = Shape { inputs: 3, outputs: 5, height: 6, width: 7, pool: true };
//! let case = Case::new(shape, Pixels::Random, Weights::Random, 1);
//! assert_eq!(case, Case::new(shape, Pixels::Random, Weights::Random, 1));
//! assert!(case.to_string().contains("seed 1"));
//! ```

mod adversarial;
mod requants;

use std::fmt;

use ndarray::{Array3, Array4};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::golden::{quick, GoldenError, Layer, Map};

pub use adversarial::{worst_pixels, worst_weights, POSITIONS};
pub use requants::{spread, Fate};

/// Size of a 3×3 layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Input channels, 1 or more.
    pub inputs: usize,
    /// Output channels, 1 or more.
    pub outputs: usize,
    /// Rows, 1 or more.
    pub height: usize,
    /// Columns, 1 or more.
    pub width: usize,
    /// Whether 2×2 max-pooling follows.
    pub pool: bool,
}

/// What the input map holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pixels {
    /// Every byte alike.
    Constant(u8),
    /// Every byte equally likely.
    Random,
    /// Mostly zero, as after ReLU.
    Sparse,
    /// 0 and 255 at random.
    Extremes,
    /// 0 and 255 such that position `(row, column)` of the transformed window is as far from zero as it
    /// can be, upwards or downwards; windows that share pixels favour every other tile.
    Worst {
        /// Row of the 6×6 window's transform.
        row: usize,
        /// Column of the 6×6 window's transform.
        column: usize,
        /// Towards negative numbers.
        negative: bool,
    },
}

/// What the weights hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weights {
    /// Every weight alike.
    Constant(i8),
    /// Every weight equally likely.
    Random,
    /// −128 and 127 at random.
    Extremes,
    /// −128 and 127 such that position `(row, column)` of the transformed kernel is as far from zero as
    /// it can be, upwards or downwards.
    Worst {
        /// Row of the kernel's 6×6 transform.
        row: usize,
        /// Column of the kernel's 6×6 transform.
        column: usize,
        /// Towards negative numbers.
        negative: bool,
    },
}

/// One layer with its input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Its size.
    pub shape: Shape,
    /// The kind of pixels.
    pub pixels: Pixels,
    /// The kind of weights.
    pub weights: Weights,
    /// The seed all random numbers come from.
    pub seed: u64,
    /// The input; its zero point is 0 unless changed.
    pub map: Map,
    /// Weights and requantisation parameters.
    pub layer: Layer,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shape {
            inputs,
            outputs,
            height,
            width,
            pool,
        } = self.shape;
        let pool = if pool { " pooled" } else { "" };
        write!(
            f,
            "{inputs}->{outputs} channels, {height}x{width}{pool}, pixels {:?}, weights {:?}, zero point \
             {}, seed {}",
            self.pixels, self.weights, self.map.zero_point, self.seed
        )
    }
}

impl Case {
    /// Makes a case. Requantisation parameters are spread over rounding, both clamps and all shifts,
    /// by the sums this very layer has.
    pub fn new(shape: Shape, pixels: Pixels, weights: Weights, seed: u64) -> Self {
        Self::with_zero_point(shape, pixels, weights, seed, 0)
    }

    /// The same with another zero point of the input, as the network's first layer has.
    pub fn with_zero_point(
        shape: Shape,
        pixels: Pixels,
        weights: Weights,
        seed: u64,
        zero_point: u8,
    ) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let data = Array3::from_shape_fn((shape.inputs, shape.height, shape.width), |(_, y, x)| {
            pixel(pixels, y, x, &mut random)
        });
        let map = Map::with_zero_point(data, zero_point);
        let size = (shape.outputs, shape.inputs, 3, 3);
        let weight_values =
            Array4::from_shape_fn(size, |(_, _, r, c)| weight(weights, r, c, &mut random));
        // Both were made with `shape.inputs` channels and 3×3 kernels.
        let acc = quick::convolve(&map, &weight_values).expect("map and weights fit");
        let requants = spread(&acc, &mut random);
        let layer = Layer {
            weights: weight_values,
            requants,
            pool: shape.pool,
        };
        Self {
            shape,
            pixels,
            weights,
            seed,
            map,
            layer,
        }
    }

    /// What the hardware must answer, by the quick golden model.
    ///
    /// # Errors
    /// When the case was changed so that its parts no longer fit.
    pub fn expected(&self) -> Result<Map, GoldenError> {
        quick::layer(&self.map, &self.layer)
    }
}

fn pixel(kind: Pixels, y: usize, x: usize, random: &mut ChaCha8Rng) -> u8 {
    match kind {
        Pixels::Constant(value) => value,
        Pixels::Random => random.gen(),
        Pixels::Sparse => {
            if random.gen_ratio(3, 4) {
                0
            } else {
                random.gen()
            }
        }
        Pixels::Extremes => {
            if random.gen() {
                255
            } else {
                0
            }
        }
        Pixels::Worst {
            row,
            column,
            negative,
        } => {
            // A tile's window starts one pixel above and to the left of it. Windows of neighbours
            // overlap by two pixels, so tiles of odd number take what their neighbours leave.
            worst_pixels(row, column, negative)[window(y)][window(x)]
        }
    }
}

/// Where a pixel lies in the window of the tile that has the most of it: tiles of even number have all
/// six, those between share.
fn window(pixel: usize) -> usize {
    let place = (pixel + 1) % 8;
    if place < 6 {
        place
    } else {
        place - 4
    }
}

fn weight(kind: Weights, row: usize, column: usize, random: &mut ChaCha8Rng) -> i8 {
    match kind {
        Weights::Constant(value) => value,
        Weights::Random => random.gen(),
        Weights::Extremes => {
            if random.gen() {
                i8::MAX
            } else {
                i8::MIN
            }
        }
        Weights::Worst {
            row: r,
            column: c,
            negative,
        } => worst_weights(r, c, negative)[row][column],
    }
}

/// A set of cases for a shape: ordinary ones, constants and extremes. Their seeds follow from `seed`.
pub fn ordinary(shape: Shape, seed: u64) -> Vec<Case> {
    let kinds = [
        (Pixels::Random, Weights::Random),
        (Pixels::Sparse, Weights::Random),
        (Pixels::Extremes, Weights::Extremes),
        (Pixels::Constant(0), Weights::Random),
        (Pixels::Constant(255), Weights::Constant(i8::MIN)),
        (Pixels::Constant(255), Weights::Constant(i8::MAX)),
        (Pixels::Random, Weights::Constant(0)),
    ];
    let cases = kinds.into_iter().zip(seed..);
    cases
        .map(|((pixels, weights), seed)| Case::new(shape, pixels, weights, seed))
        .collect()
}

/// One case for each of the 36 positions of the transform and each sign of the product: every channel
/// drives the position to its bound, so that a sum that is too narrow overflows.
pub fn adversarial(shape: Shape, seed: u64) -> Vec<Case> {
    let signs = [(false, false), (false, true), (true, false), (true, true)];
    POSITIONS
        .flat_map(|(row, column)| signs.map(|signs| (row, column, signs)))
        .zip(seed..)
        .map(|((row, column, (pixels, weights)), seed)| {
            let pixels = Pixels::Worst {
                row,
                column,
                negative: pixels,
            };
            let weights = Weights::Worst {
                row,
                column,
                negative: weights,
            };
            Case::new(shape, pixels, weights, seed)
        })
        .collect()
}

#[cfg(test)]
mod tests;
