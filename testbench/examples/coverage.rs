//! Coverage of a design from what tests collected: `coverage DIRECTORY DESIGN EXCEPTIONS [--json]`.
//!
//! Exits with 6 when less is covered than asked for or an exception is wrong, with 5 when the files are.

use std::path::Path;
use std::process::ExitCode;

use rowfuse_testbench::coverage::{Exceptions, Report, LIMIT};

/// Points listed for people; `--json` has all.
const LISTED: usize = 60;

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let json = arguments.iter().any(|argument| argument == "--json");
    arguments.retain(|argument| argument != "--json");
    let [directory, design, exceptions] = arguments.as_slice() else {
        eprintln!("usage: coverage DIRECTORY DESIGN EXCEPTIONS [--json]");
        return ExitCode::from(2);
    };
    let report = Exceptions::read(Path::new(exceptions))
        .and_then(|list| Report::of(Path::new(directory), design, &list));
    let report = match report {
        Ok(report) => report,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(5);
        }
    };
    if json {
        let summary = serde_json::json!({
            "passes": report.passes(),
            "limit": LIMIT,
            "lines_percent": report.lines.percent(),
            "toggles_percent": report.toggles.percent(),
            "report": report,
        });
        println!("{summary:#}");
    } else {
        print(&report);
    }
    if report.passes() {
        ExitCode::SUCCESS
    } else {
        eprintln!("error: below {LIMIT} %, or the exceptions are wrong");
        ExitCode::from(6)
    }
}

fn print(report: &Report) {
    println!("coverage of {}, by {} models", report.design, report.models);
    let kinds = [("lines", report.lines), ("toggles", report.toggles)];
    for (name, tally) in kinds {
        println!(
            "{name}: {:.2} % ({} of {} points, {} excepted)",
            tally.percent(),
            tally.covered,
            tally.points,
            tally.excepted
        );
    }
    println!("\n  lines  toggles  missed  instances  module");
    for row in &report.rows {
        let tallies = [row.lines, row.toggles];
        let missed: usize = tallies
            .iter()
            .map(|t| t.points - t.covered - t.excepted)
            .sum();
        if missed > 0 {
            let [lines, toggles] = tallies.map(|tally| tally.percent());
            println!(
                "{lines:7.1}  {toggles:7.1}  {missed:6}  {:9}  {}",
                row.instances, row.module
            );
        }
    }
    for missed in report.missed.iter().take(LISTED) {
        println!(
            "{}:{} {}: {}",
            missed.module, missed.line, missed.what, missed.text
        );
    }
    let more = report.missed.len().saturating_sub(LISTED);
    if more > 0 {
        println!("… and {more} more points");
    }
    for wrong in &report.wrong {
        println!("exception {wrong}");
    }
}
