use super::*;
use crate::fault::{Exit, Fault};
use crate::report::testing;
use proptest::prelude::*;
use serde_json::{json, Value};
use std::fs::File;

fn error(document: &Value) -> ReportError {
    let result = parse(document.to_string().as_bytes(), "run.json");
    result.expect_err(&format!("{document:#}"))
}

#[test]
fn a_run_is_read_whole_or_without_pictures() {
    let mut document = testing::json();
    let read = |document: &Value| parse(document.to_string().as_bytes(), "run.json").unwrap();
    let run = &read(&document).runs[0];
    assert_eq!((run.layers.len(), run.groups.len()), (3, 2));
    assert!(run.report.is_some() && run.layers[0].name == "conv0");
    // What earlier versions did not write need not be there.
    for key in ["report", "network", "image", "line"] {
        document["result"].as_object_mut().unwrap().remove(key);
    }
    assert!(read(&document).runs[0].report.is_none());
}

#[test]
fn a_demo_has_two_runs_and_a_run_that_differs_is_read_beside_its_error() {
    let run = testing::json()["result"].take();
    let demo = json!({ "schema": 1, "command": "demo", "ok": true, "result": {
        "photograph": "flower.jpg", "first_group": run, "whole": run,
    }});
    let document = parse(demo.to_string().as_bytes(), "run.json").unwrap();
    assert_eq!(document.runs.len(), 2);

    let mut failed = testing::json();
    failed["ok"] = false.into();
    failed["error"] = json!({ "code": "compare.mismatch", "message": "they differ", "help": "" });
    let document = parse(failed.to_string().as_bytes(), "run.json").unwrap();
    assert_eq!(document.failure.as_deref(), Some("they differ"));
    failed.as_object_mut().unwrap().remove("result");
    assert!(matches!(error(&failed), ReportError::Failed { .. }));
}

#[test]
fn other_documents_are_refused_by_name() {
    let with = |key: &str, value: Value| {
        let mut document = testing::json();
        document[key] = value;
        error(&document)
    };
    assert!(matches!(
        with("schema", 2.into()),
        ReportError::Schema { found: 2, .. }
    ));
    assert!(matches!(
        with("command", "plan".into()),
        ReportError::Command { .. }
    ));
    assert!(matches!(
        with("result", Value::Null),
        ReportError::Json { .. }
    ));
    let mut several = testing::json();
    several["result"]["images"] = json!([]);
    assert!(matches!(error(&several), ReportError::Several { .. }));
    for text in [
        "",
        "[]",
        "{}",
        "null",
        "\u{0}",
        "{\"schema\": NaN}",
        "<html>",
    ] {
        let error = parse(text.as_bytes(), "run.json").unwrap_err();
        assert!(matches!(error, ReportError::Json { .. }), "{text}");
        assert_eq!((error.exit(), error.code()), (Exit::Input, "report.json"));
    }
}

