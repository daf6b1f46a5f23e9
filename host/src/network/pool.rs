//! Pools that the host computes, on integers as on floats.

use super::{Layer, Shape, Window};
use ndarray::{s, Array3, ArrayView3};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A pool of a map: channels stay, rows and columns become fewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Pool {
    /// The largest value; what lies beyond the map does not count.
    Max {
        /// Which pixels.
        window: Window,
    },
    /// The average.
    Average {
        /// Which pixels.
        window: Window,
        /// Whether what lies beyond the map counts, as zeros.
        count_padding: bool,
    },
    /// The average over parts of a map, as torch's `AdaptiveAvgPool2d`: see [`Layer::AdaptivePool`].
    Adaptive {
        /// Rows of the result.
        height: usize,
        /// Columns of the result.
        width: usize,
    },
}

impl Layer {
    /// The pool that the host computes for this layer, if it is one. [`Layer::Pool`] is the engine's.
    pub fn host_pool(&self) -> Option<Pool> {
        match *self {
            Layer::MaxPool { window } => Some(Pool::Max { window }),
            Layer::AveragePool {
                window,
                count_padding,
            } => Some(Pool::Average {
                window,
                count_padding,
            }),
            Layer::AdaptivePool { height, width } => Some(Pool::Adaptive { height, width }),
            Layer::Pool | Layer::Conv { .. } | Layer::Linear { .. } => None,
        }
    }
}

impl Pool {
    /// The shape of what comes of a map, or `None` if the map is too small.
    pub fn output(&self, map: Shape) -> Option<Shape> {
        let [height, width] = match self {
            Pool::Max { window } | Pool::Average { window, .. } => {
                window.output(map.height, map.width)?
            }
            Pool::Adaptive { height, width } => [*height, *width],
        };
        Some(Shape::new(map.channels, height, width))
    }

    /// Of floats: channels × rows × columns.
    ///
    /// # Panics
    /// If [`Pool::output`] is `None`.
    pub fn floats(&self, map: ArrayView3<'_, f32>) -> Array3<f32> {
        match self {
            Pool::Max { .. } => self.each(map, |part, _| {
                part.iter().copied().fold(f32::NEG_INFINITY, f32::max)
            }),
            _ => self.each(map, |part, count| part.sum() / count as f32),
        }
    }

    /// Of integers, where `zero_point` stands for zero; averages are rounded half up.
    ///
    /// # Panics
    /// If [`Pool::output`] is `None`.
    pub fn integers(&self, map: ArrayView3<'_, u8>, zero_point: u8) -> Array3<u8> {
        match self {
            Pool::Max { .. } => self.each(map, |part, _| {
                part.iter().copied().max().unwrap_or(zero_point)
            }),
            _ => self.each(map, |part, count| {
                let beyond = (count - part.len()) as u64 * u64::from(zero_point);
                let sum = beyond + part.iter().map(|&value| u64::from(value)).sum::<u64>();
                ((2 * sum + count as u64) / (2 * count as u64)) as u8
            }),
        }
    }

    /// `of` the pixels within the map under each place, and how many pixels the average is over.
    fn each<T: Copy>(
        &self,
        map: ArrayView3<'_, T>,
        of: impl Fn(ArrayView3<'_, T>, usize) -> T,
    ) -> Array3<T> {
        let (channels, rows, columns) = map.dim();
        let output = self.output(Shape::new(channels, rows, columns));
        let output = output.expect("a map that is large enough");
        Array3::from_shape_fn((channels, output.height, output.width), |(c, y, x)| {
            let [down, across] = [self.part(0, rows, y), self.part(1, columns, x)];
            let part = map.slice(s![c..c + 1, down, across]);
            let count = match self {
                Pool::Average {
                    window,
                    count_padding: true,
                } => window.kernel[0] * window.kernel[1],
                _ => part.len(),
            };
            of(part, count)
        })
    }

    /// The pixels of an axis of `size` that place `index` covers; never none.
    fn part(&self, axis: usize, size: usize, index: usize) -> Range<usize> {
        match self {
            Pool::Max { window } | Pool::Average { window, .. } => {
                window.covered(axis, size, index)
            }
            Pool::Adaptive { height, width } => partition(size, [*height, *width][axis], index),
        }
    }
}

/// The part of `length` values that part `index` of `parts` covers in an adaptive pool:
/// ⌊index·length/parts⌋ to ⌈(index+1)·length/parts⌉. Never empty if `length` > 0.
fn partition(length: usize, parts: usize, index: usize) -> Range<usize> {
    index * length / parts..((index + 1) * length).div_ceil(parts)
}

#[cfg(test)]
#[path = "pool_tests.rs"]
mod tests;
