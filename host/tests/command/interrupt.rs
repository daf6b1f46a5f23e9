//! Ctrl-C in the middle: exit code 130, one document that says so, nothing half-written, and the next run works.

use crate::support::{command, prepared, rowfuse, temporary};
use rowfuse::boards::Kind;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Sends the signal of a Ctrl-C.
pub fn interrupt(child: &Child) {
    let killed = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(killed.is_ok_and(|status| status.success()));
}

/// Names of a directory's files.
fn files(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name();
    let mut names: Vec<String> = entries
        .map(|entry| name(entry).to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// What must be on stdout of an interrupted command, and how it must have ended.
fn check(mut child: Child, verb: &str) {
    let mut text = String::new();
    let stdout = child.stdout.as_mut().unwrap();
    stdout.read_to_string(&mut text).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{text}");
    let document: Value = serde_json::from_str(&text).expect("one JSON document");
    assert_eq!(document["command"], verb);
    assert_eq!(document["ok"], false);
    assert_eq!(document["error"]["code"], "interrupted");
    assert_eq!(document["error"]["message"], "interrupted");
    assert!(document.get("result").is_none());
}

/// Starts a run on the board that the flags name, waits until its log names `stage`, and interrupts it.
fn interrupt_run(board: &[&str], directory: &Path, images: &[&str], stage: &str) {
    let arguments = ["run", "network", "--config", "small-4", "--fuse", "off"];
    let mut child = command(directory, &arguments)
        .args(board)
        .args(images)
        .args(["--json", "--verbose"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut seen = Vec::new();
    while !seen
        .last()
        .is_some_and(|line: &String| line.contains(stage))
    {
        let line = log.next();
        seen.push(
            line.unwrap_or_else(|| panic!("no {stage} in {seen:#?}"))
                .unwrap(),
        );
    }
    interrupt(&child);
    // Whatever else is said must not fill the pipe.
    let rest: Vec<String> = log.map(Result::unwrap).collect();
    check(child, "run");
    let later = rest.iter().any(|line| line.contains("features.5"));
    assert!(!later, "it ran on to the last layer: {rest:#?}");
}

/// Interrupts a run in every stage of it; the same run afterwards must come to its end.
fn check_board(board: &[&str], side: u32) {
    let (directory, image) = prepared(side);
    let path = directory.path();
    let before = files(path);
    for stage in ["uploading", "features.0"] {
        interrupt_run(board, path, &[&image], stage);
        assert_eq!(files(path), before);
    }
    let again = [
        "run", "network", &image, "--config", "small-4", "--layers", "1", "--json",
    ];
    let output = rowfuse(path, &[&again, board].concat());
    assert_eq!(output.status.code(), Some(0));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["result"]["totals"]["mismatches"], 0);
    assert_eq!(files(path), before);
}

#[test]
fn a_run_on_the_gateware_board() {
    // Tens of thousands of cycles are left when the first layer begins: seconds.
    check_board(&["--board", "gateware"], 64);
}

#[test]
fn a_batch_on_the_gateware_board() {
    let (directory, image) = prepared(64);
    let path = directory.path();
    let before = files(path);
    let streamed = [&image, &image, &image, "--no-verify"];
    for (arguments, stage) in [
        (&streamed[..], "uploading"),
        (&streamed, "running"),
        (&streamed[..3], "features.0"),
    ] {
        interrupt_run(&["--board", "gateware"], path, arguments, stage);
        assert_eq!(files(path), before);
    }
}

#[test]
fn a_run_on_the_verilated_board() {
    if let Some(reason) = Kind::Verilated.unavailable() {
        let required = std::env::var_os("ROWFUSE_REQUIRE_VERILATOR").is_some();
        assert!(!required, "{reason}");
        eprintln!("skipped the Verilog: {reason}");
        return;
    }
    // Compiles it, so that the runs below are not interrupted before they begin.
    let directory = temporary();
    let info = ["info", "--board", "verilated", "--config", "small-4"];
    assert!(rowfuse(directory.path(), &info).status.success());
    // Verilator is a hundred times as fast, so the image must be larger.
    check_board(&["--board", "verilated"], 256);
}

#[cfg(unix)]
#[test]
fn a_run_on_a_terminal_whose_board_then_serves_the_next() {
    let directory = temporary();
    let link = directory.path().join("board");
    let port = link.to_str().unwrap();
    let (mut server, _stdout, line) = crate::serve::start(&["--link", port]);
    assert!(line.contains(port), "{line}");
    // At 3 Mbaud the image takes a quarter of a second, and the first map a whole one.
    check_board(&["--port", port], 128);
    interrupt(&server);
    assert_eq!(server.wait().unwrap().code(), Some(130));
}

#[test]
fn a_file_being_written() {
    let directory = temporary();
    let path = directory.path();
    let child = command(path, &["model", "new", "--arch", "vgg19", "-o", "m"])
        .arg("--json")
        .stdout(Stdio::piped())
        .spawn();
    let mut child = child.unwrap();
    // Half a gigabyte takes far longer to write than its first bytes take to appear.
    while files(path).is_empty() && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    interrupt(&child);
    check(child, "model new");
    assert!(files(path).is_empty());
}
