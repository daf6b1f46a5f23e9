use super::*;
use crate::network::Window;
use crate::plan::testing;
use proptest::prelude::*;
use rowfuse_spec::config::preset;
use rowfuse_testbench::golden::{plain, Map};

fn config() -> EngineConfig {
    preset("small-4").unwrap()
}

fn conv(window: Window, cin: usize, cout: usize, pool: bool, seed: u64) -> QuantisedConv {
    let [rows, columns] = window.kernel;
    let noise = testing::image(Shape::new(cout * cin, rows, columns), seed);
    let weights = noise.mapv(|value| value as i8);
    let shape = (cout, cin, rows, columns);
    let network = testing::random(Shape::new(cin, 8, 8), &[(cout, pool)], seed);
    QuantisedConv {
        window,
        weights: weights.into_shape_with_order(shape).unwrap(),
        ..network.layers[0].clone()
    }
}

/// The sums as the engine computes them: its own convolution of the copies, of which some count.
fn mapped(conv: &QuantisedConv, arrange: &Arrange, map: &Array3<u8>) -> Array3<i32> {
    let zero_point = conv.input_zero_point;
    let copies = Map::with_zero_point(arrange.copies(map, zero_point), zero_point);
    let sums = plain::convolve(&copies, &arrange.weights(&conv.weights).unwrap()).unwrap();
    let crop = Crop::of(arrange, false);
    let place =
        |axis: usize, index: usize| crop.start[axis] as usize + index * crop.step[axis] as usize;
    let [rows, columns] = crop.size.map(|size| size as usize);
    Array3::from_shape_fn((sums.dim().0, rows, columns), |(o, y, x)| {
        sums[(o, place(0, y), place(1, x))]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    /// Whatever the window, the engine's own convolution of the copies gives the very sums of the definition.
    #[test]
    fn sums_are_those_of_the_definition(
        kernel in [1usize..8, 1usize..8], stride in [1usize..5, 1usize..5], padding in [0usize..8, 0usize..8, 0usize..8, 0usize..8],
        height in 1usize..20, width in 1usize..20, cin in 1usize..4, pool: bool, seed: u64,
    ) {
        let window = Window { kernel, stride, padding: [0, 1, 2, 3].map(|i| padding[i].min(kernel[i % 2] - 1)) };
        prop_assume!(window.output(height, width).is_some() && !window.is_native());
        let conv = conv(window, cin, 3, pool, seed);
        let map = testing::image(Shape::new(cin, height, width), seed + 1);
        let arrange = Arrange::of(&conv, Shape::new(cin, height, width), &config()).unwrap();
        let golden = Map::with_zero_point(map.clone(), conv.input_zero_point);
        let expected = plain::convolve_any(&golden, &conv.weights, window.padding, window.stride).unwrap();
        prop_assert_eq!(mapped(&conv, &arrange, &map), expected);
    }
}

/// The ways that are chosen: copies and rows of a copy.
#[test]
fn the_cheaper_way_is_chosen() {
    let of = |window: Window, cin: usize, side: usize, pool: bool| {
        let conv = conv(window, cin, 4, pool, 1);
        let arrange = Arrange::of(&conv, Shape::new(cin, side, side), &config()).unwrap();
        (arrange.count(), arrange.rows.size, arrange.rows.step)
    };
    // LeNet's: four copies, and a margin, which is even before a pool.
    assert_eq!(of(Window::square(5, 1, 0), 3, 32, false), (4, 30, 1));
    assert_eq!(of(Window::square(5, 1, 0), 3, 32, true), (4, 31, 1));
    // With a stride by phases, as tiles are fewer.
    assert_eq!(of(Window::square(7, 2, 3), 3, 64, false), (9, 33, 1));
    assert_eq!(of(Window::square(1, 2, 0), 64, 32, false), (1, 16, 1));
    // Four phases of 200 channels are more than the engine has: every place is computed.
    assert_eq!(of(Window::square(3, 2, 1), 100, 32, false).2, 2);
}

#[test]
fn a_kernel_of_one_tap_reads_the_map_itself() {
    let moved = |window: Window| {
        let conv = conv(window, 4, 4, false, 1);
        let arrange = Arrange::of(&conv, Shape::new(4, 16, 12), &config()).unwrap();
        !arrange.is_identity(16, 12)
    };
    assert!(!moved(Window::square(1, 1, 0)));
    // Nor if rows must be dropped afterwards, but with another kernel.
    assert!(!moved(Window::square(3, 1, 0)));
    assert!(moved(Window::square(5, 1, 2)));
}

#[test]
fn the_engine_sees_as_many_channels_as_there_are_copies() {
    let five = conv(Window::square(5, 1, 0), 3, 4, false, 1);
    let layers = [five];
    let shapes = super::super::shape::shapes(Shape::new(3, 32, 32), &layers, &config(), None);
    assert_eq!(shapes.unwrap()[0].cin, 4 * 3);
}

#[test]
fn copies_of_another_kernel_are_refused() {
    let five = conv(Window::square(5, 1, 2), 2, 3, false, 1);
    let arrange = Arrange::of(&five, Shape::new(2, 9, 9), &config()).unwrap();
    for side in [4, 6, 7] {
        assert_eq!(arrange.weights(&Array4::zeros((3, 2, side, 5))), None);
    }
    let crop = Crop {
        start: [0, 1],
        step: [1, 2],
        size: [4, 3],
    };
    assert_eq!(
        crop.apply(&Array3::zeros((1, 4, 6))).unwrap().dim(),
        (1, 4, 3)
    );
    assert!(crop.apply(&Array3::zeros((1, 4, 5))).is_err());
    assert!(crop.apply(&Array3::zeros((1, 3, 6))).is_err());
    for crop in [
        Crop {
            step: [0, 1],
            ..crop
        },
        Crop {
            size: [0, 1],
            ..crop
        },
        Crop {
            start: [u32::MAX; 2],
            ..crop
        },
    ] {
        assert!(crop.apply(&Array3::zeros((1, 4, 6))).is_err());
    }
}
