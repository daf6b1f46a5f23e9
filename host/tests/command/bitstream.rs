//! `info --bitstream`: what a bitstream is.

use crate::support::{rowfuse, temporary};
use rowfuse::bitstream::Sources;
use rowfuse_spec::config::preset;
use serde_json::Value;
use std::path::Path;

/// The `result`, or the `error`, of `info --bitstream` that must end with that exit code.
fn info(directory: &Path, file: &str, exit: i32) -> Value {
    let output = rowfuse(directory, &["info", "--json", "--bitstream", file]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(exit), "{text}");
    let mut document: Value = serde_json::from_str(&text).unwrap();
    document[if exit == 0 { "result" } else { "error" }].take()
}

#[test]
fn a_bitstream_says_what_it_was_made_of() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/bitstreams");
    let result = info(&sample, "good.bit", 0);
    assert_eq!(result["matches"], true);
    assert_eq!(result["timing_met"], true);
    assert_eq!(result["source_id"], "0x0123abcd");
    assert!(
        result["same_sources"].is_null(),
        "nobody knows the configuration"
    );
    for (field, value) in [
        ("board", "ULX3S"),
        ("device", "LFE5U-85F"),
        ("config", "good"),
    ] {
        assert_eq!(result[field], value);
    }
    for (field, value) in [
        ("lanes", 4),
        ("clock_mhz", 80),
        ("lut", 100),
        ("dsp", 152),
        ("seed", 3),
    ] {
        assert_eq!(result[field], value);
    }
    assert_eq!(result["tools"]["yosys"], "0.58.0.0");
    assert_eq!(result["clocks"].as_array().unwrap().len(), 2);
    assert_eq!(result["critical_paths"].as_array().unwrap().len(), 2);
    assert_eq!(info(&sample, "late.bit", 0)["timing_met"], false);
    let text = rowfuse(&sample, &["info", "--bitstream", "late.bit"]);
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains("79.99 MHz of 80 MHz: MISSED"), "{text}");
}

#[test]
fn it_says_whether_this_hosts_sources_give_the_same() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/bitstreams");
    let directory = temporary();
    let path = directory.path();
    std::fs::copy(sample.join("good.bit"), path.join("ulx3s-45f.bit")).unwrap();
    let text = std::fs::read_to_string(sample.join("manifest.toml")).unwrap();
    let mut text = text.replace("[good]", "[ulx3s-45f]");
    let sources = Sources::of(&preset("ulx3s-45f").unwrap()).unwrap();
    for same in [false, true] {
        std::fs::write(path.join("manifest.toml"), &text).unwrap();
        let result = info(path, "ulx3s-45f.bit", 0);
        assert_eq!(result["same_sources"], same);
        assert_eq!(
            result["host_sources"]["verilog_sha256"],
            sources.verilog_sha256
        );
        for (name, hash) in [
            ("source_sha256", &sources.source_sha256),
            ("verilog_sha256", &sources.verilog_sha256),
            ("constraints_sha256", &sources.constraints_sha256),
        ] {
            let was = result[name].as_str().unwrap();
            text = text.replace(
                &format!("{name} = \"{was}\""),
                &format!("{name} = \"{hash}\""),
            );
        }
    }
}

#[test]
fn what_is_no_listed_bitstream_is_bad_input() {
    let directory = temporary();
    let path = directory.path();
    assert_eq!(info(path, "good.bit", 5)["code"], "bitstream.file");
    std::fs::write(path.join("good.bit"), "a bit").unwrap();
    assert_eq!(info(path, "good.bit", 5)["code"], "bitstream.no_manifest");
    let sample = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/data/bitstreams/manifest.toml"
    );
    std::fs::copy(sample, path.join("manifest.toml")).unwrap();
    let error = info(path, "good.bit", 5);
    assert_eq!(error["code"], "bitstream.altered");
    assert!(error["help"].as_str().unwrap().contains("scripts/synth"));
}
