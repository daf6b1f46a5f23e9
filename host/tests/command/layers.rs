//! `--layers`: part of a network.

use crate::support::{outcome, prepared};
use serde_json::Value;

/// Names of the convolutions that ran, and the values that were compared.
fn ran(result: &Value) -> (Vec<String>, u64) {
    let layers = result["layers"].as_array().unwrap();
    let names = layers
        .iter()
        .map(|l| l["name"].as_str().unwrap().to_owned());
    let groups = result["groups"].as_array().unwrap();
    let values = groups.iter().map(|group| group["values"].as_u64().unwrap());
    (names.collect(), values.sum())
}

#[test]
fn a_run_may_begin_and_end_anywhere() {
    let (directory, image) = prepared(32);
    let path = directory.path();
    let run = |range: &str| {
        let run = ["run", "network", &image, "--fuse", "off", "--layers", range];
        let result = outcome(path, &run, 0);
        assert_eq!(result["totals"]["mismatches"], 0, "{range}");
        assert!(result["top5"].as_array().unwrap().is_empty());
        ran(&result)
    };
    let second = run("1..2");
    assert_eq!(second.0.len(), 1);
    assert!(second.1 > 0);
    assert_eq!(run("1..=1"), second);
    let name = second.0[0].clone();
    assert_eq!(run(&name), second);
    assert_eq!(run(&format!("{name}..2")), second);
    let first = run("1");
    assert_eq!(run("..1"), first);
    assert_ne!(first, second);
    assert_eq!(run("1..").0.len(), 2);
}

#[test]
fn a_plan_of_the_later_layers_finds_its_place() {
    let (directory, image) = prepared(32);
    let path = directory.path();
    let plan = ["plan", "network", "--layers", "2..", "-o", "plan.json"];
    assert_eq!(
        outcome(path, &plan, 0)["layers"].as_array().unwrap().len(),
        1
    );
    let run = outcome(path, &["run", "network", &image, "--plan", "plan.json"], 0);
    assert_eq!(run["totals"]["mismatches"], 0);
    let compare = [
        "compare", "network", &image, "--board", "gateware", "--layers", "2..3",
    ];
    assert_eq!(outcome(path, &compare, 0)["equal"], true);
}

#[test]
fn a_range_that_is_not_there_is_a_usage_error_that_names_what_is() {
    let (directory, image) = prepared(32);
    let path = directory.path();
    for range in ["0", "4", "1..1", "2..1", "3..", "1..4", "features.99"] {
        for verb in [&["run", "network", &image][..], &["plan", "network"]] {
            let error = outcome(path, &[verb, &["--layers", range]].concat(), 2);
            let message = error["message"].as_str().unwrap();
            assert!(
                message.contains("0..3") && message.contains("features.0"),
                "{message}"
            );
        }
    }
    let error = super::support::rowfuse(path, &["run", "network", &image, "--layers", "1..="]);
    assert_eq!(error.status.code(), Some(2));
}
