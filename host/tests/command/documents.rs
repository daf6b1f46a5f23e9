//! Documents, exit codes, nothing half-written.

use crate::support::{photograph, rowfuse, temporary};
use serde_json::Value;
use std::path::Path;

/// Runs with `--json`; stdout must be one document and agree with the exit code.
fn document(directory: &Path, arguments: &[&str], exit: i32) -> Value {
    let output = rowfuse(directory, &[arguments, &["--json"]].concat());
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        output.status.code(),
        Some(exit),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let document: Value = serde_json::from_str(&text).expect("one JSON document");
    assert_eq!(document["schema"], 1);
    assert_eq!(document["ok"], exit == 0);
    assert_eq!(document.get("error").is_some(), exit != 0);
    document
}

#[test]
fn from_seed_to_integers() {
    let directory = temporary();
    let path = directory.path();
    let new = document(path, &["model", "new", "--arch", "tiny", "--seed", "5"], 0);
    assert_eq!(new["command"], "model new");
    assert_eq!(new["result"]["output"], "tiny-5.safetensors");
    let image = photograph();
    let arguments = [
        "quantize",
        "-m",
        "tiny-5.safetensors",
        "-o",
        "q",
        "--method",
        "minmax",
        &image,
    ];
    let quantised = document(path, &arguments, 0);
    assert_eq!(quantised["result"]["arch"], "tiny");
    assert_eq!(
        quantised["result"]["layers"].as_array().map(Vec::len),
        Some(5)
    );
    let again = document(
        path,
        &[&arguments[..4], &["q2"], &arguments[5..]].concat(),
        0,
    );
    assert_eq!(quantised["result"]["sha256"], again["result"]["sha256"]);
    assert_eq!(
        std::fs::read(path.join("q")).ok(),
        std::fs::read(path.join("q2")).ok()
    );
}

#[test]
fn bad_input_has_code_message_and_help() {
    let directory = temporary();
    let path = directory.path();
    document(path, &["model", "new", "--arch", "tiny", "-o", "m"], 0);
    std::fs::write(path.join("text"), "no image").expect("writable");
    let whole = std::fs::read(path.join("m")).expect("readable");
    std::fs::write(path.join("cut"), &whole[..whole.len() - 1]).expect("writable");
    let image = photograph();
    let cases: [(&[&str], i32, &str); 8] = [
        (
            &["quantize", "-m", "none", "-o", "q", &image],
            5,
            "weights.io",
        ),
        (
            &["quantize", "-m", "cut", "-o", "q", &image],
            5,
            "weights.truncated",
        ),
        (
            &["quantize", "-m", "text", "-o", "q", &image],
            5,
            "weights.header_too_large",
        ),
        (
            &["quantize", "-m", "m", "-o", "q", "text"],
            5,
            "image.not_an_image",
        ),
        (
            &["quantize", "-m", "m", "-o", "q", "--arch", "vgg11", &image],
            5,
            "weights.shape",
        ),
        (
            &["quantize", "-m", "m", "-o", "q", "--size", "3", &image],
            5,
            "network.too_small",
        ),
        (&["quantize", "-m", "m", "-o", "m", &image], 2, "usage"),
        (&["quantise"], 2, "usage"),
    ];
    for (arguments, exit, code) in cases {
        let document = document(path, arguments, exit);
        assert_eq!(document["error"]["code"], code, "{arguments:?}");
        for key in ["message", "help"] {
            assert!(document["error"][key]
                .as_str()
                .is_some_and(|text| !text.is_empty()));
        }
    }
    assert!(!path.join("q").exists());
    let output = rowfuse(path, &["quantize", "-m", "none", "-o", "q", &image]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.stdout.is_empty() && stderr.contains("error: none") && stderr.contains("help: "),
        "{stderr}"
    );
}

#[test]
fn help_and_version_are_no_errors() {
    let directory = temporary();
    for arguments in [&["--help"][..], &["--version"], &["model", "new", "--help"]] {
        let output = rowfuse(directory.path(), arguments);
        assert_eq!(output.status.code(), Some(0));
        assert!(!output.stdout.is_empty() && output.stderr.is_empty());
    }
    assert_eq!(rowfuse(directory.path(), &[]).status.code(), Some(2));
}
