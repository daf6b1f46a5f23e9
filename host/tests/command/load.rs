//! `load`, with scripts in the place of the tools that program boards.

use crate::support::{command, temporary};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What openFPGALoader prints, to a pipe, before and after it loads; and how it was called, into a file.
const LOADS: &str = r#"echo "$*" > called
echo empty
printf 'Jtag frequency : requested 6.00MHz   -> real 3.00MHz \nOpen file: DONE\nParse file: DONE\n'
printf '\rLoading: [====                ] 20.00%%\n\rLoading: [====================] 100.00%%\n\nDone\n'
echo 'Disable configuration: DONE'"#;

/// A directory with the sample's bitstreams and, in `bin`, tools of those names and contents.
fn directory(tools: &[(&str, &str)]) -> TempDir {
    let directory = temporary();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/bitstreams");
    for name in ["good.bit", "late.bit", "manifest.toml"] {
        std::fs::copy(sample.join(name), directory.path().join(name)).unwrap();
    }
    let bin = directory.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    for (name, text) in tools {
        let path = bin.join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    }
    directory
}

/// `rowfuse load`, on a PATH on which there are no tools but those.
fn load(directory: &TempDir, arguments: &[&str]) -> Command {
    let mut load = command(directory.path(), &[&["load", "--json"], arguments].concat());
    load.env("PATH", directory.path().join("bin"));
    load
}

/// The `result` or the `error`, and stderr.
fn outcome(output: Output, exit: i32) -> (Value, String) {
    let stderr = String::from_utf8(output.stderr).unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(exit), "{text}{stderr}");
    let mut document: Value = serde_json::from_str(&text).expect("one JSON document");
    assert_eq!(document["command"], "load");
    let key = if exit == 0 { "result" } else { "error" };
    (document[key].take(), stderr)
}

/// What becomes of `load good.bit` and more with these tools; what they must be called with.
fn tried(tools: &[(&str, &str)], arguments: &[&str], exit: i32) -> (Value, String) {
    let directory = directory(tools);
    let arguments = [&["good.bit"], arguments].concat();
    outcome(load(&directory, &arguments).output().unwrap(), exit)
}

/// Checks an error's code, and words in what it says to do.
fn refused(script: &str, exit: i32, code: &str, help: &[&str]) {
    // `exit` in the script is that of the tool.
    let (error, stderr) = tried(&[("openFPGALoader", script)], &[], exit);
    assert_eq!(error["code"], code);
    let text = error["help"].as_str().unwrap();
    for word in help {
        assert!(text.contains(word), "{word} in {text}");
    }
    assert!(stderr.contains("from the tool"), "{stderr}");
}

#[test]
fn the_first_tool_that_is_there_loads() {
    let fuj = r#"echo "$*" > called
printf 'Using USB cable: ULX3S FPGA 85K v3.0.8\n'
printf '\rProgramming: 4%% / \rProgramming: 100%%  \nCompleted in 7.10 seconds.\n' >&2"#;
    let both = [("openFPGALoader", LOADS), ("fujprog", fuj)];
    for (tools, arguments, tool, called) in [
        (&both[..], &[][..], "openfpgaloader", "-b ulx3s"),
        (&both, &["--flash"], "openfpgaloader", "-b ulx3s -f"),
        (&both, &["--tool", "fujprog"], "fujprog", ""),
        (
            &both[1..],
            &["--flash", "--no-progress"],
            "fujprog",
            "-j flash",
        ),
    ] {
        let directory = directory(tools);
        let arguments = [&["good.bit"], arguments].concat();
        let (result, stderr) = outcome(load(&directory, &arguments).output().unwrap(), 0);
        assert_eq!(result["tool"], tool);
        assert_eq!(
            result["target"],
            if called.contains("f") {
                "flash"
            } else {
                "sram"
            }
        );
        assert_eq!(result["config"], "good");
        assert_eq!(result["listed"], true);
        assert_eq!(result["id_checked"], false);
        assert!(result["same_sources"].is_null());
        assert!(stderr.contains("NOT checked"), "{stderr}");
        let line = std::fs::read_to_string(directory.path().join("called")).unwrap();
        let file = directory.path().join("good.bit").canonicalize().unwrap();
        assert_eq!(line.trim(), format!("{called} {}", file.display()).trim());
    }
}

#[test]
fn only_what_its_manifest_vouches_for_is_loaded() {
    let directory = directory(&[("openFPGALoader", LOADS)]);
    let path = directory.path();
    let code = |arguments: &[&str], exit| {
        let (error, _) = outcome(load(&directory, arguments).output().unwrap(), exit);
        error["code"].as_str().map(str::to_owned)
    };
    assert_eq!(code(&["late.bit"], 5).as_deref(), Some("bitstream.timing"));
    assert_eq!(
        code(&["late.bit", "--unlisted"], 5).as_deref(),
        Some("bitstream.timing")
    );
    assert_eq!(code(&["none.bit"], 5).as_deref(), Some("bitstream.file"));
    assert_eq!(code(&["small-4"], 5).as_deref(), Some("bitstream.unknown"));
    std::fs::write(path.join("good.bit"), "a bit").unwrap();
    for arguments in [&["good.bit"][..], &["good.bit", "--unlisted"]] {
        assert_eq!(code(arguments, 5).as_deref(), Some("bitstream.altered"));
    }
    std::fs::write(path.join("mine.bit"), "mine").unwrap();
    assert_eq!(
        code(&["mine.bit"], 5).as_deref(),
        Some("bitstream.not_listed")
    );
    assert!(!path.join("called").exists());
    let (result, stderr) = outcome(
        load(&directory, &["mine.bit", "--unlisted"])
            .output()
            .unwrap(),
        0,
    );
    assert_eq!(result["listed"], false);
    assert!(result["config"].is_null());
    assert!(
        stderr.contains("nothing is known about mine.bit"),
        "{stderr}"
    );
    // A configuration means the file of its name in `bitstreams`.
    std::fs::create_dir(path.join("bitstreams")).unwrap();
    std::fs::write(path.join("bitstreams/ulx3s-85f.bit"), "it").unwrap();
    assert_eq!(
        code(&["ulx3s-85f"], 5).as_deref(),
        Some("bitstream.no_manifest")
    );
}

