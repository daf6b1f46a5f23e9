//! What Yosys makes of the design for the XEM7010, at the size of the smallest engine: it is whole, of Artix-7's cells alone, and has as many multipliers and
//! block memories as its configuration says.
#![cfg(feature = "opal-kelly")]
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use rowfuse_hdl::board::xem7010::black_boxes;
use rowfuse_hdl::top::opal_kelly::OkTop;
use rowfuse_spec::config::preset;
use rowfuse_spec::EngineConfig;
use rowfuse_testbench::wheels;
use tempfile::TempDir;

/// What `scripts/synth-xem7010` runs.
const SCRIPT: &str = include_str!("../../scripts/synth_xem7010.ys");
/// Cells of Artix-7 that the design may be made of.
const CELLS: [&str; 10] = [
    "LUT", "INV", "MUXF", "CARRY4", "FD", "SRL", "RAM", "DSP48E1", "BUFG", "IBUF",
];

/// Yosys as `scripts/setup --synth` installs it, and where it keeps its compiled code.
fn yosys() -> Option<(PathBuf, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    let tool = wheels::yosys();
    let required = std::env::var("ROWFUSE_REQUIRE_YOSYS").is_ok_and(|value| value == "1");
    assert!(
        tool.is_some() || !required,
        "Yosys is missing: run scripts/setup --synth"
    );
    Some((tool?, root.join("target/yowasp")))
}

/// Runs a script of Yosys on the design of a configuration, the vendors' modules beside it as black boxes; gives the directory of its results.
fn through_yosys(config: &EngineConfig, script: &str) -> Option<TempDir> {
    let Some((tool, cache)) = yosys() else {
        eprintln!("skipped: Yosys is missing");
        return None;
    };
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str| directory.path().join(name);
    // A whole design is a value of megabytes.
    let design = config.clone();
    let emit = move || OkTop::of(&design).unwrap().emit();
    let thread = std::thread::Builder::new().stack_size(256 << 20);
    let verilog = thread.spawn(emit).unwrap().join().unwrap();
    for (name, text) in [
        ("top.v", verilog.as_str()),
        ("black_boxes.v", black_boxes()),
        ("synth.ys", script),
    ] {
        std::fs::write(file(name), text).unwrap();
    }
    std::fs::create_dir_all(&cache).unwrap();
    let output = Command::new(tool)
        .args(["-q", "-l", "yosys.log", "synth.ys"])
        .current_dir(directory.path())
        .env("YOWASP_CACHE_DIR", cache)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    Some(directory)
}

/// Every module is there, every port connected as it is declared, and every signal driven once, in both boards' designs.
#[test]
fn the_designs_are_whole() {
    // The beginning of the synthesis: it reads the device's cells and checks the hierarchy.
    let script = SCRIPT.replace("-flatten -noiopad", "-run begin:prepare\nproc");
    assert!(script.contains("proc") && script.contains("check -assert"));
    for name in ["tiny-1", "xem7010-a50", "xem7010-a200"] {
        through_yosys(&preset(name).unwrap(), &script);
    }
}

#[test]
#[ignore = "minutes of Yosys: scripts/verify runs it"]
fn the_smallest_engine_is_built_of_artix_cells() {
    let config = preset("tiny-1").unwrap();
    let Some(directory) = through_yosys(&config, SCRIPT) else {
        return;
    };
    let statistics = std::fs::read_to_string(directory.path().join("stat.json")).unwrap();
    let statistics: serde_json::Value = serde_json::from_str(&statistics).unwrap();
    let cells: BTreeMap<String, u32> =
        serde_json::from_value(statistics["design"]["num_cells_by_type"].clone()).unwrap();
    println!("{cells:?}");
    let number = |name: &str| cells.get(name).copied().unwrap_or(0);
    let vendors = black_boxes();
    // Names of what was flattened are no cells.
    for kind in cells.keys().filter(|kind| *kind != "$scopeinfo") {
        let own = CELLS.iter().any(|cell| kind.starts_with(cell));
        assert!(
            own || vendors.contains(&format!("module {kind} ")),
            "{kind} is no cell of Artix-7"
        );
    }
    assert_eq!(number("DSP48E1"), config.dsp_needed());
    let memories = number("RAMB18E1") + 2 * number("RAMB36E1");
    // The configuration reckons with a serial port's one queue; here are those of two pipes.
    assert_eq!(memories, config.ebr_needed() + 1);
    for module in ["okHost", "okWireOR", "okBTPipeIn", "okBTPipeOut", "mig7"] {
        assert_eq!(number(module), 1, "{module}");
    }
}
