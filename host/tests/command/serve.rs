//! `rowfuse serve`: what it says, how it ends, what it refuses.

use crate::interrupt::interrupt;
use crate::support::{command, outcome, temporary, Limited};
use rowfuse_spec::frame::{Decoder, Frame, Request};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{ChildStdout, Stdio};

/// Starts it on `small-4` and waits for its first line. What it serves ends with it, if it hangs too.
pub fn start(arguments: &[&str]) -> (Limited, BufReader<ChildStdout>, String) {
    let directory = temporary();
    let child = command(directory.path(), &["serve", "--config", "small-4"])
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut child = Limited::new(child);
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    if arguments.contains(&"--json") {
        // Stdout is for the document.
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        stderr.read_line(&mut line).unwrap();
        child.stderr = Some(stderr.into_inner());
    } else {
        stdout.read_line(&mut line).unwrap();
    }
    (child, stdout, line)
}

/// The address that the line names.
fn address(line: &str) -> String {
    let (_, rest) = line
        .split_once(" at ")
        .unwrap_or_else(|| panic!("{line:?}"));
    rest.split(';').next().unwrap().to_owned()
}

fn info(mut stream: impl Read + Write) -> Frame {
    let frame = Request::Info.frame(1).unwrap().encode().unwrap();
    stream.write_all(&frame).unwrap();
    let mut decoder = Decoder::new();
    loop {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        if let Some(frame) = decoder.push(byte[0]) {
            return frame.unwrap();
        }
    }
}

#[test]
fn a_client_is_served_and_its_leaving_ends_it() {
    let (mut child, mut stdout, line) = start(&["--tcp", "0", "--once", "--faults", "flip@100000"]);
    assert!(
        line.contains("functional (small-4)") && line.contains("first client"),
        "{line}"
    );
    assert_eq!(info(TcpStream::connect(address(&line)).unwrap()).seq, 1);
    let mut text = String::new();
    stdout.read_to_string(&mut text).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(
        text.contains("1 clients") && text.contains("no faults"),
        "{text}"
    );
}

#[test]
fn an_interruption_ends_it_and_what_was_counted_is_told() {
    let arguments = ["--tcp", "0", "--json", "--faults", "flip.request@0"];
    let (mut child, mut stdout, line) = start(&arguments);
    let mut stream = TcpStream::connect(address(&line)).unwrap();
    // Its first byte is damaged, so there is no answer; the second is answered behind a silence.
    let frame = Request::Info.frame(1).unwrap().encode().unwrap();
    stream.write_all(&frame).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(100));
    assert_eq!(info(&stream).seq, 1);
    interrupt(&child);
    let mut text = String::new();
    stdout.read_to_string(&mut text).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{text}");
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["command"], "serve");
    assert_eq!(document["error"]["code"], "interrupted");
    let result = &document["result"];
    assert_eq!(
        (&result["clients"], &result["faults"]["flip"]),
        (&1.into(), &1.into())
    );
    assert_eq!(result["faults"]["power"], 0);
    assert!(result["request_bytes"].as_u64() >= Some(20));
}

#[cfg(unix)]
#[test]
fn a_pseudo_terminal_has_the_link_that_was_asked_for() {
    let directory = temporary();
    let link = directory.path().join("board");
    let path = link.to_str().unwrap();
    let (mut child, _, line) = start(&["--link", path, "--once"]);
    assert_eq!(address(&line), path);
    let terminal = std::fs::File::options().read(true).write(true).open(&link);
    assert_eq!(info(terminal.unwrap()).seq, 1);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(!link.is_symlink());
}

#[test]
fn what_cannot_be_served_is_refused() {
    let directory = temporary();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    std::fs::write(directory.path().join("there"), "").unwrap();
    for (arguments, exit, code) in [
        (&["serve", "--tcp", &address][..], 5, "serve.listen"),
        (&["serve", "--tcp", "nowhere"], 5, "serve.listen"),
        (&["serve", "--link", "there"], 5, "serve.link"),
        (&["serve", "--faults", "flap=1"], 2, "serve.faults"),
    ] {
        let error = outcome(directory.path(), arguments, exit);
        assert_eq!(error["code"], code, "{arguments:?}");
        assert!(!error["help"].as_str().unwrap().is_empty());
    }
    for arguments in [
        &["serve", "--tcp", "0", "--pty"][..],
        &["serve", "--tcp", "0", "--link", "x"],
        &["serve", "--line-rate", "5"],
        &["serve", "--latency", "soon"],
    ] {
        let output = crate::support::rowfuse(directory.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}
