//! `rowfuse trace`: a waveform of one tile on its way through the engine.

use super::layers::One;
use super::plan::Fuse;
use super::run_bar::RunBar;
use crate::cli::{Context, Failure, Report};
use clap::Args;
use rowfuse::atomic::AtomicFile;
use rowfuse::boards::{self, Kind};
use rowfuse::fault::Exit;
use rowfuse::image;
use rowfuse::plan::{self, Fusion, Group, Plan, PlanOptions};
use rowfuse::quantise::{self, QuantisedNetwork};
use rowfuse::run::Verify;
use rowfuse::run::{golden_output, run_plan, RunError, RunOptions};
use rowfuse_spec::command::decode_program;
use rowfuse_spec::EngineConfig;
use rowfuse_testbench::board::{BoardError, TileCycles, TileWindow};
use serde_json::json;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// What its help ends with.
const EXAMPLES: &str = "Examples:
  rowfuse trace tiny.int8 china.jpg --layer features.2 --tile 1,2 -o tile.vcd --config small-4";

/// Arguments of `trace`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Trace {
    /// Quantised network, as `rowfuse quantize` writes it
    #[arg(value_name = "NETWORK")]
    network: PathBuf,
    /// Photograph, JPEG or PNG
    #[arg(value_name = "IMAGE")]
    image: PathBuf,
    /// The convolution, counted from 0 or by name, such as features.5. It runs within the group of layers that the
    /// planner joins it to; what lies before is computed by the golden model on the host
    #[arg(long, value_name = "LAYER")]
    layer: One,
    /// The tile of 4×4 outputs (before a pool), counted from 0: outputs from row 4·ROW and column 4·COL on
    #[arg(long, value_name = "ROW,COL")]
    tile: Place,
    /// The group of output channels, counted from 0: as many channels as the engine has lanes
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    group: u32,
    /// File to write, as VCD
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Which layers are joined in one program
    #[arg(long, value_enum, default_value = "auto")]
    fuse: Fuse,
}

/// A tile's row and column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    row: u32,
    col: u32,
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Place, String> {
        let numbers = text.split_once(',').and_then(|(row, col)| {
            let number = |text: &str| text.trim().parse().ok();
            Some(Place {
                row: number(row)?,
                col: number(col)?,
            })
        });
        numbers.ok_or_else(|| "two numbers are needed, such as 3,5".into())
    }
}

impl Trace {
    /// Runs the layer's group until the tile has gone through.
    pub fn run(&self, context: &Context) -> Result<Report, Failure> {
        self.check_board(context)?;
        let config = context.config()?;
        let (network, _) = quantise::load(&self.network, context.progress())?;
        let layer = self.layer.resolve(&network)?;
        let image = image::load(&self.image, network.network.input, &network.normalisation)?;
        let (plan, stage) = self.plan(&network, &config, layer)?;
        let group = &plan.groups[0];
        let window = self.window(group, stage, &config)?;

        let file = AtomicFile::create(&self.output)
            .map_err(|error| Failure::file(&self.output, "written", &error))?;
        let pixels = network.quantise_input(image.view());
        let cycles = trace(context, &network, &plan, &pixels, window, file.path())?;
        let file = file
            .commit()
            .map_err(|error| Failure::file(&self.output, "written", &error))?;
        let bytes = file.metadata().map_or(0, |data| data.len());

        let name = &group.layers[stage].shape.name;
        let (row, col, lanes) = (self.tile.row, self.tile.col, config.lanes);
        let channels = [
            self.group * lanes,
            ((self.group + 1) * lanes).min(group.layers[stage].shape.cout) - 1,
        ];
        let text = format!(
            "{name}, tile {row},{col}, output channels {} to {}, in the program of {}: cycles {} to {}\n\
             its first channel is issued in cycle {}, its last result leaves in cycle {}; a cycle is {:.3} ns\n\
             {} ({:.1} MB): the engine is TOP.rowfuse_dut.dut.accelerator, its loop nest `sequencer`",
            channels[0],
            channels[1],
            group.name(),
            cycles.first,
            cycles.last,
            cycles.issued,
            cycles.written,
            1e3 / f64::from(config.clock_mhz),
            self.output.display(),
            bytes as f64 / 1e6,
        );
        let result = json!({
            "output": self.output.display().to_string(), "bytes": bytes, "board": Kind::Verilated.name(), "config": config,
            "layer": name, "program": group.name(), "tile": [row, col], "group": self.group, "channels": channels,
            "cycles": {
                "first": cycles.first, "issued": cycles.issued, "written": cycles.written, "last": cycles.last,
            },
        });
        Ok(Report { text, result })
    }

