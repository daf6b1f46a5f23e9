//! `--blocks`: block convolution.

use crate::support::{outcome, prepared, rowfuse};

#[test]
fn a_plan_in_blocks_says_so_and_what_the_exact_mode_costs() {
    let (directory, image) = prepared(32);
    let path = directory.path();
    let exact = outcome(path, &["plan", "network"], 0);
    assert!(exact["blocks"].is_null() && exact["exact"].is_null());
    let plan = [
        "plan",
        "network",
        "--blocks",
        "8",
        "-o",
        "plan.json",
        "--fuse",
        "off",
    ];
    let blocks = outcome(path, &plan, 0);
    assert_eq!(blocks["blocks"], "8");
    let off = outcome(path, &["plan", "network", "--fuse", "off"], 0);
    assert_eq!(blocks["exact"]["predicted"], off["predicted"]);
    assert_eq!(
        blocks["layers"][0]["block"],
        serde_json::json!([8, 8]),
        "{blocks}"
    );
    let text = rowfuse(
        path,
        &["plan", "network", "--config", "small-4", "--blocks", "2x2"],
    );
    let text = String::from_utf8(text.stdout).unwrap();
    for word in ["2×2 blocks a map", "cycles exact", "traffic exact", "16×16"] {
        assert!(text.contains(word), "{word} in {text}");
    }

    let run = outcome(path, &["run", "network", &image, "--plan", "plan.json"], 0);
    assert_eq!(run["blocks"], "8");
    assert_eq!(run["totals"]["mismatches"], 0);
    let run = [
        "run",
        "network",
        &image,
        "--plan",
        "plan.json",
        "--blocks",
        "8",
    ];
    assert_eq!(rowfuse(path, &run).status.code(), Some(2));
}

#[test]
fn a_run_in_blocks_is_another_function() {
    let (directory, image) = prepared(32);
    let path = directory.path();
    let scores = |blocks: &[&str]| {
        let result = outcome(path, &[&["run", "network", &image], blocks].concat(), 0);
        assert_eq!(result["totals"]["mismatches"], 0, "{blocks:?}");
        result["top5"].clone()
    };
    let exact = scores(&[]);
    assert_eq!(scores(&["--blocks", "32"]), exact, "one block is the map");
    // 6 pixels are three behind a pool.
    for blocks in ["6", "8", "2x2"] {
        assert_ne!(scores(&["--blocks", blocks]), exact, "{blocks}");
    }
    let text = rowfuse(
        path,
        &[
            "run", "network", &image, "--config", "small-4", "--blocks", "8",
        ],
    );
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains("block convolution in blocks of 8×8 pixels"));
    // Layers before the first that runs are in blocks too.
    assert_eq!(
        outcome(
            path,
            &["run", "network", &image, "--blocks", "8", "--layers", "1.."],
            0
        )["totals"]["mismatches"],
        0
    );
}

#[test]
fn boards_agree_in_blocks() {
    let (directory, image) = prepared(32);
    let compare = [
        "compare", "network", &image, "--board", "gateware", "--blocks", "8", "--layers", "1",
    ];
    let compared = outcome(directory.path(), &compare, 0);
    assert_eq!(compared["equal"], true);
    assert_eq!(compared["runs"][0]["blocks"], "8");
}

#[test]
fn sizes_that_cannot_be_are_usage_errors() {
    let (directory, _) = prepared(32);
    for size in ["0", "7", "-4", "3x3", "many"] {
        let plan = ["plan", "network", "--config", "small-4", "--blocks", size];
        let output = rowfuse(directory.path(), &plan);
        assert_eq!(output.status.code(), Some(2), "{size}");
    }
}
