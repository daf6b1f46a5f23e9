//! Models in ONNX files, from the file to a run that is proven.

use crate::support::{outcome, photograph, rowfuse, temporary};
use std::path::Path;

fn model(name: &str) -> String {
    format!("{}/tests/data/onnx/{name}.onnx", env!("CARGO_MANIFEST_DIR"))
}

/// Quantises a model, with a photograph if it is in floats, and runs the photograph on the functional board.
fn run(directory: &Path, name: &str) {
    let (model, image) = (model(name), photograph());
    let mut arguments = vec![
        "quantize",
        "-m",
        &model,
        "-o",
        "network",
        "--normalise",
        "unit",
    ];
    if name.starts_with("float") {
        arguments.push(&image);
    }
    let quantised = outcome(directory, &arguments, 0);
    let nodes = quantised["nodes"].as_array().unwrap();
    assert!(nodes
        .iter()
        .any(|node| node["op"] == "Conv" || node["op"] == "QLinearConv"));
    let ran = outcome(directory, &["run", "network", &image], 0);
    assert_eq!(ran["totals"]["mismatches"], 0, "{name}");
    assert!(!ran["top5"].as_array().unwrap().is_empty());
}

#[test]
fn models_in_floats_and_quantised_ones_run() {
    let directory = temporary();
    for name in [
        "float-windows",
        "float-folded",
        "qdq-s8s8-channels-windows",
        "qop-u8s8-tensor-plain",
        "float-grey",
        "qdq-s8s8-channels-grey",
    ] {
        run(directory.path(), name);
    }
}

#[test]
fn what_is_missing_or_wrong_is_said() {
    let directory = temporary();
    let path = directory.path();
    let float = model("float-plain");
    let error = outcome(path, &["quantize", "-m", &float, "-o", "n"], 2);
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("at least one IMAGE"),
        "{error}"
    );
    let arch = ["quantize", "-m", &float, "-o", "n", "--arch", "vgg16"];
    outcome(path, &arch, 2);
    let size = ["quantize", "-m", &float, "-o", "n", "--size", "20"];
    let error = outcome(path, &size, 5);
    assert_eq!(error["code"], "onnx.graph", "{error}");
    let grey = model("float-grey");
    let error = outcome(
        path,
        &["quantize", "-m", &grey, &photograph(), "-o", "n"],
        5,
    );
    assert_eq!(error["code"], "quantise.grey_normalisation", "{error}");
    assert!(error["help"].as_str().unwrap().contains("--normalise unit"));
    std::fs::write(path.join("text.onnx"), "weights").unwrap();
    let error = outcome(path, &["quantize", "-m", "text.onnx", "-o", "n"], 5);
    assert_eq!(error["code"], "onnx.syntax", "{error}");
    assert!(!path.join("n").exists());
}

#[test]
fn the_table_names_every_node() {
    let directory = temporary();
    let model = model("qdq-u8s8-tensor-plain");
    let output = rowfuse(directory.path(), &["quantize", "-m", &model, "-o", "n"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    for part in [
        "node_conv_0",
        "convolution features.0",
        "scale of features.0",
        "the scales of an ONNX file",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}
