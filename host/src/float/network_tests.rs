use super::*;
use crate::network::{Network, Shape};
use crate::progress::Silent;
use crate::weights::{write_random, Model};

fn network(blocks: &[&[usize]], side: usize) -> (Network, FloatNetwork) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("weights");
    let mut network = Network::vgg_like(Shape::new(3, side, side), blocks);
    let features = network.shapes().unwrap().last().unwrap().output.len();
    network.push_classifier(features, &[7, 4]);
    write_random(&path, &network, 3, &Silent).unwrap();
    let mut model = Model::open(&path, &network).unwrap();
    let float = FloatNetwork::load(&mut model).unwrap();
    (network, float)
}

fn image(side: usize) -> Array3<f32> {
    Array3::from_shape_fn((3, side, side), |(c, y, x)| {
        ((c * 31 + y * 17 + x * 7) % 23) as f32 / 11.0 - 1.0
    })
}

#[test]
fn one_block_is_the_map_and_smaller_ones_are_another_function() {
    let (_, float) = network(&[&[4, 4], &[6]], 12);
    let scores = |blocks| float.scores(image(12).view(), blocks);
    let exact = scores(None);
    assert_eq!(exact.len(), 4);
    assert!(exact.iter().all(|score| score.is_finite()));
    assert_eq!(scores(Some(Blocks::Fixed(12))), exact);
    for blocks in [Blocks::Fixed(4), Blocks::Fixed(8), Blocks::Quarters] {
        assert_ne!(scores(Some(blocks)), exact, "{blocks}");
    }
}

/// A network whose maps are one block everywhere, run on a block's pixels alone, gives the block's part of the larger map.
#[test]
fn a_block_sees_nothing_of_its_neighbours() {
    let (network, float) = network(&[&[4]], 16);
    let (Layer::Conv { window, .. }, Some(weights)) = &float.layers[0] else {
        panic!("{network:?} begins with a convolution");
    };
    let weight = ArrayView2::from_shape((4, 27), &weights.weight).unwrap();
    let bias = ArrayView1::from(&weights.bias);
    let map = image(16);
    let cut = in_blocks(&map, weight, bias, window, Some(Blocks::Fixed(6)));
    for (rows, columns) in [(0..6, 6..12), (12..16, 0..6), (6..12, 12..16)] {
        let part = s![.., rows, columns];
        let alone = convolve(map.slice(part), weight, bias, window);
        assert_eq!(cut.slice(part), alone);
    }
}

#[test]
fn layers_follow_each_other_as_they_are_listed() {
    let (_, float) = network(&[&[4], &[5]], 8);
    let weights = |index: usize| {
        let (_, weights) = &float.layers[index];
        let weights = weights.clone().unwrap();
        let bias = Array1::from(weights.bias);
        let inputs = weights.weight.len() / bias.len();
        let weight = ndarray::Array2::from_shape_vec((bias.len(), inputs), weights.weight);
        (weight.unwrap(), bias)
    };
    let mut map = image(8);
    for index in [0, 2] {
        let (weight, bias) = weights(index);
        map = convolve(map.view(), weight.view(), bias.view(), &Window::CONV3);
        map.mapv_inplace(|value| value.max(0.0));
        map = max_pool(map.view());
    }
    let (weight, bias) = weights(4);
    let hidden = linear(Array1::from_iter(map).view(), weight.view(), bias.view());
    let (weight, bias) = weights(5);
    let expected = linear(
        hidden.mapv(|value| value.max(0.0)).view(),
        weight.view(),
        bias.view(),
    );
    assert_eq!(float.scores(image(8).view(), None), expected);
}
