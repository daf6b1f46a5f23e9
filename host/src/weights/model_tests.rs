use super::super::{write_random, Dtype, PlannedTensor, TensorWriter};
use super::*;
use crate::fault::Fault;
use crate::network::Shape;
use crate::progress::testing::StopAfter;
use crate::progress::Silent;
use safetensors::SafeTensors;
use std::collections::BTreeMap;

fn network() -> Network {
    let mut network = Network::vgg_like(Shape::new(3, 8, 8), &[&[4, 5], &[6]]);
    network.push_classifier(24, &[7, 3]);
    network
}

fn write(path: &Path, tensors: &[(&str, Dtype, &[usize], Vec<u8>)]) {
    let planned: Vec<PlannedTensor> = tensors
        .iter()
        .map(|(name, dtype, shape, _)| PlannedTensor {
            name: (*name).into(),
            dtype: *dtype,
            shape: shape.to_vec(),
        })
        .collect();
    let mut writer = TensorWriter::create(path, &planned, &BTreeMap::new()).unwrap();
    for (.., bytes) in tensors {
        writer.write(bytes).unwrap();
    }
    writer.finish().unwrap();
}

#[test]
fn a_random_model_is_deterministic_and_readable_by_the_reference_library() {
    let directory = tempfile::tempdir().unwrap();
    let [a, b, c] = ["a", "b", "c"].map(|name| directory.path().join(name));
    for (path, seed) in [(&a, 1), (&b, 1), (&c, 2)] {
        write_random(path, &network(), seed, &Silent).unwrap();
    }
    let [a_bytes, b_bytes, c_bytes] = [&a, &b, &c].map(|path| std::fs::read(path).unwrap());
    assert_eq!(a_bytes, b_bytes);
    assert_ne!(a_bytes, c_bytes);

    let theirs = SafeTensors::deserialize(&a_bytes).unwrap();
    let mut ours = Model::open(&a, &network()).unwrap();
    assert_eq!(theirs.len(), network().tensors().len());
    for layer in &network().layers {
        let Some(weights) = ours.load(layer).unwrap() else {
            continue;
        };
        let view = theirs
            .tensor(&format!("{}.weight", layer.name().unwrap()))
            .unwrap();
        let floats: Vec<f32> = view
            .data()
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
            .collect();
        assert_eq!(weights.weight, floats);
    }
}

/// A file of the tiny network under the names of a variant, batch norms doubling what they get and adding a half, and its plain twin.
fn variant_file(directory: &Path, network: &Network, variant: Variant) -> [std::path::PathBuf; 2] {
    let [plain, other] = ["plain", "other"].map(|name| directory.join(name));
    write_random(&plain, network, 3, &Silent).unwrap();
    let mut model = Model::open(&plain, network).unwrap();
    let bytes = |values: &[f32]| {
        values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect::<Vec<u8>>()
    };
    let layers = network.layers.iter().filter(|layer| layer.name().is_some());
    let mut tensors = Vec::new();
    for (stored, layer) in variant.layers(network).iter().zip(layers) {
        let weights = model.load(layer).unwrap().unwrap();
        let count = stored.outputs;
        let norm = [
            vec![2.0; count],
            vec![0.5; count],
            vec![0.25; count],
            vec![1.0 - 1e-5; count],
        ];
        let values = [weights.weight, weights.bias].into_iter().chain(norm);
        for ((name, shape), values) in stored.tensors().into_iter().zip(values) {
            tensors.push((name, Dtype::F32, shape, bytes(&values)));
        }
        if let Some(norm) = &stored.norm {
            let name = format!("{norm}.num_batches_tracked");
            tensors.push((name, Dtype::F32, vec![1], bytes(&[7.0])));
        }
    }
    let tensors: Vec<(&str, Dtype, &[usize], Vec<u8>)> = tensors
        .iter()
        .map(|(name, dtype, shape, bytes)| (&name[..], *dtype, &shape[..], bytes.clone()))
        .collect();
    write(&other, &tensors);
    [plain, other]
}

