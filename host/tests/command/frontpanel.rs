//! Boards in Opal Kelly modules, with a library of ours in the place of the vendor's.

use crate::interrupt::interrupt;
use crate::support::{command, module_configuration, prepared, rowfuse, temporary, Limited};
use rowfuse::frontpanel::LIBRARY_VARIABLE;
use rowfuse_stand_in::{BITSTREAM, SOURCE_ID, VARIABLE};
use rowfuse_testbench::verilator::Toolchain;
use serde_json::Value;
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Rows and columns of an image that takes more than thirty transfers to write, however few frames go into each; what is written before it
/// takes fewer, however many frames go alone.
const SIDE: u32 = 128;

/// The library, which cargo builds beside the tests as it does every package that they depend on.
fn library() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let name = format!("{DLL_PREFIX}rowfuse_stand_in{DLL_SUFFIX}");
    tests.parent().unwrap().join(name)
}

/// The command on `small-4` with that library, and with those faults.
fn module(directory: &Path, faults: &str, arguments: &[&str]) -> Command {
    let common = ["--json", "--config", "small-4"];
    let mut command = command(directory, &[arguments, &common].concat());
    command
        .env(LIBRARY_VARIABLE, library())
        .env(VARIABLE, faults);
    command
}

/// The `result`, or the `error`, of a command that must end with that exit code.
fn outcome(mut command: Command, exit: i32) -> Value {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        output.status.code(),
        Some(exit),
        "{command:?} {text}{stderr}"
    );
    let mut document: Value = serde_json::from_str(&text).unwrap();
    document[if exit == 0 { "result" } else { "error" }].take()
}

/// Pipes, a host before them and a DDR3: the whole system that the module has.
#[test]
fn a_modules_configuration_is_simulated_as_its_own_system() {
    let directory = temporary();
    let path = directory.path();
    let config = module_configuration(path);
    let mut cycles = Vec::new();
    for board in ["gateware", "verilated"] {
        let selftest = ["--json", "selftest", "--board", board, "--config", config];
        let output = rowfuse(path, &[&selftest[..], &["--cases", "1"]].concat());
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if board == "verilated" && Toolchain::find().is_err() {
            assert_eq!(output.status.code(), Some(3), "{text}");
            continue;
        }
        assert_eq!(output.status.code(), Some(0), "{text}");
        let document: Value = serde_json::from_str(&text).unwrap();
        let case = &document["result"]["cases"][0];
        assert!(case["values"].as_u64() > Some(0), "{text}");
        assert_eq!(case["mismatches"], 0, "{text}");
        cycles.push(case["cycles"].as_u64().unwrap());
    }
    assert!(cycles.iter().all(|n| *n == cycles[0]), "{cycles:?}");
}

#[test]
fn a_serial_line_is_not_taken_for_a_modules_link() {
    let (directory, _) = prepared(32);
    let path = directory.path();
    let config = module_configuration(path);
    for (config, has_line) in [(config, false), ("small-4", true)] {
        let bench = ["--json", "bench", "network", "--config", config];
        let output = rowfuse(path, &bench);
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(document["result"]["board_has_line"], has_line, "{document}");
    }
}

#[test]
fn a_module_is_found_asked_and_runs_networks() {
    let (directory, image) = prepared(32);
    let path = directory.path();
    let list = outcome(module(path, "devices=2", &["list"]), 0);
    assert_eq!(
        list["modules"],
        serde_json::json!(["ok:STAND-IN-1", "ok:STAND-IN-2"])
    );
    for board in ["ok", "ok:STAND-IN-1"] {
        let info = outcome(module(path, "", &["info", "--board", board]), 0);
        assert_eq!(info["board"], "ok:STAND-IN-1 (pipes of FrontPanel)");
        assert_eq!(info["source_id"], format!("{SOURCE_ID:#010x}"));
        assert!(info["line"]["baud"].is_null() && info["line"]["bytes_received"].is_u64());
    }
    let run = ["run", "network", &image, "--board", "ok"];
    for faults in ["", "filler=3", "block@40:300"] {
        let run = outcome(module(path, faults, &run), 0);
        assert_eq!(run["totals"]["mismatches"], 0);
        assert_eq!(run["line"]["restarts"], 0, "{faults}");
    }
    let streamed = [&run[..], &[&image, "--verify", "answer"]].concat();
    let streamed = outcome(module(path, "", &streamed), 0);
    assert_eq!(streamed["totals"]["mismatches"], 0);
    let selftest = ["selftest", "--board", "ok:STAND-IN-1", "--cases", "2"];
    let selftest = outcome(module(path, "", &selftest), 0);
    assert_eq!(selftest["cases"].as_array().unwrap().len(), 2);
    let bench = ["bench", "network", &image, "--board", "ok"];
    assert!(outcome(module(path, "", &bench), 0)["link"].is_object());
}

