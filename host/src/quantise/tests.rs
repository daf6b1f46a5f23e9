use super::*;
use crate::classify;
use crate::fault::Fault;
use crate::float;
use crate::network::{Layer, Network, Pool, Shape, Window};
use crate::progress::testing::StopAfter;
use crate::progress::Silent;
use crate::weights::{
    write_random, Dtype, FloatWeights, LayerWeights, Model, PlannedTensor, TensorWriter,
};
use ndarray::{Array1, Array3, ArrayView1, ArrayView2};
use std::collections::BTreeMap;
use std::path::Path;

pub(super) fn network() -> Network {
    let mut network = Network::vgg_like(Shape::new(3, 24, 20), &[&[8, 12], &[16]]);
    network.layers.push(Layer::AdaptivePool {
        height: 2,
        width: 2,
    });
    network.push_classifier(64, &[32, 10]);
    network
}

/// Smooth images with a different phase each.
pub(super) fn images(shape: Shape, count: usize) -> Vec<Array3<f32>> {
    let pixel = |seed: usize, (c, y, x): (usize, usize, usize)| {
        ((c + 1) as f32 * 0.3 * y as f32 + 0.2 * x as f32 + seed as f32).sin() * 2.0
    };
    let dim = (shape.channels, shape.height, shape.width);
    (0..count)
        .map(|seed| Array3::from_shape_fn(dim, |at| pixel(seed, at)))
        .collect()
}

fn quantised(
    directory: &Path,
    network: &Network,
    method: Method,
) -> Result<QuantisedNetwork, QuantiseError> {
    let path = directory.join("float.safetensors");
    write_random(&path, network, 3, &Silent)?;
    let mut model = Model::open(&path, network)?;
    let options = Options {
        method,
        ..Options::default()
    };
    quantise(&mut model, &images(network.input, 2), &options, &Silent)
}

/// Σ (d − zero point)·g over a zero-padded map, the contract's own words.
pub(super) fn direct(conv: &QuantisedConv, map: &Array3<u8>) -> Array3<u8> {
    let (_, height, width) = map.dim();
    let requant = conv.unfolded_requant();
    Array3::from_shape_fn((conv.cout(), height, width), |(o, y, x)| {
        let mut sum = 0;
        for ((_, c, ky, kx), &g) in conv
            .weights
            .slice(ndarray::s![o..=o, .., .., ..])
            .indexed_iter()
        {
            if let Some(&d) = map.get((c, (y + ky).wrapping_sub(1), (x + kx).wrapping_sub(1))) {
                sum += (i32::from(d) - i32::from(conv.input_zero_point)) * i32::from(g);
            }
        }
        requant[o].apply(sum)
    })
}

/// The engine's view: plain uint8 over a border of the zero point, folded biases.
fn folded(conv: &QuantisedConv, map: &Array3<u8>) -> Array3<u8> {
    let (_, height, width) = map.dim();
    Array3::from_shape_fn((conv.cout(), height, width), |(o, y, x)| {
        let mut sum = 0;
        for ((_, c, ky, kx), &g) in conv
            .weights
            .slice(ndarray::s![o..=o, .., .., ..])
            .indexed_iter()
        {
            let at = (c, (y + ky).wrapping_sub(1), (x + kx).wrapping_sub(1));
            sum += i32::from(*map.get(at).unwrap_or(&conv.input_zero_point)) * i32::from(g);
        }
        conv.requant[o].apply(sum)
    })
}

fn pool(map: Array3<u8>) -> Array3<u8> {
    float::max_pool(map.mapv(f32::from).view()).mapv(|value| value as u8)
}

#[test]
fn integers_follow_the_floats_through_the_whole_network() {
    let directory = tempfile::tempdir().unwrap();
    let network = network();
    let quantised = quantised(directory.path(), &network, Method::MinMax).unwrap();
    let image = &images(network.input, 2)[1];
    let mut model = Model::open(&directory.path().join("float.safetensors"), &network).unwrap();

    let mut float = image.clone();
    let mut integer = quantised.quantise_input(image.view());
    for (conv, layer) in quantised.layers.iter().zip([0, 1, 3]) {
        assert_eq!(
            direct(conv, &integer),
            folded(conv, &integer),
            "{}",
            conv.name
        );
        integer = direct(conv, &integer);
        let LayerWeights { weight, bias } = model.load(&network.layers[layer]).unwrap().unwrap();
        let matrix = ArrayView2::from_shape((conv.cout(), 9 * conv.cin()), &weight).unwrap();
        float = float::convolve(
            float.view(),
            matrix,
            ArrayView1::from(&bias),
            &Window::CONV3,
        );
        float::relu(float.as_slice_mut().unwrap());
        let worst = float
            .iter()
            .zip(&integer)
            .map(|(f, &i)| (f - f32::from(i) * conv.output_scale).abs());
        let worst = worst.fold(0.0, f32::max);
        assert!(
            worst < 6.0 * conv.output_scale,
            "{}: {worst} against {}",
            conv.name,
            conv.output_scale
        );
        if conv.pool_after {
            (float, integer) = (float::max_pool(float.view()), pool(integer));
        }
    }
    let scores = classify::classify(&quantised, integer.view()).unwrap();
    let mut features = Array1::from_iter(quantised.tail[0].floats(float.view()));
    for layer in &network.layers[6..] {
        let LayerWeights { weight, bias } = model.load(layer).unwrap().unwrap();
        let matrix = ArrayView2::from_shape((bias.len(), features.len()), &weight).unwrap();
        features = float::linear(features.view(), matrix, ArrayView1::from(&bias));
        if matches!(layer, Layer::Linear { relu: true, .. }) {
            float::relu(features.as_slice_mut().unwrap());
        }
    }
    let span = features
        .iter()
        .copied()
        .fold(0f32, |max, value| max.max(value.abs()));
    for (score, float) in scores.iter().zip(&features) {
        assert!((score - float).abs() < 0.05 * span, "{score} {float}");
    }
}