#[test]
fn variants_give_the_plain_weights_with_batch_norm_folded() {
    let network = Network::named("tiny", None).unwrap();
    for variant in Variant::ALL {
        let directory = tempfile::tempdir().unwrap();
        let paths = variant_file(directory.path(), &network, variant);
        let [mut plain, mut other] = paths.map(|path| Model::open(&path, &network).unwrap());
        for layer in &network.layers {
            let Some(expected) = plain.load(layer).unwrap() else {
                continue;
            };
            let found = other.load(layer).unwrap().unwrap();
            let normed = variant.batch_norm && matches!(layer, Layer::Conv { .. });
            let (factor, shift) = if normed { (2.0, 0.0) } else { (1.0, 0.0) };
            let close = |found: &[f32], expected: &[f32], shift: f32| {
                let pairs = found.iter().zip(expected);
                found.len() == expected.len()
                    && pairs
                        .into_iter()
                        .all(|(a, b)| (a - (b * factor + shift)).abs() < 1e-6)
            };
            assert!(
                close(&found.weight, &expected.weight, shift),
                "{variant:?} {layer:?}"
            );
            // 2·(bias − 0.25) + 0.5
            assert!(
                close(&found.bias, &expected.bias, shift),
                "{variant:?} {layer:?}"
            );
        }
    }
}

#[test]
fn a_variance_below_zero_is_named() {
    let mut weights = LayerWeights {
        weight: vec![1.0; 4],
        bias: vec![0.0; 2],
    };
    let norm = [vec![1.0; 2], vec![0.0; 2], vec![0.0; 2], vec![1.0, -0.5]];
    assert_eq!(fold(&mut weights, norm), Err((1, -0.5)));
}

#[test]
fn random_weights_have_the_variance_of_he() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("m");
    let network = Network::vgg_like(Shape::new(64, 4, 4), &[&[64]]);
    write_random(&path, &network, 9, &Silent).unwrap();
    let weights = Model::open(&path, &network)
        .unwrap()
        .load(&network.layers[0])
        .unwrap()
        .unwrap();
    let variance = |values: &[f32]| values.iter().map(|v| v * v).sum::<f32>() / values.len() as f32;
    let expected = 2.0 / (64.0 * 9.0);
    assert!((variance(&weights.weight) / expected - 1.0).abs() < 0.03);
    assert!((variance(&weights.bias).sqrt() / 0.01 - 1.0).abs() < 0.3);
    let mean = weights.weight.iter().sum::<f32>() / weights.weight.len() as f32;
    assert!(mean.abs() < 1e-3, "{mean}");
}

#[test]
fn an_interrupt_leaves_nothing_behind() {
    let directory = tempfile::tempdir().unwrap();
    let error = write_random(
        &directory.path().join("m"),
        &network(),
        1,
        &StopAfter::new(500),
    )
    .unwrap_err();
    assert_eq!(error.exit().code(), 130);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn files_of_the_reference_library_are_read_in_every_float_type() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("m");
    let network = Network::vgg_like(Shape::new(1, 2, 2), &[&[1]]);
    let values: Vec<f32> = (0..9).map(|i| i as f32 * 0.5 - 2.0).collect();
    let encode = |dtype: safetensors::Dtype, value: f32| match dtype {
        safetensors::Dtype::F32 => value.to_le_bytes().to_vec(),
        safetensors::Dtype::F16 => half::f16::from_f32(value).to_le_bytes().to_vec(),
        _ => half::bf16::from_f32(value).to_le_bytes().to_vec(),
    };
    for dtype in [
        safetensors::Dtype::F32,
        safetensors::Dtype::F16,
        safetensors::Dtype::BF16,
    ] {
        let weight: Vec<u8> = values
            .iter()
            .flat_map(|&value| encode(dtype, value))
            .collect();
        let bias = encode(dtype, 0.25);
        let tensors = BTreeMap::from([
            (
                "features.0.weight",
                safetensors::tensor::TensorView::new(dtype, vec![1, 1, 3, 3], &weight).unwrap(),
            ),
            (
                "features.0.bias",
                safetensors::tensor::TensorView::new(dtype, vec![1], &bias).unwrap(),
            ),
        ]);
        std::fs::write(&path, safetensors::serialize(tensors, None).unwrap()).unwrap();
        let weights = Model::open(&path, &network)
            .unwrap()
            .load(&network.layers[0])
            .unwrap()
            .unwrap();
        assert_eq!((weights.weight, weights.bias), (values.clone(), vec![0.25]));
    }
}