#[test]
fn every_field_is_looked_at() {
    let huge = json!(1u64 << 60);
    let long = json!("x".repeat(10_000));
    let cases = [
        ("/result/config/lanes", json!(3)),
        ("/result/config/clock_mhz", json!(0)),
        ("/result/config/device/name", long.clone()),
        ("/result/board", json!("a\u{1b}[31mb")),
        ("/result/wall_seconds", json!(-1.0)),
        ("/result/totals/macs", huge.clone()),
        ("/result/totals/fps", json!(1e300)),
        ("/result/layers", json!([])),
        ("/result/layers/0/name", long),
        ("/result/layers/0/group", json!(1)),
        ("/result/layers/2/group", json!(usize::MAX)),
        ("/result/layers/0/height", json!(0)),
        ("/result/layers/0/macs", json!(0)),
        ("/result/layers/0/utilisation", json!(1.5)),
        ("/result/layers/0/predicted/cycles", huge.clone()),
        ("/result/groups/0/layers", json!(0)),
        ("/result/groups/0/layers", json!(3)),
        ("/result/groups/1/layers", json!(usize::MAX)),
        ("/result/groups", json!([])),
        ("/result/groups/0/cycles", json!(0)),
        ("/result/groups/0/predicted/cycles", json!(0)),
        ("/result/groups/0/counters/tiles", huge.clone()),
        ("/result/groups/0/mismatches", huge.clone()),
        // A heat map must have as many.
        ("/result/groups/0/mismatches", json!(7)),
        ("/result/top5/0/probability", json!(1.01)),
        ("/result/top5/0/score", json!(1e200)),
        (
            "/result/report/image",
            json!("\"><script>alert(1)</script>"),
        ),
        ("/result/report/groups", json!([])),
        ("/result/report/groups/0/map/shape", json!([8, 32, 31])),
        ("/result/report/groups/0/map/shape", json!([u64::MAX, 1, 1])),
        ("/result/report/groups/0/map/channels/0/channel", json!(8)),
        ("/result/report/groups/0/map/channels/0/png", json!("AAAA")),
        ("/result/report/groups/0/map/differences/rows", json!(0)),
        ("/result/report/groups/0/map/differences/cols", json!(29)),
        (
            "/result/report/groups/0/map/differences/cells",
            json!([[28, 0, 1]]),
        ),
        (
            "/result/report/groups/0/map/differences/cells",
            json!([[0, 0, 1]]),
        ),
        ("/result/report/groups/1/tracks/0/layer", json!(1)),
        ("/result/report/groups/0/tracks/0/spans", json!([[5, 4]])),
        (
            "/result/report/groups/0/tracks/0/spans",
            json!([[5, 9], [8, 10]]),
        ),
        ("/result/report/groups/0/tracks/0/spans", json!([[5, huge]])),
    ];
    for (place, value) in cases {
        let mut document = testing::json();
        *document.pointer_mut(place).unwrap() = value;
        let error = error(&document);
        assert!(
            matches!(error, ReportError::Field { .. }),
            "{place}: {error}"
        );
        assert_eq!(error.exit(), Exit::Input);
        assert!(error.to_string().starts_with("run.json: ") && !error.help().is_empty());
    }
}

#[test]
fn what_cannot_be_opened_is_an_error_and_never_waited_for() {
    let directory = tempfile::tempdir().unwrap();
    let [none, whole] = ["none.json", "run.json"].map(|name| directory.path().join(name));
    assert!(matches!(read(&none), Err(ReportError::Io { .. })));
    assert!(matches!(
        read(directory.path()),
        Err(ReportError::Io { .. })
    ));
    let text = testing::json().to_string();
    std::fs::write(&whole, &text).unwrap();
    assert_eq!(read(&whole).unwrap().runs.len(), 1);
    let file = File::create(&whole).unwrap();
    file.set_len(MAX_BYTES + 1).unwrap();
    assert!(matches!(read(&whole), Err(ReportError::TooLarge { .. })));
}

/// Places of all values of a document.
fn places(value: &Value, place: &str, all: &mut Vec<String>) {
    all.push(place.into());
    match value {
        Value::Object(map) => map
            .iter()
            .for_each(|(key, value)| places(value, &format!("{place}/{key}"), all)),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .for_each(|(index, value)| places(value, &format!("{place}/{index}"), all)),
        _ => {}
    }
}

proptest! {
    /// Whatever is put in the place of a value, there is an error or a page without a script.
    #[test]
    fn a_value_that_is_another_harms_nobody(at: prop::sample::Index, kind in 0..9usize) {
        let mut document = testing::json();
        let mut all = Vec::new();
        places(&document, "", &mut all);
        let values = [
            Value::Null, json!(0), json!(u64::MAX), json!(-1), json!(1e308), json!("</style><script>x</script>"), json!([]), json!({}), json!(true),
        ];
        let place = at.get(&all);
        *document.pointer_mut(place).unwrap() = values[kind].clone();
        match parse(document.to_string().as_bytes(), "run.json") {
            Err(error) => prop_assert_eq!(error.exit(), Exit::Input),
            Ok(read) => {
                let page = crate::report::page(&read);
                prop_assert!(!page.contains("<script") && !page.contains("NaN"), "{}", place);
            }
        }
    }

    #[test]
    fn a_text_that_is_cut_is_refused(at: prop::sample::Index) {
        let text = testing::json().to_string();
        let cut = &text.as_bytes()[..at.index(text.len())];
        let refused = matches!(parse(cut, "run.json"), Err(ReportError::Json { .. }));
        prop_assert!(refused);
    }
}
