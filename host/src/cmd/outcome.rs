//! A plan run on a board, and what a user is told of it.

use super::blocks;
use super::line::line_value;
use super::plan::layer_values;
use super::run_bar::RunBar;
use crate::cli::{table, Context, Failure, Report};
use comfy_table::Table;
use ndarray::Array3;
use rowfuse::boards::Kind;
use rowfuse::classify::{self, ClassNames, Guess};
use rowfuse::dump::Dump;
use rowfuse::fault::Exit;
use rowfuse::plan::Plan;
use rowfuse::quantise::{QuantisedConv, QuantisedNetwork};
use rowfuse::report::{Collector, Data};
use rowfuse::run::{
    golden_output, run_plan, Differences, Event, GroupResult, RunOptions, RunResult, Verify,
};
use rowfuse::throughput::Totals;
use rowfuse_spec::counters::Counter;
use serde_json::{json, Value};
use std::ops::ControlFlow;

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
    /// What the board's line counted; null if it has none.
    pub line: Value,
    /// Pictures and times, if they were asked for.
    pub data: Option<Data>,
}

/// What is kept of a run beside its numbers.
#[derive(Default)]
pub struct Kept<'k> {
    /// Every map, as files.
    pub dump: Option<&'k mut Dump>,
    /// Pictures and times, for a report.
    pub data: Option<Collector>,
}

impl Kept<'_> {
    /// Takes what an event says.
    fn take(&mut self, layers: &[QuantisedConv], event: &Event<'_>) -> Result<(), Failure> {
        if let Some(dump) = &mut self.dump {
            dump.group(layers, event)?;
        }
        if let Some(data) = &mut self.data {
            data.group(event)?;
        }
        Ok(())
    }
}

