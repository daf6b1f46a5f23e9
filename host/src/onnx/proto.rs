//! The part of ONNX's protobuf schema that is read, by the field numbers of `onnx.proto`.
//!
//! Nested messages stay undecoded bytes until somebody asks for them, and each level is looked over before it is
//! decoded: so a hostile file cannot make many objects out of few bytes, nor nest without end.

use super::OnnxFault;
use prost::bytes::Bytes;
use prost::encoding::{decode_key, decode_varint, skip_field, DecodeContext, WireType};

/// Fields that one message may have.
const MAX_FIELDS: u64 = 100_000;
/// Bytes of a list of numbers, other than a tensor's data.
const MAX_PACKED: u64 = 1 << 16;

/// A message of the schema: its name, and its fields of packed numbers, which grow when they are decoded.
pub(super) trait Schema: prost::Message + Default {
    const NAME: &'static str;
    const PACKED: &'static [u32];
}

macro_rules! schema {
    ($message:ident, $name:literal, $packed:expr) => {
        impl Schema for $message {
            const NAME: &'static str = $name;
            const PACKED: &'static [u32] = &$packed;
        }
    };
}

/// Decodes one message, after a look at the number of its fields and the length of its packed ones.
pub(super) fn decode<M: Schema>(bytes: &Bytes) -> Result<M, OnnxFault> {
    let syntax = |error: prost::DecodeError| OnnxFault::Syntax {
        reason: format!("{}: {error}", M::NAME),
    };
    let limit = |what: &str, found: u64, limit: u64| OnnxFault::Limit {
        what: format!("{what} of a {}", M::NAME),
        found,
        limit,
    };
    let (mut rest, mut count) = (&bytes[..], 0);
    while !rest.is_empty() {
        count += 1;
        if count > MAX_FIELDS {
            return Err(limit("the number of fields", count, MAX_FIELDS));
        }
        let (tag, wire) = decode_key(&mut rest).map_err(syntax)?;
        if wire == WireType::LengthDelimited && M::PACKED.contains(&tag) {
            let length = decode_varint(&mut &*rest).map_err(syntax)?;
            if length > MAX_PACKED {
                return Err(limit("the list of numbers", length, MAX_PACKED));
            }
        }
        skip_field(wire, tag, &mut rest, DecodeContext::default()).map_err(syntax)?;
    }
    M::decode(bytes.clone()).map_err(syntax)
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Model {
    #[prost(bytes = "bytes", tag = "7")]
    pub(super) graph: Bytes,
    #[prost(bytes = "bytes", repeated, tag = "8")]
    pub(super) opset_import: Vec<Bytes>,
    #[prost(bytes = "bytes", repeated, tag = "25")]
    pub(super) functions: Vec<Bytes>,
}
schema!(Model, "model", []);

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct OperatorSet {
    #[prost(string, tag = "1")]
    pub(super) domain: String,
    #[prost(int64, tag = "2")]
    pub(super) version: i64,
}
schema!(OperatorSet, "operator set", []);

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Graph {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    pub(super) node: Vec<Bytes>,
    #[prost(bytes = "bytes", repeated, tag = "5")]
    pub(super) initializer: Vec<Bytes>,
    #[prost(bytes = "bytes", repeated, tag = "11")]
    pub(super) input: Vec<Bytes>,
    #[prost(bytes = "bytes", repeated, tag = "12")]
    pub(super) output: Vec<Bytes>,
    #[prost(bytes = "bytes", repeated, tag = "15")]
    pub(super) sparse_initializer: Vec<Bytes>,
}
schema!(Graph, "graph", []);

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Node {
    #[prost(string, repeated, tag = "1")]
    pub(super) input: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub(super) output: Vec<String>,
    #[prost(string, tag = "3")]
    pub(super) name: String,
    #[prost(string, tag = "4")]
    pub(super) op_type: String,
    #[prost(bytes = "bytes", repeated, tag = "5")]
    pub(super) attribute: Vec<Bytes>,
    #[prost(string, tag = "7")]
    pub(super) domain: String,
}
schema!(Node, "node", []);

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Attribute {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(float, tag = "2")]
    pub(super) f: f32,
    #[prost(int64, tag = "3")]
    pub(super) i: i64,
    #[prost(bytes = "bytes", tag = "4")]
    pub(super) s: Bytes,
    #[prost(bytes = "bytes", tag = "5")]
    pub(super) t: Bytes,
    #[prost(float, repeated, tag = "7")]
    pub(super) floats: Vec<f32>,
    #[prost(int64, repeated, tag = "8")]
    pub(super) ints: Vec<i64>,
    /// Which of the above it is: 1 float, 2 int, 3 string, 4 tensor, 6 floats, 7 ints.
    #[prost(int32, tag = "20")]
    pub(super) kind: i32,
}
schema!(Attribute, "attribute", [7, 8]);

/// A tensor without its typed data, which [`TensorData`] reads once the shape has been judged.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Tensor {
    #[prost(int64, repeated, tag = "1")]
    pub(super) dims: Vec<i64>,
    #[prost(int32, tag = "2")]
    pub(super) data_type: i32,
    #[prost(string, tag = "8")]
    pub(super) name: String,
    #[prost(bytes = "bytes", tag = "9")]
    pub(super) raw_data: Bytes,
    #[prost(bytes = "bytes", repeated, tag = "13")]
    pub(super) external_data: Vec<Bytes>,
    /// 1 if the data lie in another file.
    #[prost(int32, tag = "14")]
    pub(super) data_location: i32,
}
schema!(Tensor, "tensor", [1]);

/// A tensor's typed data, used where there are no raw ones.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct TensorData {
    #[prost(float, repeated, tag = "4")]
    pub(super) floats: Vec<f32>,
    #[prost(int32, repeated, tag = "5")]
    pub(super) int32: Vec<i32>,
    #[prost(int64, repeated, tag = "7")]
    pub(super) int64: Vec<i64>,
    #[prost(double, repeated, tag = "10")]
    pub(super) doubles: Vec<f64>,
}
schema!(TensorData, "tensor", []);

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ValueInfo {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(bytes = "bytes", tag = "2")]
    pub(super) kind: Bytes,
}
schema!(ValueInfo, "value", []);

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Type {
    #[prost(bytes = "bytes", optional, tag = "1")]
    pub(super) tensor: Option<Bytes>,
}
schema!(Type, "type", []);

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct TensorType {
    #[prost(int32, tag = "1")]
    pub(super) elem_type: i32,
    #[prost(bytes = "bytes", optional, tag = "2")]
    pub(super) shape: Option<Bytes>,
}
schema!(TensorType, "tensor type", []);

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct TensorShape {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    pub(super) dim: Vec<Bytes>,
}
schema!(TensorShape, "shape", []);

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Dimension {
    #[prost(int64, optional, tag = "1")]
    pub(super) value: Option<i64>,
}
schema!(Dimension, "dimension", []);
