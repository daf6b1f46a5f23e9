//! Searches for values that differ: the extremes, the kept cases, then random networks on random engines, on all simulated boards.
//!
//! `cargo run --release -p rowfuse --example campaign -- --minutes 20 --seed 1`
//!
//! Ends with exit code 6 and the case's file if something differs.

use std::ops::AddAssign;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rowfuse::campaign::{
    check, configuration, extremes, search, CampaignError, Case, Figures, Search, Simulations,
    Summary, Verdict, Which,
};
use rowfuse::fault::{Exit, Fault};
use rowfuse_spec::config::preset;
use serde_json::json;

/// A board by its name.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Name {
    Functional,
    Gateware,
    Verilated,
}

/// Random networks and extremes on all simulated boards, compared in every value.
#[derive(Debug, Parser)]
struct Arguments {
    /// Minutes of random networks
    #[arg(long, default_value_t = 20.0)]
    minutes: f64,
    /// Where they come from; by default the time, and printed
    #[arg(long, overrides_with = "seed")]
    seed: Option<u64>,
    /// Boards, separated by commas
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "functional,gateware,verilated"
    )]
    boards: Vec<Name>,
    /// Random configurations whose Verilog is compiled, beside the small presets'
    #[arg(long, default_value_t = 1)]
    configurations: usize,
    /// Leave the extremes out
    #[arg(long)]
    no_extremes: bool,
    /// Where a failing case is written
    #[arg(long, default_value = "host/tests/regressions")]
    directory: PathBuf,
    /// Run a kept case alone, on all boards, with its own configuration compiled
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(wrong)) => {
            eprintln!("{wrong}");
            ExitCode::from(Exit::Comparison.code())
        }
        Err(error) => {
            eprintln!("error: {error}\n{}", error.help());
            ExitCode::from(error.exit().code())
        }
    }
}

/// What differs, if anything does.
fn run(arguments: &Arguments) -> Result<Option<String>, CampaignError> {
    if let Some(path) = &arguments.replay {
        return replay(path, arguments.json);
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seed = arguments
        .seed
        .unwrap_or_else(|| now.map_or(0, |time| time.as_secs()));
    eprintln!("seed {seed}");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut configs = Vec::new();
    for name in ["tiny-1", "small-2", "small-4"] {
        configs.push(preset(name)?);
    }
    configs.extend((0..arguments.configurations).map(|_| configuration(&mut random)));
    let deep = extremes::deep()?;
    let boards = Simulations {
        boards: arguments
            .boards
            .iter()
            .map(|board| match board {
                Name::Functional => Which::Functional,
                Name::Gateware => Which::Gateware,
                Name::Verilated => Which::Verilated,
            })
            .collect(),
        compiled: configs
            .iter()
            .chain([&deep])
            .map(|config| config.id())
            .collect(),
    };
    let mut fixed = Figures::default();
    let mut cases = Vec::new();
    if !arguments.no_extremes {
        cases = extremes::numbers()?;
        cases.extend(extremes::positions()?);
    }
    let began = Instant::now();
    for case in &cases {
        match check(case, &boards)? {
            Verdict::Right(figures) => fixed.add_assign(&figures),
            other => return Ok(Some(format!("{}: {other:?}", case.why))),
        }
    }
    eprintln!(
        "{} extremes in {:.0} s: 0 values differ",
        cases.len(),
        began.elapsed().as_secs_f64()
    );
    let asked = Search {
        seed,
        cases: None,
        time: Duration::from_secs_f64(60.0 * arguments.minutes),
        configs,
        directory: arguments.directory.clone(),
    };
    let mut told = Instant::now();
    let mut each = |summary: &Summary, _: &Case| {
        if told.elapsed() > Duration::from_secs(60) {
            told = Instant::now();
            eprintln!(
                "{} networks, {} values",
                summary.networks, summary.figures.values
            );
        }
        true
    };
    let summary = search(&asked, &boards, &mut each)?;
    report(arguments, cases.len(), &fixed, &summary);
    Ok(summary
        .failure
        .map(|(wrong, path)| format!("{wrong}\nthe smallest case: {}", path.display())))
}

fn replay(path: &std::path::Path, json: bool) -> Result<Option<String>, CampaignError> {
    let case = Case::read(path)?;
    let boards = Simulations {
        boards: Which::ALL.to_vec(),
        compiled: vec![case.config.id()],
    };
    match check(&case, &boards)? {
        Verdict::Right(figures) => {
            match json {
                true => println!("{}", json!(figures)),
                false => println!("right: {figures:?}"),
            }
            Ok(None)
        }
        other => Ok(Some(format!("{}: {other:?}", path.display()))),
    }
}

fn report(arguments: &Arguments, cases: usize, fixed: &Figures, summary: &Summary) {
    if arguments.json {
        println!(
            "{}",
            json!({ "extremes": { "cases": cases, "figures": fixed }, "search": summary })
        );
        return;
    }
    println!(
        "| | cases | layers | values compared | differing | functional | gateware | verilated |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let line = |name: &str, cases: u64, figures: &Figures, differing: &str| {
        let [functional, gateware, verilated] = figures.runs;
        let (layers, values) = (figures.layers, figures.values);
        println!("| {name} | {cases} | {layers} | {values} | {differing} | {functional} | {gateware} | {verilated} |");
    };
    line("extremes", cases as u64, fixed, "0");
    let differing = if summary.failure.is_some() {
        "yes"
    } else {
        "0"
    };
    line(
        "random networks",
        summary.networks,
        &summary.figures,
        differing,
    );
    let [_, gateware, verilated] = summary.figures.cycles;
    println!(
        "seed {}; {} refused by the planner; {} engines drawn; cycles: gateware {gateware}, verilated {verilated}",
        summary.seed, summary.refused, summary.drawn_configurations
    );
}
