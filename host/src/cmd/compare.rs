//! `rowfuse compare`: the same run on two boards must give the same bytes and the same counts.

use super::blocks;
use super::layers::Layers;
use super::outcome::Outcome;
use crate::cli::{table, Context, Failure, Report};
use clap::Args;
use rowfuse::boards::Kind;
use rowfuse::fault::Exit;
use rowfuse::plan::{self, Blocks, PlanOptions};
use rowfuse::{image, quantise};
use rowfuse_spec::counters::Counter;
use serde_json::json;
use std::path::PathBuf;

/// What its help ends with.
const EXAMPLES: &str = "Examples:
  rowfuse compare tiny.int8 china.jpg --board verilated --config small-4";

/// Arguments of `compare`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Compare {
    /// Quantised network, as `rowfuse quantize` writes it
    #[arg(value_name = "NETWORK")]
    network: PathBuf,
    /// Photograph, JPEG or PNG
    #[arg(value_name = "IMAGE")]
    image: PathBuf,
    /// The board to compare `--board` with
    #[arg(long, value_name = "BOARD", default_value = "functional",
          value_parser = clap::builder::PossibleValuesParser::new(Kind::ALL.map(Kind::name)))]
    with: String,
    /// Only these convolutions, written as for `rowfuse run`
    #[arg(long, value_name = "RANGE")]
    layers: Option<Layers>,
    /// Block convolution, written as for `rowfuse run`
    #[arg(long, value_name = "SIZE")]
    blocks: Option<Blocks>,
}

impl Compare {
    /// Runs on both and compares outputs and counters.
    pub fn run(&self, context: &Context) -> Result<Report, Failure> {
        let other = Kind::named(&self.with).unwrap_or(Kind::Functional);
        let config = context.config()?;
        let (network, _) = quantise::load(&self.network, context.progress())?;
        let image = image::load(&self.image, network.network.input, &network.normalisation)?;
        let pixels = network.quantise_input(image.view());
        let options = PlanOptions {
            layers: Layers::range(self.layers.as_ref(), &network)?,
            blocks: self.blocks,
            ..PlanOptions::default()
        };
        let plan = plan::plan(&network, &config, &options)?;
        let first = Outcome::of(context, context.kind(), &network, &plan, &pixels)?;
        let second = Outcome::of(context, other, &network, &plan, &pixels)?;
        first.check()?;
        second.check()?;
        let timed = first.kind.counts_cycles() && second.kind.counts_cycles();
        let mut rows = table(["group", "counter", first.kind.name(), second.kind.name()]);
        let mut differences = 0;
        for (a, b) in first.run.groups.iter().zip(&second.run.groups) {
            for counter in Counter::ALL {
                if counter.depends_on_timing() && !timed {
                    continue;
                }
                let (x, y) = (a.counters.get(counter), b.counters.get(counter));
                differences += u64::from(x != y);
                rows.add_row([
                    a.name.as_str(),
                    counter.name(),
                    &x.to_string(),
                    &y.to_string(),
                ]);
            }
        }
        if differences > 0 || first.run.output != second.run.output {
            return Err(Failure {
                code: "compare.boards".into(),
                message: format!(
                    "{} and {} disagree: {differences} counters differ, outputs are {}\n{rows}",
                    first.board,
                    second.board,
                    if first.run.output == second.run.output { "equal" } else { "different" },
                ),
                help: "report this case with its network and seed: boards of one configuration must agree".into(),
                exit: Exit::Comparison,
            });
        }
        let note = blocks::note(&plan).map_or(String::new(), |note| note + "\n");
        Ok(Report {
            text: format!(
                "{note}{rows}\nequal: every value and every counter that both boards count"
            ),
            result: json!({
                "boards": [first.board, second.board], "equal": true,
                "runs": [first.value(None), second.value(None)],
            }),
        })
    }
}
