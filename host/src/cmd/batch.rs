//! Several images through a plan on one board, and what a user is told of them.

use super::blocks;
use super::line::line_value;
use super::outcome::{best5, check, group_values, guess_text, mismatch};
use super::plan::layer_values;
use super::run_bar::RunBar;
use crate::cli::{table, Context, Failure, Report};
use ndarray::Array3;
use rowfuse::classify::{classify_beside, ClassNames};
use rowfuse::plan::{stream, Plan};
use rowfuse::quantise::{QuantisedConv, QuantisedNetwork};
use rowfuse::run::{
    compare_beside, golden_output, run_boards, run_plan, run_stream, Differences, RunError,
    RunOptions, StreamEvent, StreamResult, Verify,
};
use rowfuse::serial::SerialBoard;
use rowfuse::throughput::Totals;
use rowfuse_testbench::board::{Board, Client};
use serde_json::{json, Value};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::mpsc::Sender;
use std::time::Instant;

/// What is to be run.
pub struct Batch<'a> {
    /// Flags of all verbs.
    pub context: &'a Context,
    /// The network.
    pub network: &'a QuantisedNetwork,
    /// The plan.
    pub plan: &'a Plan,
    /// Each image's file and its quantised pixels.
    pub images: &'a [(PathBuf, Array3<u8>)],
    /// What of every image is compared with the golden model.
    pub verify: Verify,
}

/// Where it is run.
enum Boards {
    /// On any board.
    One(Client<Box<dyn Board>>),
    /// On several that are real.
    Several(Vec<Client<SerialBoard>>),
}

/// What came of an image.
struct Finished {
    cycles: Option<u64>,
    /// Cycles for which the board stood idle after it.
    idle: Option<u64>,
    mismatches: Option<u64>,
    /// The groups' results, if each was run by itself.
    groups: Option<Vec<Value>>,
    /// The board that computed it, counted from 0.
    board: usize,
}

/// What came of all.
struct Finish {
    images: Vec<Finished>,
    /// Of one image.
    predicted_cycles: u64,
    link_bytes: u64,
    /// Bytes that stood in the board's memory already.
    kept_bytes: u64,
    /// What the lines counted.
    line: Value,
}

impl Boards {
    /// What the board's line counted, null if it has none; of several boards one each.
    fn line(&mut self) -> Value {
        match self {
            Boards::One(client) => line_value(client.board()),
            Boards::Several(clients) => {
                let lines = clients.iter_mut().map(|client| line_value(client.board()));
                lines.collect()
            }
        }
    }
}

