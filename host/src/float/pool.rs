//! Pooling in floats.

use ndarray::{Array3, ArrayView3};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn max_pool_drops_the_odd_edge() {
        let map = Array3::from_shape_fn((1, 5, 3), |(_, y, x)| (y * 3 + x) as f32);
        let pooled = max_pool(map.view());
        assert_eq!(pooled.into_raw_vec_and_offset().0, [4.0, 10.0]);
    }
}
