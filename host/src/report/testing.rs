//! A run of three layers in two groups, as JSON and read, for the tests of the parts.

use image::GrayImage;
use rowfuse_spec::config::preset;
use serde_json::{json, Value};

use super::data::{ChannelData, Data, GroupData, HeatMap, MapData};
use super::document::{parse, Run};
use super::picture::Png;
use crate::plan::{Track, Work};

/// Predicted counters of so many cycles.
fn predicted(cycles: u64) -> Value {
    json!({
        "cycles": cycles, "compute_cycles": cycles / 2, "stall_weights": cycles / 8, "stall_tokens": cycles / 16,
        "stall_output": 3, "stall_interval": 0, "read_words": cycles / 4, "write_words": cycles / 5,
        "sub_rows_loaded": 16, "tiles": 64, "commands": 9,
    })
}

fn layer(name: &str, group: usize, cycles: u64, bound: &str) -> Value {
    json!({
        "name": name, "group": group, "height": 32, "width": 32, "cin": 4, "cout": 8, "macs": 4 * 8 * 9 * 1024,
        "predicted": predicted(cycles), "utilisation": 0.5, "bound": bound, "pool": false,
        "line_buffer_bytes": 100, "strips": 1, "block": [32, 32],
    })
}

fn group(name: &str, layers: usize, cycles: u64) -> Value {
    json!({
        "name": name, "layers": layers, "cycles": cycles + 10, "predicted_cycles": cycles, "predicted": predicted(cycles),
        "counters": predicted(cycles + 10), "values": 8 * 32 * 32, "mismatches": 0, "first_mismatch": null, "board_seconds": 0.1,
    })
}

fn data(layers: usize) -> GroupData {
    let channel = |channel| ChannelData {
        channel,
        png: Png::grey(&GrayImage::new(8, 8), 8).unwrap(),
    };
    let track = |work, layer, spans: &[[u64; 2]]| Track {
        work,
        layer,
        spans: spans.to_vec(),
    };
    GroupData {
        map: MapData {
            shape: [8, 32, 32],
            brightest: 200,
            channels: [0, 4].map(channel).into(),
            differences: Some(HeatMap {
                rows: 28,
                cols: 28,
                cells: Vec::new(),
            }),
        },
        tracks: vec![
            track(Work::Load, 0, &[[0, 100], [200, 300]]),
            track(Work::Weights, 0, &[[10, 90]]),
            track(Work::Compute, layers - 1, &[[110, 900]]),
            track(Work::Store, layers - 1, &[[500, 990]]),
        ],
    }
}

/// The document of a run, as `rowfuse --json run` writes it.
pub fn json() -> Value {
    let report = Data {
        image: Png::grey(&GrayImage::new(32, 32), 32).unwrap(),
        groups: vec![data(2), data(1)],
    };
    let config = preset("small-4").unwrap();
    json!({ "schema": 1, "command": "run", "ok": true, "result": {
        "board": "verilated", "network": "tiny", "image": "china.jpg", "config": config, "clock_mhz": config.clock_mhz, "blocks": null,
        "totals": {
            "cycles": 8_020, "predicted_cycles": 8_000, "sdram_bytes": 7_200, "link_bytes": 70_000, "kept_bytes": 0,
            "macs": 884_736, "mismatches": 0, "fps": 1000.0,
        },
        "groups": [group("conv0 + conv1", 2, 5_000), group("conv2", 1, 3_000)],
        "layers": [layer("conv0", 0, 2_000, "interval"), layer("conv1", 0, 3_000, "multipliers"), layer("conv2", 1, 3_000, "weights")],
        "wall_seconds": 1.5, "top5": [{ "class": 3, "name": null, "score": 1.5, "probability": 0.5 }],
        "line": null, "report": report,
    } })
}

/// The same, read.
pub fn run() -> Run {
    let document = parse(json().to_string().as_bytes(), "run.json").unwrap();
    document.runs.into_iter().next().unwrap()
}
