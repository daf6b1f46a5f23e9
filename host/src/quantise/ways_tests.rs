//! Ways to quantise: methods, equalisation, corrected biases, layers of any kind.

use super::tests::{direct, images, network};
use super::*;
use crate::fault::Fault;
use crate::network::{Layer, Network, Shape, Window};
use crate::progress::Silent;
use crate::weights::{
    write_random, Dtype, FloatWeights, LayerWeights, Model, PlannedTensor, TensorWriter,
};
use ndarray::Array3;
use std::collections::BTreeMap;
use std::path::Path;

/// The quality of the last layer, in dB.
fn quality(network: &QuantisedNetwork) -> f64 {
    network.report.last().unwrap().snr_db.unwrap()
}

/// Weights whose channels differ by orders of magnitude, in a network that is otherwise as good.
fn uneven(path: &Path, network: &Network) -> Model {
    let plain = path.with_extension("plain");
    write_random(&plain, network, 1, &Silent).unwrap();
    let mut model = Model::open(&plain, network).unwrap();
    let names = network.tensors();
    let planned: Vec<PlannedTensor> = names
        .iter()
        .map(|t| PlannedTensor {
            name: t.name.clone(),
            dtype: Dtype::F32,
            shape: t.shape.clone(),
        })
        .collect();
    let mut writer = TensorWriter::create(path, &planned, &BTreeMap::new()).unwrap();
    let factor = |channel: usize| [30.0f32, 1.0, 0.1][channel % 3];
    for (index, layer) in network.layers.iter().enumerate() {
        let Some(LayerWeights {
            mut weight,
            mut bias,
        }) = model.load(layer).unwrap()
        else {
            continue;
        };
        let inputs = weight.len() / bias.len();
        for (row, channel) in weight.chunks_exact_mut(inputs).zip(0..) {
            for (position, weight) in row.iter_mut().enumerate() {
                if index == 0 {
                    *weight *= factor(channel);
                } else if index == 1 {
                    *weight /= factor(position / 9);
                }
            }
            if index == 0 {
                bias[channel] *= factor(channel);
            }
        }
        for value in weight.iter().chain(&bias) {
            writer.write(&value.to_le_bytes()).unwrap();
        }
    }
    writer.finish().unwrap();
    Model::open(path, network).unwrap()
}

#[test]
fn equalisation_saves_channels_that_are_small() {
    let directory = tempfile::tempdir().unwrap();
    let network = network();
    let mut model = uneven(&directory.path().join("float"), &network);
    let pictures = images(network.input, 2);
    let mut quality_with = |equalise: bool| {
        let options = Options {
            method: Method::MinMax,
            equalise,
            ..Options::default()
        };
        quality(&quantise(&mut model, &pictures, &options, &Silent).unwrap())
    };
    let (plain, equalised) = (quality_with(false), quality_with(true));
    assert!(equalised > plain + 3.0, "{plain} {equalised}");
}

#[test]
fn corrected_biases_leave_no_mean_error() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("float.safetensors");
    let network = network();
    write_random(&path, &network, 1, &Silent).unwrap();
    let pictures = images(network.input, 2);
    let mut model = Model::open(&path, &network).unwrap();
    let mut network_with = |correct_bias: bool| {
        let options = Options {
            method: Method::Percentile(99.0),
            correct_bias,
            ..Options::default()
        };
        quantise(&mut model, &pictures, &options, &Silent).unwrap()
    };
    let (plain, corrected) = (network_with(false), network_with(true));
    assert_eq!(plain.layers[0].weights, corrected.layers[0].weights);
    assert!(plain.layers[2].requant != corrected.layers[2].requant);
    assert!(corrected.calibration.contains("biases corrected"));
    // The sums of the second layer, of all images: their means with the bias are those of the floats.
    let mut conv = corrected.layers[1].clone();
    let maps: Vec<Array3<u8>> = pictures
        .iter()
        .map(|image| {
            direct(
                &corrected.layers[0],
                &corrected.quantise_input(image.view()),
            )
        })
        .collect();
    let sums: Vec<Array3<f32>> = maps
        .iter()
        .map(|map| super::noise::sums(&conv, map))
        .collect();
    let mut means = super::noise::Means::default();
    means.add(&Array3::from_shape_fn((conv.cout(), 3, 3), |(c, y, x)| {
        (c + y + x) as f32 - 4.0
    }));
    super::follow::correct_bias(&mut conv, &means, &sums);
    for channel in 0..conv.cout() {
        let places = sums
            .iter()
            .flat_map(|sums| sums.index_axis(ndarray::Axis(0), channel).to_owned());
        let places: Vec<f64> = places.map(f64::from).collect();
        let mean = places.iter().sum::<f64>() / places.len() as f64
            + f64::from(conv.requant[channel].bias);
        let step = f64::from(conv.input_scale) * f64::from(conv.weight_scales[channel]);
        assert!(
            (mean - (channel as f64 - 2.0) / step).abs() < 0.51,
            "{channel}: {mean}"
        );
    }
}

