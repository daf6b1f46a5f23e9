//! `rowfuse bench`: frames a second of the array, with its memory, and with the link.

use super::batch::Batch;
use super::blocks;
use super::outcome::check;
use super::plan::Fuse;
use super::run_bar::RunBar;
use crate::cli::{table, Context, Failure, Report};
use clap::Args;
use comfy_table::Table;
use ndarray::Array3;
use rowfuse::image;
use rowfuse::plan::{self, testing, Blocks, Plan, PlanError, PlanOptions};
use rowfuse::quantise::{self, QuantisedNetwork};
use rowfuse::run::{run_plan, RunOptions, Verify};
use rowfuse::throughput::{at_clock, Binding, Question, Throughput, Totals};
use rowfuse_hdl::memory::External;
use rowfuse_spec::uart::BYTE_BITS;
use serde_json::json;
use std::ops::ControlFlow;
use std::path::PathBuf;

/// What its help ends with.
const EXAMPLES: &str = "Examples:
  rowfuse bench tiny.int8
  rowfuse bench tiny.int8 --line-rate 1000000 --clock 80";

/// Arguments of `bench`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Bench {
    /// Quantised network, as `rowfuse quantize` writes it
    #[arg(value_name = "NETWORK")]
    network: PathBuf,
    /// Photograph for a board that counts cycles, which do not depend on it; by default noise
    #[arg(value_name = "IMAGE")]
    image: Option<PathBuf>,
    /// Rate of the serial line to the board, in bits a second
    #[arg(long, value_name = "BAUD", default_value_t = 3_000_000)]
    line_rate: u32,
    /// Clock of engine and memory in MHz; by default the configuration's
    #[arg(long, value_name = "MHZ")]
    clock: Option<u32>,
    /// Which layers are joined in one program
    #[arg(long, value_enum, default_value = "auto")]
    fuse: Fuse,
    /// Block convolution: cut every map into blocks of SIZE×SIZE pixels (an even number), or `2x2` blocks a map, and pad each
    /// on its own. That is another function than the exact mode's, with a golden model of its own
    #[arg(long, value_name = "SIZE")]
    blocks: Option<Blocks>,
}

