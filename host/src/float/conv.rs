//! 3×3 convolution as matrix products over strips of rows.

use ndarray::linalg::general_mat_mul;
use ndarray::{s, Array3, ArrayView1, ArrayView2, ArrayView3};

/// Values of the unrolled input kept at a time: 4 MB, so that they stay near the core.
const STRIP_VALUES: usize = 1 << 20;

/// Convolution with a 3×3 kernel, stride 1, zero padding 1.
///
/// `map` is cin × height × width, `weight` is cout × (cin·9), `bias` has cout values; the result is
/// cout × height × width.
///
/// # Panics
/// If the shapes do not fit together.
pub fn conv3x3(
    map: ArrayView3<'_, f32>,
    weight: ArrayView2<'_, f32>,
    bias: ArrayView1<'_, f32>,
) -> Array3<f32> {
    let (cin, height, width) = map.dim();
    let cout = weight.nrows();
    assert_eq!(
        weight.ncols(),
        9 * cin,
        "nine weights for each input channel"
    );
    assert_eq!(bias.len(), cout, "one bias for each output channel");
    let map = map.as_standard_layout();
    let source = map.as_slice().expect("standard layout is contiguous");
    let rows = (STRIP_VALUES / (9 * cin * width)).clamp(1, height);
    let mut columns = ndarray::Array2::zeros((9 * cin, rows * width));
    let mut output = ndarray::Array2::from_shape_fn((cout, height * width), |(o, _)| bias[o]);
    for top in (0..height).step_by(rows) {
        let count = rows.min(height - top);
        let mut strip = columns.slice_mut(s![.., ..count * width]);
        for (index, mut line) in strip.rows_mut().into_iter().enumerate() {
            let (channel, ky, kx) = (index / 9, index / 3 % 3, index % 3);
            let plane = &source[channel * height * width..][..height * width];
            let line = line.as_slice_mut().expect("rows are contiguous");
            for (y, target) in line.chunks_exact_mut(width).enumerate() {
                // Input row and column are those of the output, moved by the kernel's offset less one.
                match (top + y + ky).checked_sub(1).filter(|&row| row < height) {
                    Some(row) => shifted(&plane[row * width..][..width], kx, target),
                    None => target.fill(0.0),
                }
            }
        }
        let mut target = output.slice_mut(s![.., top * width..(top + count) * width]);
        general_mat_mul(1.0, &weight, &strip, 1.0, &mut target);
    }
    output
        .into_shape_with_order((cout, height, width))
        .expect("the same number of values")
}

/// `target[x] = row[x + kx − 1]`, zero outside.
fn shifted(row: &[f32], kx: usize, target: &mut [f32]) {
    let width = row.len();
    match kx {
        0 => {
            target[0] = 0.0;
            target[1..].copy_from_slice(&row[..width - 1]);
        }
        1 => target.copy_from_slice(row),
        _ => {
            target[..width - 1].copy_from_slice(&row[1..]);
            target[width - 1] = 0.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, Array2};
    use proptest::prelude::*;

    fn plain(map: &Array3<f32>, weight: &Array2<f32>, bias: &Array1<f32>) -> Array3<f32> {
        let (cin, height, width) = map.dim();
        Array3::from_shape_fn((weight.nrows(), height, width), |(o, y, x)| {
            let mut sum = bias[o];
            for (c, ky, kx) in ndarray::indices((cin, 3, 3)) {
                let (row, column) = ((y + ky).wrapping_sub(1), (x + kx).wrapping_sub(1));
                if let Some(value) = map.get((c, row, column)) {
                    sum += value * weight[(o, c * 9 + ky * 3 + kx)];
                }
            }
            sum
        })
    }

    proptest! {
        /// Small integers: every order of summation gives the same float.
        #[test]
        fn equals_the_plain_loop(cin in 1usize..5, cout in 1usize..5, height in 1usize..9, width in 1usize..9, seed: u32) {
            let mut state = seed;
            let mut next = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                ((state >> 24) as f32) - 128.0
            };
            let map = Array3::from_shape_simple_fn((cin, height, width), &mut next);
            let weight = Array2::from_shape_simple_fn((cout, 9 * cin), &mut next);
            let bias = Array1::from_shape_simple_fn(cout, &mut next);
            prop_assert_eq!(conv3x3(map.view(), weight.view(), bias.view()), plain(&map, &weight, &bias));
        }
    }

    #[test]
    fn strips_join_without_a_seam() {
        // Wide and deep enough for several strips.
        let map = Array3::from_shape_fn((70, 40, 100), |(c, y, x)| {
            ((c * 7 + y * 3 + x) % 11) as f32 - 5.0
        });
        let weight = Array2::from_shape_fn((2, 630), |(o, k)| ((o + k) % 5) as f32 - 2.0);
        let bias = Array1::from_vec(vec![1.0, -1.0]);
        const { assert!(STRIP_VALUES / (630 * 100) < 40) };
        assert_eq!(
            conv3x3(map.view(), weight.view(), bias.view()),
            plain(&map, &weight, &bias)
        );
    }
}
