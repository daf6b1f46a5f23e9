//! `accuracy` on the networks that lie in the repository.

use crate::support::{outcome, photograph, rowfuse, temporary};
use ndarray::{Array1, Array3};
use ndarray_npy::WriteNpyExt;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// A file of `networks/`.
fn file(name: &str) -> String {
    format!("{}/../networks/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// The arguments that judge networks with the images held out.
fn judged(networks: &[&str], more: &[&str]) -> Vec<String> {
    let mut arguments = vec!["accuracy".into()];
    for network in networks {
        arguments.extend(["--model".into(), file(&format!("{network}.safetensors"))]);
    }
    for what in ["images", "labels"] {
        arguments.extend([format!("--{what}"), file(&format!("held-out-{what}.npy"))]);
    }
    arguments.extend(["--calibration".into(), file("calibration-images.npy")]);
    arguments.extend(more.iter().map(|argument| (*argument).into()));
    arguments
}

fn result(arguments: &[String], exit: i32) -> Value {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    outcome(temporary().path(), &arguments, exit)
}

/// What JAX counted when it had trained them.
fn trained() -> Value {
    serde_json::from_str(&fs::read_to_string(file("training.json")).unwrap()).unwrap()
}

/// A row of docs/accuracy.md: its cells.
fn documented(network: &str, maps: &str) -> Vec<String> {
    let page = format!("{}/../docs/accuracy.md", env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(page).unwrap();
    let (_, table) = page.split_once("<!-- begin accuracy -->").unwrap();
    let (table, _) = table.split_once("<!-- end accuracy -->").unwrap();
    let mut rows = table
        .lines()
        .map(|line| line.split('|').map(|cell| cell.trim().to_owned()));
    let found = rows.find_map(|row| {
        let row: Vec<String> = row.collect();
        (row.get(1)? == network && row.get(2)? == maps).then_some(row)
    });
    found.unwrap_or_else(|| panic!("docs/accuracy.md has no row of {network}, {maps}"))
}

/// The float networks are right as often as JAX says, no value of the board differs, and the page says what comes of it.
#[test]
fn float_agrees_with_jax_and_the_page_with_both() {
    let networks = ["digits", "digits-blocks", "lenet", "cifar-small"];
    let found = result(&judged(&networks, &["--blocks", "8"]), 0);
    let trained = trained();
    assert_eq!(found["mismatches"], 0);
    let rows = found["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 7);
    let mut compared = 0;
    for row in rows {
        let name = row["network"].as_str().unwrap();
        let (by_jax, maps) = match row["blocks"].as_str() {
            None => ("exact", "whole"),
            Some(_) => ("blocks_8", "blocks of 8"),
        };
        // One network was not looked at in blocks when it had been trained.
        if let Some(correct) = trained["networks"][name][by_jax].as_u64() {
            assert_eq!(row["float"]["correct"], correct, "{name}, {maps}");
            compared += 1;
        }
        assert_eq!(row["float"]["images"], trained["held_out_images"]);
        let board = &row["boards"][0];
        assert_eq!(board["board"], "functional");
        assert_eq!(board["mismatches"], 0);
        assert_eq!(board["images"], row["int8"]["images"]);
        assert_eq!(board["correct"], row["int8"]["correct"]);
        let cells = documented(name, maps);
        for (cell, score) in [(3, &row["float"]), (4, &row["int8"]), (5, board)] {
            let expected = format!("{} of {} (", score["correct"], score["images"]);
            assert!(
                cells[cell].starts_with(&expected),
                "{name}: {cells:?} without {expected}"
            );
        }
        assert_eq!(cells[8], "0");
    }
    assert_eq!(compared, 6);
}

/// A few images of the first network in blocks, and of the one that was trained in them.
#[test]
fn blocks_are_measured_beside_the_whole_maps() {
    let directory = temporary();
    let path = directory.path();
    let images: Array3<u8> = ndarray_npy::read_npy(file("held-out-images.npy")).unwrap();
    let labels: Array1<u8> = ndarray_npy::read_npy(file("held-out-labels.npy")).unwrap();
    let first = |name: &str| path.join(name).display().to_string();
    let write = |name: &str| fs::File::create(path.join(name)).unwrap();
    images
        .slice(ndarray::s![..6, .., ..])
        .write_npy(write("images"))
        .unwrap();
    labels
        .slice(ndarray::s![..6])
        .write_npy(write("labels"))
        .unwrap();
    let calibration = file("calibration-images.npy");
    let models = [file("digits.safetensors"), file("lenet.safetensors")];
    let (images, labels, table) = (first("images"), first("labels"), first("table.md"));
    let arguments = [
        "accuracy",
        "--model",
        &models[0],
        "--model",
        &models[1],
        "--images",
        &images,
        "--labels",
        &labels,
        "--calibration",
        &calibration,
        "--blocks",
        "8",
        "--markdown",
        &table,
    ];
    let found = outcome(path, &arguments, 0);
    // LeNet's convolutions cannot be cut.
    let rows = found["rows"].as_array().unwrap();
    let rows: Vec<(&str, Option<&str>)> = rows
        .iter()
        .map(|row| (row["network"].as_str().unwrap(), row["blocks"].as_str()))
        .collect();
    assert_eq!(
        rows,
        [("digits", None), ("digits", Some("8")), ("lenet", None)]
    );
    let table = fs::read_to_string(path.join("table.md")).unwrap();
    assert_eq!(table.lines().count(), 5, "{table}");
    assert!(table.contains("| digits | blocks of 8 | "), "{table}");
}

/// ONNX in floats and quantised beside each other; only the first needs images for calibration.
#[test]
fn networks_in_onnx_are_measured() {
    let directory = temporary();
    let path = directory.path();
    let write = |name: &str| fs::File::create(path.join(name)).unwrap();
    let noise = |(n, y, x): (usize, usize, usize)| (n * 71 + y * 13 + x * y) as u8;
    let images = Array3::from_shape_fn((3, 28, 28), noise);
    images.write_npy(write("images")).unwrap();
    Array1::<u8>::zeros(3).write_npy(write("labels")).unwrap();
    let onnx = |name: &str| format!("{}/tests/data/onnx/{name}.onnx", env!("CARGO_MANIFEST_DIR"));
    let (float, quantised) = (onnx("float-grey"), onnx("qdq-s8s8-channels-grey"));
    let measure = |models: &[&str], more: &[&str], exit: i32| {
        let mut arguments = vec!["accuracy", "--images", "images", "--labels", "labels"];
        arguments.extend(["--normalise", "unit"]);
        models
            .iter()
            .for_each(|model| arguments.extend(["-m", model]));
        arguments.extend(more);
        outcome(path, &arguments, exit)
    };
    let found = measure(&[&float, &quantised], &["--calibration", "images"], 0);
    assert_eq!(found["mismatches"], 0);
    assert_eq!(found["rows"][0]["float"]["images"], 3);
    assert!(found["rows"][1]["float"].is_null());
    assert_eq!(found["rows"][1]["boards"][0]["images"], 3);
    measure(&[&quantised], &[], 0);
    let error = measure(&[&float], &[], 5);
    assert_eq!(error["code"], "quantise.no_images", "{error}");
}

#[test]
fn files_that_cannot_be_used_end_with_5() {
    let directory = temporary();
    let path = directory.path();
    let refused = |replace: &str, by: &Path, code: &str| {
        let mut arguments = judged(&["lenet"], &[]);
        let place = arguments.iter().position(|argument| argument == replace);
        arguments[place.unwrap() + 1] = by.display().to_string();
        let error = result(&arguments, 5);
        assert_eq!(error["code"], code, "{error}");
        error["message"].as_str().unwrap().to_owned()
    };
    let short = path.join("short.npy");
    let held_out = fs::read(file("held-out-images.npy")).unwrap();
    fs::write(&short, &held_out[..held_out.len() - 1]).unwrap();
    assert!(refused("--images", &short, "npy.length").contains("short.npy"));
    fs::write(&short, b"no array").unwrap();
    refused("--calibration", &short, "npy.format");
    let fewer = path.join("fewer.npy");
    Array1::<u8>::zeros(3)
        .write_npy(fs::File::create(&fewer).unwrap())
        .unwrap();
    let text = refused("--labels", &fewer, "accuracy.counts");
    assert!(text.contains("but") && text.contains("3 labels"), "{text}");
    let larger = path.join("larger.npy");
    Array3::<u8>::zeros((2, 40, 40))
        .write_npy(fs::File::create(&larger).unwrap())
        .unwrap();
    let text = refused("--calibration", &larger, "quantise.image_shape");
    assert!(text.contains("40×40"), "{text}");
    let arguments = judged(&["lenet"], &["--limit", "0"]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    assert_eq!(rowfuse(path, &arguments).status.code(), Some(2));
}

#[test]
fn quantize_knows_the_networks_by_their_tensors() {
    let directory = temporary();
    for (name, arch) in [
        ("digits", "digits"),
        ("digits-blocks", "digits"),
        ("lenet", "lenet"),
        ("cifar-small", "cifar-small"),
    ] {
        let model = file(&format!("{name}.safetensors"));
        let arguments = ["quantize", "-m", &model, &photograph(), "-o", "q"];
        let found = outcome(directory.path(), &arguments, 0);
        assert_eq!(found["arch"], arch);
        assert_eq!(found["input"]["height"], 32);
    }
}
