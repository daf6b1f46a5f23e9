//! `report`: from a run's JSON to a page.

use crate::support::{outcome, prepared, rowfuse, temporary};
use rowfuse::plan::Plan;
use rowfuse_spec::command::{decode_program, encode_program};
use rowfuse_spec::Command;
use serde_json::Value;
use std::path::Path;

/// Runs on `small-4` with pictures and keeps the document as `run.json`.
fn run(directory: &Path, image: &str, more: &[&str], exit: i32) -> Value {
    let run = ["--json", "--config", "small-4", "run", "network", image];
    let output = rowfuse(directory, &[&run[..], more].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(exit), "{text}");
    std::fs::write(directory.join("run.json"), &text).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn page(directory: &Path) -> String {
    std::fs::read_to_string(directory.join("report.html")).unwrap()
}

#[test]
fn a_run_becomes_a_page() {
    let (directory, photograph) = prepared(32);
    let path = directory.path();
    let document = run(path, &photograph, &["--report-data"], 0);
    let result = &document["result"];
    assert_eq!(
        (&result["network"], &result["line"]),
        (&"tiny".into(), &Value::Null)
    );
    assert_eq!(result["image"], photograph.as_str());
    let said = outcome(path, &["report", "run.json"], 0);
    assert_eq!(
        (&said["pictures"], &said["runs"]),
        (&true.into(), &1.into())
    );
    let page = page(path);
    assert_eq!(said["bytes"], page.len());
    let groups = result["groups"].as_array().unwrap();
    for layer in result["layers"].as_array().unwrap() {
        assert!(page.contains(layer["name"].as_str().unwrap()));
    }
    let all: u64 = groups
        .iter()
        .filter_map(|group| group["values"].as_u64())
        .sum();
    assert!(all > 1000 && all < 1_000_000);
    let all = format!("{},{:03}", all / 1000, all % 1000);
    assert!(page.contains(&format!("0 of {all} values differ")), "{all}");
    assert_eq!(
        page.matches("<p class=\"good\">None of ").count(),
        groups.len()
    );
    assert!(!page.contains("<script"));
    // Each group has pictures and a timeline that ends within its cycles.
    for (group, data) in groups
        .iter()
        .zip(result["report"]["groups"].as_array().unwrap())
    {
        assert!(!data["map"]["channels"].as_array().unwrap().is_empty());
        let cycles = group["predicted_cycles"].as_u64().unwrap();
        let tracks = data["tracks"].as_array().unwrap();
        let spans = tracks
            .iter()
            .flat_map(|track| track["spans"].as_array().unwrap());
        assert!(spans.clone().count() >= 4);
        assert!(spans
            .into_iter()
            .all(|span| span[1].as_u64().unwrap() <= cycles));
    }
}

#[test]
fn without_pictures_there_is_a_page_that_says_so() {
    let (directory, photograph) = prepared(32);
    let path = directory.path();
    let document = run(path, &photograph, &["--layers", "2", "--verify", "none"], 0);
    assert_eq!(document["result"]["report"], Value::Null);
    let said = outcome(path, &["report", "run.json", "-o", "new/page.html"], 0);
    assert_eq!(said["pictures"], false);
    let page = std::fs::read_to_string(path.join("new/page.html")).unwrap();
    assert!(page.contains("--report-data") && page.contains("Nothing was compared"));
    // It stands alone there: what it was written through is gone.
    assert_eq!(std::fs::read_dir(path.join("new")).unwrap().count(), 1);
}

/// A plan whose first convolution pads with another value: a program that runs, and gives wrong values at the map's edges.
fn doctor(path: &Path) {
    let mut plan: Plan = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let group = &mut plan.groups[0];
    let mut commands = decode_program(&group.program).unwrap();
    for command in &mut commands {
        match command {
            Command::Conv(conv) if conv.parameter_index == 0 => conv.pad_value ^= 0x55,
            _ => {}
        }
    }
    group.program = encode_program(&commands).unwrap();
    std::fs::write(path, serde_json::to_string(&plan).unwrap()).unwrap();
}

#[test]
fn wrong_values_show_up() {
    let (directory, photograph) = prepared(48);
    let path = directory.path();
    outcome(path, &["plan", "network", "-o", "plan", "--layers", "1"], 0);
    doctor(&path.join("plan"));
    let document = run(path, &photograph, &["--plan", "plan", "--report-data"], 6);
    assert_eq!(document["error"]["code"], "compare.mismatch");
    let result = &document["result"];
    let wrong = result["totals"]["mismatches"].as_u64().unwrap();
    assert!(wrong > 0);
    let heat = &result["report"]["groups"][0]["map"]["differences"];
    let [rows, cols] = ["rows", "cols"].map(|key| heat[key].as_u64().unwrap());
    let cells = heat["cells"].as_array().unwrap();
    // Only what is computed of pixels outside the map can differ.
    let edge = |cell: &Value| {
        let [row, col] = [0, 1].map(|n| cell[n].as_u64().unwrap());
        row == 0 || col == 0 || row + 1 == rows || col + 1 == cols
    };
    assert!(!cells.is_empty() && cells.iter().all(edge), "{cells:?}");
    let sum: u64 = cells.iter().map(|cell| cell[2].as_u64().unwrap()).sum();
    assert_eq!(sum, wrong);

    outcome(path, &["report", "run.json"], 0);
    let page = page(path);
    assert!(page.contains("The command failed") && page.contains("<p class=\"bad\">"));
    assert!(page.contains("class=\"heat4\"") && page.contains("Where most differ"));
    assert!(!page.contains("None of "));
    // In words the groups are told too, on stdout, and the error on stderr.
    let output = rowfuse(
        path,
        &[
            "--config",
            "small-4",
            "run",
            "network",
            &photograph,
            "--plan",
            "plan",
        ],
    );
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(6));
    assert!(told.contains(&format!("{wrong} mismatches")), "{told}");
}

