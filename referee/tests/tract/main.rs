//! rowfuse against tract, a second implementation of ONNX: whole networks in floats, and quantised convolutions one by one.

mod counts;
mod models;
mod node;

use counts::Counts;
use models::{beside, floats, models};
use ndarray::Array3;
use node::{run, Node};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rowfuse::accuracy;
use rowfuse::float::FloatNetwork;
use rowfuse::image::{normalise, Normalisation};
use rowfuse::network::{detect, Layer, Network, Shape, Window};
use rowfuse::onnx::{self, ImportedModel};
use rowfuse::plan::testing::{body, image};
use rowfuse::progress::Silent;
use rowfuse::quantise::{quantise, Options, QuantisedConv};
use rowfuse::weights::{Model, TensorFile};
use rowfuse_testbench::golden::{plain, Map};
use std::path::Path;
use tract_onnx::prelude::Tensor;

#[test]
fn float_scores() {
    for path in models(&["float-"]) {
        let mut imported = onnx::read(&path, None, Normalisation::UNIT).unwrap();
        let (shape, bytes) = beside(&path, "image");
        let values = floats(&bytes);
        let input = Tensor::from_shape(&shape, &values).unwrap();
        // Channels first, whichever way the model takes them, and normalised as the model's own beginning does it.
        let mut map = Array3::from_shape_vec((shape[1], shape[2], shape[3]), values).unwrap();
        if ![1, 3].contains(&shape[1]) {
            map = map.permuted_axes([2, 0, 1]).as_standard_layout().to_owned();
        }
        let Normalisation { mean, std } = imported.normalisation;
        for (channel, mut plane) in map.outer_iter_mut().enumerate() {
            plane.mapv_inplace(|x| (x - mean[channel]) / std[channel]);
        }
        let ImportedModel::Float(model) = &mut imported.model else {
            panic!("{} has floats", path.display());
        };
        let mut scores = FloatNetwork::load(model).unwrap().scores(map.view(), None);
        if imported.mapped.iter().any(|node| node.op == "Softmax") {
            // It was dropped, as the order of classes is the same without.
            let most = scores.fold(f32::MIN, |max, &score| max.max(score));
            scores.mapv_inplace(|score| (score - most).exp());
            scores /= scores.sum();
        }
        let found = run(&std::fs::read(&path).unwrap(), input);
        let found = found.as_slice::<f32>().unwrap();
        assert_eq!(found.len(), scores.len());
        let largest = scores.iter().fold(1f32, |max, score| max.max(score.abs()));
        let differences = found.iter().zip(&scores).map(|(a, b)| (a - b).abs());
        let worst = differences.fold(0f32, f32::max);
        println!(
            "{}: largest score {largest}, worst difference {worst:e}",
            path.display()
        );
        assert!(worst < 2e-5 * largest, "{found:?} {scores:?}");
    }
}

/// Compares sums, which must be equal, and outputs, which are counted; gives the engine's output, by the golden model.
fn compare(conv: &QuantisedConv, map: &Array3<u8>, counts: &mut Counts) -> Array3<u8> {
    let golden = Map::with_zero_point(map.clone(), conv.input_zero_point);
    let Window {
        stride, padding, ..
    } = conv.window;
    let sums = plain::convolve_any(&golden, &conv.weights, padding, stride).unwrap();
    assert_eq!(sums, Node(conv).sums(map), "sums of {}", conv.name);
    let output = plain::requantise(&sums, &conv.unfolded_requant()).unwrap();
    counts.add(&output, &Node(conv).outputs(map));
    output
}

#[test]
fn quantised_layers() {
    let mut counts = Counts::default();
    for path in models(&["qdq-", "qop-"]) {
        let imported = onnx::read(&path, None, Normalisation::UNIT).unwrap();
        let ImportedModel::Quantised(network) = &imported.model else {
            panic!("{} is quantised", path.display());
        };
        for conv in &network.layers {
            let (shape, bytes) = beside(&path, &format!("{}.input", conv.name));
            let map = Array3::from_shape_vec((shape[1], shape[2], shape[3]), bytes).unwrap();
            compare(conv, &map, &mut counts);
        }
    }
    println!("layers of models that onnxruntime quantised: {counts}");
    assert_eq!(counts.by_more, 0);
}

#[test]
fn random_convolutions() {
    let seed: u64 = std::env::var("ROWFUSE_SEED").map_or(1, |seed| seed.parse().unwrap());
    println!("ROWFUSE_SEED={seed}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::with_cases(300), random);
    let sides = || [1usize..6, 1usize..6];
    let padding = [0usize..6, 0usize..6, 0usize..6, 0usize..6];
    let size = (1usize..8, 1usize..12, 5usize..16, 5usize..16);
    let cases = (
        sides(),
        [1usize..4, 1usize..4],
        padding,
        size,
        any::<bool>(),
        any::<u64>(),
    );
    let counts = std::cell::RefCell::new(Counts::default());
    runner
        .run(
            &cases,
            |(kernel, stride, padding, (cin, cout, height, width), relu, seed)| {
                let fits = |index: usize| padding[index].min(kernel[index % 2] - 1);
                let window = Window {
                    kernel,
                    stride,
                    padding: [0, 1, 2, 3].map(fits),
                };
                let conv = Layer::Conv {
                    name: "conv".into(),
                    cin,
                    cout,
                    window,
                    relu,
                };
                let input = Shape::new(cin, height, width);
                let network = Network {
                    name: "one".into(),
                    input,
                    layers: vec![conv],
                };
                prop_assume!(network.shapes().is_ok());
                let conv = &body(&network, seed).layers[0];
                let map = image(input, seed ^ 1);
                compare(conv, &map, &mut counts.borrow_mut());
                Ok(())
            },
        )
        .unwrap();
    let counts = counts.into_inner();
    println!("random convolutions: {counts}");
    assert_eq!(counts.by_more, 0);
}

/// The trained networks of the project, quantised with their calibration images: every convolution, on a held-out image.
#[test]
fn trained_networks() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../networks");
    let pictures = |name: &str| -> Vec<Array3<f32>> {
        let pictures = accuracy::images(&directory.join(name)).unwrap();
        let pictures = pictures.iter();
        pictures
            .map(|picture| normalise(picture, 3, &Normalisation::IMAGENET))
            .collect()
    };
    let calibration = pictures("calibration-images.npy");
    let held_out = pictures("held-out-images.npy");
    for name in ["digits", "digits-blocks", "lenet", "cifar-small"] {
        let file = TensorFile::open(&directory.join(format!("{name}.safetensors"))).unwrap();
        let network = detect(file.header().tensors.keys().map(String::as_str)).unwrap();
        let network = Network::named(network, None).unwrap();
        let mut model = Model::new(file, &network).unwrap();
        let options = Options::default();
        let quantised = quantise(&mut model, &calibration, &options, &Silent).unwrap();
        let mut counts = Counts::default();
        for picture in held_out.iter().step_by(36) {
            let mut map = quantised.quantise_input(picture.view());
            for conv in &quantised.layers {
                map = compare(conv, &map, &mut counts);
                if conv.pool_after {
                    map = plain::max_pool(&map);
                }
            }
        }
        println!("{name}: {counts}");
        assert_eq!(counts.by_more, 0);
    }
}
