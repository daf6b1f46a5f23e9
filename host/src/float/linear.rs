//! Fully connected layers in floats.

use ndarray::{Array1, ArrayView1, ArrayView2};

/// `weight · input + bias`; `weight` is outputs × inputs.
///
/// # Panics
/// If the shapes do not fit together.
pub fn linear(
    input: ArrayView1<'_, f32>,
    weight: ArrayView2<'_, f32>,
    bias: ArrayView1<'_, f32>,
) -> Array1<f32> {
    weight.dot(&input) + bias
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn a_small_product() {
        let weight = array![[1.0, 2.0, 3.0], [0.0, -1.0, 0.5]];
        let output = linear(
            array![4.0, 5.0, 6.0].view(),
            weight.view(),
            array![0.25, 1.0].view(),
        );
        assert_eq!(output, array![32.25, -1.0]);
    }
}
