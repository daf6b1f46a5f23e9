//! Against onnxruntime: what it made of models lies beside them, see `scripts/onnx_models.py`.

use super::testing::models;
use super::*;
use crate::float::FloatNetwork;
use crate::network::Pool;
use crate::quantise::{LinearOutput, QuantisedConv, QuantisedLinear};
use ndarray::Array3;
use safetensors::{Dtype, SafeTensors};
use std::path::Path;

/// What onnxruntime gave.
pub(super) struct Reference(Vec<u8>);

impl Reference {
    pub(super) fn beside(path: &Path) -> Reference {
        Reference(std::fs::read(path.with_extension("safetensors")).unwrap())
    }

    fn shaped(&self, name: &str, dtype: Dtype) -> (Vec<usize>, Vec<u8>) {
        let tensors = SafeTensors::deserialize(&self.0).unwrap();
        let tensor = tensors.tensor(name).unwrap();
        assert_eq!(tensor.dtype(), dtype, "{name}");
        (tensor.shape().to_vec(), tensor.data().to_vec())
    }

    pub(super) fn floats(&self, name: &str) -> (Vec<usize>, Vec<f32>) {
        let (shape, bytes) = self.shaped(name, Dtype::F32);
        let values = bytes.chunks_exact(4);
        (
            shape,
            values
                .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                .collect(),
        )
    }