#[test]
fn what_is_no_run_is_refused_and_nothing_is_written() {
    let directory = temporary();
    let path = directory.path();
    let cases = [
        ("", "report.json"),
        ("{\"schema\": 1, \"command\": \"run\", \"ok\": true, \"result\": {}}", "report.json"),
        ("{\"schema\": 1, \"command\": \"plan\", \"ok\": true, \"result\": {}}", "report.command"),
        ("{\"schema\": 9, \"command\": \"run\", \"ok\": true, \"result\": {}}", "report.schema"),
        ("{\"schema\": 1, \"command\": \"run\", \"ok\": true, \"result\": {\"images\": []}}", "report.several"),
        ("{\"schema\": 1, \"command\": \"run\", \"ok\": false, \"error\": {\"message\": \"<script>\"}}", "report.failed"),
        ("{\"schema\": NaN}", "report.json"),
    ];
    std::fs::write(path.join("report.html"), "before").unwrap();
    for (text, code) in cases {
        std::fs::write(path.join("run.json"), text).unwrap();
        let error = outcome(path, &["report", "run.json"], 5);
        assert_eq!(error["code"], code, "{text}");
        assert!(error["message"].as_str().unwrap().starts_with("run.json"));
        assert_eq!(page(path), "before");
    }
    assert_eq!(
        outcome(path, &["report", "none.json"], 5)["code"],
        "report.io"
    );
    assert_eq!(outcome(path, &["report", "."], 5)["code"], "report.io");
    assert_eq!(
        outcome(path, &["report", "run.json", "-o", "run.json"], 2)["code"],
        "usage"
    );
    assert_eq!(std::fs::read_dir(path).unwrap().count(), 2);
}

#[test]
fn pictures_are_of_one_image_and_in_the_json() {
    let (directory, photograph) = prepared(32);
    let path = directory.path();
    let run = ["run", "network", &photograph, "--report-data"];
    assert_eq!(rowfuse(path, &run).status.code(), Some(2), "without --json");
    let two = [&run[..], &[&photograph]].concat();
    assert_eq!(outcome(path, &two, 2)["code"], "usage");
}