    /// Refuses boards without waveforms. The default of --board cannot be told from its being named.
    fn check_board(&self, context: &Context) -> Result<(), Failure> {
        if context.kind() == Kind::Gateware {
            let text = "waveforms come from the verilated board: leave --board out";
            return Err(Failure::usage(text.into()));
        }
        match Kind::Verilated.unavailable() {
            None => Ok(()),
            Some(reason) => Err(Failure {
                code: "board.unavailable".into(),
                message: reason,
                help: "run scripts/setup".into(),
                exit: Exit::Board,
            }),
        }
    }

    /// The plan of the group that the network's plan puts the layer in, and the layer's place in it.
    fn plan(
        &self,
        network: &QuantisedNetwork,
        config: &EngineConfig,
        layer: usize,
    ) -> Result<(Plan, usize), Failure> {
        let options = PlanOptions {
            fusion: self.fuse.into(),
            ..PlanOptions::default()
        };
        let whole = plan::plan(network, config, &options)?;
        let mut start = 0;
        let mut layers = 0..0;
        for group in &whole.groups {
            layers = start..start + group.layers.len();
            if layers.contains(&layer) {
                break;
            }
            start = layers.end;
        }
        let options = PlanOptions {
            fusion: Fusion::Groups(vec![layers.len()]),
            layers: Some(layers),
            blocks: None,
        };
        Ok((plan::plan(network, config, &options)?, layer - start))
    }

    /// The tile's place in the group's program.
    fn window(
        &self,
        group: &Group,
        stage: usize,
        config: &EngineConfig,
    ) -> Result<TileWindow, Failure> {
        let program =
            decode_program(&group.program).map_err(|error| Failure::internal(error.to_string()))?;
        let (row, col) = (self.tile.row, self.tile.col);
        let tag = stage as u32 % 16;
        TileWindow::find(&program, tag, self.group, row, col).ok_or_else(|| {
            let shape = &group.layers[stage].shape;
            Failure::usage(format!(
                "{} has no tile {row},{col} of group {}: its rows of tiles are 0 to {}, its columns 0 to {}, \
                 its groups of output channels on {} 0 to {}",
                shape.name,
                self.group,
                shape.tile_rows() - 1,
                shape.tile_cols() - 1,
                config.name,
                config.groups(shape.cout) - 1,
            ))
        })
    }
}

/// Runs the plan's only group until the waveform at `path` is complete.
fn trace(
    context: &Context,
    network: &QuantisedNetwork,
    plan: &Plan,
    pixels: &ndarray::Array3<u8>,
    window: TileWindow,
    path: &Path,
) -> Result<TileCycles, Failure> {
    let progress = context.progress();
    let stall = Some(Duration::from_secs(context.common.timeout));
    let (mut client, traced) = boards::open_tracing(&plan.config, window, path, stall, progress)?;
    let start = plan.first_layer(&network.layers).unwrap_or(0);
    let (before, layers) = network.layers.split_at(start);
    let input = golden_output(before, pixels, plan.blocks, progress)?;
    let options = RunOptions {
        verify: Verify::None,
        ..RunOptions::default()
    };
    let mut bar = RunBar::new(progress, plan);
    let run = run_plan(&mut client, plan, layers, &input, &options, &mut |event| {
        bar.show(&event);
        if traced.get().is_some() || progress.interrupted() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    match (traced.get(), run) {
        // The rest of the program is of no interest.
        (Some(cycles), Ok(_) | Err(RunError::Board(BoardError::Interrupted))) => Ok(*cycles),
        (_, Err(error)) => Err(error.into()),
        (None, Ok(_)) => Err(Failure::internal(
            "the program ended before the tile's results were written".into(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_is_two_numbers() {
        let place = |text: &str| text.parse::<Place>().ok().map(|p| (p.row, p.col));
        assert_eq!(place("3,5"), Some((3, 5)));
        assert_eq!(place("3, 5"), Some((3, 5)));
        for text in ["", "3", "3,", "a,b", "-1,2", "1,2,3"] {
            assert_eq!(place(text), None, "{text}");
        }
    }
}
