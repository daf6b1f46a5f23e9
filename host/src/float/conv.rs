//! Convolution as matrix products over strips of rows.

use crate::network::Window;
use ndarray::linalg::general_mat_mul;
use ndarray::{s, Array3, ArrayView1, ArrayView2, ArrayView3};

/// Values of the unrolled input kept at a time: 4 MB, so that they stay near the core.
const STRIP_VALUES: usize = 1 << 20;

/// Convolution with zero padding.
///
/// `map` is cin × height × width, `weight` is cout × (cin·kernel rows·kernel columns), `bias` has cout values; the result is
/// cout × [`Window::output`].
///
/// # Panics
/// If the shapes do not fit together, or the kernel not into the padded map.
pub fn convolve(
    map: ArrayView3<'_, f32>,
    weight: ArrayView2<'_, f32>,
    bias: ArrayView1<'_, f32>,
    window: &Window,
) -> Array3<f32> {
    let (cin, rows_in, columns_in) = map.dim();
    let (cout, [kernel_rows, kernel_columns]) = (weight.nrows(), window.kernel);
    let inputs = cin * kernel_rows * kernel_columns;
    assert_eq!(weight.ncols(), inputs, "as many weights as the kernel has");
    assert_eq!(bias.len(), cout, "one bias for each output channel");
    let output = window.output(rows_in, columns_in);
    let [height, width] = output.expect("a map that the kernel fits into");
    let map = map.as_standard_layout();
    let source = map.as_slice().expect("standard layout is contiguous");
    let rows = (STRIP_VALUES / (inputs * width)).clamp(1, height);
    let mut columns = ndarray::Array2::zeros((inputs, rows * width));
    let mut output = ndarray::Array2::from_shape_fn((cout, height * width), |(o, _)| bias[o]);
    for top in (0..height).step_by(rows) {
        let count = rows.min(height - top);
        let mut strip = columns.slice_mut(s![.., ..count * width]);
        for (index, mut line) in strip.rows_mut().into_iter().enumerate() {
            let (channel, tap) = (
                index / (kernel_rows * kernel_columns),
                index % (kernel_rows * kernel_columns),
            );
            let (ky, kx) = (tap / kernel_columns, tap % kernel_columns);
            let plane = &source[channel * rows_in * columns_in..][..rows_in * columns_in];
            let line = line.as_slice_mut().expect("rows are contiguous");
            for (y, target) in line.chunks_exact_mut(width).enumerate() {
                let row = ((top + y) * window.stride[0] + ky).checked_sub(window.padding[0]);
                match row.filter(|&row| row < rows_in) {
                    Some(row) => {
                        let row = &plane[row * columns_in..][..columns_in];
                        sampled(row, kx, window, target);
                    }
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

/// `target[x] = row[x·stride + kx − padding]`, zero outside.
fn sampled(row: &[f32], kx: usize, window: &Window, target: &mut [f32]) {
    let (stride, padding) = (window.stride[1], window.padding[1]);
    // The first place that reads within the row, and the first that reads behind it.
    let start = padding
        .saturating_sub(kx)
        .div_ceil(stride)
        .min(target.len());
    let end = (row.len() + padding).saturating_sub(kx).div_ceil(stride);
    let end = end.clamp(start, target.len());
    target[..start].fill(0.0);
    target[end..].fill(0.0);
    if start == end {
        return;
    }
    let first = start * stride + kx - padding;
    match stride {
        1 => target[start..end].copy_from_slice(&row[first..][..end - start]),
        _ => {
            let values = row[first..].iter().step_by(stride);
            for (target, value) in target[start..end].iter_mut().zip(values) {
                *target = *value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, Array2};
    use proptest::prelude::*;

    fn plain(
        map: &Array3<f32>,
        weight: &Array2<f32>,
        bias: &Array1<f32>,
        window: &Window,
    ) -> Array3<f32> {
        let (cin, height, width) = map.dim();
        let [rows, columns] = window.output(height, width).unwrap();
        let [kernel_rows, kernel_columns] = window.kernel;
        Array3::from_shape_fn((weight.nrows(), rows, columns), |(o, y, x)| {
            let mut sum = bias[o];
            for (c, ky, kx) in ndarray::indices((cin, kernel_rows, kernel_columns)) {
                let row = (y * window.stride[0] + ky).wrapping_sub(window.padding[0]);
                let column = (x * window.stride[1] + kx).wrapping_sub(window.padding[1]);
                if let Some(value) = map.get((c, row, column)) {
                    sum += value * weight[(o, (c * kernel_rows + ky) * kernel_columns + kx)];
                }
            }
            sum
        })
    }

    proptest! {
        /// Small integers: every order of summation gives the same float.
        #[test]
        fn equals_the_plain_loop(
            cin in 1usize..4, cout in 1usize..4, height in 1usize..9, width in 1usize..9, kernel in [1usize..6, 1usize..6],
            stride in [1usize..5, 1usize..5], padding in [0usize..6, 0usize..6, 0usize..6, 0usize..6], seed: u32,
        ) {
            let fits = |index: usize| padding[index].min(kernel[index % 2] - 1);
            let window = Window { kernel, stride, padding: [0, 1, 2, 3].map(fits) };
            prop_assume!(window.output(height, width).is_some());
            let mut state = seed;
            let mut next = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                ((state >> 24) as f32) - 128.0
            };
            let map = Array3::from_shape_simple_fn((cin, height, width), &mut next);
            let weight = Array2::from_shape_simple_fn((cout, kernel[0] * kernel[1] * cin), &mut next);
            let bias = Array1::from_shape_simple_fn(cout, &mut next);
            prop_assert_eq!(convolve(map.view(), weight.view(), bias.view(), &window), plain(&map, &weight, &bias, &window));
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
            convolve(map.view(), weight.view(), bias.view(), &Window::CONV3),
            plain(&map, &weight, &bias, &Window::CONV3)
        );
    }
}