#[test]
fn structure_scales_and_report() {
    let directory = tempfile::tempdir().unwrap();
    let quantised = quantised(directory.path(), &network(), Method::MinMax).unwrap();
    let pools: Vec<bool> = quantised
        .layers
        .iter()
        .map(|conv| conv.pool_after)
        .collect();
    assert_eq!(pools, [false, true, true]);
    let pool = Pool::Adaptive {
        height: 2,
        width: 2,
    };
    assert_eq!(quantised.tail, [pool]);
    let first = &quantised.layers[0];
    assert_eq!(
        (first.input_scale, first.input_zero_point),
        (INPUT_SCALE, 128)
    );
    for pair in quantised.layers.windows(2) {
        assert_eq!(
            (pair[1].input_scale, pair[1].input_zero_point),
            (pair[0].output_scale, 0)
        );
    }
    for conv in &quantised.layers {
        assert!(conv.weights.iter().all(|&weight| weight != -128));
        assert!(conv
            .requant
            .iter()
            .all(|requant| requant.validate().is_ok() && requant.multiplier >= 1 << 15));
    }
    assert_eq!(quantised.report.len(), 5);
    for report in &quantised.report {
        assert!(report.snr_db.unwrap() > 20.0, "{report:?}");
    }
    assert_eq!(quantised.report[4].saturates_at, None);
    assert_eq!(quantised.calibration, "min-max of 2 images");
}

#[test]
fn a_percentile_saturates_earlier() {
    let directory = tempfile::tempdir().unwrap();
    let wide = quantised(directory.path(), &network(), Method::MinMax).unwrap();
    let narrow = quantised(directory.path(), &network(), Method::Percentile(99.0)).unwrap();
    assert!(narrow.layers[0].output_scale < wide.layers[0].output_scale);
    let error = quantised_error(Method::Percentile(3.0));
    assert_eq!(error.code(), "quantise.percentile");
}

fn quantised_error(method: Method) -> QuantiseError {
    quantised(tempfile::tempdir().unwrap().path(), &network(), method).unwrap_err()
}

#[test]
fn the_input_covers_every_pixel() {
    let extremes = [(0.0f32, 0.485f32, 0.229f32), (1.0, 0.406, 0.225)];
    let values = extremes.map(|(value, mean, std)| (value - mean) / std);
    let map = Array3::from_shape_vec((1, 1, 3), vec![values[0], values[1], 0.0]).unwrap();
    let bytes = super::model::quantise_input(map.view(), INPUT_SCALE, INPUT_ZERO_POINT);
    assert_eq!(bytes.into_raw_vec_and_offset().0, [26, 255, 128]);
}

#[test]
fn saved_and_loaded_are_equal() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("int8.safetensors");
    let network = quantised(directory.path(), &network(), Method::default_for_tests()).unwrap();
    let sum = save(&path, &network, &Silent).unwrap();
    let (loaded, found) = load(&path, &Silent).unwrap();
    assert_eq!(loaded, network);
    assert_eq!(found, sum);
    // Other people's library agrees that the file is sound.
    let bytes = std::fs::read(&path).unwrap();
    assert!(safetensors::SafeTensors::deserialize(&bytes).is_ok());
    assert_eq!(
        save(&directory.path().join("again"), &network, &Silent).unwrap(),
        sum
    );
    assert_eq!(
        std::fs::read(directory.path().join("again")).unwrap(),
        bytes
    );
}

impl Method {
    fn default_for_tests() -> Method {
        Options::default().method
    }
}

