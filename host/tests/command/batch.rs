//! Several images with one command.

use crate::support::{outcome, prepared, rowfuse};
use serde_json::Value;
use std::path::Path;

/// Copies the photograph and another into a directory of that name.
fn images(path: &Path, photograph: &str) {
    let flower = photograph.replace("china", "flower");
    std::fs::create_dir(path.join("images")).unwrap();
    for (from, to) in [
        (photograph, "b.jpg"),
        (flower.as_str(), "a.JPG"),
        (photograph, "c.jpeg"),
    ] {
        std::fs::copy(from, path.join("images").join(to)).unwrap();
    }
    std::fs::write(path.join("images/notes.txt"), "no image").unwrap();
}

fn run(path: &Path, arguments: &[&str]) -> Value {
    outcome(path, &[&["run", "network"], arguments].concat(), 0)
}

#[test]
fn every_image_of_a_batch_comes_out_as_alone() {
    let (directory, photograph) = prepared(32);
    let path = directory.path();
    images(path, &photograph);
    let names = ["images/a.JPG", "images/b.jpg", "images/c.jpeg"];
    let alone = names.map(|name| run(path, &[name]));
    assert!(alone[0].get("images").is_none());
    for more in [
        &[][..],
        &["--verify", "answer"],
        &["--no-verify"],
        &["--verify", "none"],
    ] {
        for arguments in [&["images"][..], &names] {
            let batch = run(path, &[arguments, more].concat());
            let images = batch["images"].as_array().unwrap();
            assert_eq!(images.len(), 3);
            for ((image, name), alone) in images.iter().zip(names).zip(&alone) {
                assert_eq!(image["image"], name);
                assert_eq!(image["top5"], alone["top5"]);
                let compared = (more.is_empty() || more == ["--verify", "answer"]).then_some(0);
                assert_eq!(image["mismatches"], Value::from(compared));
            }
            let (totals, one) = (&batch["totals"], &alone[0]["totals"]);
            assert_eq!(totals["macs"], 3 * one["macs"].as_u64().unwrap());
            assert_eq!(totals["mismatches"], images[0]["mismatches"]);
            assert_eq!(batch["layers"], alone[0]["layers"]);
            assert_eq!(images[0]["groups"].is_null(), !more.is_empty());
        }
    }
}

#[test]
fn classes_have_the_names_that_a_file_gives() {
    let (directory, photograph) = prepared(32);
    let path = directory.path();
    // Ten classes: nobody knows what they are.
    let unnamed = run(path, &[&photograph]);
    assert!(unnamed["top5"][0]["name"].is_null());
    let names: String = (0..10).map(|class| format!("thing {class}\n")).collect();
    std::fs::write(path.join("names.txt"), names).unwrap();
    let named = run(path, &[&photograph, "--classes", "names.txt"]);
    let batch = run(path, &[&photograph, &photograph, "--classes", "names.txt"]);
    let best = &named["top5"][0];
    assert_eq!(best["name"], format!("thing {}", best["class"]));
    assert_eq!(batch["images"][1]["top5"], named["top5"]);
}

#[test]
fn the_hardware_goes_from_image_to_image_almost_at_once() {
    let (directory, photograph) = prepared(32);
    let flower = photograph.replace("china", "flower");
    let arguments = [
        &photograph,
        &flower,
        "--board",
        "gateware",
        "--verify",
        "answer",
        "--layers",
        "1",
    ];
    let batch = run(directory.path(), &arguments);
    let cycles = |value: &Value| value.as_u64().unwrap();
    let [first, last] = &batch["images"].as_array().unwrap()[..] else {
        panic!("{batch}");
    };
    assert_eq!(
        cycles(&batch["totals"]["cycles"]),
        cycles(&first["cycles"]) + cycles(&last["cycles"])
    );
    // Two requests and their replies.
    assert!(cycles(&first["idle_cycles"]) < 250, "{first}");
    assert_eq!(batch["totals"]["idle_cycles"], first["idle_cycles"]);
    assert!(last["idle_cycles"].is_null());
    assert_eq!(
        first["top5"],
        Value::Array(vec![]),
        "it is part of a network"
    );
}

#[test]
fn a_batch_that_makes_no_sense_is_refused() {
    let (directory, photograph) = prepared(32);
    let path = directory.path();
    std::fs::create_dir(path.join("empty")).unwrap();
    let error = outcome(path, &["run", "network", "empty"], 2);
    assert!(error["message"].as_str().unwrap().contains("empty"));
    let dump = ["run", "network", &photograph, &photograph, "--dump", "maps"];
    outcome(path, &dump, 2);
    assert!(!path.join("maps").exists());
    outcome(path, &["run", "network", &photograph, "missing.jpg"], 5);
    let both = [
        "run",
        "network",
        &photograph,
        "--verify",
        "answer",
        "--no-verify",
    ];
    assert_eq!(rowfuse(path, &both).status.code(), Some(2));
}
