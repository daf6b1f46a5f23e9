//! A convolution as a model of one node, run by tract.

use ndarray::Array3;
use rowfuse::network::Window;
use rowfuse::quantise::QuantisedConv;
use rowfuse_spec::numerics::{Requant, OUTPUT_FACTOR};
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::type_proto::{Tensor as TensorType, Value};
use tract_onnx::pb::*;
use tract_onnx::prelude::{tvec, Framework, InferenceModelExt, TValue, Tensor};

/// What tract makes of a model's only output.
pub fn run(model: &[u8], input: Tensor) -> TValue {
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
pub struct Node<'a>(pub &'a QuantisedConv);

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

    pub fn sums(&self, map: &Array3<u8>) -> Array3<i32> {
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

    pub fn outputs(&self, map: &Array3<u8>) -> Array3<u8> {
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
