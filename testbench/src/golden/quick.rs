//! The same numbers as [`super::plain`], a thousand times faster: all of VGG16 in seconds.

use std::num::NonZeroUsize;

use ndarray::{s, Array1, Array2, Array3, Array4, ArrayView3};
use rowfuse_spec::numerics::Requant;

use super::{plain, GoldenError, Layer, Map};
use crate::kernel::{Kernel, BLOCK};

/// The sums of [`plain::convolve`].
///
/// # Errors
/// When map and weights disagree on the input channels or the kernel is not 3×3.
pub fn convolve(map: &Map, weights: &Array4<i8>) -> Result<Array3<i32>, GoldenError> {
    let kernel = kernel_of(map, weights)?;
    Ok(convolve_by(&kernel, map, weights.dim().0))
}

/// The weights as the row kernel reads them, if they fit the map.
fn kernel_of(map: &Map, weights: &Array4<i8>) -> Result<Kernel, GoldenError> {
    let inputs = map.data.dim().0;
    let (outputs, expected, rows, columns) = weights.dim();
    if (rows, columns) != (3, 3) {
        return Err(GoldenError::Kernel { rows, columns });
    }
    if inputs != expected {
        return Err(GoldenError::Inputs {
            expected,
            found: inputs,
        });
    }
    Ok(Kernel::new(outputs, inputs, |o, i, r, c| {
        weights[[o, i, r, c]]
    }))
}

/// The sums of a map with a kernel that fits it.
fn convolve_by(kernel: &Kernel, map: &Map, outputs: usize) -> Array3<i32> {
    let (_, height, width) = map.data.dim();
    let rows = bordered_rows(map, kernel.stride());
    let mut acc = vec![0; outputs * height * width];
    let mut blocks: Vec<(usize, &mut [i32])> = acc
        .chunks_mut((BLOCK * height * width).max(1))
        .enumerate()
        .collect();
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let share = blocks.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        for blocks in blocks.chunks_mut(share) {
            let rows = &rows;
            scope.spawn(move || {
                for (block, acc) in blocks {
                    convolve_block(kernel, *block, rows, width, acc);
                }
            });
        }
    });
    // The vector was made with this length.
    Array3::from_shape_vec((outputs, height, width), acc).expect("one sum per output")
}

/// All rows of one block of output channels; `acc` is `[channel][row][column]` of that block.
fn convolve_block(kernel: &Kernel, block: usize, rows: &[Vec<i16>], width: usize, acc: &mut [i32]) {
    let height = rows.len() - 2;
    let mut sums = vec![[0; BLOCK]; width];
    for y in 0..height {
        kernel.row(block, [&rows[y], &rows[y + 1], &rows[y + 2]], &mut sums);
        for (lane, channel) in acc.chunks_exact_mut(height * width).enumerate() {
            for (acc, sums) in channel[y * width..][..width].iter_mut().zip(&sums) {
                *acc = sums[lane];
            }
        }
    }
}

/// `d − zero_point` as the row kernel reads it, with a border of zeros on all four sides.
fn bordered_rows(map: &Map, stride: usize) -> Vec<Vec<i16>> {
    let (_, height, width) = map.data.dim();
    let mut rows = vec![vec![0; (width + 2) * stride]; height + 2];
    for ((channel, y, x), pixel) in map.data.indexed_iter() {
        rows[y + 1][(x + 1) * stride + channel] = i16::from(*pixel) - i16::from(map.zero_point);
    }
    rows
}

/// [`plain::convolve_blocks`]: every block of the map on its own.
///
/// # Errors
/// As [`convolve`], or when `block` has a zero.
pub fn convolve_blocks(
    map: &Map,
    weights: &Array4<i8>,
    block: [usize; 2],
) -> Result<Array3<i32>, GoldenError> {
    if block.contains(&0) {
        return Err(GoldenError::Geometry {
            what: "the block",
            found: 0,
        });
    }
    let kernel = kernel_of(map, weights)?;
    let (_, height, width) = map.data.dim();
    let [rows, columns] = block;
    let mut acc = Array3::zeros((weights.dim().0, height, width));
    for y in (0..height).step_by(rows) {
        for x in (0..width).step_by(columns) {
            let (bottom, right) = ((y + rows).min(height), (x + columns).min(width));
            let data = map.data.slice(s![.., y..bottom, x..right]).to_owned();
            let part = convolve_by(&kernel, &Map { data, ..*map }, weights.dim().0);
            acc.slice_mut(s![.., y..bottom, x..right]).assign(&part);
        }
    }
    Ok(acc)
}

/// [`plain::layer`]: a whole layer, the result with zero point 0.
///
/// # Errors
/// When map, weights and parameters do not fit together.
pub fn layer(map: &Map, layer: &Layer) -> Result<Map, GoldenError> {
    let out = requantise(convolve(map, &layer.weights)?.view(), &layer.requants)?;
    Ok(Map::new(if layer.pool {
        plain::max_pool(&out)
    } else {
        out
    }))
}

/// [`plain::layer_in_blocks`].
///
/// # Errors
/// As [`layer`], or when `block` has a zero.
pub fn layer_in_blocks(map: &Map, layer: &Layer, block: [usize; 2]) -> Result<Map, GoldenError> {
    let acc = convolve_blocks(map, &layer.weights, block)?;
    let out = requantise(acc.view(), &layer.requants)?;
    Ok(Map::new(if layer.pool {
        plain::max_pool(&out)
    } else {
        out
    }))
}

/// [`plain::requantise`], channel by channel over contiguous memory.
///
/// # Errors
/// When there is not one set of parameters per channel.
pub fn requantise(acc: ArrayView3<i32>, requants: &[Requant]) -> Result<Array3<u8>, GoldenError> {
    if requants.len() != acc.dim().0 {
        return Err(GoldenError::Requants {
            expected: acc.dim().0,
            found: requants.len(),
        });
    }
    let mut out = Vec::with_capacity(acc.len());
    for (channel, requant) in acc.outer_iter().zip(requants) {
        out.extend(channel.iter().map(|acc| requant.apply(*acc)));
    }
    // One byte was pushed per sum.
    Ok(Array3::from_shape_vec(acc.dim(), out).expect("one byte per sum"))
}

/// [`plain::fully_connected`].
///
/// # Errors
/// When the number of inputs is not that of the weights.
pub fn fully_connected(
    inputs: &[u8],
    zero_point: u8,
    weights: &Array2<i8>,
) -> Result<Array1<i32>, GoldenError> {
    let (_, expected) = weights.dim();
    if inputs.len() != expected {
        return Err(GoldenError::Inputs {
            expected,
            found: inputs.len(),
        });
    }
    let inputs: Vec<i16> = inputs
        .iter()
        .map(|input| i16::from(*input) - i16::from(zero_point))
        .collect();
    let weights = weights.as_standard_layout();
    let sum = |weights: &[i8]| -> i32 {
        let terms = inputs.iter().zip(weights);
        terms
            .map(|(d, g)| i32::from(*d) * i32::from(i16::from(*g)))
            .sum()
    };
    Ok(weights
        .outer_iter()
        .map(|row| row.to_slice().map_or(0, sum))
        .collect())
}

#[cfg(test)]
#[path = "quick_tests.rs"]
mod tests;
