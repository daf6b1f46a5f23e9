//! `rowfuse run`: a photograph through a network on a board, every group compared with the golden model.

use super::plan::{layer_values, Fuse};
use crate::cli::{table, Context, Failure, Report};
use clap::Args;
use comfy_table::Table;
use ndarray::Array3;
use rowfuse::boards::Kind;
use rowfuse::classify::{self, ClassNames};
use rowfuse::fault::Exit;
use rowfuse::image;
use rowfuse::plan::{self, Plan, PlanOptions};
use rowfuse::progress::Unit;
use rowfuse::quantise::{self, QuantisedNetwork};
use rowfuse::run::{run_plan, Event, RunOptions, RunResult};
use serde_json::{json, Value};
use std::cell::Cell;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Arguments of `run`.
#[derive(Debug, Args)]
pub struct Run {
    /// Quantised network, as `rowfuse quantize` writes it
    #[arg(value_name = "NETWORK")]
    network: PathBuf,
    /// Photograph, JPEG or PNG
    #[arg(value_name = "IMAGE")]
    image: PathBuf,
    /// Plan to use, as `rowfuse plan --output` writes it; by default one is made
    #[arg(long, value_name = "FILE", conflicts_with_all = ["layers", "fuse"])]
    plan: Option<PathBuf>,
    /// Only the first so many convolutions
    #[arg(long, value_name = "COUNT")]
    layers: Option<usize>,
    /// Which layers are joined in one program
    #[arg(long, value_enum, default_value = "auto")]
    fuse: Fuse,
    /// Do not compare with the golden model
    #[arg(long)]
    no_verify: bool,
    /// Class names, one a line in the order of the network's outputs
    #[arg(long, value_name = "FILE")]
    classes: Option<PathBuf>,
}

impl Run {
    /// Runs and compares.
    pub fn run(&self, context: &Context) -> Result<Report, Failure> {
        let config = context.config()?;
        let (network, _) = quantise::load(&self.network, context.progress())?;
        let image = image::load(&self.image, network.network.input)?;
        let plan = match &self.plan {
            Some(path) => read_plan(path)?,
            None => {
                let options = PlanOptions {
                    layers: self.layers,
                    fusion: self.fuse.into(),
                };
                plan::plan(&network, &config, &options)?
            }
        };
        let names = match &self.classes {
            Some(path) => {
                Some(ClassNames::load(path).map_err(|error| Failure::file(path, "read", &error))?)
            }
            None => None,
        };
        let outcome = Outcome::of(
            context,
            context.kind(),
            &network,
            &plan,
            &network.quantise_input(image.view()),
            !self.no_verify,
        )?;
        outcome.report(names.as_ref())
    }
}

/// Reads a plan that `rowfuse plan --output` wrote.
pub fn read_plan(path: &Path) -> Result<Plan, Failure> {
    let text =
        std::fs::read_to_string(path).map_err(|error| Failure::file(path, "read", &error))?;
    serde_json::from_str(&text).map_err(|error| Failure {
        code: "plan.file".into(),
        message: format!("{}: this is not a plan: {error}", path.display()),
        help: "make one with `rowfuse plan --output`".into(),
        exit: Exit::Input,
    })
}

/// A finished run.
pub struct Outcome<'a> {
    /// The kind of board.
    pub kind: Kind,
    /// What the board calls itself.
    pub board: String,
    /// The network.
    pub network: &'a QuantisedNetwork,
    /// The plan that was run.
    pub plan: &'a Plan,
    /// What came of it.
    pub run: RunResult,
}

impl<'a> Outcome<'a> {
    /// Runs a plan on a board of that kind.
    pub fn of(
        context: &Context,
        kind: Kind,
        network: &'a QuantisedNetwork,
        plan: &'a Plan,
        image: &Array3<u8>,
        verify: bool,
    ) -> Result<Outcome<'a>, Failure> {
        let mut client = context.open_kind(kind, &context.config()?)?;
        let options = RunOptions {
            verify,
            ..RunOptions::default()
        };
        let progress = context.progress();
        let shown = Cell::new(0u64);
        let advance = |done: u64| {
            progress.event(rowfuse::progress::Event::Advance(
                done.saturating_sub(shown.get()),
            ));
            shown.set(done);
        };
        let uploading = Cell::new(false);
        let run = run_plan(
            &mut client,
            plan,
            &network.layers,
            image,
            &options,
            &mut |event| {
                match event {
                    Event::Upload { done, total } => {
                        if !uploading.replace(true) {
                            progress.begin("uploading", total, Unit::Bytes);
                        }
                        advance(done);
                    }
                    Event::Begin { group, .. } => {
                        shown.set(0);
                        progress.begin(&group.name(), group.prediction.tiles, Unit::Steps);
                    }
                    Event::Running { tiles, .. } => advance(tiles),
                    // The bar stays full while the output is read back.
                    Event::Download { .. } => {}
                    Event::End { .. } => progress.end(),
                }
                if progress.interrupted() {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            },
        )?;
        Ok(Outcome {
            kind,
            board: kind.name().into(),
            network,
            plan,
            run,
        })
    }

