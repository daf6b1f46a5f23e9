//! The definition against numbers worked out by hand.

use ndarray::{arr2, arr3, Array3, Array4};

use super::*;

/// One channel of 2×3 pixels.
fn pixels() -> Array3<u8> {
    arr3(&[[[1, 2, 3], [4, 5, 6]]])
}

#[test]
fn a_convolution_worked_out_by_hand() {
    let mut weights = Array4::zeros((2, 1, 3, 3));
    weights[[0, 0, 1, 1]] = 1; // identity
    weights[[1, 0, 0, 0]] = -2; // twice the pixel above to the left, negated
    let acc = convolve(&Map::new(pixels()), &weights).expect("fits");
    assert_eq!(
        acc,
        arr3(&[[[1, 2, 3], [4, 5, 6]], [[0, 0, 0], [0, -2, -4]]])
    );
    let acc = convolve(&Map::with_zero_point(pixels(), 4), &weights).expect("fits");
    assert_eq!(
        acc,
        arr3(&[[[-3, -2, -1], [0, 1, 2]], [[0, 0, 0], [0, 6, 4]]])
    );
}

#[test]
fn channels_are_summed() {
    let data = Array3::from_elem((3, 1, 1), 10);
    let weights = Array4::from_shape_fn((1, 3, 3, 3), |(_, i, _, _)| i as i8 + 1);
    let acc = convolve(&Map::new(data), &weights).expect("fits");
    assert_eq!(
        acc,
        arr3(&[[[60]]]),
        "only the centre of each kernel meets the one pixel"
    );
}

#[test]
fn other_kernels_borders_and_strides() {
    let weights = Array4::from_elem((1, 1, 1, 1), 3);
    let acc = convolve_any(&Map::new(pixels()), &weights, [0; 4], [2; 2]).expect("fits");
    assert_eq!(acc, arr3(&[[[3, 9]]]));
    let weights = Array4::from_elem((1, 1, 5, 5), 1);
    let acc = convolve_any(&Map::new(pixels()), &weights, [2; 4], [1; 2]).expect("fits");
    assert_eq!(acc, Array3::from_elem((1, 2, 3), 21));
    // More border on one side, another stride one way: the middle column of each row.
    let weights = Array4::from_elem((1, 1, 1, 3), 1);
    let acc = convolve_any(&Map::new(pixels()), &weights, [0, 0, 0, 1], [1, 2]).expect("fits");
    assert_eq!(acc, arr3(&[[[6], [15]]]));
    let weights = Array4::from_elem((1, 1, 5, 5), 1);
    assert!(convolve_any(&Map::new(pixels()), &weights, [0; 4], [1; 2]).is_err());
    assert!(convolve_any(&Map::new(pixels()), &weights, [2; 4], [1, 0]).is_err());
}

#[test]
fn blocks_do_not_see_each_other() {
    let weights = Array4::from_elem((1, 1, 3, 3), 1);
    let map = Map::new(pixels());
    let acc = convolve_blocks(&map, &weights, [2, 2]).expect("fits");
    assert_eq!(acc, arr3(&[[[12, 12, 9], [12, 12, 9]]]));
    let acc = convolve_blocks(&map, &weights, [1, 3]).expect("fits");
    assert_eq!(acc, arr3(&[[[3, 6, 5], [9, 15, 11]]]));
    assert_eq!(
        convolve_blocks(&map, &weights, [3, 3]),
        convolve(&map, &weights),
        "one block is no block"
    );
    for block in [[0, 3], [3, 0]] {
        assert!(convolve_blocks(&map, &weights, block).is_err());
    }
}

#[test]
fn pixels_beyond_a_block_are_zero_points_and_pools_cross_blocks() {
    // Blocks of one pixel with a kernel of its right neighbour alone: nothing but the bias.
    let mut weights = Array4::zeros((1, 1, 3, 3));
    weights[[0, 0, 1, 2]] = 1;
    let requant = Requant {
        bias: 20,
        multiplier: 7282,
        shift: 16,
    };
    let case = Layer {
        weights,
        requants: vec![requant],
        pool: true,
    };
    let map = Map::with_zero_point(pixels(), 4);
    let alone = layer_in_blocks(&map, &case, [1, 1]).expect("fits");
    assert_eq!(alone.data, arr3(&[[[20]]]));
    // With the whole map a block, the largest neighbour is 6, two above its zero.
    let whole = layer_in_blocks(&map, &case, [2, 3]).expect("fits");
    assert_eq!(whole, layer(&map, &case).expect("fits"));
    assert_eq!(whole.data, arr3(&[[[22]]]));
}

#[test]
fn requantisation_goes_by_channel_and_rounds_half_up() {
    // 9·m′ / 2^s with m′ = 7282, s = 17 is half a unit and a hair.
    let half = Requant {
        bias: 0,
        multiplier: 7282,
        shift: 17,
    };
    let biased = Requant { bias: 100, ..half };
    let acc = arr3(&[[[1, 3, -1, 1000]], [[1, 3, -1, -1000]]]);
    let out = requantise(&acc, &[half, biased]).expect("fits");
    assert_eq!(out, arr3(&[[[1, 2, 0, 255]], [[51, 52, 50, 0]]]));
    assert!(requantise(&acc, &[half]).is_err());
}

#[test]
fn pooling_drops_the_odd_edge() {
    assert_eq!(max_pool(&pixels()), arr3(&[[[5]]]));
    assert_eq!(max_pool(&Array3::zeros((2, 1, 5))).dim(), (2, 0, 2));
}

#[test]
fn a_fully_connected_layer_worked_out_by_hand() {
    let weights = arr2(&[[1, -2, 3], [0, 0, 127]]);
    let acc = fully_connected(&[10, 20, 30], 10, &weights).expect("fits");
    assert_eq!(acc.to_vec(), [40, 2540]);
    assert!(fully_connected(&[1], 0, &weights).is_err());
}

#[test]
fn what_does_not_fit_is_refused() {
    let weights = Array4::zeros((1, 2, 3, 3));
    let error = convolve(&Map::new(pixels()), &weights);
    assert_eq!(
        error,
        Err(GoldenError::Inputs {
            expected: 2,
            found: 1
        })
    );
}
