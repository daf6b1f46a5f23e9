//! What becomes of nodes that run.

use super::referee_tests::normalised;
use super::testing::*;
use super::*;
use crate::network::{Layer, Window};
use crate::progress::Silent;
use crate::quantise::{quantise, Options};

fn conv(layer: &Layer) -> (Window, bool) {
    match layer {
        Layer::Conv { window, relu, .. } => (*window, *relu),
        other => panic!("{other:?} is no convolution"),
    }
}

#[test]
fn a_convolution_with_its_relu() {
    let builder = Builder::conv(4);
    let imported = builder.decode().unwrap();
    assert_eq!(imported.network().layers, [Layer::conv3("w", 3, 4)]);
    assert_eq!(
        imported.network().input,
        crate::network::Shape::new(3, 8, 8)
    );
    let became: Vec<&str> = imported
        .mapped
        .iter()
        .map(|mapped| mapped.became.as_str())
        .collect();
    assert_eq!(became[1], "ReLU of w");
    assert!(became[0].starts_with("convolution w, 3×3"), "{}", became[0]);
}

#[test]
fn padding_of_every_kind() {
    // (attributes, window) for a 3×3 kernel on 8×8.
    let same = |stride: usize, padding: [usize; 4]| Window {
        kernel: [3, 3],
        stride: [stride; 2],
        padding,
    };
    let cases: [(Vec<Bytes>, Window); 6] = [
        (vec![], same(1, [0; 4])),
        (vec![ints("pads", &[0, 1, 2, 1])], same(1, [0, 1, 2, 1])),
        (vec![text("auto_pad", "VALID")], same(1, [0; 4])),
        (vec![text("auto_pad", "SAME_UPPER")], same(1, [1; 4])),
        (
            vec![text("auto_pad", "SAME_UPPER"), ints("strides", &[2, 2])],
            same(2, [0, 0, 1, 1]),
        ),
        (
            vec![text("auto_pad", "SAME_LOWER"), ints("strides", &[2, 2])],
            same(2, [1, 1, 0, 0]),
        ),
    ];
    for (attributes, expected) in cases {
        let mut builder = Builder::conv(4);
        builder.nodes[0].attribute = attributes;
        assert_eq!(conv(&builder.layers()[0]).0, expected);
    }
}

#[test]
fn dilation_spreads_the_kernel() {
    let mut builder = Builder::conv(2);
    builder.nodes[0].attribute.push(ints("dilations", &[1, 2]));
    let mut imported = builder.decode().unwrap();
    let layer = imported.network().layers[0].clone();
    assert_eq!(conv(&layer).0.kernel, [3, 5]);
    let ImportedModel::Float(model) = &mut imported.model else {
        panic!("floats were given");
    };
    let weights = model.load(&layer).unwrap().unwrap();
    assert_eq!(weights.weight[..5], [-3.0, 0.0, -2.0, 0.0, -1.0]);
    assert_eq!(weights.bias, [0.0, 0.0]);
}

#[test]
fn a_ceil_mode_pool_is_padded_or_as_it_is() {
    for (size, pads) in [(8, [0, 0, 0, 0]), (9, [0, 0, 1, 1])] {
        let mut builder = Builder::conv(4);
        builder.dims = vec![1, 3, size, size];
        let attributes = vec![
            ints("kernel_shape", &[2, 2]),
            ints("strides", &[2, 2]),
            int("ceil_mode", 1),
        ];
        builder.node("pool", "MaxPool", &["map"], "out", attributes);
        let window = Window {
            padding: pads,
            ..Window::POOL2
        };
        let expected = match size {
            8 => Layer::Pool,
            _ => Layer::MaxPool { window },
        };
        assert_eq!(builder.layers()[1], expected);
        builder.nodes[2].op_type = "AveragePool".into();
        assert_eq!(builder.decode().is_ok(), size == 8);
    }
}