#[test]
fn missing_misnamed_misshapen_and_surplus_tensors_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("m");
    let network = Network::vgg_like(Shape::new(1, 2, 2), &[&[2]]);
    let weight = (
        "features.0.weight",
        Dtype::F32,
        &[2usize, 1, 3, 3][..],
        vec![0; 72],
    );
    let bias = ("features.0.bias", Dtype::F32, &[2usize][..], vec![0; 8]);

    write(&path, std::slice::from_ref(&weight));
    let error = Model::open(&path, &network).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("no tensor features.0.bias of shape [2]"),
        "{error}"
    );

    write(
        &path,
        &[
            ("feature.0.weight", Dtype::F32, &[2, 1, 3, 3], vec![0; 72]),
            bias.clone(),
        ],
    );
    let error = Model::open(&path, &network).unwrap_err();
    assert_eq!(error.code(), "weights.missing_tensor");
    let text = error.to_string();
    assert!(
        text.contains("no tensor features.0.weight of shape [2, 1, 3, 3]"),
        "{text}"
    );
    assert!(
        text.contains("closest name is feature.0.weight of shape [2, 1, 3, 3]"),
        "{text}"
    );

    write(
        &path,
        &[
            ("features.0.weight", Dtype::F32, &[2, 1, 5, 5], vec![0; 200]),
            bias.clone(),
        ],
    );
    let error = Model::open(&path, &network).unwrap_err();
    assert_eq!(error.code(), "weights.shape");
    let text = error.to_string();
    assert!(
        text.contains("has shape [2, 1, 5, 5], vgg-like expects [2, 1, 3, 3]"),
        "{text}"
    );

    write(
        &path,
        &[
            weight.clone(),
            bias.clone(),
            ("extra", Dtype::U8, &[1], vec![0]),
        ],
    );
    let error = Model::open(&path, &network).unwrap_err();
    assert_eq!(error.code(), "weights.unexpected_tensor");

    write(
        &path,
        &[
            ("features.0.weight", Dtype::I8, &[2, 1, 3, 3], vec![0; 18]),
            bias,
        ],
    );
    let error = Model::open(&path, &network)
        .unwrap()
        .load(&network.layers[0])
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("has type I8, expected F32, F16 or BF16"),
        "{error}"
    );
}

#[test]
fn nan_and_infinity_are_refused_by_name_and_index() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("m");
    let network = Network::vgg_like(Shape::new(1, 2, 2), &[&[1]]);
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut weight: Vec<u8> = (0..9).flat_map(|_| 1f32.to_le_bytes()).collect();
        weight[20..24].copy_from_slice(&bad.to_le_bytes());
        let bias = ("features.0.bias", Dtype::F32, &[1usize][..], vec![0; 4]);
        write(
            &path,
            &[
                ("features.0.weight", Dtype::F32, &[1, 1, 3, 3], weight),
                bias,
            ],
        );
        let error = Model::open(&path, &network)
            .unwrap()
            .load(&network.layers[0])
            .unwrap_err();
        assert_eq!(error.code(), "weights.not_finite");
        assert!(
            error.to_string().contains("features.0.weight is"),
            "{error}"
        );
        assert!(error.to_string().ends_with("at index 5"), "{error}");
    }
}

#[test]
fn what_is_not_a_file_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(
        TensorFile::open(directory.path()).unwrap_err().code(),
        "weights.not_a_file"
    );
    let error = TensorFile::open(&directory.path().join("none")).unwrap_err();
    assert_eq!(error.code(), "weights.io");
    assert!(error.to_string().contains("none"));
}
