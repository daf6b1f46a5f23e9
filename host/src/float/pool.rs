//! Pooling in floats.

use ndarray::{s, Array3, ArrayView3};
use std::ops::Range;

/// 2×2 max-pool, stride 2; an odd last row or column is dropped.
pub fn max_pool(map: ArrayView3<'_, f32>) -> Array3<f32> {
    let (channels, height, width) = map.dim();
    Array3::from_shape_fn((channels, height / 2, width / 2), |(c, y, x)| {
        let (y, x) = (2 * y, 2 * x);
        let upper = map[(c, y, x)].max(map[(c, y, x + 1)]);
        let lower = map[(c, y + 1, x)].max(map[(c, y + 1, x + 1)]);
        upper.max(lower)
    })
}

/// The part of `length` values that part `index` of `parts` covers in an adaptive pool:
/// ⌊index·length/parts⌋ to ⌈(index+1)·length/parts⌉. Never empty if `length` > 0.
pub fn partition(length: usize, parts: usize, index: usize) -> Range<usize> {
    index * length / parts..((index + 1) * length).div_ceil(parts)
}

/// Averages over [`partition`]s; the result is channels × height × width.
pub fn adaptive_pool(map: ArrayView3<'_, f32>, height: usize, width: usize) -> Array3<f32> {
    let (channels, rows, columns) = map.dim();
    Array3::from_shape_fn((channels, height, width), |(c, y, x)| {
        let part = map.slice(s![
            c,
            partition(rows, height, y),
            partition(columns, width, x)
        ]);
        part.sum() / part.len() as f32
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn max_pool_drops_the_odd_edge() {
        let map = Array3::from_shape_fn((1, 5, 3), |(_, y, x)| (y * 3 + x) as f32);
        let pooled = max_pool(map.view());
        assert_eq!(pooled.into_raw_vec_and_offset().0, [4.0, 10.0]);
    }

    #[test]
    fn adaptive_pool_is_the_identity_at_its_own_size_and_torchs_otherwise() {
        let map = Array3::from_shape_fn((2, 7, 7), |(c, y, x)| (c * 49 + y * 7 + x) as f32);
        assert_eq!(adaptive_pool(map.view(), 7, 7), map);
        // torch.nn.AdaptiveAvgPool2d((1, 3)) of 0..5: windows 0..2, 1..4, 3..5.
        let line = Array3::from_shape_fn((1, 1, 5), |(_, _, x)| x as f32);
        assert_eq!(
            adaptive_pool(line.view(), 1, 3).into_raw_vec_and_offset().0,
            [0.5, 2.0, 3.5]
        );
        // Upwards it repeats.
        let pair = Array3::from_shape_fn((1, 1, 2), |(_, _, x)| x as f32);
        assert_eq!(
            adaptive_pool(pair.view(), 1, 4).into_raw_vec_and_offset().0,
            [0.0, 0.0, 1.0, 1.0]
        );
    }
}