    /// Whether the whole convolutional body was run.
    pub fn is_whole(&self) -> bool {
        self.plan.layer_count() == self.network.layers.len()
    }

    /// One row a group.
    pub fn table(&self) -> Table {
        let mut rows = table([
            "group",
            "values",
            "differ",
            "cycles",
            "predicted",
            "error",
            "read",
            "written",
        ]);
        for group in &self.run.groups {
            let cycles = group.cycles();
            let predicted = group.predicted.cycles;
            let error = cycles.map(|cycles| 100.0 * (predicted as f64 / cycles as f64 - 1.0));
            rows.add_row([
                group.name.clone(),
                group.values.to_string(),
                group.mismatches.map_or("-".into(), |n| n.to_string()),
                cycles.map_or("-".into(), |n| n.to_string()),
                predicted.to_string(),
                error.map_or("-".into(), |error| format!("{error:+.1}%")),
                format!("{:.2} MB", 2.0 * group.predicted.read_words as f64 / 1e6),
                format!("{:.2} MB", 2.0 * group.predicted.write_words as f64 / 1e6),
            ]);
        }
        rows
    }

    /// Index, score and name of the best classes, if the whole body was run and the network classifies.
    pub fn top5(&self, names: Option<&ClassNames>) -> Vec<Value> {
        let scores = self
            .is_whole()
            .then(|| classify::classify(self.network, self.run.output.view()))
            .flatten();
        let guesses = scores.map_or(Vec::new(), |scores| classify::top(&scores, 5));
        guesses
            .iter()
            .map(|guess| {
                json!({
                    "class": guess.class, "name": names.map(|names| names.get(guess.class)),
                    "score": guess.score, "probability": guess.probability,
                })
            })
            .collect()
    }

    /// The JSON result.
    pub fn value(&self, names: Option<&ClassNames>) -> Value {
        let clock = self.plan.config.clock_mhz;
        let cycles = self.run.cycles();
        let macs: u64 = self.plan.groups.iter().map(|group| group.macs()).sum();
        let bytes = self.plan.prediction().memory_bytes();
        let groups: Vec<Value> = self
            .run
            .groups
            .iter()
            .map(|group| {
                let counters: serde_json::Map<String, Value> = rowfuse_spec::counters::Counter::ALL
                    .into_iter()
                    .map(|counter| (counter.name().to_owned(), group.counters.get(counter).into()))
                    .collect();
                json!({
                    "name": group.name, "layers": group.layers, "cycles": group.cycles(),
                    "predicted_cycles": group.predicted.cycles, "predicted": group.predicted, "counters": counters,
                    "values": group.values, "mismatches": group.mismatches, "first_mismatch": group.first_mismatch,
                    "board_seconds": group.board_seconds,
                })
            })
            .collect();
        json!({
            "board": self.board, "config": self.plan.config, "clock_mhz": clock,
            "totals": {
                "cycles": cycles, "predicted_cycles": self.run.predicted_cycles(), "sdram_bytes": bytes,
                "link_bytes": self.run.written_bytes + self.run.read_bytes, "macs": macs,
                "mismatches": self.run.mismatches(),
                "fps": cycles.map(|cycles| f64::from(clock) * 1e6 / cycles as f64),
            },
            "groups": groups, "layers": layer_values(self.plan),
            "wall_seconds": self.run.wall_seconds, "top5": self.top5(names),
        })
    }

    /// Refuses a run with a value that differs.
    pub fn check(&self) -> Result<(), Failure> {
        let wrong = self
            .run
            .groups
            .iter()
            .find(|group| group.mismatches.is_some_and(|n| n > 0));
        match wrong {
            None => Ok(()),
            Some(group) => Err(Failure {
                code: "compare.mismatch".into(),
                message: format!(
                    "{} on {}: {} of {} values differ from the golden model, the first at channel, row, column {:?}",
                    group.name,
                    self.board,
                    group.mismatches.unwrap_or(0),
                    group.values,
                    group.first_mismatch.unwrap_or_default(),
                ),
                help: "compare with another board by `rowfuse compare`, and report the case with its network and seed".into(),
                exit: Exit::Comparison,
            }),
        }
    }

    /// Text and JSON; an error if a value differs.
    pub fn report(&self, names: Option<&ClassNames>) -> Result<Report, Failure> {
        self.check()?;
        let mut text = format!("{}\n", self.table());
        if let Some(mismatches) = self.run.mismatches() {
            text += &format!("{mismatches} mismatches\n");
        }
        for guess in self.top5(names) {
            let name = guess["name"]
                .as_str()
                .map_or(String::new(), |name| format!(" {name}"));
            let percent = 100.0 * guess["probability"].as_f64().unwrap_or(0.0);
            text += &format!("class {}{name}: {percent:.1}%\n", guess["class"]);
        }
        Ok(Report {
            text,
            result: self.value(names),
        })
    }
}
