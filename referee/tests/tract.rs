//! rowfuse against tract, a second implementation of ONNX: whole networks in floats, and quantised convolutions one by one.

use ndarray::Array3;
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
use rowfuse_spec::numerics::{Requant, OUTPUT_FACTOR};
use rowfuse_testbench::golden::{plain, Map};
use safetensors::SafeTensors;
use std::fmt;
use std::path::{Path, PathBuf};
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::type_proto::{Tensor as TensorType, Value};
use tract_onnx::pb::*;
use tract_onnx::prelude::{tvec, Framework, InferenceModelExt, TValue, Tensor};

/// Models whose names begin like that, with what onnxruntime made of them beside.
fn models(begin: &[&str]) -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../host/tests/data/onnx");
    let entries = std::fs::read_dir(directory).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        begin.iter().any(|begin| name.starts_with(begin)) && name.ends_with(".onnx")
    });
    assert!(!paths.is_empty());
    paths.sort();
    paths
}

/// A tensor that lies beside a model: its shape and its bytes.
fn beside(path: &Path, name: &str) -> (Vec<usize>, Vec<u8>) {
    let bytes = std::fs::read(path.with_extension("safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let tensor = tensors.tensor(name).unwrap();
    (tensor.shape().to_vec(), tensor.data().to_vec())
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    let values = bytes.chunks_exact(4);
    values
        .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
        .collect()
}

fn run(model: &[u8], input: Tensor) -> TValue {
    let model = tract_onnx::onnx().model_for_read(&mut &*model).unwrap();
    let model = model
        .into_optimized()
        .unwrap_or_else(|error| panic!("{error:?}"))
        .into_runnable()
        .unwrap();
    let mut outputs = model.run(tvec!(input.into())).unwrap();
    assert_eq!(outputs.len(), 1);
    outputs.remove(0)
}

/// How values differ.
#[derive(Default)]
struct Counts {
    all: usize,
    by_one: usize,
    by_more: usize,
}

impl Counts {
    fn add(&mut self, found: &Array3<u8>, expected: &Array3<u8>) {
        assert_eq!(found.dim(), expected.dim());
        for (found, expected) in found.iter().zip(expected) {
            self.all += 1;
            match found.abs_diff(*expected) {
                0 => {}
                1 => self.by_one += 1,
                _ => self.by_more += 1,
            }
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts {
            all,
            by_one,
            by_more,
        } = self;
        write!(f, "{all} values, {by_one} differ by 1, {by_more} by more")
    }
}

#[test]
fn float_scores() {
    for path in models(&["float-"]) {
        let mut imported = onnx::read(&path, None, Normalisation::UNIT).unwrap();
        let (shape, bytes) = beside(&path, "image");
        let values = floats(&bytes);
        let input = Tensor::from_shape(&shape, &values).unwrap();
        // Channels first, whichever way the model takes them, and normalised as the model's own beginning does it.
        let mut map = Array3::from_shape_vec((shape[1], shape[2], shape[3]), values).unwrap();
        if shape[1] != 3 {
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

fn tensor(name: &str, dims: &[usize], kind: DataType, raw_data: Vec<u8>) -> TensorProto {
    TensorProto {
        dims: dims.iter().map(|&size| size as i64).collect(),
        data_type: kind as i32,
        name: name.into(),
        raw_data,
        ..TensorProto::default()
    }
}

fn value(name: &str, kind: DataType, dims: &[usize]) -> ValueInfoProto {
    let dim = |&size: &usize| tensor_shape_proto::Dimension {
        value: Some(tensor_shape_proto::dimension::Value::DimValue(size as i64)),
        ..Default::default()
    };
    let shape = TensorShapeProto {
        dim: dims.iter().map(dim).collect(),
    };
    let of = TensorType {
        elem_type: kind as i32,
        shape: Some(shape),
    };
    let kind = TypeProto {
        value: Some(Value::TensorType(of)),
        ..Default::default()
    };
    ValueInfoProto {
        name: name.into(),
        r#type: Some(kind),
        ..Default::default()
    }
}

/// What multiplier and shift stand for.
fn ratio(requant: &Requant) -> f64 {
    OUTPUT_FACTOR as f64 * f64::from(requant.multiplier) / (1u64 << requant.shift) as f64
}

/// The convolution as one node, run by tract: ConvInteger for its sums, QLinearConv with the engine's ratios for scales.
struct Node<'a>(&'a QuantisedConv);

impl Node<'_> {
    /// Weights and their zero point: tract wants them of the same type as the map.
    fn weights(&self) -> [TensorProto; 2] {
        let (cout, cin, rows, columns) = self.0.weights.dim();
        let weights = self.0.weights.iter().map(|&g| (i16::from(g) + 128) as u8);
        let dims = [cout, cin, rows, columns];
        [
            tensor("w", &dims, DataType::Uint8, weights.collect()),
            tensor("w_zero", &[], DataType::Uint8, vec![128]),
        ]
    }

    fn sums(&self, map: &Array3<u8>) -> Array3<i32> {
        let [weights, zero] = self.weights();
        let x_zero = vec![self.0.input_zero_point];
        let constants = vec![
            weights,
            tensor("x_zero", &[], DataType::Uint8, x_zero),
            zero,
        ];
        let output = self.run("ConvInteger", constants, DataType::Int32, map);
        let values = output.as_slice::<i32>().unwrap().to_vec();
        Array3::from_shape_vec(self.output(map), values).unwrap()
    }

    fn outputs(&self, map: &Array3<u8>) -> Array3<u8> {
        let conv = self.0;
        let requants = conv.unfolded_requant();
        // The output's zero point is in the engine's biases as so many sums.
        let zero_point = f64::from(conv.output_zero_point);
        let lift = |requant: &Requant| (zero_point / ratio(requant)).round() as i32;
        let one = || 1f32.to_le_bytes().to_vec();
        let scales = requants
            .iter()
            .flat_map(|requant| (ratio(requant) as f32).to_le_bytes());
        let biases = requants
            .iter()
            .flat_map(|requant| (requant.bias - lift(requant)).to_le_bytes());
        let cout = conv.cout();
        let [weights, zero] = self.weights();
        let constants = vec![
            tensor("x_scale", &[], DataType::Float, one()),
            tensor("x_zero", &[], DataType::Uint8, vec![conv.input_zero_point]),
            weights,
            tensor("w_scale", &[cout], DataType::Float, scales.collect()),
            zero,
            tensor("y_scale", &[], DataType::Float, one()),
            tensor("y_zero", &[], DataType::Uint8, vec![conv.output_zero_point]),
            tensor("b", &[cout], DataType::Int32, biases.collect()),
        ];
        let output = self.run("QLinearConv", constants, DataType::Uint8, map);
        let values = output.as_slice::<u8>().unwrap().to_vec();
        Array3::from_shape_vec(self.output(map), values).unwrap()
    }

    fn output(&self, map: &Array3<u8>) -> (usize, usize, usize) {
        let (_, height, width) = map.dim();
        let [height, width] = self.0.window.output(height, width).unwrap();
        (self.0.cout(), height, width)
    }

    fn run(
        &self,
        op: &str,
        constants: Vec<TensorProto>,
        kind: DataType,
        map: &Array3<u8>,
    ) -> TValue {
        let attribute = |name: &str, values: &[usize]| AttributeProto {
            name: name.into(),
            ints: values.iter().map(|&value| value as i64).collect(),
            r#type: attribute_proto::AttributeType::Ints as i32,
            ..Default::default()
        };
        let Window {
            kernel,
            stride,
            padding,
        } = self.0.window;
        let mut inputs = vec!["image".to_owned()];
        inputs.extend(constants.iter().map(|tensor| tensor.name.clone()));
        let node = NodeProto {
            input: inputs,
            output: vec!["map".into()],
            name: "conv".into(),
            op_type: op.into(),
            attribute: vec![
                attribute("pads", &padding),
                attribute("strides", &stride),
                attribute("kernel_shape", &kernel),
            ],
            ..Default::default()
        };
        let (channels, height, width) = map.dim();
        let (cout, rows, columns) = self.output(map);
        let graph = GraphProto {
            node: vec![node],
            name: "one".into(),
            initializer: constants,
            input: vec![value(
                "image",
                DataType::Uint8,
                &[1, channels, height, width],
            )],
            output: vec![value("map", kind, &[1, cout, rows, columns])],
            ..Default::default()
        };
        let model = ModelProto {
            ir_version: 8,
            opset_import: vec![OperatorSetIdProto {
                version: 17,
                ..Default::default()
            }],
            graph: Some(graph),
            ..Default::default()
        };
        let bytes = prost::Message::encode_to_vec(&model);
        let pixels: Vec<u8> = map.iter().copied().collect();
        let input = Tensor::from_shape(&[1, channels, height, width], &pixels).unwrap();
        run(&bytes, input)
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
            .map(|picture| normalise(picture, &Normalisation::IMAGENET))
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
