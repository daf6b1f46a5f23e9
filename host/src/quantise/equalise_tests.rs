use super::*;
use crate::float;
use crate::network::{Network, Shape};
use crate::progress::Silent;
use crate::weights::{write_random, Model};
use ndarray::{Array3, ArrayView1, ArrayView2};

fn network() -> Network {
    let mut network = Network::vgg_like(Shape::new(3, 12, 12), &[&[4, 6], &[5]]);
    network.push_classifier(5 * 3 * 3, &[7, 4]);
    network
}

/// The network in floats.
fn run(
    network: &Network,
    image: &Array3<f32>,
    mut weights: impl FnMut(usize, &Layer) -> LayerWeights,
) -> Vec<f32> {
    let mut map = image.clone();
    let mut index = 0;
    for layer in &network.layers {
        let Some((shape, [outputs])) = layer.weight_shapes() else {
            map = float::max_pool(map.view());
            continue;
        };
        let LayerWeights { weight, bias } = weights(index, layer);
        index += 1;
        let inputs = shape[1..].iter().product();
        let matrix = ArrayView2::from_shape((outputs, inputs), &weight).unwrap();
        let bias = ArrayView1::from(&bias);
        let relu = match layer {
            Layer::Conv { window, relu, .. } => {
                map = float::convolve(map.view(), matrix, bias, window);
                *relu
            }
            Layer::Linear { relu, .. } => {
                let flat = ndarray::Array1::from_iter(map.iter().copied());
                let output = float::linear(flat.view(), matrix, bias);
                map = output.into_shape_with_order((outputs, 1, 1)).unwrap();
                *relu
            }
            _ => false,
        };
        if relu {
            float::relu(map.as_slice_mut().unwrap());
        }
    }
    map.into_raw_vec_and_offset().0
}

#[test]
fn the_network_stays_what_it_was_and_its_channels_become_alike() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("float");
    let network = network();
    write_random(&path, &network, 3, &Silent).unwrap();
    let mut model = Model::open(&path, &network).unwrap();
    // Channels of very different sizes, and one that is nothing.
    let uneven = |index: usize, mut weights: LayerWeights| {
        let inputs = weights.weight.len() / weights.bias.len();
        for (row, bias) in weights
            .weight
            .chunks_exact_mut(inputs)
            .zip(&mut weights.bias)
        {
            if index == 0 {
                row.iter_mut()
                    .for_each(|weight| *weight *= 1.0 + *bias * 1000.0);
            }
        }
        weights
    };
    let equalised = equalise(&mut model, &Silent).unwrap();
    let image = Array3::from_shape_fn((3, 12, 12), |(c, y, x)| {
        ((c * 31 + y * 7 + x * 3) % 17) as f32 / 8.0 - 1.0
    });
    let mut load = |layer: &Layer| model.load(layer).unwrap().unwrap();
    let before = run(&network, &image, |index, layer| uneven(index, load(layer)));
    let after = run(&network, &image, |index, layer| {
        let mut weights = uneven(index, load(layer));
        equalised.apply(index, &mut weights);
        weights
    });
    let largest = before.iter().fold(0f32, |max, value| max.max(value.abs()));
    for (before, after) in before.iter().zip(&after) {
        assert!((before - after).abs() < 1e-4 * largest, "{before} {after}");
    }
    assert_eq!(equalised.factors.last().unwrap(), &[1.0; 4]);
    // What makes a channel and what reads it are of one size now.
    let layers: Vec<&Layer> = network
        .layers
        .iter()
        .filter(|layer| layer.name().is_some())
        .collect();
    for pair in 0..layers.len() - 1 {
        let [mut one, mut next] = [0, 1].map(|step| load(layers[pair + step]));
        equalised.apply(pair, &mut one);
        equalised.apply(pair + 1, &mut next);
        let (makes, reads) = (rows(&one), columns(&next, rows(&one).len()));
        for (makes, reads) in makes.iter().zip(&reads) {
            assert!(
                (0.7..1.4).contains(&(makes / reads)),
                "{pair}: {makes} {reads}"
            );
        }
    }
}

#[test]
fn channels_of_nothing_stay() {
    assert_eq!(factor(0.0, 1.0), 1.0);
    assert_eq!(factor(1.0, 0.0), 1.0);
    assert_eq!(factor(4.0, 1.0), 2.0);
    let mut state = Equalised {
        factors: vec![vec![1.0]],
    };
    state.change(0, &[1e9]);
    assert_eq!(state.factors[0], [MOST]);
}

#[test]
fn an_interrupt_stops_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("float");
    write_random(&path, &network(), 3, &Silent).unwrap();
    let mut model = Model::open(&path, &network()).unwrap();
    let stop = crate::progress::testing::StopAfter::new(2);
    assert!(equalise(&mut model, &stop).is_err());
}
