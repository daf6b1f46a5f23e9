//! `rowfuse trace`: the waveform is a VCD that others read, and the tile is in it.

use crate::support::{prepared, rowfuse};
use rowfuse::boards::Kind;
use serde_json::Value;
use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use vcd::{Command, IdCode, Parser};

/// Runs the verb on the smallest configuration.
fn trace(directory: &Path, arguments: &[&str], exit: i32) -> Value {
    let common = ["--json", "--config", "tiny-1", "-o", "wave.vcd"];
    let output = rowfuse(
        directory,
        &[&["trace", "network"], arguments, &common].concat(),
    );
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(exit), "{text}");
    let mut document: Value = serde_json::from_str(&text).unwrap();
    document[if exit == 0 { "result" } else { "error" }].take()
}

/// Values of some signals of the sequencer, cycle by cycle: what they are before the rising edge. The first cycle and
/// the rows.
fn sequencer(path: &Path, period: u64, names: &[&str]) -> (u64, Vec<Vec<u64>>) {
    let mut parser = Parser::new(BufReader::new(File::open(path).unwrap()));
    let header = parser.parse_header().unwrap();
    let id = |name: &&str| {
        let path = [
            "TOP",
            "rowfuse_dut",
            "dut",
            "accelerator",
            "sequencer",
            name,
        ];
        let found = header.find_var(&path);
        found.unwrap_or_else(|| panic!("no {path:?}")).code
    };
    let ids: Vec<IdCode> = names.iter().map(id).collect();
    // The pins and other blocks are there too.
    for path in [
        &["TOP", "rowfuse_dut", "dut", "dq_out"][..],
        &[
            "TOP",
            "rowfuse_dut",
            "dut",
            "accelerator",
            "output_control",
            "tile_end",
        ],
        &[
            "TOP",
            "rowfuse_dut",
            "dut",
            "accelerator",
            "writer",
            "tile_written",
        ],
        &["TOP", "rowfuse_dut", "dut", "sdram", "cke"],
    ] {
        assert!(header.find_var(path).is_some(), "no {path:?}");
    }
    let mut values: HashMap<IdCode, u64> = HashMap::new();
    let (mut first, mut rows, mut time) = (None, Vec::new(), None);
    let mut end = |time: Option<u64>, values: &HashMap<IdCode, u64>| {
        let Some(time) = time else { return };
        // In the middle of a cycle the clock rises.
        if time % period == 0 {
            first.get_or_insert(time / period);
            rows.push(ids.iter().map(|id| values[id]).collect());
        }
    };
    for command in parser {
        match command.unwrap() {
            Command::Timestamp(next) => {
                end(time, &values);
                time = Some(next);
            }
            Command::ChangeScalar(id, value) => {
                values.insert(id, u64::from(value == vcd::Value::V1));
            }
            Command::ChangeVector(id, bits) => {
                let number = bits.iter().fold(0_u64, |number, bit| {
                    number << 1 | u64::from(*bit == vcd::Value::V1)
                });
                values.insert(id, number);
            }
            _ => {}
        }
    }
    end(time, &values);
    (first.unwrap(), rows)
}

#[test]
fn a_tile_is_in_its_waveform() {
    if let Some(reason) = Kind::Verilated.unavailable() {
        let required = std::env::var_os("ROWFUSE_REQUIRE_VERILATOR").is_some();
        assert!(!required, "{reason}");
        eprintln!("skipped the Verilog: {reason}");
        return;
    }
    let (directory, image) = prepared(16);
    let path = directory.path();
    // The first tile of all, one in the middle, and one of a later layer, fused or not.
    for (layer, place, group, fuse) in [
        ("0", [0, 0], 0, "auto"),
        ("0", [2, 1], 3, "off"),
        ("1", [1, 1], 2, "auto"),
        ("2", [0, 1], 1, "off"),
    ] {
        let (tile, number) = (format!("{},{}", place[0], place[1]), group.to_string());
        let arguments = [
            &image, "--layer", layer, "--tile", &tile, "--group", &number, "--fuse", fuse,
        ];
        let result = trace(path, &arguments, 0);
        let cycle = |name: &str| result["cycles"][name].as_u64().unwrap();
        let clock = result["config"]["clock_mhz"].as_u64().unwrap();
        let period = 2 * (500_000 / clock);
        let wave = path.join("wave.vcd");
        assert_eq!(
            wave.metadata().unwrap().len(),
            result["bytes"].as_u64().unwrap()
        );
        let names = ["tile", "issued", "first_row", "ty$q", "tx$q", "group$q"];
        let (first, rows) = sequencer(&wave, period, &names);
        assert_eq!(first, cycle("first"));
        assert_eq!(rows.len() as u64, cycle("last") - first + 1);
        let issued = (cycle("issued") - first) as usize;
        // Nothing is issued between the tile before and this one but the channels of the former.
        let strobe = rows.iter().position(|row| row[0] == 1);
        assert_eq!(strobe, Some(issued), "{arguments:?}");
        assert_eq!(rows[issued][1], 1);
        // The loop variables follow a clock behind the tile's end; rows are counted within a strip.
        let [_, _, strip, row, col, channels] = rows[issued + 1][..] else {
            panic!("a value for each name");
        };
        assert_eq!([strip / 4 + row, col], place, "{arguments:?}");
        assert_eq!(channels, group, "{arguments:?}");
        assert!(cycle("written") > cycle("issued") + 10);
    }
}

#[test]
fn what_cannot_be_traced_is_refused() {
    if Kind::Verilated.unavailable().is_some() {
        return;
    }
    let (directory, image) = prepared(16);
    let path = directory.path();
    for (arguments, word) in [
        (
            &["--layer", "0", "--tile", "4,0"][..],
            "rows of tiles are 0 to 3",
        ),
        (&["--layer", "0", "--tile", "0,4"], "columns 0 to 3"),
        (
            &["--layer", "0", "--tile", "0,0", "--group", "99"],
            "group 99",
        ),
        (&["--layer", "3", "--tile", "0,0"], "0..3"),
        (&["--layer", "features.99", "--tile", "0,0"], "features.99"),
        (
            &["--layer", "0", "--tile", "0,0", "--board", "gateware"],
            "verilated",
        ),
    ] {
        let error = trace(path, &[&[image.as_str()], arguments].concat(), 2);
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(word), "{message}");
    }
    assert!(!path.join("wave.vcd").exists());
}
