//! Merging and exceptions, on a design of two modules.

use super::*;
use std::fs;
use std::path::Path;

fn point(module: &str, kind: &str, line: u32, what: &str, count: u64) -> String {
    let fields = [
        ("f", module),
        ("l", &line.to_string()),
        ("n", "3"),
        ("t", kind),
        ("page", "v/x"),
        ("o", what),
        ("h", "TOP.x"),
    ];
    let fields = fields.map(|(name, value)| format!("\u{1}{name}\u{2}{value}"));
    format!("C '{}' {count}\n", fields.concat())
}

/// `aa` is the top, `bb` twice below it; the second file is another model's.
fn collect(directory: &Path) {
    for name in ["designs", "modules", "points"] {
        fs::create_dir(directory.join(name)).unwrap();
    }
    let write = |name: &str, text: &str| fs::write(directory.join(name), text).unwrap();
    write("designs/1.tsv", "whole\naa\ttop\nbb\ttop$x\nbb\ttop$y\n");
    write("modules/aa.v", "module %;\n  if (never)\nendmodule\n");
    write("modules/bb.v", "module %;\n  wire q;\nendmodule\n");
    let first = [
        "# SystemC::Coverage-3\n".to_owned(),
        point("aa", "branch", 2, "if", 0),
        point("aa", "branch", 2, "else", 4),
        point("bb", "toggle", 2, "q[0]:0->1", 1),
        point("bb", "toggle", 2, "q[0]:1->0", 0),
        point("outside", "toggle", 9, "i0:0->1", 0),
    ];
    write("points/1.dat", &first.concat());
    write("points/2.dat", &point("bb", "toggle", 2, "q[0]:1->0", 2));
}

fn exception(module: &str, signal: Option<&str>, line: Option<&str>) -> Exception {
    Exception {
        module: module.into(),
        signals: signal.into_iter().map(Into::into).collect(),
        lines: line.into_iter().map(Into::into).collect(),
        reason: "because".into(),
    }
}

fn report(list: Vec<Exception>) -> Report {
    let directory = tempfile::tempdir().unwrap();
    collect(directory.path());
    Report::of(directory.path(), "whole", &Exceptions { list }).unwrap()
}

#[test]
fn models_of_one_text_count_together() {
    let report = report(Vec::new());
    assert_eq!(report.models, 2);
    assert_eq!((report.lines.points, report.lines.covered), (2, 1));
    assert_eq!((report.toggles.points, report.toggles.covered), (2, 2));
    assert_eq!(report.rows[1].instances, 2);
    let missed = &report.missed[0];
    assert_eq!((missed.module.as_str(), missed.line), ("top", 2));
    assert_eq!(missed.text, "if (never)");
    assert!(!report.passes());
}

#[test]
fn a_constant_need_not_move() {
    let directory = tempfile::tempdir().unwrap();
    collect(directory.path());
    let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
    write("designs/1.tsv", "whole\naa\ttop\ncc\ttop$one$1\n");
    write(
        "modules/cc.v",
        "module %(value);\n    assign value = 4'd1;\nendmodule\n",
    );
    write(
        "modules/aa.v",
        "module %;\n  wire [35:0] n1_p;\n  wire [24:0] n1 = n1_p[35:11];\n  wire [5:0] n2 = {n1, 3'h0};\nendmodule\n",
    );
    let points = [
        point("aa", "toggle", 2, "one__0241__024value[0]:0->1", 0),
        point("aa", "toggle", 2, "one__0241__024valued[0]:0->1", 0),
        point("cc", "toggle", 1, "value[0]:0->1", 0),
        point("aa", "toggle", 2, "n1_p[10]:0->1", 0),
        point("aa", "toggle", 4, "n2[2]:0->1", 0),
        point("aa", "toggle", 2, "n1_p[11]:0->1", 0),
    ];
    write("points/3.dat", &points.concat());
    let report = Report::of(directory.path(), "whole", &Exceptions::default()).unwrap();
    assert_eq!((report.toggles.points, report.toggles.excepted), (6, 4));
    let missed: Vec<&str> = report.missed.iter().map(|m| m.what.as_str()).collect();
    assert_eq!(missed, ["if", "n1_p[11]:0->1", "one$1$valued[0]:0->1"]);
}

#[test]
fn an_exception_is_neither_idle_nor_covered() {
    // A side of the branch is covered: the exception must not name the whole line.
    let covered = report(vec![exception("top", None, Some("*: if (never)"))]);
    assert!(covered.wrong[0].contains("are covered"), "{covered:?}");
    assert_eq!(covered.lines.percent(), 100.0);
    assert!(!covered.passes());
    let right = report(vec![exception("t*", None, Some("if: if (never)"))]);
    assert!(right.passes() && right.missed.is_empty(), "{right:?}");
    let idle = report(vec![exception("top$*", Some("q[1]"), None)]);
    assert!(idle.wrong[0].contains("needs no exception"), "{idle:?}");
}

#[test]
fn designs_and_lists_that_are_wrong_are_named() {
    let directory = tempfile::tempdir().unwrap();
    collect(directory.path());
    let error = Report::of(directory.path(), "part", &Exceptions::default()).unwrap_err();
    assert!(error.to_string().ends_with("there are whole"), "{error}");
    fs::write(directory.path().join("points/3.dat"), "C 'cut").unwrap();
    let error = Report::of(directory.path(), "whole", &Exceptions::default()).unwrap_err();
    assert!(error.to_string().contains("3.dat, line 1"), "{error}");
    let list = directory.path().join("list.toml");
    let refused = |text: &str| {
        fs::write(&list, text).unwrap();
        Exceptions::read(&list).unwrap_err().to_string()
    };
    assert!(refused("[[exception]]\nmodule = \"a\"\nreason = \"b\"").contains("neither"));
    let empty = "[[exception]]\nmodule = \"a\"\nsignals = [\"s\"]\nreason = \" \"";
    assert!(refused(empty).contains("no reason"));
    assert!(refused("[[exceptions]]").contains("unknown field"));
}