    fn sums(&self, name: &str) -> Vec<i32> {
        let (_, bytes) = self.shaped(&format!("{name}.sums"), Dtype::I32);
        let values = bytes.chunks_exact(4);
        values
            .map(|b| i32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect()
    }

    /// Scale and zero point of a layer's input, by the file.
    fn quantisation(&self, name: &str) -> (f32, u8) {
        let (_, scale) = self.floats(&format!("{name}.scale"));
        let (_, zero) = self.shaped(&format!("{name}.zero"), Dtype::U8);
        (scale[0], zero[0])
    }

    /// Channels × rows × columns.
    pub(super) fn map(&self, name: &str) -> Array3<u8> {
        let (shape, bytes) = self.shaped(name, Dtype::U8);
        let shape = (shape[1], shape[2], shape[3]);
        Array3::from_shape_vec(shape, bytes).unwrap()
    }

    /// The image, channels first whichever way the model takes it.
    pub(super) fn image(&self) -> Array3<f32> {
        let (shape, values) = self.floats("image");
        let map = Array3::from_shape_vec((shape[1], shape[2], shape[3]), values).unwrap();
        match shape[1] {
            1 | 3 => map,
            _ => map.permuted_axes([2, 0, 1]).as_standard_layout().to_owned(),
        }
    }
}

/// An image of values from 0 to 1 as a network reads it.
pub(super) fn normalised(normalisation: Normalisation, mut image: Array3<f32>) -> Array3<f32> {
    let Normalisation { mean, std } = normalisation;
    for (channel, mut plane) in image.outer_iter_mut().enumerate() {
        plane.mapv_inplace(|x| (x - mean[channel]) / std[channel]);
    }
    image
}

#[test]
fn float_scores_are_onnxruntimes() {
    for path in models(&["float-"]) {
        let reference = Reference::beside(&path);
        let mut imported = read(&path, None, Normalisation::UNIT).unwrap();
        // The model's own beginning is part of the normalisation, here of values from 0 to 1.
        let image = normalised(imported.normalisation, reference.image());
        let ImportedModel::Float(model) = &mut imported.model else {
            panic!("{} has floats", path.display());
        };
        let (_, expected) = reference.floats("logits");
        let network = FloatNetwork::load(model).unwrap();
        let found = network.scores(image.view(), None);
        assert_eq!(found.len(), expected.len(), "{}", path.display());
        let largest = expected.iter().fold(1f32, |max, x| max.max(x.abs()));
        let worst = found
            .iter()
            .zip(&expected)
            .map(|(a, b)| (a - b).abs())
            .fold(0f32, f32::max);
        println!(
            "{}: largest score {largest}, worst difference {worst:e}",
            path.display()
        );
        assert!(
            worst < 2e-5 * largest,
            "{}: {found:?} {expected:?}",
            path.display()
        );
    }
}

/// The exact sums of a convolution: Σ (d − zero point)·g, rows and columns beyond the map being zero.
pub(super) fn sums_of(conv: &QuantisedConv, map: &Array3<u8>, zero: u8) -> Array3<i32> {
    let (_, rows, columns) = map.dim();
    let [height, width] = conv.window.output(rows, columns).unwrap();
    let zero = i32::from(zero);
    Array3::from_shape_fn((conv.cout(), height, width), |(o, y, x)| {
        let kernel = conv.weights.index_axis(ndarray::Axis(0), o);
        let products = kernel.indexed_iter().map(|((c, ky, kx), &g)| {
            let row = (y * conv.window.stride[0] + ky).wrapping_sub(conv.window.padding[0]);
            let column = (x * conv.window.stride[1] + kx).wrapping_sub(conv.window.padding[1]);
            let value = map
                .get((c, row, column))
                .map_or(0, |&d| i32::from(d) - zero);
            value * i32::from(g)
        });
        products.sum()
    })
}

/// How values differ: all, those off by one, those by more.
#[derive(Default)]
pub(super) struct Counts([usize; 3]);

impl Counts {
    pub(super) fn add(&mut self, found: u8, expected: u8) {
        self.0[0] += 1;
        match found.abs_diff(expected) {
            0 => {}
            1 => self.0[1] += 1,
            _ => self.0[2] += 1,
        }
    }
}

impl Counts {
    /// Fails if any value differs by more than 1.
    pub(super) fn check(&self) {
        assert_eq!(self.0[2], 0, "{self}");
        assert!(self.0[0] > 0);
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [all, one, more] = self.0;
        write!(f, "{all} values, {one} off by 1, {more} by more")
    }
}

fn conv_layer(conv: &QuantisedConv, reference: &Reference, counts: &mut Counts) {
    let name = &conv.name;
    let (scale, zero) = reference.quantisation(name);
    let sums = sums_of(conv, &reference.map(&format!("{name}.input")), zero);
    let expected = reference.sums(name);
    assert!(sums.iter().eq(&expected), "{name}: sums differ");
    if (scale, zero) != (conv.input_scale, conv.input_zero_point) {
        assert!(averages(&conv.before), "{name} has another scale");
        return;
    }
    let requant = conv.unfolded_requant();
    let output = reference.map(&format!("{name}.output"));
    for ((o, y, x), sum) in sums.indexed_iter() {
        counts.add(requant[o].apply(*sum), output[(o, y, x)]);
    }
}

/// Behind an average whose scale the file changes, the integers are not the file's.
fn averages(pools: &[Pool]) -> bool {
    pools.iter().any(|pool| !matches!(pool, Pool::Max { .. }))
}

fn linear_layer(
    linear: &QuantisedLinear,
    tail: &[Pool],
    reference: &Reference,
    counts: &mut Counts,
) {
    let name = &linear.name;
    let (scale, zero) = reference.quantisation(name);
    let (_, input) = reference.shaped(&format!("{name}.input"), Dtype::U8);
    let (_, output) = reference.shaped(&format!("{name}.output"), Dtype::U8);
    let raw = crate::classify::sums(linear, &input);
    let rows = linear.weights.rows().into_iter();
    let shares = rows.map(|row| i32::from(zero) * row.iter().map(|&g| i32::from(g)).sum::<i32>());
    let sums: Vec<i32> = raw
        .iter()
        .zip(shares)
        .map(|(sum, share)| sum - share)
        .collect();
    assert_eq!(sums, reference.sums(name), "{name}");
    if scale != linear.input_scale {
        assert!(averages(tail), "{name} has another scale");
        return;
    }
    if let LinearOutput::Requant { requant, .. } = &linear.output {
        for ((sum, requant), expected) in raw.iter().zip(requant).zip(output) {
            counts.add(requant.apply(*sum), expected);
        }
    }
}

/// The last layer's scores differ from onnxruntime's by the rounding of its output alone, given the same input.
fn scores(last: &QuantisedLinear, reference: &Reference) {
    let (_, input) = reference.shaped(&format!("{}.input", last.name), Dtype::U8);
    let found = crate::classify::last(last, &input);
    let (_, expected) = reference.floats("logits");
    // uint8 covers the calibrated range, which had zero in it.
    let step = 2.0 * expected.iter().fold(0f32, |max, x| max.max(x.abs())) / 127.0;
    for (found, expected) in found.iter().zip(&expected) {
        assert!(
            (found - expected).abs() <= step.max(0.05),
            "{}: {found} {expected}",
            last.name
        );
    }
}

#[test]
fn quantised_layers_are_onnxruntimes() {
    for path in models(&["qdq-", "qop-"]) {
        let reference = Reference::beside(&path);
        let imported = read(&path, None, Normalisation::UNIT).unwrap();
        let ImportedModel::Quantised(network) = &imported.model else {
            panic!("{} is quantised", path.display());
        };
        // The image as the file's own scale has it.
        let first = &network.layers[0];
        let image = normalised(imported.normalisation, reference.image());
        let image = network.quantise_input(image.view());
        if first.before.is_empty() {
            assert_eq!(
                image,
                reference.map(&format!("{}.input", first.name)),
                "{}",
                path.display()
            );
        }
        let mut counts = Counts::default();
        for conv in &network.layers {
            conv_layer(conv, &reference, &mut counts);
        }
        for linear in &network.classifier {
            linear_layer(linear, &network.tail, &reference, &mut counts);
        }
        if let (Some(last), [_, _, ..]) = (network.classifier.last(), &network.classifier[..]) {
            scores(last, &reference);
        }
        let name = path.file_stem().unwrap().to_string_lossy();
        println!("{name}: {counts}");
        counts.check();
    }
}
