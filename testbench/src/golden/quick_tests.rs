//! The quick model against the plain one.

use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

fn random_map(random: &mut ChaCha8Rng, shape: (usize, usize, usize)) -> Map {
    let zero_point = if random.gen() { 128 } else { 0 };
    Map::with_zero_point(
        Array3::from_shape_simple_fn(shape, || random.gen()),
        zero_point,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_quick_layer_is_a_plain_layer(
        seed: u64, inputs in 1_usize..20, outputs in 1_usize..40, height in 1_usize..14, width in 1_usize..14,
        pool: bool,
    ) {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let map = random_map(&mut random, (inputs, height, width));
        let weights = Array4::from_shape_simple_fn((outputs, inputs, 3, 3), || random.gen());
        prop_assert_eq!(convolve(&map, &weights), plain::convolve(&map, &weights));
        let requants: Vec<Requant> = (0..outputs)
            .map(|_| Requant {
                bias: random.gen_range(-10_000..10_000),
                multiplier: random.gen_range(1..=u16::MAX),
                shift: random.gen_range(16..=47),
            })
            .collect();
        let case = Layer { weights, requants, pool };
        prop_assert_eq!(layer(&map, &case), plain::layer(&map, &case));
    }

    #[test]
    fn quick_blocks_are_plain_blocks(
        seed: u64, size in 1_usize..12, block in [1_usize..14, 1_usize..14], pool: bool,
    ) {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let map = random_map(&mut random, (3, size, 12 - size + 1));
        let weights = Array4::from_shape_simple_fn((2, 3, 3, 3), || random.gen());
        prop_assert_eq!(convolve_blocks(&map, &weights, block), plain::convolve_blocks(&map, &weights, block));
        let requant = Requant { bias: 1_000, multiplier: 2_000, shift: 22 };
        let case = Layer { weights, requants: vec![requant; 2], pool };
        prop_assert_eq!(layer_in_blocks(&map, &case, block), plain::layer_in_blocks(&map, &case, block));
    }

    #[test]
    fn a_quick_dense_layer_is_a_plain_one(seed: u64, inputs in 0_usize..100, outputs in 0_usize..20) {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let values: Vec<u8> = (0..inputs).map(|_| random.gen()).collect();
        let weights = Array2::from_shape_simple_fn((outputs, inputs), || random.gen());
        let zero_point = random.gen();
        prop_assert_eq!(
            fully_connected(&values, zero_point, &weights),
            plain::fully_connected(&values, zero_point, &weights)
        );
    }
}

#[test]
fn extremes_of_the_deepest_layer_stay_exact() {
    for (pixel, zero_point, weight) in [
        (255, 0, -128),
        (255, 0, 127),
        (0, 128, -128),
        (255, 128, -128),
    ] {
        let map = Map::with_zero_point(Array3::from_elem((512, 3, 3), pixel), zero_point);
        let weights = Array4::from_elem((1, 512, 3, 3), weight);
        let quick = convolve(&map, &weights).expect("fits");
        assert_eq!(quick, plain::convolve(&map, &weights).expect("fits"));
        let centre = 512 * 9 * (i32::from(pixel) - i32::from(zero_point)) * i32::from(weight);
        assert_eq!(quick[[0, 1, 1]], centre);
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let map = Map::new(Array3::zeros((2, 4, 4)));
    let five = convolve(&map, &Array4::zeros((1, 2, 5, 5)));
    assert_eq!(
        five,
        Err(GoldenError::Kernel {
            rows: 5,
            columns: 5
        })
    );
    let three = convolve(&map, &Array4::zeros((1, 3, 3, 3)));
    assert_eq!(
        three,
        Err(GoldenError::Inputs {
            expected: 3,
            found: 2
        })
    );
    assert!(requantise(Array3::zeros((2, 1, 1)).view(), &[]).is_err());
    assert!(fully_connected(&[1], 0, &Array2::zeros((1, 2))).is_err());
}