#[test]
fn the_best_way_is_kept_and_all_are_told() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("float.safetensors");
    let network = network();
    write_random(&path, &network, 1, &Silent).unwrap();
    let mut model = Model::open(&path, &network).unwrap();
    let pictures = images(network.input, 2);
    let methods = [
        Method::Percentile(60.0),
        Method::MinMax,
        Method::MeanSquaredError,
        Method::Entropy,
    ];
    let ways = methods.map(|method| Options {
        method,
        ..Options::default()
    });
    let (best, tried) = best_of(&mut model, &pictures, &ways, &Silent).unwrap();
    let found: Vec<Method> = tried.iter().map(|way| way.method).collect();
    assert_eq!(found, methods);
    let last = |way: &Tried| way.layers.last().unwrap().snr_db.unwrap();
    assert!(tried.iter().all(|way| last(way) <= quality(&best)));
    assert!(
        last(&tried[0]) < last(&tried[2]),
        "few values saturate where errors are least"
    );
    let error = best_of(&mut model, &pictures, &[], &Silent).unwrap_err();
    assert_eq!(error.code(), "quantise.no_ways");
}

/// A layer that loses most by itself is named, whatever comes behind it.
#[test]
fn the_layer_that_hurts_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let network = network();
    let mut model = uneven(&directory.path().join("float"), &network);
    let options = Options {
        method: Method::MinMax,
        ..Options::default()
    };
    let quantised = quantise(&mut model, &images(network.input, 2), &options, &Silent).unwrap();
    let own: Vec<f64> = quantised
        .report
        .iter()
        .map(|layer| layer.own_snr_db.unwrap())
        .collect();
    let worst = quantised.worst().unwrap();
    assert!(own.iter().all(|&own| own >= worst.own_snr_db.unwrap()));
    assert_eq!(worst.name, "features.2", "{own:?}");
}

/// Kernels, strides, pools of the host and layers without ReLU: the integers follow the floats.
#[test]
fn any_layers_are_quantised() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("float.safetensors");
    let conv = |name: &str, cin, cout, window, relu| Layer::Conv {
        name: name.into(),
        cin,
        cout,
        window,
        relu,
    };
    let mut network = Network {
        name: "mixed".into(),
        input: Shape::new(3, 24, 20),
        layers: vec![
            conv("a", 3, 8, Window::square(5, 2, 2), true),
            Layer::MaxPool {
                window: Window::square(3, 1, 1),
            },
            conv("b", 8, 8, Window::square(1, 1, 0), false),
            Layer::AveragePool {
                window: Window::square(3, 2, 1),
                count_padding: true,
            },
            conv("c", 8, 8, Window::CONV3, false),
            Layer::AdaptivePool {
                height: 2,
                width: 2,
            },
        ],
    };
    network.push_classifier(32, &[16, 10]);
    write_random(&path, &network, 2, &Silent).unwrap();
    let mut model = Model::open(&path, &network).unwrap();
    let pictures = images(network.input, 3);
    let quantised = quantise(&mut model, &pictures, &Options::default(), &Silent).unwrap();
    for layer in &quantised.report {
        assert!(layer.snr_db.unwrap() > 20.0, "{layer:?}");
    }
    let zero_points = quantised
        .layers
        .iter()
        .map(|conv| (conv.input_zero_point, conv.output_zero_point));
    assert_eq!(
        zero_points.collect::<Vec<_>>(),
        [(128, 0), (0, 128), (128, 128)]
    );
    assert_eq!(quantised.layers[1].before.len(), 1);
    assert_eq!(
        (quantised.tail.len(), quantised.tail_zero_point()),
        (1, 128)
    );
    let saved = directory.path().join("int8");
    save(&saved, &quantised, &Silent).unwrap();
    let loaded = load(&saved, &Silent).unwrap().0;
    for (loaded, conv) in loaded.layers.iter().zip(&quantised.layers) {
        assert_eq!(loaded, conv);
    }
    assert_eq!(loaded.classifier, quantised.classifier);
    assert_eq!(loaded.tail, quantised.tail);
    assert_eq!(loaded, quantised);
}