#[test]
fn a_damaged_file_is_refused_wherever_the_damage() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("int8.safetensors");
    let network = quantised(directory.path(), &network(), Method::MinMax).unwrap();
    save(&path, &network, &Silent).unwrap();
    let good = std::fs::read(&path).unwrap();
    let data = 8 + u64::from_le_bytes(good[..8].try_into().unwrap()) as usize;
    for at in (data..good.len()).step_by(997).chain([good.len() - 1]) {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        std::fs::write(&path, &bad).unwrap();
        assert_eq!(
            load(&path, &Silent).unwrap_err().code(),
            "quantise.checksum",
            "byte {at}"
        );
    }
    for at in (8..data).step_by(131) {
        let mut bad = good.clone();
        bad[at] ^= 1;
        std::fs::write(&path, &bad).unwrap();
        // Padding is the only place where a flipped bit may go unnoticed, and there it is no JSON.
        assert!(
            load(&path, &Silent).is_err(),
            "byte {at}: {:?}",
            good[at] as char
        );
    }
    std::fs::write(&path, &good[..good.len() - 5]).unwrap();
    assert_eq!(
        load(&path, &Silent).unwrap_err().code(),
        "weights.truncated"
    );
}

#[test]
fn a_float_file_and_another_format_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("float");
    write_random(&path, &network(), 1, &Silent).unwrap();
    let error = load(&path, &Silent).unwrap_err();
    assert_eq!(error.code(), "quantise.not_quantised");
    assert!(error.help().contains("rowfuse quantize"));
    let metadata = BTreeMap::from([("rowfuse.schema".to_owned(), (SCHEMA + 1).to_string())]);
    TensorWriter::create(&path, &[], &metadata)
        .unwrap()
        .finish()
        .unwrap();
    assert_eq!(load(&path, &Silent).unwrap_err().code(), "quantise.schema");
}

#[test]
fn what_cannot_be_quantised_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("float");
    let code = |network: &Network, images: &[Array3<f32>]| {
        write_random(&path, network, 1, &Silent).unwrap();
        let mut model = Model::open(&path, network).unwrap();
        quantise(&mut model, images, &Options::default(), &Silent)
            .unwrap_err()
            .code()
    };
    let good = network();
    assert_eq!(code(&good, &[]), "quantise.no_images");
    assert_eq!(
        code(&good, &images(Shape::new(3, 24, 21), 1)),
        "quantise.image_shape"
    );
    let pictures = images(good.input, 1);

    let mut bad = good.clone();
    bad.layers.insert(3, Layer::Pool);
    assert_eq!(code(&bad, &pictures), "quantise.structure");
    let mut bad = good.clone();
    bad.layers.pop();
    assert_eq!(code(&bad, &pictures), "quantise.structure");
    let mut bad = good.clone();
    bad.layers[5] = Layer::AdaptivePool {
        height: 3,
        width: 2,
    };
    assert_eq!(code(&bad, &pictures), "network.features");
    let wide = Network::vgg_like(Shape::new(3, 4, 4), &[&[513, 2]]);
    assert_eq!(code(&wide, &images(wide.input, 1)), "quantise.structure");
}

#[test]
fn activations_beyond_floats_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("float");
    let network = Network::vgg_like(Shape::new(3, 4, 4), &[&[1, 1]]);
    let tensors = network.tensors();
    let planned: Vec<PlannedTensor> = tensors
        .iter()
        .map(|t| PlannedTensor {
            name: t.name.clone(),
            dtype: Dtype::F32,
            shape: t.shape.clone(),
        })
        .collect();
    let mut writer = TensorWriter::create(&path, &planned, &BTreeMap::new()).unwrap();
    for tensor in &planned {
        writer
            .write(&3e38f32.to_le_bytes().repeat(tensor.bytes() as usize / 4))
            .unwrap();
    }
    writer.finish().unwrap();
    let mut model = Model::open(&path, &network).unwrap();
    let error = quantise(
        &mut model,
        &images(network.input, 1),
        &Options::default(),
        &Silent,
    )
    .unwrap_err();
    assert_eq!(error.code(), "quantise.overflow");
    assert!(error.to_string().contains("layer features.0"), "{error}");
}

#[test]
fn an_interrupt_stops_quantising_and_saving() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("float.safetensors");
    let result = quantised(directory.path(), &network(), Method::MinMax).unwrap();
    let mut model = Model::open(&path, &network()).unwrap();
    let pictures = images(network().input, 1);
    let error = quantise(
        &mut model,
        &pictures,
        &Options::default(),
        &StopAfter::new(2),
    )
    .unwrap_err();
    assert_eq!(error.exit().code(), 130);
    let target = directory.path().join("sub/int8");
    let error = save(&target, &result, &StopAfter::new(1)).unwrap_err();
    assert_eq!(error.exit().code(), 130);
    assert_eq!(
        std::fs::read_dir(directory.path().join("sub"))
            .unwrap()
            .count(),
        0
    );
}
