//! The command as a user meets it: documents, exit codes, nothing half-written.

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn rowfuse(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rowfuse"));
    command
        .current_dir(directory)
        .args(arguments)
        .output()
        .expect("the command starts")
}

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

fn photograph() -> String {
    format!(
        "{}/../testbench/data/flower.jpg",
        env!("CARGO_MANIFEST_DIR")
    )
}

fn temporary() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary directory")
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

#[cfg(unix)]
#[test]
fn an_interrupt_ends_with_130_and_leaves_nothing() {
    let directory = temporary();
    let mut child = Command::new(env!("CARGO_BIN_EXE_rowfuse"))
        .current_dir(directory.path())
        .args(["model", "new", "--arch", "vgg19", "-o", "m", "--json"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("the command starts");
    // Half a gigabyte takes far longer to write than its first bytes take to appear.
    let begun =
        || std::fs::read_dir(directory.path()).is_ok_and(|mut files| files.next().is_some());
    while !begun() && child.try_wait().expect("a child").is_none() {
        std::thread::yield_now();
    }
    let killed = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(killed.is_ok_and(|status| status.success()));
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130));
    let document: Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
    assert_eq!(document["error"]["code"], "interrupted");
    assert_eq!(
        std::fs::read_dir(directory.path())
            .map(Iterator::count)
            .ok(),
        Some(0)
    );
}
