//! The verbs that plan, run and compare, on a tiny network.

use crate::support::{outcome, prepared, rowfuse, temporary};
use serde_json::Value;

#[test]
fn boards_and_identities_are_listed() {
    let directory = temporary();
    let list = outcome(directory.path(), &["list"], 0);
    let names: Vec<&str> = list["boards"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|board| board["name"].as_str())
        .collect();
    assert_eq!(
        names,
        ["functional", "gateware", "verilated", "serial", "ok"]
    );
    let info = outcome(directory.path(), &["info"], 0);
    let simulated = outcome(directory.path(), &["info", "--board", "gateware"], 0);
    for what in ["config_id", "source_id", "lanes", "memory_kib"] {
        assert_eq!(info[what], simulated[what], "{what}");
    }
}

#[test]
fn a_photograph_is_planned_run_and_compared() {
    let (directory, image) = prepared(32);
    let path = directory.path();
    let plan = outcome(path, &["plan", "network", "-o", "plan.json"], 0);
    assert_eq!(plan["layers"].as_array().unwrap().len(), 3);
    let program = outcome(path, &["program", "plan.json", "--group", "1"], 0);
    let commands = program["groups"][0]["commands"].as_array().unwrap();
    assert!(commands
        .iter()
        .any(|line| line.as_str().unwrap().contains("CONV")));

    let run = outcome(path, &["run", "network", &image, "--plan", "plan.json"], 0);
    assert_eq!(run["totals"]["mismatches"], 0);
    assert_eq!(run["top5"].as_array().unwrap().len(), 5);
    assert!(
        run["totals"]["cycles"].is_null(),
        "functional has no cycles"
    );

    let compare = [
        "compare", "network", &image, "--board", "gateware", "--layers", "1",
    ];
    let compared = outcome(path, &compare, 0);
    assert_eq!(compared["equal"], true);
    let totals = &compared["runs"][0]["totals"];
    let (cycles, predicted) = (&totals["cycles"], &totals["predicted_cycles"]);
    let (cycles, predicted) = (cycles.as_f64().unwrap(), predicted.as_f64().unwrap());
    assert!(
        (predicted / cycles - 1.0).abs() < 0.05,
        "{predicted} of {cycles}"
    );
}

#[test]
fn an_input_need_not_be_square() {
    let (directory, image) = prepared(32);
    let path = directory.path();
    let quantize = [
        "quantize", "-m", "float", "-o", "wide", "--size", "37x58", &image,
    ];
    let quantised = outcome(path, &quantize, 0);
    assert_eq!(quantised["input"]["height"], 37);
    assert_eq!(quantised["input"]["width"], 58);
    let run = outcome(path, &["run", "wide", &image], 0);
    assert_eq!(run["totals"]["mismatches"], 0);
    assert_eq!(run["layers"][0]["width"], 58);
}

#[test]
fn a_selftest_runs_on_the_simulated_hardware() {
    let directory = temporary();
    let arguments = [
        "selftest", "--board", "gateware", "--cases", "1", "--seed", "3",
    ];
    let result = outcome(directory.path(), &arguments, 0);
    assert_eq!(result["cases"].as_array().unwrap().len(), 1);
}

#[test]
fn a_plan_for_another_configuration_is_refused_by_its_id() {
    let (directory, image) = prepared(32);
    let path = directory.path();
    outcome(path, &["plan", "network", "-o", "plan.json"], 0);
    let text = std::fs::read_to_string(path.join("plan.json")).unwrap();
    let mut plan: Value = serde_json::from_str(&text).unwrap();
    let id = plan["config_id"].as_u64().unwrap();
    plan["config_id"] = (id ^ 1).into();
    std::fs::write(path.join("plan.json"), plan.to_string()).unwrap();
    let error = outcome(path, &["run", "network", &image, "--plan", "plan.json"], 3);
    assert!(error["message"]
        .as_str()
        .unwrap()
        .contains(&format!("{:08x}", id ^ 1)));
}

#[test]
fn what_cannot_be_used_is_named() {
    let (directory, image) = prepared(32);
    let path = directory.path();
    std::fs::write(path.join("broken.json"), "{").unwrap();
    let error = outcome(
        path,
        &["run", "network", &image, "--plan", "broken.json"],
        5,
    );
    assert_eq!(error["code"], "plan.file");
    let error = outcome(path, &["run", "missing", &image], 5);
    assert!(error["message"].as_str().unwrap().contains("missing"));

    let info = rowfuse(path, &["info", "--json", "--config", "no-such"]);
    assert_eq!(info.status.code(), Some(5));
}