#[test]
fn without_a_tool_it_says_what_to_install() {
    let (error, _) = tried(&[], &[], 3);
    assert_eq!(error["code"], "load.no_tool");
    assert!(error["help"]
        .as_str()
        .unwrap()
        .contains("apt install openfpgaloader"));
    let (error, _) = tried(&[("openFPGALoader", LOADS)], &["--tool", "fujprog"], 3);
    assert_eq!(error["code"], "load.no_tool");
    assert!(!error["message"]
        .as_str()
        .unwrap()
        .contains("openFPGALoader"));
}

#[test]
fn what_the_tool_says_is_shown_and_translated() {
    let says = |line: &str| format!("echo from the tool\nprintf '{line}\\n' >&2\nexit 1");
    let access = "unable to open ftdi device: -4 (usb_open() failed)\\nJTAG init failed with: unable to open ftdi device";
    refused(
        &says(access),
        3,
        "load.no_access",
        &["/etc/udev/rules.d", "0403", "6015", "udevadm"],
    );
    let absent = "unable to open ftdi device: -3 (device not found)";
    refused(&says(absent), 3, "load.no_board", &["US1", "0403:6015"]);
    let chain = "Error: no device found";
    refused(&says(chain), 3, "load.no_fpga", &["plug"]);
    let mismatch = r#"mismatch between target"s idcode and bitstream idcode\n\tbitstream has 0x41113043 hardware requires "#
        .replace('"', "'\\''");
    refused(
        &says(&format!("{mismatch}0x41112043")),
        3,
        "load.wrong_device",
        &["rowfuse load ulx3s-45f"],
    );
    refused(
        &says(&format!("{mismatch}0x21111043")),
        3,
        "load.wrong_device",
        &["no configuration", "LFE5U-12F"],
    );
    refused(&says("out of smoke"), 4, "load.failed", &["--tool"]);

    let (error, _) = tried(
        &[("fujprog", "echo 'Cannot find JTAG cable.' >&2; exit 1")],
        &[],
        3,
    );
    assert_eq!(error["code"], "load.no_board");
    assert!(
        error["help"].as_str().unwrap().contains("udevadm"),
        "it may be either"
    );
    let wrong = "printf '\\nFound LFE5U-45F device, but the bitstream is for LFE5U-85F.\\n\\nFailed.\\n' >&2; exit 19";
    let (error, stderr) = tried(&[("fujprog", wrong)], &[], 3);
    assert_eq!(error["code"], "load.wrong_device");
    assert!(stderr.contains("Failed."), "{stderr}");
}

/// A tool that does not end, does not want to, and says where it is.
const HANGS: &str = r#"trap '' TERM
printf '\rLoading: [==        ] 20.00%%\n'
echo $$ > started.new
/bin/mv started.new started
while :; do /bin/sleep 1; done"#;

/// Whether the tool of that directory still runs.
fn runs(directory: &TempDir) -> bool {
    let id = std::fs::read_to_string(directory.path().join("started")).unwrap();
    let alive = Command::new("kill").args(["-0", id.trim()]).output();
    alive.unwrap().status.success()
}

#[test]
fn a_tool_that_hangs_is_ended() {
    let directory = directory(&[("openFPGALoader", HANGS)]);
    let output = load(&directory, &["good.bit", "--timeout", "2"]).output();
    let (error, _) = outcome(output.unwrap(), 4);
    assert_eq!(error["code"], "load.timeout");
    assert!(error["message"].as_str().unwrap().contains("2 s"));
    assert!(!runs(&directory));
}

#[test]
fn a_tool_that_leaves_something_behind_is_not_waited_for() {
    let left = format!("/bin/sleep 30 &\n{LOADS}");
    let (result, _) = tried(&[("openFPGALoader", &left)], &[], 0);
    assert!(result["seconds"].as_f64().unwrap() < 25.0);
}

#[test]
fn an_interrupt_ends_the_tool() {
    let directory = directory(&[("openFPGALoader", HANGS)]);
    let mut load = load(&directory, &["good.bit", "--flash"]);
    let child = load
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let waiting = Instant::now();
    while !directory.path().join("started").exists() {
        assert!(
            waiting.elapsed() < Duration::from_secs(60),
            "it never started"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(runs(&directory));
    crate::interrupt::interrupt(&child);
    let (error, _) = outcome(child.wait_with_output().unwrap(), 130);
    assert_eq!(error["code"], "interrupted");
    assert!(error["help"].as_str().unwrap().contains("half-written"));
    assert!(!runs(&directory));
}
