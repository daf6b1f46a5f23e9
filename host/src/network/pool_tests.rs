use super::*;
use proptest::prelude::*;

fn line(values: &[u8]) -> Array3<u8> {
    Array3::from_shape_vec((1, 1, values.len()), values.to_vec()).unwrap()
}

#[test]
fn padding_never_wins_and_counts_only_if_asked() {
    let row = Window {
        kernel: [1, 3],
        stride: [1, 2],
        padding: [0, 1, 0, 1],
    };
    let map = line(&[10, 2, 4, 9]);
    let max = Pool::Max { window: row };
    assert_eq!(max.integers(map.view(), 200), line(&[10, 9]));
    let average = |count_padding| Pool::Average {
        window: row,
        count_padding,
    };
    // (10 + 2) / 2, (2 + 4 + 9) / 3.
    assert_eq!(average(false).integers(map.view(), 200), line(&[6, 5]));
    // (200 + 10 + 2) / 3 = 70.67.
    assert_eq!(average(true).integers(map.view(), 200), line(&[71, 5]));
}

#[test]
fn averages_round_half_up() {
    let average = Pool::Average {
        window: Window::square(2, 2, 0),
        count_padding: false,
    };
    let map = Array3::from_shape_vec((1, 2, 4), vec![1, 1, 255, 255, 2, 2, 254, 254]).unwrap();
    assert_eq!(average.integers(map.view(), 0), line(&[2, 255]));
    let whole = Pool::Adaptive {
        height: 1,
        width: 1,
    };
    assert_eq!(whole.integers(line(&[1, 2]).view(), 0), line(&[2]));
}

proptest! {
    /// On integers that floats hold, a max-pool is the same on both, and an average within half a step.
    #[test]
    fn integers_follow_floats(
        kernel in 1usize..5, stride in 1usize..4, padding in 0usize..4, count_padding: bool, height in 1usize..9, width in 1usize..9,
        zero_point: u8, seed: u64,
    ) {
        let window = Window::square(kernel, stride, padding.min(kernel - 1));
        prop_assume!(window.output(height, width).is_some());
        let map = crate::plan::testing::image(Shape::new(2, height, width), seed);
        let floats = map.mapv(|value| f32::from(value) - f32::from(zero_point));
        let back = |value: f32| value + f32::from(zero_point);
        let max = Pool::Max { window };
        let found = max.integers(map.view(), zero_point).mapv(f32::from);
        prop_assert_eq!(found, max.floats(floats.view()).mapv(back));
        let average = Pool::Average { window, count_padding };
        for (found, expected) in average.integers(map.view(), zero_point).iter().zip(&average.floats(floats.view())) {
            prop_assert!((f32::from(*found) - back(*expected)).abs() <= 0.501, "{} {}", found, expected);
        }
    }
}

#[test]
fn an_adaptive_pool_is_the_identity_at_its_own_size_and_torchs_otherwise() {
    let pool = |height, width| Pool::Adaptive { height, width };
    let map = Array3::from_shape_fn((2, 7, 7), |(c, y, x)| (c * 49 + y * 7 + x) as f32);
    assert_eq!(pool(7, 7).floats(map.view()), map);
    // torch.nn.AdaptiveAvgPool2d((1, 3)) of 0..5: windows 0..2, 1..4, 3..5.
    let five = Array3::from_shape_fn((1, 1, 5), |(_, _, x)| x as f32);
    let found = pool(1, 3).floats(five.view());
    assert_eq!(found.into_raw_vec_and_offset().0, [0.5, 2.0, 3.5]);
    // Upwards it repeats.
    let pair = Array3::from_shape_fn((1, 1, 2), |(_, _, x)| x as f32);
    let found = pool(1, 4).floats(pair.view());
    assert_eq!(found.into_raw_vec_and_offset().0, [0.0, 0.0, 1.0, 1.0]);
}
