use super::super::Vgg;
use super::*;
use proptest::prelude::*;

#[test]
fn vgg16_at_224() {
    let network = Vgg::Vgg16.network(224);
    let shapes = network.shapes().unwrap();
    assert_eq!(shapes[0].output, Shape::new(64, 224, 224));
    assert_eq!(shapes[17].output, Shape::new(512, 7, 7));
    assert_eq!(shapes[18].input, shapes[18].output);
    assert_eq!(shapes.last().unwrap().output, Shape::new(1000, 1, 1));
    let body: u64 = shapes[..18].iter().map(|shape| shape.macs).sum();
    assert_eq!(body, 15_346_630_656);
    assert_eq!(network.macs().unwrap(), 15_470_264_320);
}

#[test]
fn other_sizes_reach_the_classifier_by_the_adaptive_pool() {
    for side in [32, 33, 100, 225, 448] {
        let shapes = Vgg::Vgg11.network(side).shapes().unwrap();
        assert_eq!(shapes.last().unwrap().output, Shape::new(1000, 1, 1));
    }
}

#[test]
fn too_small_an_image_is_refused_at_its_pool() {
    let error = Vgg::Vgg11.network(31).shapes().unwrap_err();
    assert_eq!(
        error,
        NetworkError::TooSmall {
            index: 12,
            found: Shape::new(512, 1, 1)
        }
    );
    assert!(error.help().contains("32"));
}

#[test]
fn misfits_are_named() {
    let mut network = Network::vgg_like(Shape::new(3, 8, 8), &[&[4], &[6]]);
    network.push_classifier(24, &[5]);
    assert!(network.shapes().is_ok());

    let mut wrong = network.clone();
    wrong.layers[2] = Layer::conv3("features.3", 5, 6);
    let error = wrong.shapes().unwrap_err();
    assert_eq!(
        error.to_string(),
        "layer features.3 takes 5 channels, but the map before it is 4×4×4"
    );

    let mut wrong = network.clone();
    wrong.input = Shape::new(3, 16, 16);
    let error = wrong.shapes().unwrap_err();
    assert!(error.to_string().contains("takes 24 features"), "{error}");
    assert!(error.to_string().contains("96 features"), "{error}");

    let mut wrong = network.clone();
    wrong.layers.push(Layer::Pool);
    assert_eq!(
        wrong.shapes().unwrap_err(),
        NetworkError::Order { index: 5 }
    );

    for side in [0, MAX_SIDE + 1, usize::MAX] {
        let mut wrong = network.clone();
        wrong.input.width = side;
        assert_eq!(wrong.shapes().unwrap_err().code(), "network.size");
    }
}

proptest! {
    #[test]
    fn a_pool_halves_and_a_convolution_keeps(side in 4usize..300, couts in prop::collection::vec(1usize..9, 1..3)) {
        let shapes = Network::vgg_like(Shape::new(3, side, side + 1), &[&couts]).shapes().unwrap();
        let last = shapes.last().unwrap();
        prop_assert_eq!(last.input, Shape::new(*couts.last().unwrap(), side, side + 1));
        prop_assert_eq!(last.output, Shape::new(last.input.channels, side / 2, side.div_ceil(2)));
    }
}
