//! What cannot run or cannot be believed is refused, by name.

use super::testing::*;
use super::*;
use crate::fault::Fault;

/// A change to a model, and what its refusal must say.
type Case = (&'static str, fn(&mut Builder), &'static [&'static str]);

const CASES: &[Case] = &[
    (
        "groups",
        |b| b.nodes[0].attribute.push(int("group", 3)),
        &["node 'conv' (Conv)", "groups = 3", "ungrouped"],
    ),
    (
        "another kernel_shape",
        |b| b.nodes[0].attribute.push(ints("kernel_shape", &[5, 5])),
        &["node 'conv'", "[5, 5]", "[3, 3]"],
    ),
    (
        "a kernel that is too large",
        |b| b.nodes[0].attribute.push(ints("dilations", &[9, 9])),
        &["node 'conv'", "19×19", "1 to 16"],
    ),
    (
        "strides of one dimension",
        |b| b.nodes[0].attribute.push(ints("strides", &[2])),
        &["node 'conv'", "strides is [2]", "2 numbers"],
    ),
    (
        "a stride of zero",
        |b| b.nodes[0].attribute.push(ints("strides", &[0, 1])),
        &["strides is [0, 1]"],
    ),
    (
        "negative padding",
        |b| b.nodes[0].attribute[0] = ints("pads", &[-1, 0, 0, 0]),
        &["pads is [-1, 0, 0, 0]"],
    ),
    (
        "an attribute given twice",
        |b| b.nodes[0].attribute.push(ints("pads", &[0; 4])),
        &["attribute pads is given twice"],
    ),
    (
        "an attribute of another kind",
        |b| b.nodes[0].attribute[0] = int("pads", 1),
        &["pads is no list of integers"],
    ),
    (
        "ReLU6",
        |b| {
            b.node(
                "six",
                "Clip",
                &["map"],
                "clipped",
                vec![float("min", 0.0), float("max", 6.0)],
            )
        },
        &["node 'six' (Clip)", "0..6", "ReLU6"],
    ),
    (
        "an operator that is not run",
        |b| b.node("odd", "Sigmoid", &["map"], "out", vec![]),
        &["node 'odd' (Sigmoid)", "not run", "Conv, Gemm"],
    ),
    (
        "a softmax in the middle",
        |b| {
            b.node("soft", "Softmax", &["map"], "a", vec![]);
            b.node("again", "Relu", &["a"], "b", vec![]);
        },
        &["node 'soft' (Softmax)", "not at the end"],
    ),
    (
        "a branch",
        |b| b.node("sum", "Add", &["map", "sums"], "out", vec![]),
        &[
            "'sums' is read by the nodes 'relu' (Relu) and 'sum' (Add)",
            "branches",
        ],
    ),
    (
        "a missing input",
        |b| b.node("late", "Relu", &["nowhere"], "out", vec![]),
        &["node 'late'", "'nowhere'", "missing input"],
    ),
    (
        "a cycle",
        |b| b.nodes[0].input[0] = "map".into(),
        &["node 'conv'", "'map'", "cycle"],
    ),
    (
        "a value given twice",
        |b| b.node("twin", "Relu", &["map"], "sums", vec![]),
        &["'sums' is given twice"],
    ),
    (
        "a tensor given twice",
        |b| b.weight("w", &[1]),
        &["'w' is given twice"],
    ),
    (
        "two outputs",
        |b| b.outputs.push("sums".into()),
        &["2 outputs", "expected one"],
    ),
    (
        "an output that nothing gives",
        |b| b.outputs = vec!["x".into()],
        &["'x' is given by no node"],
    ),
    (
        "weights that are no constant",
        |b| b.nodes[0].input[1] = "image".into(),
        &["'image' is read by the nodes"],
    ),
    (
        "NaN",
        |b| {
            let mut values = [0.0; 27];
            values[1] = f32::NAN;
            b.tensors[0] = encoded(&floats("w", &[1, 3, 3, 3], &values));
        },
        &["tensor 'w'", "NaN at index 1"],
    ),
    (
        "too few bytes",
        |b| b.tensors[0] = encoded(&tensor("w", &[4, 3, 3, 3], 1, vec![0; 100])),
        &["tensor 'w'", "needs 432 bytes", "has 100"],
    ),
    (
        "no data for a huge shape",
        |b| b.tensors[0] = encoded(&tensor("w", &[4096, 4096, 3, 1], 1, vec![])),
        &["tensor 'w'", "bytes in all"],
    ),
    (
        "an absurd shape",
        |b| b.tensors[0] = encoded(&tensor("w", &[i64::MAX, 8, 8], 1, vec![])),
        &["tensor 'w'", "absurd shape"],
    ),
    (
        "a negative size",
        |b| b.tensors[0] = encoded(&tensor("w", &[-1, 3, 3, 3], 1, vec![])),
        &["tensor 'w'", "absurd shape"],
    ),
    (
        "an element type that is not read",
        |b| b.tensors[0] = encoded(&tensor("w", &[1], 9, vec![1])),
        &["tensor 'w'", "element type 9"],
    ),
    (
        "external data",
        |b| {
            let mut outside = floats("w", &[1], &[]);
            outside.data_location = 1;
            b.tensors[0] = encoded(&outside);
        },
        &["tensor 'w'", "external data"],
    ),
    (
        "other channels",
        |b| {
            b.weight("w2", &[4, 9, 1, 1]);
            b.node("next", "Conv", &["map", "w2"], "out", vec![]);
        },
        &["node 'next'", "takes 9 channels", "4×8×8"],
    ),
    (
        "a kernel larger than the map",
        |b| {
            b.weight("w2", &[4, 4, 9, 9]);
            b.node("next", "Conv", &["map", "w2"], "out", vec![]);
        },
        &["node 'next'", "does not fit"],
    ),
    (
        "a matrix behind a map",
        |b| {
            b.weight("w2", &[256, 10]);
            b.node("fc", "MatMul", &["map", "w2"], "out", vec![]);
        },
        &["node 'fc' (MatMul)", "Flatten"],
    ),
    (
        "other features",
        |b| {
            b.node("flat", "Flatten", &["map"], "features", vec![]);
            b.weight("w2", &[255, 10]);
            b.node("fc", "MatMul", &["features", "w2"], "out", vec![]);
        },
        &["node 'fc'", "takes 255 features, but gets 256"],
    ),
    (
        "ReLU behind an average",
        |b| {
            b.node("mean", "GlobalAveragePool", &["map"], "m", vec![]);
            b.node("late", "Relu", &["m"], "out", vec![]);
        },
        &["node 'late' (Relu)", "follows no convolution"],
    ),
    (
        "batch norm behind ReLU",
        |b| {
            for name in ["g", "b", "m", "v"] {
                b.add(&floats(name, &[4], &[1.0; 4]));
            }
            b.node(
                "norm",
                "BatchNormalization",
                &["map", "g", "b", "m", "v"],
                "out",
                vec![],
            );
        },
        &["node 'norm'", "cannot be folded"],
    ),
    (
        "a transpose that moves values",
        |b| {
            b.node(
                "turn",
                "Transpose",
                &["map"],
                "out",
                vec![ints("perm", &[0, 2, 3, 1])],
            )
        },
        &["node 'turn'", "[0, 2, 3, 1]"],
    ),
    (
        "a reshape to something else",
        |b| {
            let shape = [2i64, -1]
                .iter()
                .flat_map(|size| size.to_le_bytes())
                .collect();
            b.add(&tensor("shape", &[2], 7, shape));
            b.node("cut", "Reshape", &["map", "shape"], "out", vec![]);
        },
        &["node 'cut'", "[2, 128]"],
    ),
    ("several images", |b| b.dims[0] = 8, &["takes 8 images"]),
    (
        "a list as input",
        |b| b.dims = vec![1, 100],
        &["2 dimensions, expected 4"],
    ),
    (
        "an enormous image",
        |b| b.dims[2] = 1 << 40,
        &["the input's height"],
    ),
    (
        "quantised activations before float weights",
        |b| {
            b.add(&floats("scale", &[], &[0.1]));
            b.add(&tensor("zero", &[], 2, vec![0]));
            b.node(
                "q",
                "QuantizeLinear",
                &["map", "scale", "zero"],
                "q",
                vec![],
            );
            b.node(
                "dq",
                "DequantizeLinear",
                &["q", "scale", "zero"],
                "out",
                vec![],
            );
        },
        &["node 'conv'", "not quantised"],
    ),
];

#[test]
fn each_is_refused_by_name() {
    for (what, change, expected) in CASES {
        let mut builder = Builder::conv(4);
        assert!(builder.decode().is_ok());
        change(&mut builder);
        // Weights are looked at when they are read.
        let fault = match builder.decode() {
            Err(fault) => fault,
            Ok(Imported {
                model: ImportedModel::Float(model),
                ..
            }) => {
                let mut sources = model.sources.values();
                let fault = sources.find_map(|source| source.load().err());
                fault.unwrap_or_else(|| panic!("{what} was taken"))
            }
            Ok(_) => panic!("{what} was taken"),
        };
        let text = fault.to_string();
        for part in *expected {
            assert!(text.contains(part), "{what}: {text}");
        }
        let error = OnnxError::Content {
            path: "net.onnx".into(),
            fault: Box::new(fault),
        };
        assert!(error.to_string().starts_with("net.onnx: "));
        assert!(!error.help().is_empty() && error.code().contains('.'));
    }
}

#[test]
fn more_than_any_model_has_is_refused_before_it_is_stored() {
    let syntax = |bytes: Vec<u8>| decode(&bytes.into(), "x", None, Default::default()).unwrap_err();
    // A graph of empty nodes: two bytes each.
    let mut many = vec![0x3A, 0x80, 0x9A, 0x0C];
    many.extend([0x0A, 0x00].repeat(100_000 - 512));
    let length = many.len() - 4;
    many[1..4].copy_from_slice(&[
        length as u8 | 0x80,
        (length >> 7) as u8 | 0x80,
        (length >> 14) as u8,
    ]);
    let fault = syntax(many);
    assert!(matches!(fault, OnnxFault::Limit { .. }), "{fault}");
    // A list of a hundred thousand sizes.
    let mut builder = Builder::conv(4);
    builder.tensors[0] = encoded(&tensor("w", &[1; 100_000], 1, vec![]));
    let fault = builder.decode().unwrap_err();
    assert!(fault.to_string().contains("list of numbers"), "{fault}");
    // Groups within groups.
    let fault = syntax([0x0B].repeat(100_000));
    assert!(matches!(fault, OnnxFault::Syntax { .. }), "{fault}");
    for junk in [&b""[..], b"PK\x03\x04", b"{\"model\": 1}", b"\xFF\xFF\xFF"] {
        let fault = syntax(junk.to_vec());
        assert!(matches!(fault, OnnxFault::Syntax { .. }), "{fault}");
    }
}

#[test]
fn files_are_looked_at_before_they_are_read() {
    let directory = tempfile::tempdir().unwrap();
    let read =
        |name: &str| read(&directory.path().join(name), None, Default::default()).unwrap_err();
    assert_eq!(read("none.onnx").code(), "onnx.io");
    assert_eq!(read("").code(), "onnx.not_a_file");
    let large = std::fs::File::create(directory.path().join("large.onnx")).unwrap();
    large.set_len(MAX_FILE_BYTES + 1).unwrap();
    let error = read("large.onnx");
    assert_eq!(error.code(), "onnx.file_too_large");
    assert!(error.to_string().contains("1073741825 bytes"), "{error}");
}