impl<'a> Outcome<'a> {
    /// Runs a plan on a board of that kind and compares every group. `image` is the network's quantised input; if the plan begins behind the
    /// first convolution, the golden model computes what lies before.
    pub fn of(
        context: &Context,
        kind: Kind,
        network: &'a QuantisedNetwork,
        plan: &'a Plan,
        image: &Array3<u8>,
    ) -> Result<Outcome<'a>, Failure> {
        let kept = Kept::default();
        Outcome::kept(context, kind, network, plan, image, Verify::Layers, kept)
    }

    /// [`Outcome::of`] that compares what it is told to, and keeps what is asked for.
    pub fn kept(
        context: &Context,
        kind: Kind,
        network: &'a QuantisedNetwork,
        plan: &'a Plan,
        image: &Array3<u8>,
        verify: Verify,
        mut kept: Kept<'_>,
    ) -> Result<Outcome<'a>, Failure> {
        let mut client = context.open_kind(kind, &context.config()?)?;
        let options = RunOptions {
            verify,
            ..RunOptions::default()
        };
        let progress = context.progress();
        let start = plan.first_layer(&network.layers).unwrap_or(0);
        let (before, layers) = network.layers.split_at(start);
        let computed = match before {
            [] => None,
            before => Some(golden_output(before, image, plan.blocks, progress)?),
        };
        let input = computed.as_ref().unwrap_or(image);
        if let (Some(dump), Some(first)) = (&mut kept.dump, layers.first()) {
            dump.input(input, first)?;
        }
        let mut bar = RunBar::new(progress, plan);
        let mut failed = None;
        let run = run_plan(&mut client, plan, layers, input, &options, &mut |event| {
            bar.show(&event);
            failed = kept.take(layers, &event).err();
            if failed.is_some() || progress.interrupted() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        if let Some(failure) = failed {
            return Err(failure);
        }
        let run = run?;
        Ok(Outcome {
            kind,
            board: kind.name().into(),
            network,
            plan,
            run,
            line: line_value(client.board()),
            data: kept.data.map(|data| data.finish(plan)).transpose()?,
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
        scores.map_or(Vec::new(), |scores| best5(&scores, names))
    }

    /// The JSON result.
    pub fn value(&self, names: Option<&ClassNames>) -> Value {
        let predicted = self.run.predicted_cycles();
        let totals = Totals {
            link_bytes: Some(self.run.written_bytes + self.run.read_bytes),
            kept_bytes: Some(self.run.kept_bytes),
            mismatches: self.run.mismatches(),
            ..Totals::of_run(self.plan, 1, predicted, self.run.cycles(), 0)
        };
        json!({
            "board": self.board, "network": self.plan.network, "config": self.plan.config, "clock_mhz": self.plan.config.clock_mhz,
            "blocks": self.plan.blocks, "totals": totals,
            "groups": group_values(&self.run), "layers": layer_values(self.plan),
            "wall_seconds": self.run.wall_seconds, "line": self.line, "top5": self.top5(names), "report": self.data,
        })
    }

    /// Refuses a run with a value that differs.
    pub fn check(&self) -> Result<(), Failure> {
        check(&self.run, &self.board)
    }

    /// Text and JSON, whether values differ or not.
    pub fn report(&self, names: Option<&ClassNames>) -> Report {
        let mut text = blocks::note(self.plan).map_or(String::new(), |note| note + "\n");
        text += &format!("{}\n", self.table());
        if let Some(mismatches) = self.run.mismatches() {
            text += &format!("{mismatches} mismatches\n");
        }
        let result = self.value(names);
        for guess in result["top5"].as_array().into_iter().flatten() {
            text += &format!("class {}\n", guess_text(guess));
        }
        Report { text, result }
    }
}

/// The JSON of the five best classes.
pub fn best5(scores: &[f32], names: Option<&ClassNames>) -> Vec<Value> {
    let value = |guess: Guess| {
        json!({
            "class": guess.class, "name": names.map(|names| names.get(guess.class)),
            "score": guess.score, "probability": guess.probability,
        })
    };
    classify::top(scores, 5).into_iter().map(value).collect()
}

/// Number, name and probability of one of [`best5`].
pub fn guess_text(guess: &Value) -> String {
    let name = guess["name"].as_str();
    let name = name.map_or(String::new(), |name| format!(" {name}"));
    let percent = 100.0 * guess["probability"].as_f64().unwrap_or(0.0);
    format!("{}{name}: {percent:.1}%", guess["class"])
}

/// The JSON of every group.
pub fn group_values(run: &RunResult) -> Vec<Value> {
    let groups = run.groups.iter();
    let value = |group: &GroupResult| {
        let counters: serde_json::Map<String, Value> = Counter::ALL
            .into_iter()
            .map(|counter| {
                (
                    counter.name().to_owned(),
                    group.counters.get(counter).into(),
                )
            })
            .collect();
        json!({
            "name": group.name, "layers": group.layers, "cycles": group.cycles(),
            "predicted_cycles": group.predicted.cycles, "predicted": group.predicted, "counters": counters,
            "values": group.values, "mismatches": group.mismatches, "first_mismatch": group.first_mismatch,
            "board_seconds": group.board_seconds,
        })
    };
    groups.map(value).collect()
}

/// Refuses a run with a value that differs; `on` is the board, or the image and the board.
pub fn check(run: &RunResult, on: &str) -> Result<(), Failure> {
    let wrong = run
        .groups
        .iter()
        .find(|group| group.mismatches.is_some_and(|n| n > 0));
    let Some(group) = wrong else {
        return Ok(());
    };
    let found = Differences {
        values: group.values,
        mismatches: group.mismatches.unwrap_or(0),
        first_mismatch: group.first_mismatch,
    };
    Err(mismatch(&format!("{} on {on}", group.name), &found))
}

/// What is said of a map that differs.
pub fn mismatch(map: &str, found: &Differences) -> Failure {
    Failure {
        code: "compare.mismatch".into(),
        message: format!(
            "{map}: {} of {} values differ from the golden model, the first at channel, row, column {:?}",
            found.mismatches,
            found.values,
            found.first_mismatch.unwrap_or_default(),
        ),
        help: "compare with another board by `rowfuse compare`, and report the case with its network and seed".into(),
        exit: Exit::Comparison,
    }
}