impl Batch<'_> {
    /// Runs all images, the classifier beside the board.
    pub fn run(&self, names: Option<&ClassNames>) -> Result<Report, Failure> {
        let config = self.context.config()?;
        let boards = match self.context.open_several(&config)? {
            Some(clients) => Boards::Several(clients),
            None => Boards::One(self.context.open(&config)?),
        };
        self.run_on(boards, names)
    }

    /// [`Batch::run`] on these boards.
    fn run_on(&self, mut boards: Boards, names: Option<&ClassNames>) -> Result<Report, Failure> {
        let started = Instant::now();
        let inputs = self.inputs()?;
        let (finish, scores) = classify_beside(self.network, |maps| match &mut boards {
            Boards::One(client) if self.verify == Verify::Layers || !self.streams() => {
                self.one_by_one(client, &inputs, maps)
            }
            boards => self.streamed(boards, &inputs, maps),
        });
        let mut finish = finish?;
        finish.line = boards.line();
        let best = |scores: Option<Vec<f32>>| scores.map_or(Vec::new(), |s| best5(&s, names));
        let mut top5: Vec<Vec<Value>> = scores.into_iter().map(best).collect();
        // Of part of a network no map was sent to the classifier.
        top5.resize(self.images.len(), Vec::new());
        Ok(self.report(&finish, &top5, started.elapsed().as_secs_f64()))
    }

    /// Cycles that the board counts for the images together, which are streamed; their last maps are compared beside it.
    ///
    /// # Errors
    /// If the host is needed between two groups, or the run fails.
    pub fn counted(&self) -> Result<Option<u64>, Failure> {
        let mut boards = Boards::One(self.context.open(&self.plan.config)?);
        // Nobody classifies what comes out.
        let (maps, _) = std::sync::mpsc::channel();
        let finish = self.streamed(&mut boards, &self.inputs()?, &maps)?;
        Ok(finish.images.iter().map(|image| image.cycles).sum())
    }

    /// What the plan's first layer reads of each image.
    fn inputs(&self) -> Result<Vec<Array3<u8>>, Failure> {
        let (before, _) = self.layers();
        let mut inputs = Vec::with_capacity(self.images.len());
        for (_, image) in self.images {
            inputs.push(match before {
                [] => image.clone(),
                before => golden_output(before, image, self.plan.blocks, self.context.progress())?,
            });
        }
        Ok(inputs)
    }

    /// The layers before the plan's first one, and those from it on.
    fn layers(&self) -> (&[QuantisedConv], &[QuantisedConv]) {
        let layers = &self.network.layers;
        layers.split_at(self.plan.first_layer(layers).unwrap_or(0))
    }

    /// Whether the board goes from one image to the next by itself: not if the host is needed between two groups.
    fn streams(&self) -> bool {
        self.plan.host_between().is_none()
    }

    fn is_whole(&self) -> bool {
        self.plan.layer_count() == self.network.layers.len()
    }

    /// Whether to go on.
    fn flow(&self) -> ControlFlow<()> {
        match self.context.progress().interrupted() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }

    /// One image after the other, group by group.
    fn one_by_one(
        &self,
        client: &mut Client<Box<dyn Board>>,
        inputs: &[Array3<u8>],
        maps: &Sender<Array3<u8>>,
    ) -> Result<Finish, Failure> {
        let (plan, (_, layers)) = (self.plan, self.layers());
        let cycles = plan.prediction().cycles;
        let mut bar = RunBar::of_images(self.context.progress(), cycles, inputs.len());
        let mut finish = Finish {
            images: Vec::with_capacity(inputs.len()),
            predicted_cycles: cycles,
            link_bytes: 0,
            kept_bytes: 0,
            line: Value::Null,
        };
        for (index, input) in inputs.iter().enumerate() {
            let options = RunOptions {
                upload: index == 0,
                verify: self.verify,
                ..RunOptions::default()
            };
            let run = run_plan(client, plan, layers, input, &options, &mut |event| {
                bar.show(&event);
                self.flow()
            })?;
            let path = self.images[index].0.display();
            check(&run, &format!("{}, {path}", self.context.kind().name()))?;
            finish.link_bytes += run.written_bytes + run.read_bytes;
            finish.kept_bytes += run.kept_bytes;
            finish.images.push(Finished {
                cycles: run.cycles(),
                idle: None,
                mismatches: run.mismatches(),
                groups: Some(group_values(&run)),
                board: 0,
            });
            if self.is_whole() {
                // It listens until the sender is gone.
                let _ = maps.send(run.output);
            }
        }
        Ok(finish)
    }

    /// Back to back; the answers are compared beside the board, if they are.
    fn streamed(
        &self,
        boards: &mut Boards,
        inputs: &[Array3<u8>],
        maps: &Sender<Array3<u8>>,
    ) -> Result<Finish, Failure> {
        let (plan, (_, layers)) = (self.plan, self.layers());
        let (result, answers) = match self.verify {
            Verify::Answer => {
                compare_beside(plan, layers, inputs, self.context.progress(), |compare| {
                    self.stream(boards, inputs, maps, &mut |map| compare(map.clone()))
                })
            }
            _ => (
                self.stream(boards, inputs, maps, &mut |_| {}),
                Ok(Vec::new()),
            ),
        };
        let (result, answers) = (result?, answers?);
        self.check_answers(&answers)?;
        let mismatches = |index: usize| answers.get(index).map(|found| found.mismatches);
        let images = result.frames.iter().enumerate();
        let images = images.map(|(index, frame)| Finished {
            cycles: frame.cycles(),
            idle: frame.idle_cycles,
            mismatches: mismatches(index),
            groups: None,
            board: frame.board,
        });
        Ok(Finish {
            images: images.collect(),
            predicted_cycles: result.predicted_cycles,
            link_bytes: result.written_bytes + result.read_bytes,
            kept_bytes: result.kept_bytes,
            line: Value::Null,
        })
    }

    /// Streams all images, and shows each one's last map to `answer`.
    fn stream(
        &self,
        boards: &mut Boards,
        inputs: &[Array3<u8>],
        maps: &Sender<Array3<u8>>,
        answer: &mut dyn FnMut(&Array3<u8>),
    ) -> Result<StreamResult, RunError> {
        let (plan, (_, layers)) = (self.plan, self.layers());
        let cycles = stream(plan)?.prediction.cycles;
        let mut bar = RunBar::of_images(self.context.progress(), cycles, inputs.len());
        let mut events = |event| {
            bar.show_stream(&event);
            if let StreamEvent::Output { output, .. } = event {
                answer(&output);
                if self.is_whole() {
                    // It listens until the sender is gone.
                    let _ = maps.send(output);
                }
            }
            self.flow()
        };
        match boards {
            Boards::One(client) => run_stream(client, plan, layers, inputs, &mut events),
            Boards::Several(clients) => run_boards(clients, plan, layers, inputs, &mut events),
        }
    }

    /// Refuses a stream with an answer that differs; says how many do.
    fn check_answers(&self, answers: &[Differences]) -> Result<(), Failure> {
        let mut images = self.images.iter().zip(answers);
        let Some(((path, _), first)) = images.find(|(_, found)| found.mismatches > 0) else {
            return Ok(());
        };
        let wrong = 1 + images.filter(|(_, found)| found.mismatches > 0).count();
        let on = self.context.kind().name();
        let map = format!("last map of {} on {on}", path.display());
        let mut failure = mismatch(&map, first);
        failure.message += &format!("; {wrong} of {} images differ", answers.len());
        Err(failure)
    }

    fn report(&self, finish: &Finish, top5: &[Vec<Value>], seconds: f64) -> Report {
        let count = finish.images.len() as u64;
        let cycles: Option<u64> = finish.images.iter().map(|image| image.cycles).sum();
        // Nothing is known after the last image, nor is there anything to wait for.
        let between = finish.images.split_last().map_or(&[][..], |(_, most)| most);
        let idle: Option<u64> = between.iter().map(|image| image.idle).sum();
        let mismatches: Option<u64> = finish.images.iter().map(|image| image.mismatches).sum();
        let predicted = finish.predicted_cycles * count;
        let totals = Totals {
            link_bytes: Some(finish.link_bytes),
            kept_bytes: Some(finish.kept_bytes),
            mismatches,
            ..Totals::of_run(self.plan, count, predicted, cycles, idle.unwrap_or(0))
        };
        let images = finish.images.iter().zip(self.images).zip(top5);
        let images = images.map(|((image, (path, _)), top5)| {
            json!({
                "image": path.display().to_string(), "cycles": image.cycles, "idle_cycles": image.idle,
                "mismatches": image.mismatches, "board": image.board, "groups": image.groups, "top5": top5,
            })
        });
        let mut result = json!({
            "board": self.context.kind().name(), "config": self.plan.config, "clock_mhz": self.plan.config.clock_mhz,
            "blocks": self.plan.blocks, "totals": totals,
            "layers": layer_values(self.plan), "wall_seconds": seconds, "line": finish.line, "top5": [],
            "images": images.collect::<Vec<_>>(),
        });
        result["totals"]["idle_cycles"] = idle.into();
        let mut text = blocks::note(self.plan).map_or(String::new(), |note| note + "\n");
        text += &format!("{}\n{}", self.table(finish, top5), summary(&result, count));
        Report { text, result }
    }

    /// One row an image; of several boards it names the port.
    fn table(&self, finish: &Finish, top5: &[Vec<Value>]) -> comfy_table::Table {
        let ports = &self.context.common.port[..];
        let several = ports.len() > 1;
        let mut rows = match several {
            true => table([
                "image",
                "board",
                "cycles",
                "idle after it",
                "differ",
                "best class",
            ]),
            false => table(["image", "cycles", "idle after it", "differ", "best class"]),
        };
        let number = |n: Option<u64>| n.map_or("-".into(), |n| n.to_string());
        for ((image, (path, _)), top5) in finish.images.iter().zip(self.images).zip(top5) {
            let mut row = vec![path.display().to_string()];
            row.extend(ports.get(image.board).filter(|_| several).cloned());
            row.extend([image.cycles, image.idle, image.mismatches].map(number));
            row.push(top5.first().map_or("-".into(), guess_text));
            rows.add_row(row);
        }
        rows
    }
}

/// The totals in words.
fn summary(result: &Value, count: u64) -> String {
    let totals = &result["totals"];
    let mut text = format!("{count} images");
    if let (Some(cycles), Some(fps)) = (totals["cycles"].as_u64(), totals["fps"].as_f64()) {
        text += &format!(
            " in {cycles} cycles ({} predicted), {fps:.2} frames/s at {} MHz",
            totals["predicted_cycles"], result["clock_mhz"],
        );
    }
    if let Some(idle) = totals["idle_cycles"].as_u64() {
        text += &format!("; the board stood idle for {idle} cycles between them");
    }
    match totals["mismatches"].as_u64() {
        Some(mismatches) => text + &format!("\n{mismatches} mismatches"),
        None => text + "\nnothing compared",
    }
}

#[cfg(test)]
#[path = "batch_tests.rs"]
mod tests;
