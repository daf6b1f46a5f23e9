//! The examples that every verb's help ends with are run, one behind the other, as a reader would.

use super::support::{photograph, rowfuse, temporary};
use std::path::Path;
use std::process::Command;

/// Verbs in an order in which each finds what those before it have made.
const ORDER: [&str; 15] = [
    "list",
    "info",
    "model new",
    "quantize",
    "plan",
    "program",
    "run",
    "compare",
    "accuracy",
    "trace",
    "selftest",
    "bench",
    "completions",
    "man",
    "report",
];
/// Verbs that need a board, a client or minutes: that their examples are understood is all that is looked at.
const UNDERSTOOD: [&str; 3] = ["load", "serve", "demo"];

/// The lines of a verb's examples.
fn examples(directory: &Path, verb: &str) -> Vec<String> {
    let mut arguments: Vec<&str> = verb.split(' ').collect();
    arguments.push("--help");
    let help = rowfuse(directory, &arguments);
    let help = String::from_utf8(help.stdout).unwrap();
    let (_, examples) = help
        .split_once("Examples:\n")
        .unwrap_or_else(|| panic!("{verb} has no examples:\n{help}"));
    // A line that ends with a backslash goes on, as in a shell.
    let examples = examples.replace("\\\n", " ");
    let lines = examples
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let lines: Vec<String> = lines.map(str::to_owned).collect();
    for line in &lines {
        assert!(
            line.starts_with("rowfuse ") && line.contains(verb),
            "{verb}: {line}"
        );
    }
    assert!(!lines.is_empty(), "{verb}");
    lines
}

/// All verbs, as the help lists them.
fn verbs(directory: &Path) -> Vec<String> {
    let help = String::from_utf8(rowfuse(directory, &["--help"]).stdout).unwrap();
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let lines = commands.lines().take_while(|line| !line.trim().is_empty());
    let names = lines.filter_map(|line| {
        // What a line goes on with is further in.
        let name = line.strip_prefix("  ")?.split(' ').next()?;
        (!name.is_empty() && name != "help").then(|| name.to_owned())
    });
    names
        .map(|name| {
            if name == "model" {
                "model new".into()
            } else {
                name
            }
        })
        .collect()
}

/// A line as the shell runs it.
fn run(directory: &Path, line: &str) -> std::process::Output {
    let binary = Path::new(env!("CARGO_BIN_EXE_rowfuse"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places = vec![binary.parent().unwrap().to_owned()];
    places.extend(std::env::split_paths(&path));
    let mut shell = Command::new("sh");
    shell.args(["-c", line]).current_dir(directory);
    shell.env("PATH", std::env::join_paths(places).unwrap());
    shell.output().unwrap()
}

#[test]
fn every_verb_has_examples_that_work() {
    let directory = temporary();
    let path = directory.path();
    std::fs::copy(photograph(), path.join("china.jpg")).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for shared in ["bitstreams", "networks"] {
        std::os::unix::fs::symlink(root.join(shared), path.join(shared)).unwrap();
    }
    let mut known: Vec<&str> = ORDER.into_iter().chain(UNDERSTOOD).collect();
    let mut found = verbs(path);
    known.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, known, "a verb that no list here has");
    let verilator = rowfuse_testbench::verilator::Toolchain::find().is_ok();
    assert!(verilator || std::env::var_os("ROWFUSE_REQUIRE_VERILATOR").is_none());
    for verb in ORDER {
        for line in examples(path, verb) {
            let hardware = line.contains("/dev/");
            let verilated = line.contains("verilated") || verb == "trace";
            if hardware || verilated && !verilator {
                understood(path, &line);
                continue;
            }
            let output = run(path, &line);
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{line}: {errors}");
        }
    }
    for verb in UNDERSTOOD {
        for line in examples(path, verb) {
            understood(path, &line);
        }
    }
}

/// Everything up to `--help` is taken, but nothing is done.
fn understood(directory: &Path, line: &str) {
    let output = run(directory, &format!("{line} --help"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line}: {errors}");
    let wrong = run(directory, &format!("{line} --no-such-flag --help"));
    assert_eq!(wrong.status.code(), Some(2), "{line}");
}

/// The tutorial's commands, as they stand there, but for the demo and the path.
#[test]
fn the_tutorial_works() {
    let directory = temporary();
    let path = directory.path();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    std::os::unix::fs::symlink(root.join("networks"), path.join("networks")).unwrap();
    let text = std::fs::read_to_string(root.join("docs/tutorial.md")).unwrap();
    let lines = text.lines().filter_map(|line| line.strip_prefix("    "));
    let lines: Vec<&str> = lines.filter(|line| line.starts_with("rowfuse ")).collect();
    assert!(lines.len() >= 7, "{lines:?}");
    if rowfuse_testbench::verilator::Toolchain::find().is_err() {
        assert!(std::env::var_os("ROWFUSE_REQUIRE_VERILATOR").is_none());
        return;
    }
    for line in lines {
        let output = run(path, line);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}: {errors}");
        if line.contains("run digits.int8") && !line.contains("--json") {
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(
                text.contains("seven") && text.contains("0 mismatches"),
                "{text}"
            );
        }
    }
    assert!(path.join("report.html").is_file());
}
