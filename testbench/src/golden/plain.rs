//! The definition: plain loops, each a transcription of its formula.

use ndarray::{s, Array1, Array2, Array3, Array4, Zip};
use rowfuse_spec::numerics::Requant;

use super::{GoldenError, Layer, Map};

/// `acc[o, y, x] = Σ (d[i, y+r−1, x+c−1] − zero_point)·g[o, i, r, c]` with zeros beyond the border.
/// The shape is output channels × rows × columns.
///
/// # Errors
/// When map and weights disagree on the input channels.
pub fn convolve(map: &Map, weights: &Array4<i8>) -> Result<Array3<i32>, GoldenError> {
    convolve_any(map, weights, [1; 4], [1; 2])
}

/// The same for a kernel of any size, any border (top, left, bottom, right) and any strides (rows, columns) ≥ 1.
///
/// # Errors
/// When map and weights disagree on the input channels, a stride is zero, or the kernel is larger
/// than the map with its border.
pub fn convolve_any(
    map: &Map,
    weights: &Array4<i8>,
    border: [usize; 4],
    stride: [usize; 2],
) -> Result<Array3<i32>, GoldenError> {
    let (inputs, height, width) = map.data.dim();
    let (outputs, expected, kernel_rows, kernel_columns) = weights.dim();
    if inputs != expected {
        return Err(GoldenError::Inputs {
            expected,
            found: inputs,
        });
    }
    if stride.contains(&0) {
        return Err(GoldenError::Geometry {
            what: "the stride",
            found: 0,
        });
    }
    let [top, left, bottom, right] = border;
    let places = |size: usize, kernel: usize, stride: usize| {
        let room = size.checked_sub(kernel);
        room.map(|room| room / stride + 1)
            .ok_or(GoldenError::Geometry {
                what: "the size of the kernel",
                found: kernel,
            })
    };
    let shape = (
        outputs,
        places(height + top + bottom, kernel_rows, stride[0])?,
        places(width + left + right, kernel_columns, stride[1])?,
    );
    let zero_point = i32::from(map.zero_point);
    Ok(Array3::from_shape_fn(shape, |(o, y, x)| {
        let mut sum = 0;
        for ((i, r, c), weight) in weights.slice(s![o, .., .., ..]).indexed_iter() {
            // Wrapping below zero makes a row above the border as absent as one below.
            let row = (y * stride[0] + r).wrapping_sub(top);
            let column = (x * stride[1] + c).wrapping_sub(left);
            if let Some(pixel) = map.data.get((i, row, column)) {
                sum += (i32::from(*pixel) - zero_point) * i32::from(*weight);
            }
        }
        sum
    }))
}

/// Block convolution: the map is cut into blocks of `block` rows × columns (less at the right and bottom
/// edges) and each is convolved on its own, with a border of zeros of its own.
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
    let (_, height, width) = map.data.dim();
    let [rows, columns] = block;
    let mut acc = Array3::zeros((weights.dim().0, height, width));
    for y in (0..height).step_by(rows) {
        for x in (0..width).step_by(columns) {
            let (bottom, right) = ((y + rows).min(height), (x + columns).min(width));
            let data = map.data.slice(s![.., y..bottom, x..right]).to_owned();
            let part = convolve(&Map { data, ..*map }, weights)?;
            acc.slice_mut(s![.., y..bottom, x..right]).assign(&part);
        }
    }
    Ok(acc)
}

/// Requantises every output channel with its own parameters.
///
/// # Errors
/// When there is not one set of parameters per channel.
pub fn requantise(acc: &Array3<i32>, requants: &[Requant]) -> Result<Array3<u8>, GoldenError> {
    if requants.len() != acc.dim().0 {
        return Err(GoldenError::Requants {
            expected: acc.dim().0,
            found: requants.len(),
        });
    }
    let mut out = Array3::zeros(acc.dim());
    for (channel, requant) in requants.iter().enumerate() {
        Zip::from(out.slice_mut(s![channel, .., ..]))
            .and(acc.slice(s![channel, .., ..]))
            .for_each(|out, acc| *out = requant.apply(*acc));
    }
    Ok(out)
}

/// The maximum of every 2×2 pixels; an odd last row or column is dropped.
pub fn max_pool(map: &Array3<u8>) -> Array3<u8> {
    let (channels, height, width) = map.dim();
    Array3::from_shape_fn((channels, height / 2, width / 2), |(c, y, x)| {
        let (y, x) = (2 * y, 2 * x);
        map[[c, y, x]]
            .max(map[[c, y, x + 1]])
            .max(map[[c, y + 1, x]])
            .max(map[[c, y + 1, x + 1]])
    })
}

/// A whole layer; the result has zero point 0.
///
/// # Errors
/// When map, weights and parameters do not fit together.
pub fn layer(map: &Map, layer: &Layer) -> Result<Map, GoldenError> {
    let out = requantise(&convolve(map, &layer.weights)?, &layer.requants)?;
    Ok(Map::new(if layer.pool { max_pool(&out) } else { out }))
}

/// A whole layer in block convolution ([`convolve_blocks`]). The pool takes the blocks' results together.
///
/// # Errors
/// As [`layer`], or when `block` has a zero.
pub fn layer_in_blocks(map: &Map, layer: &Layer, block: [usize; 2]) -> Result<Map, GoldenError> {
    let acc = convolve_blocks(map, &layer.weights, block)?;
    let out = requantise(&acc, &layer.requants)?;
    Ok(Map::new(if layer.pool { max_pool(&out) } else { out }))
}

/// `acc[o] = Σ (d[i] − zero_point)·g[o, i]`; weights are indexed `[output, input]`.
///
/// # Errors
/// When the number of inputs is not that of the weights.
pub fn fully_connected(
    inputs: &[u8],
    zero_point: u8,
    weights: &Array2<i8>,
) -> Result<Array1<i32>, GoldenError> {
    let (outputs, expected) = weights.dim();
    if inputs.len() != expected {
        return Err(GoldenError::Inputs {
            expected,
            found: inputs.len(),
        });
    }
    Ok(Array1::from_shape_fn(outputs, |output| {
        let terms = inputs.iter().zip(weights.row(output));
        terms
            .map(|(d, g)| (i32::from(*d) - i32::from(zero_point)) * i32::from(*g))
            .sum()
    }))
}

#[cfg(test)]
#[path = "plain_tests.rs"]
mod tests;
