use super::super::testing::{int, ints, tensor, Builder};
use super::super::OnnxFault;
use crate::network::Layer;

/// A list of integers, or a number if `dims` is empty.
fn integers(builder: &mut Builder, name: &str, dims: &[i64], values: &[i64]) {
    let raw = values.iter().flat_map(|value| value.to_le_bytes());
    builder.add(&tensor(name, dims, 7, raw.collect()));
}

/// A convolution to 4 channels of 8×8, and a few integers to reckon with.
fn convolution() -> Builder {
    let mut builder = Builder::conv(4);
    for value in [0, 1, 2, 3] {
        integers(&mut builder, &format!("{value}"), &[], &[value]);
    }
    integers(&mut builder, "[0]", &[1], &[0]);
    integers(&mut builder, "[1]", &[1], &[1]);
    integers(&mut builder, "[-1]", &[1], &[-1]);
    integers(&mut builder, "[4]", &[1], &[4]);
    builder
}

/// The layers of what is reshaped to `shape` and then read by a fully connected layer.
fn reshaped(mut builder: Builder) -> Result<Vec<Layer>, OnnxFault> {
    builder.weight("weight", &[5, 256]);
    builder.node("view", "Reshape", &["map", "shape"], "features", vec![]);
    let by_rows = vec![int("transB", 1)];
    builder.node("last", "Gemm", &["features", "weight"], "scores", by_rows);
    Ok(builder.decode()?.network().layers.clone())
}

fn flattened() -> Vec<Layer> {
    let mut builder = convolution();
    integers(&mut builder, "shape", &[2], &[1, 256]);
    reshaped(builder).unwrap()
}

/// `x.view(x.size(0), -1)`, as PyTorch exports it with an open batch.
#[test]
fn a_view_of_the_batch_and_the_rest() {
    let mut builder = convolution();
    builder.node("size", "Shape", &["map"], "sizes", vec![]);
    builder.node(
        "batch",
        "Gather",
        &["sizes", "0"],
        "batch",
        vec![int("axis", 0)],
    );
    builder.node("list", "Unsqueeze", &["batch", "[0]"], "batches", vec![]);
    builder.node(
        "shape",
        "Concat",
        &["batches", "[-1]"],
        "shape",
        vec![int("axis", 0)],
    );
    assert_eq!(reshaped(builder).unwrap(), flattened());
}

/// The product of all sizes but the batch, each way there is to get at them.
#[test]
fn sizes_are_picked_multiplied_and_joined() {
    let mut builder = convolution();
    builder.node("all", "Shape", &["map"], "all", vec![]);
    // Channels from the whole list, rows by a slice, columns from a part of the shape.
    builder.node("channels", "Gather", &["all", "1"], "channels", vec![]);
    builder.node("tail", "Slice", &["all", "[-1]", "[4]"], "tail", vec![]);
    builder.node("rows", "Squeeze", &["tail"], "rows", vec![]);
    let part = vec![int("start", 3), int("end", 4)];
    builder.node("last", "Shape", &["map"], "last", part);
    builder.node("columns", "Gather", &["last", "0"], "columns", vec![]);
    builder.node("area", "Mul", &["rows", "columns"], "area", vec![]);
    builder.node("count", "Mul", &["area", "channels"], "count", vec![]);
    builder.node("more", "Add", &["count", "1"], "more", vec![]);
    builder.node("same", "Sub", &["more", "1"], "same", vec![]);
    builder.node("twice", "Mul", &["same", "2"], "twice", vec![]);
    builder.node("once", "Div", &["twice", "2"], "once", vec![]);
    builder.node("cast", "Cast", &["once"], "cast", vec![int("to", 7)]);
    let axes = vec![ints("axes", &[0])];
    builder.node("features", "Unsqueeze", &["cast"], "listed", axes);
    builder.node("shape", "Concat", &["[1]", "listed"], "shape", vec![]);
    assert_eq!(reshaped(builder).unwrap(), flattened());
}

#[test]
fn constants_alone_are_reckoned_with_too() {
    let mut builder = convolution();
    builder.node("shape", "Concat", &["[1]", "[-1]"], "shape", vec![]);
    assert_eq!(reshaped(builder).unwrap(), flattened());
}

#[test]
fn what_cannot_be_known_is_refused_by_name() {
    // The operator, what it reads beside the sizes, and attributes.
    let cases: [(&str, &[&str], Vec<prost::bytes::Bytes>); 7] = [
        ("ReduceProd", &[], vec![]),
        ("Gather", &["[4]"], vec![]),
        ("Gather", &["0"], vec![int("axis", 1)]),
        ("Slice", &["[0]", "[1]", "[1]"], vec![]),
        ("Concat", &["0"], vec![]),
        ("Div", &["0"], vec![]),
        ("Cast", &[], vec![int("to", 9)]),
    ];
    for (op, more, attributes) in cases {
        let mut builder = convolution();
        builder.node("size", "Shape", &["map"], "sizes", vec![]);
        let inputs = [&["sizes"], more].concat();
        builder.node("odd", op, &inputs, "shape", attributes);
        let error = reshaped(builder).unwrap_err().to_string();
        assert!(error.starts_with(&format!("node 'odd' ({op})")), "{error}");
        assert!(error.contains("fixed batch"), "{error}");
    }
}

/// Products beyond 64 bits, and lists that double with each node.
#[test]
fn what_grows_beyond_bounds_is_refused() {
    for (op, names) in [("Mul", ["sizes", "sizes"]), ("Concat", ["sizes", "sizes"])] {
        let mut builder = convolution();
        builder.node("size", "Shape", &["map"], "sizes", vec![]);
        let mut names = names.map(String::from);
        for step in 0..40 {
            let output = format!("grown {step}");
            let inputs = [names[0].as_str(), names[1].as_str()];
            builder.node(&output, op, &inputs, &output, vec![]);
            names = [output.clone(), output];
        }
        integers(&mut builder, "shape", &[2], &[1, 256]);
        let error = reshaped(builder).unwrap_err().to_string();
        assert!(error.starts_with("node 'grown "), "{error}");
    }
}