#[test]
fn the_configurations_of_modules_run_there() {
    let directory = temporary();
    for config in ["xem7010-a50", "xem7010-a200"] {
        let selftest = ["selftest", "--board", "ok", "--cases", "1", "--json"];
        let mut selftest = command(directory.path(), &selftest);
        selftest.args(["--config", config]);
        selftest.env(LIBRARY_VARIABLE, library());
        selftest.env(VARIABLE, format!("config={config}"));
        let result = outcome(selftest, 0);
        assert_eq!(result["config"]["name"], config);
        // Of another configuration it is said which.
        let wrong = format!("config={config}");
        let error = outcome(
            module(directory.path(), &wrong, &["info", "--board", "ok"]),
            3,
        );
        assert!(
            error["message"].as_str().unwrap().contains(config),
            "{error}"
        );
    }
}

#[test]
fn what_keeps_a_module_from_being_used_is_told() {
    let directory = temporary();
    let path = directory.path();
    let ok = &["info", "--board", "ok"];
    for (faults, arguments, exit, code, words) in [
        (
            "devices=0",
            ok,
            3,
            "frontpanel.no_module",
            "no Opal Kelly module",
        ),
        (
            "devices=2",
            ok,
            3,
            "frontpanel.several",
            "STAND-IN-1, STAND-IN-2",
        ),
        (
            "",
            &["info", "--board", "ok:X"],
            3,
            "frontpanel.unknown",
            "STAND-IN-1",
        ),
        ("open=-1", ok, 3, "frontpanel.open", "ok_Failed, -1"),
        ("open=-5", ok, 4, "frontpanel.open", "ok_CommunicationError"),
        ("open=-77", ok, 3, "frontpanel.open", "stand-in's error -77"),
        ("disabled", ok, 3, "frontpanel.not_configured", "no design"),
        ("identity=4660", ok, 3, "frontpanel.other_design", "0x1234"),
        ("config=tiny-1", ok, 3, "frontpanel.other_config", "tiny-1"),
        ("uncalibrated", ok, 3, "frontpanel.memory", "not ready"),
        (
            "stuck=IsFrontPanelEnabled",
            ok,
            4,
            "frontpanel.stuck",
            "okFrontPanel_IsFrontPanelEnabled",
        ),
        (
            "stuck=WriteToBlockPipeIn",
            ok,
            4,
            "serial.cut",
            "okFrontPanel_WriteToBlockPipeIn",
        ),
        ("fail@1:-2", ok, 4, "serial.cut", "ok_Timeout, -2"),
        ("fail@1:-4", ok, 4, "serial.cut", "ok_TransferError"),
        (
            "short@1",
            ok,
            4,
            "serial.cut",
            "0 of 512 bytes were written",
        ),
        (
            "",
            &["info", "--board", "ok:"],
            2,
            "frontpanel.name",
            "missing",
        ),
        ("", &["serve", "--board", "ok"], 2, "usage", "simulated"),
    ] {
        let error = outcome(module(path, faults, arguments), exit);
        assert_eq!(error["code"], code, "{faults}: {error}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(words), "{faults}: {message}");
        assert!(!error["help"].as_str().unwrap().is_empty());
    }
    let both = ["info", "--board", "ok", "--port", "a"];
    assert_eq!(outcome(module(path, "", &both), 2)["code"], "usage");
}

#[test]
fn what_is_no_library_is_told_apart() {
    let directory = temporary();
    let path = directory.path();
    let text = path.join("text.so");
    std::fs::write(&text, "no library").unwrap();
    // One whose name for a function is another.
    let lacking = path.join(format!("lacking{DLL_SUFFIX}"));
    let mut bytes = std::fs::read(library()).unwrap();
    let name = b"okFrontPanel_SetTimeout";
    let places: Vec<usize> = (0..bytes.len() - name.len())
        .filter(|&place| bytes[place..].starts_with(name))
        .collect();
    assert!(!places.is_empty());
    for place in places {
        bytes[place + name.len() - 1] = b'X';
    }
    std::fs::write(&lacking, bytes).unwrap();
    for (file, code, words) in [
        (path.join("none.so"), "frontpanel.library", "none.so"),
        (text, "frontpanel.library", "text.so"),
        (lacking, "frontpanel.incomplete", "okFrontPanel_SetTimeout"),
    ] {
        let mut info = module(path, "", &["info", "--board", "ok"]);
        info.env(LIBRARY_VARIABLE, &file);
        let error = outcome(info, 3);
        assert_eq!(error["code"], code, "{error}");
        assert!(
            error["message"].as_str().unwrap().contains(words),
            "{error}"
        );
        assert!(error["help"].as_str().unwrap().contains(LIBRARY_VARIABLE));
        let mut list = module(path, "", &["list"]);
        list.env(LIBRARY_VARIABLE, &file);
        let list = outcome(list, 0);
        let boards = list["boards"].as_array().unwrap();
        let board = boards.iter().find(|board| board["name"] == "ok").unwrap();
        assert_eq!(board["usable"], false);
    }
}

#[test]
fn what_fails_in_the_middle_is_begun_again() {
    let (directory, image) = prepared(SIDE);
    let path = directory.path();
    let run = ["run", "network", &image, "--board", "ok", "--timeout", "30"];
    for faults in [
        "fail@20:-2",
        "fail@21:-4",
        "short@24",
        "short@25",
        "block@22:4000",
        "vanish@30:400",
        "fail@10:-2,short@22,vanish@34:10",
    ] {
        let result = outcome(module(path, faults, &run), 0);
        assert_eq!(result["totals"]["mismatches"], 0, "{faults}");
        let restarts = result["line"]["restarts"].as_u64().unwrap();
        assert_eq!(restarts, faults.split(',').count() as u64, "{faults}");
    }
}

#[test]
fn an_upload_is_taken_up_when_the_module_is_back() {
    let (directory, image) = prepared(SIDE);
    let path = directory.path();
    let run = ["run", "network", &image, "--board", "ok"];
    let whole = outcome(module(path, "", &run), 0);
    assert_eq!(whole["totals"]["kept_bytes"], 0);
    // How much of it was there when the module went depends on how often it was asked before.
    let mut kept = 0;
    for transfer in [30, 45, 60, 75] {
        let resumed = outcome(module(path, &format!("vanish@{transfer}:100"), &run), 0);
        assert_eq!(resumed["totals"]["mismatches"], 0);
        kept += resumed["totals"]["kept_bytes"].as_u64().unwrap();
    }
    assert!(kept > 0, "each upload was begun anew");
}

#[test]
fn a_module_that_does_not_come_back_is_given_up() {
    let (directory, image) = prepared(32);
    let gone = ["run", "network", &image, "--board", "ok", "--timeout", "1"];
    let error = outcome(module(directory.path(), "vanish@10:3600000", &gone), 4);
    assert_eq!(error["code"], "link.failed");
}

#[test]
fn bitstreams_are_loaded_and_looked_at() {
    let directory = temporary();
    let path = directory.path();
    std::fs::write(
        path.join("good.bit"),
        [&BITSTREAM[..], b"a design"].concat(),
    )
    .unwrap();
    std::fs::write(path.join("other.bit"), "another family's").unwrap();
    let load = |faults: &str, arguments: &[&str], exit| {
        let arguments = [&["load"], arguments, &["--board", "ok"]].concat();
        outcome(module(path, faults, &arguments), exit)
    };
    for faults in ["", "disabled", "identity=4660"] {
        let result = load(faults, &["good.bit"], 0);
        assert_eq!(result["config"], "small-4");
        assert_eq!(result["board"], "ok:STAND-IN-1");
        assert_eq!(
            (&result["listed"], &result["id_checked"]),
            (&false.into(), &true.into())
        );
    }
    for (faults, arguments, exit, code) in [
        ("", &["other.bit"][..], 5, "frontpanel.load"),
        ("load=-3", &["good.bit"], 3, "frontpanel.load"),
        ("load=-2", &["good.bit"], 4, "frontpanel.load"),
        ("uncalibrated", &["good.bit"], 3, "frontpanel.memory"),
        ("devices=0", &["good.bit"], 3, "frontpanel.no_module"),
        ("", &["none.bit"], 5, "bitstream.file"),
        ("", &["xem7010-a50"], 5, "bitstream.file"),
        ("", &["good.bit", "--flash"], 2, "usage"),
    ] {
        let error = load(faults, arguments, exit);
        assert_eq!(error["code"], code, "{error}");
        assert!(!error["help"].as_str().unwrap().is_empty());
    }
    let help = load("", &["none.bit"], 5)["help"].take();
    assert!(help.as_str().unwrap().contains("synth-xem7010"), "{help}");
}

#[test]
fn an_interrupt_ends_what_does_not_come_back() {
    let (directory, image) = prepared(32);
    let run = ["run", "network", &image, "--board", "ok", "--verbose"];
    for (faults, stage) in [
        ("stuck=OpenBySerial", "stuck in OpenBySerial"),
        (
            "stuck=ReadFromBlockPipeOut",
            "stuck in ReadFromBlockPipeOut",
        ),
        ("vanish@10:3600000", "waiting for the board"),
    ] {
        let mut run = module(directory.path(), faults, &run);
        run.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = Limited::new(run.spawn().unwrap());
        let log = BufReader::new(child.stderr.take().unwrap());
        let mut log = log.lines().map(Result::unwrap);
        assert!(log.any(|line| line.contains(stage)), "{stage}");
        interrupt(&child);
        // Whatever else is said must not fill the pipe.
        drop(log.last());
        let output = child.wait().unwrap();
        assert_eq!(output.code(), Some(130), "{faults}");
    }
}