#[test]
fn relu_may_come_behind_the_pool() {
    let mut builder = Builder::conv(4);
    builder.nodes.pop();
    let attributes = vec![ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])];
    builder.node("pool", "MaxPool", &["sums"], "pooled", attributes);
    builder.node("late", "Relu", &["pooled"], "out", vec![]);
    assert_eq!(builder.layers(), [Layer::conv3("w", 3, 4), Layer::Pool]);
}

#[test]
fn a_matrix_may_lie_either_way() {
    let mut found = Vec::new();
    for (op, dims) in [("MatMul", [256, 3]), ("Gemm", [3, 256])] {
        let mut builder = Builder::conv(4);
        builder.node("flat", "Flatten", &["map"], "features", vec![]);
        let value = |row: i64, column: i64| (row * 1000 + column) as f32;
        let values: Vec<f32> = match op {
            "Gemm" => (0..768)
                .map(|place| value(place / 256, place % 256))
                .collect(),
            _ => (0..768).map(|place| value(place % 3, place / 3)).collect(),
        };
        builder.add(&floats("fc.weight", &dims, &values));
        let attributes = if op == "Gemm" {
            vec![int("transB", 1), float("alpha", 1.0)]
        } else {
            vec![]
        };
        builder.node("fc", op, &["features", "fc.weight"], "out", attributes);
        let mut imported = builder.decode().unwrap();
        let layer = imported.network().layers[1].clone();
        assert_eq!(layer.name(), Some("fc"));
        let ImportedModel::Float(model) = &mut imported.model else {
            panic!("floats were given");
        };
        found.push(model.load(&layer).unwrap().unwrap());
    }
    assert_eq!(found[0], found[1]);
    assert_eq!(found[0].weight[257], 1001.0);
}

#[test]
fn names_are_those_of_the_weights_and_never_twice() {
    let mut builder = Builder::conv(3);
    for (name, input, output) in [("second", "map", "m2"), ("third", "m2", "m3")] {
        builder.node(
            name,
            "Conv",
            &[input, "w"],
            output,
            vec![ints("pads", &[1; 4])],
        );
    }
    let names: Vec<String> = builder
        .layers()
        .iter()
        .filter_map(|layer| layer.name().map(String::from))
        .collect();
    assert_eq!(names, ["w", "w_2", "w_3"]);
}

#[test]
fn a_size_that_is_left_open_must_be_given() {
    let mut builder = Builder::conv(4);
    builder.dims = vec![0, 3, 0, 0];
    let bytes = builder.bytes();
    let with = |size| decode(&bytes, "x", size, Default::default());
    let fault = with(None).unwrap_err().to_string();
    assert!(fault.contains("--size"), "{fault}");
    let imported = with(Some((5, 6))).unwrap();
    assert_eq!(
        imported.network().input,
        crate::network::Shape::new(3, 5, 6)
    );
    let fault = decode(
        &Builder::conv(4).bytes(),
        "x",
        Some((9, 8)),
        Default::default(),
    );
    assert!(fault.unwrap_err().to_string().contains("8 rows, but 9"));
}

#[test]
fn a_float_model_is_quantised_like_any_other() {
    for path in models(&["float-"]) {
        let mut imported = read(&path, None, Normalisation::UNIT).unwrap();
        let input = imported.network().input;
        let image = ndarray::Array3::from_shape_fn(
            (input.channels, input.height, input.width),
            |(c, y, x)| ((c * 5 + y * 3 + x) % 11) as f32 / 10.0,
        );
        let image = normalised(imported.normalisation, image);
        let ImportedModel::Float(model) = &mut imported.model else {
            panic!("{} has floats", path.display());
        };
        let options = Options {
            normalisation: imported.normalisation,
            ..Options::default()
        };
        let quantised = quantise(model, &[image], &options, &Silent).unwrap();
        // 20 dB is what a badly chosen scale would not reach.
        for layer in &quantised.report {
            assert!(
                layer.snr_db.is_none_or(|snr| snr > 20.0),
                "{}: {layer:?}",
                path.display()
            );
        }
    }
}
