//! `bench`: frames a second, and what binds them.

use crate::support::{outcome, prepared, rowfuse};
use serde_json::Value;

fn seconds(of: &Value) -> f64 {
    of["seconds"].as_f64().unwrap()
}

#[test]
fn array_memory_and_link_have_figures_of_their_own() {
    let (directory, image) = prepared(32);
    let path = directory.path();
    let bench = outcome(path, &["bench", "network", &image], 0);
    assert!(bench["counted"].is_null() && bench["board"].is_null());
    assert!(seconds(&bench["engine"]) < seconds(&bench["predicted"]));
    let link = &bench["link"];
    assert_eq!(link["baud"], 3_000_000);
    // 16 × 16 quads of four channels.
    assert_eq!(link["input_bytes"], 4096);
    let streamed = &link["overlapped"];
    assert_eq!(streamed["bound"], "link");
    assert!(seconds(streamed) < seconds(&link["one_at_a_time"]));
    assert_eq!(
        bench["totals"]["predicted_cycles"],
        bench["predicted"]["cycles"]
    );

    let slow = ["bench", "network", "--line-rate", "115200"];
    let slow = outcome(path, &slow, 0);
    assert_eq!(slow["predicted"], bench["predicted"], "cycles know no line");
    let ratio = seconds(&slow["upload"]) / seconds(&bench["upload"]);
    assert!((ratio - 3_000_000.0 / 115_200.0).abs() < 1e-6, "{ratio}");

    let text = rowfuse(path, &["bench", "network", "--config", "small-4"]);
    let text = String::from_utf8(text.stdout).unwrap();
    for words in [
        "the array alone",
        "predicted",
        "streamed",
        "one at a time",
        "the link binds",
        "once",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
    assert!(!text.contains("counted"));
}

#[test]
fn a_board_that_counts_is_counted() {
    let (directory, _) = prepared(32);
    let path = directory.path();
    let bench = outcome(path, &["bench", "network", "--board", "gateware"], 0);
    assert_eq!(bench["board"], "gateware");
    let [counted, predicted] =
        ["counted", "predicted"].map(|what| bench[what]["cycles"].as_f64().unwrap());
    assert!(
        (predicted / counted - 1.0).abs() < 0.05,
        "{predicted} of {counted}"
    );
    assert_eq!(bench["totals"]["cycles"], bench["counted"]["cycles"]);
    assert_eq!(bench["totals"]["mismatches"], 0);
}

#[test]
fn another_clock_changes_seconds_and_what_cannot_be_is_refused() {
    let (directory, _) = prepared(32);
    let path = directory.path();
    let fast = outcome(path, &["bench", "network", "--clock", "100"], 0);
    let slow = outcome(path, &["bench", "network", "--clock", "50"], 0);
    assert_eq!(slow["clock_mhz"], 50);
    assert_eq!(slow["engine"]["cycles"], fast["engine"]["cycles"]);
    assert!(seconds(&slow["predicted"]) > seconds(&fast["predicted"]));
    for (flag, value, code) in [
        ("--clock", "250", "throughput.clock"),
        ("--line-rate", "100", "throughput.line_rate"),
        ("--line-rate", "50000000", "throughput.line_rate"),
    ] {
        let error = outcome(path, &["bench", "network", flag, value], 2);
        assert_eq!(error["code"], code);
        assert!(error["help"].as_str().unwrap().contains(flag));
    }
    outcome(path, &["bench", "missing"], 5);
    outcome(path, &["bench", "network", "network"], 5);
}

#[test]
fn a_plan_has_the_totals_of_a_run() {
    let (directory, image) = prepared(32);
    let path = directory.path();
    let plan = outcome(path, &["plan", "network"], 0);
    let run = outcome(path, &["run", "network", &image], 0);
    let (plan_totals, run_totals) = (&plan["totals"], &run["totals"]);
    for what in ["predicted_cycles", "sdram_bytes", "macs"] {
        assert_eq!(plan_totals[what], run_totals[what], "{what}");
        assert!(plan_totals[what].as_u64().unwrap() > 0, "{what}");
    }
    let keys =
        |totals: &Value| -> Vec<String> { totals.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(keys(plan_totals), keys(run_totals));
    assert_eq!(plan_totals["cycles"], plan["predicted"]["cycles"]);
    assert_eq!(plan_totals["fps"], plan["predicted_fps"]);
}
