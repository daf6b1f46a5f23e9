//! `formal [NAME…] [--json] [--quick] [--list]`: runs proofs and prints a table; exits with 1 if one does not pass, 2 for bad usage.
use rowfuse_testbench::formal::{self, proofs, table, FormalError, Tools};
use std::process::ExitCode;

fn main() -> ExitCode {
    let (options, names): (Vec<String>, Vec<String>) = std::env::args()
        .skip(1)
        .partition(|argument| argument.starts_with("--"));
    if let Some(unknown) = options
        .iter()
        .find(|o| !["--json", "--quick", "--list"].contains(&o.as_str()))
    {
        eprintln!("error: formal does not know '{unknown}'; it takes names of proofs, --json, --quick and --list");
        return ExitCode::from(2);
    }
    let has = |option: &str| options.iter().any(|o| o == option);
    match run(&names, has("--json"), has("--quick"), has("--list")) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(if matches!(error, FormalError::Unknown { .. }) {
                2
            } else {
                1
            })
        }
    }
}

fn run(names: &[String], json: bool, quick: bool, list: bool) -> Result<bool, FormalError> {
    let mut chosen = proofs::named(names)?;
    chosen.retain(|proof| proof.quick || !quick);
    if list {
        for proof in &chosen {
            println!("{:<16} {}", proof.name, proof.claim);
        }
        return Ok(true);
    }
    let tools = Tools::find()?;
    let mut reports = Vec::new();
    for proof in &chosen {
        eprintln!("proving {}: {}", proof.name, proof.claim);
        reports.push(formal::run(&tools, proof)?);
    }
    let passed = reports.iter().all(formal::Report::passed);
    if json {
        println!(
            "{}",
            serde_json::json!({ "passed": passed, "proofs": reports })
        );
    } else {
        print!("{}", table(&reports));
        let good = reports.iter().filter(|report| report.passed()).count();
        println!("{good} of {} proofs hold", reports.len());
    }
    Ok(passed)
}
