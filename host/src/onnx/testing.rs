//! Models built for tests, and those of `host/tests/data/onnx`.

use super::proto;
use super::OnnxFault;
use prost::bytes::Bytes;
use prost::Message;
use std::path::{Path, PathBuf};

/// Where models and what onnxruntime made of them lie; others may be looked at instead.
pub(super) fn directory() -> PathBuf {
    match std::env::var_os("ROWFUSE_ONNX_MODELS") {
        Some(directory) => directory.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/onnx"),
    }
}

/// The ONNX files there whose names begin like this, in order; there is at least one.
pub(super) fn models(begin: &[&str]) -> Vec<PathBuf> {
    let directory = directory();
    let entries = std::fs::read_dir(&directory).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    paths.retain(|path| {
        let begins = begin.iter().any(|begin| name(path).starts_with(begin));
        begins && path.extension().is_some_and(|end| end == "onnx")
    });
    paths.sort();
    assert!(!paths.is_empty(), "no model in {}", directory.display());
    paths
}

/// A model as its parts.
#[derive(Clone, Default)]
pub(super) struct Builder {
    pub(super) nodes: Vec<proto::Node>,
    pub(super) tensors: Vec<Bytes>,
    pub(super) dims: Vec<i64>,
    /// Type of the input; floats unless given.
    pub(super) elem_type: i32,
    pub(super) outputs: Vec<String>,
}

pub(super) fn encoded(message: &impl Message) -> Bytes {
    message.encode_to_vec().into()
}

/// A float tensor.
pub(super) fn floats(name: &str, dims: &[i64], values: &[f32]) -> proto::Tensor {
    let raw: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    tensor(name, dims, 1, raw)
}

pub(super) fn tensor(name: &str, dims: &[i64], data_type: i32, raw: Vec<u8>) -> proto::Tensor {
    proto::Tensor {
        dims: dims.to_vec(),
        data_type,
        name: name.into(),
        raw_data: raw.into(),
        ..proto::Tensor::default()
    }
}

pub(super) fn ints(name: &str, values: &[i64]) -> Bytes {
    encoded(&proto::Attribute {
        name: name.into(),
        ints: values.to_vec(),
        kind: 7,
        ..proto::Attribute::default()
    })
}

pub(super) fn int(name: &str, value: i64) -> Bytes {
    encoded(&proto::Attribute {
        name: name.into(),
        i: value,
        kind: 2,
        ..proto::Attribute::default()
    })
}

pub(super) fn float(name: &str, value: f32) -> Bytes {
    encoded(&proto::Attribute {
        name: name.into(),
        f: value,
        kind: 1,
        ..proto::Attribute::default()
    })
}

pub(super) fn text(name: &str, value: &'static str) -> Bytes {
    encoded(&proto::Attribute {
        name: name.into(),
        s: Bytes::from_static(value.as_bytes()),
        kind: 3,
        ..proto::Attribute::default()
    })
}

impl Builder {
    /// An image of 3 channels and 8×8 pixels, without a node yet.
    pub(super) fn new() -> Builder {
        Builder {
            dims: vec![1, 3, 8, 8],
            ..Builder::default()
        }
    }

    /// A 3×3 convolution to `cout` channels named `conv` and its ReLU, whose output is `map`.
    pub(super) fn conv(cout: i64) -> Builder {
        let mut builder = Builder::new();
        builder.weight("w", &[cout, 3, 3, 3]);
        builder.node(
            "conv",
            "Conv",
            &["image", "w"],
            "sums",
            vec![ints("pads", &[1; 4])],
        );
        builder.node("relu", "Relu", &["sums"], "map", vec![]);
        builder
    }

    pub(super) fn weight(&mut self, name: &str, dims: &[i64]) {
        let count: i64 = dims.iter().product();
        let values: Vec<f32> = (0..count).map(|index| (index % 7) as f32 - 3.0).collect();
        self.add(&floats(name, dims, &values));
    }

    pub(super) fn add(&mut self, tensor: &proto::Tensor) {
        self.tensors.push(encoded(tensor));
    }

    pub(super) fn node(
        &mut self,
        name: &str,
        op: &str,
        inputs: &[&str],
        output: &str,
        attribute: Vec<Bytes>,
    ) {
        self.nodes.push(proto::Node {
            input: inputs.iter().map(|&input| input.into()).collect(),
            output: vec![output.into()],
            name: name.into(),
            op_type: op.into(),
            attribute,
            domain: String::new(),
        });
        self.outputs = vec![output.into()];
    }

    /// The file's bytes.
    pub(super) fn bytes(&self) -> Bytes {
        let value = |name: &str, shape: Option<Bytes>| {
            let tensor = proto::TensorType {
                elem_type: self.elem_type.max(1),
                shape,
            };
            let kind = proto::Type {
                tensor: Some(encoded(&tensor)),
            };
            encoded(&proto::ValueInfo {
                name: name.into(),
                kind: encoded(&kind),
            })
        };
        let dim = |&size: &i64| encoded(&proto::Dimension { value: Some(size) });
        let shape = proto::TensorShape {
            dim: self.dims.iter().map(dim).collect(),
        };
        let graph = proto::Graph {
            node: self.nodes.iter().map(encoded).collect(),
            initializer: self.tensors.clone(),
            input: vec![value("image", Some(encoded(&shape)))],
            output: self.outputs.iter().map(|name| value(name, None)).collect(),
            sparse_initializer: Vec::new(),
        };
        let opset = proto::OperatorSet {
            domain: String::new(),
            version: 17,
        };
        encoded(&proto::Model {
            graph: encoded(&graph),
            opset_import: vec![encoded(&opset)],
            functions: Vec::new(),
        })
    }

    pub(super) fn decode(&self) -> Result<super::Imported, OnnxFault> {
        super::decode(&self.bytes(), "test", None, Default::default())
    }

    /// The layers, for models that run.
    pub(super) fn layers(&self) -> Vec<crate::network::Layer> {
        let imported = self.decode().unwrap();
        imported.network().layers.clone()
    }
}