impl Bench {
    /// Plans, counts if the board does, and calculates.
    pub fn run(&self, context: &Context) -> Result<Report, Failure> {
        let config = at_clock(context.config()?, self.clock)?;
        let (network, _) = quantise::load(&self.network, context.progress())?;
        let image = match &self.image {
            Some(path) => {
                let image = image::load(path, network.network.input, &network.normalisation)?;
                network.quantise_input(image.view())
            }
            None => testing::image(network.network.input, context.common.seed),
        };
        let options = PlanOptions {
            layers: None,
            fusion: self.fuse.into(),
            blocks: self.blocks,
        };
        let plan = plan::plan(&network, &config, &options)?;
        let stream = match plan::stream(&plan) {
            Ok(stream) => Some(stream),
            Err(PlanError::Memory { .. } | PlanError::Streamed { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let question = Question {
            plan: &plan,
            layers: &network.layers,
            stream: stream.as_ref(),
            counted: None,
            baud: self.line_rate,
        };
        // A question without an answer is told before a board works for long.
        let mut throughput = Throughput::of(&question)?;
        if context.kind().counts_cycles() {
            let counted = counted(context, &network, &plan, image, stream.is_some())?;
            throughput = Throughput::of(&Question {
                counted,
                ..question
            })?;
        }
        Ok(report(context, &plan, &throughput))
    }
}

/// Cycles of an image that the board counts, streamed as others would follow it or else group by group. The last map is compared with the
/// golden model.
fn counted(
    context: &Context,
    network: &QuantisedNetwork,
    plan: &Plan,
    image: Array3<u8>,
    streamed: bool,
) -> Result<Option<u64>, Failure> {
    if streamed {
        let batch = Batch {
            context,
            network,
            plan,
            images: &[("the image".into(), image)],
            verify: Verify::Answer,
        };
        return batch.counted();
    }
    let mut client = context.open(&plan.config)?;
    let options = RunOptions {
        verify: Verify::Answer,
        ..RunOptions::default()
    };
    let progress = context.progress();
    let mut bar = RunBar::new(progress, plan);
    let layers = &network.layers;
    let run = run_plan(&mut client, plan, layers, &image, &options, &mut |event| {
        bar.show(&event);
        match progress.interrupted() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    })?;
    check(&run, context.kind().name())?;
    Ok(run.cycles())
}

fn report(context: &Context, plan: &Plan, throughput: &Throughput) -> Report {
    let board = throughput.counted.map(|_| context.kind().name());
    let (predicted, cycles) = (throughput.predicted.cycles, throughput.board().cycles);
    let totals = Totals {
        mismatches: throughput.counted.map(|_| 0),
        ..Totals::of_run(plan, 1, predicted, Some(cycles), 0)
    };
    let mut text = blocks::note(plan).map_or(String::new(), |note| note + "\n");
    text += &format!(
        "{} on {} at {} MHz, over a serial line of {} baud, {BYTE_BITS} bits a byte\n{}\n{}",
        plan.network,
        plan.config.name,
        throughput.clock_mhz,
        throughput.link.baud,
        rows(throughput, board),
        sentences(plan, throughput).join("\n"),
    );
    let board_has_line = matches!(External::of(&plan.config), External::Sdram(_));
    if !board_has_line {
        text += "\nThe pipes of a module are no such line, and nobody has measured them: array and memory are this board's, the link is not.";
    }
    let result = json!({
        "board_has_line": board_has_line,
        "network": plan.network, "config": plan.config, "config_id": format!("{:#010x}", plan.config_id),
        "clock_mhz": throughput.clock_mhz, "blocks": plan.blocks, "board": board, "totals": totals,
        "engine": throughput.engine, "predicted": throughput.predicted, "counted": throughput.counted,
        "link": throughput.link, "upload": throughput.upload,
    });
    Report { text, result }
}

/// One row for each thing that may bind.
fn rows(throughput: &Throughput, board: Option<&str>) -> Table {
    let mut rows = table(["images", "cycles", "ms an image", "frames/s"]);
    let mut row = |what: String, cycles: Option<u64>, seconds: f64, fps: f64| {
        rows.add_row([
            what,
            cycles.map_or("-".into(), |cycles| cycles.to_string()),
            format!("{:.2}", 1e3 * seconds),
            format!("{fps:.2}"),
        ]);
    };
    let rates = [
        ("the array alone".to_owned(), Some(throughput.engine)),
        ("with memory, predicted".into(), Some(throughput.predicted)),
        (
            format!("with memory, counted on {}", board.unwrap_or("-")),
            throughput.counted,
        ),
    ];
    for (what, rate) in rates {
        if let Some(rate) = rate {
            row(what, Some(rate.cycles), rate.seconds, rate.fps);
        }
    }
    let link = &throughput.link;
    let paces = [
        ("with the link, streamed", link.overlapped),
        ("with the link, one at a time", Some(link.one_at_a_time)),
    ];
    for (what, pace) in paces {
        if let Some(pace) = pace {
            row(what.into(), None, pace.seconds, pace.fps);
        }
    }
    rows
}

/// What binds, and what the line takes.
fn sentences(plan: &Plan, throughput: &Throughput) -> Vec<String> {
    let (link, board, upload) = (&throughput.link, throughput.board(), &throughput.upload);
    let binds = match link.one_at_a_time.bound {
        Binding::Link => "the link binds",
        Binding::Board if throughput.engine.seconds < 0.5 * board.seconds => "the memory binds",
        Binding::Board => "the array binds",
    };
    let mut sentences = vec![format!(
        "{binds}: an image takes {:.1} ms on the line and {:.1} ms on the board, {:.0}% of that for the array alone",
        1e3 * link.seconds,
        1e3 * board.seconds,
        100.0 * throughput.engine.seconds / board.seconds,
    )];
    if link.overlapped.is_none() {
        sentences.push(match plan.host_between() {
            Some(shape) => format!(
                "nothing overlaps: the host prepares the map for {}",
                shape.name
            ),
            None => "nothing overlaps: the memory has no room for two images".into(),
        });
    }
    let map = &plan.input;
    sentences.push(format!(
        "an image of {}×{}×{} is {} bytes in the board's memory, {:.1} ms on the line; the last map is {} bytes, {:.1} ms",
        map.channels,
        map.height,
        map.width,
        link.input_bytes,
        1e3 * link.input_seconds,
        link.output_bytes,
        1e3 * link.output_seconds,
    ));
    sentences.push(format!(
        "before the first image, {} bytes of programs, parameters and weights are written once: {:.2} s",
        upload.bytes, upload.seconds,
    ));
    sentences.push("what a USB adapter and the host add is not in these figures".into());
    sentences
}
