//! `rowfuse accuracy`: how often trained networks are right, in floats, in int8 and on boards.

use super::method::Quantisation;
use crate::cli::{table, Context, Failure, Report};
use clap::Args;
use rowfuse::accuracy::{cells, header, images, markdown, Row, Samples, Subject};
use rowfuse::atomic;
use rowfuse::boards::Kind;
use rowfuse::fault::Exit;
use rowfuse::plan::Blocks;
use rowfuse_spec::EngineConfig;
use rowfuse_testbench::board::{Board, Client};
use serde_json::json;
use std::path::PathBuf;

/// What its help ends with.
const EXAMPLES: &str = "Examples:
  rowfuse accuracy -m networks/lenet.safetensors --method entropy \\
    --images networks/held-out-images.npy --labels networks/held-out-labels.npy \\
    --calibration networks/calibration-images.npy";

/// Arguments of `accuracy`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Accuracy {
    /// Trained network: ONNX, safetensors of a network that `rowfuse list` shows, or quantised already; may be given more than once
    #[arg(short, long, required = true, value_name = "FILE")]
    model: Vec<PathBuf>,
    /// Labelled images, npy: uint8, number × rows × columns of grey, or × 3 of red, green and blue
    #[arg(long, value_name = "FILE")]
    images: PathBuf,
    /// Their classes, npy: integers
    #[arg(long, value_name = "FILE")]
    labels: PathBuf,
    /// Images for calibration, npy as --images; none of those that are judged. Networks that are quantised already need none
    #[arg(long, value_name = "FILE")]
    calibration: Option<PathBuf>,
    /// Another board beside `--board`; may be given more than once
    #[arg(long, value_name = "BOARD",
          value_parser = clap::builder::PossibleValuesParser::new(Kind::ALL.map(Kind::name)))]
    with: Vec<String>,
    /// How many images boards other than `functional` compute, the first ones
    #[arg(long, value_name = "COUNT", default_value_t = 100,
          value_parser = clap::value_parser!(u64).range(1..))]
    limit: u64,
    /// Also with maps in blocks, written as for `rowfuse run`; of networks whose convolutions are all 3×3 with stride 1 and padding 1
    #[arg(long, value_name = "SIZE")]
    blocks: Option<Blocks>,
    /// File to write the table to, in Markdown
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// How the networks are quantised.
    #[command(flatten)]
    quantisation: Quantisation,
}

impl Accuracy {
    /// Measures all networks; a board's value that differs ends it with exit code 6 when all are through.
    pub fn run(&self, context: &Context) -> Result<Report, Failure> {
        let samples = Samples::read(&self.images, &self.labels)?;
        let calibration = self.calibration.as_deref().map(images).transpose()?;
        let calibration = calibration.unwrap_or_default();
        // All are opened before the first is measured, so that a broken file or a missing board costs nothing.
        let config = context.config()?;
        let mut boards = Vec::new();
        for kind in self.kinds(context) {
            boards.push((kind, context.open_kind(kind, &config)?));
        }
        let candidates = self
            .quantisation
            .candidates(self.quantisation.normalisation());
        let mut subjects = Vec::with_capacity(self.model.len());
        for file in &self.model {
            let subject = Subject::open(
                file,
                samples.size(),
                &calibration,
                &candidates,
                context.progress(),
            )?;
            samples.check_labels(subject.quantised().classes(), &self.labels)?;
            subjects.push(subject);
        }
        let mut rows = Vec::new();
        for subject in &subjects {
            let cut = self.blocks.filter(|_| subject.takes_blocks());
            for blocks in [None].into_iter().chain(cut.map(Some)) {
                let measured = Measured {
                    context,
                    config: &config,
                    subject,
                    samples: &samples,
                    blocks,
                };
                rows.push(measured.row(&mut boards, self.limit)?);
                context.leave(self.report(&config, &rows, &subjects));
            }
        }
        if let Some(path) = &self.markdown {
            atomic::write(path, markdown(&rows).as_bytes())
                .map_err(|error| Failure::file(path, "written", &error))?;
        }
        match rows.iter().find(|row| row.compared().1 > 0) {
            Some(row) => Err(differs(row)),
            None => Ok(self.report(&config, &rows, &subjects)),
        }
    }

    /// The boards asked for, each once.
    fn kinds(&self, context: &Context) -> Vec<Kind> {
        let mut kinds = vec![context.kind()];
        for kind in self.with.iter().filter_map(|name| Kind::named(name)) {
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        kinds
    }

    fn report(&self, config: &EngineConfig, rows: &[Row], subjects: &[Subject]) -> Report {
        let calibrations = subjects
            .iter()
            .map(|subject| &subject.quantised().calibration);
        let mut calibrations: Vec<&str> = calibrations.map(String::as_str).collect();
        // Usually all the same.
        calibrations.dedup();
        let calibration = calibrations.join("; ");
        let mut shown = table::<0>([]);
        shown.set_header(header(rows));
        for row in rows {
            shown.add_row(cells(row));
        }
        let differ: u64 = rows.iter().map(|row| row.compared().1).sum();
        let text = format!("{shown}\ncalibration: {calibration}\n{differ} mismatches");
        let models = self.model.iter().map(|path| path.display().to_string());
        let values = rows.iter().map(|row| {
            let boards = row.boards.iter().map(|(name, board)| {
                json!({
                    "board": name, "correct": board.int8.correct, "images": board.int8.images,
                    "values": board.values, "mismatches": board.mismatches,
                })
            });
            json!({
                "network": row.network, "blocks": row.blocks, "float": row.float, "int8": row.int8,
                "boards": boards.collect::<Vec<_>>(),
            })
        });
        let result = json!({
            "models": models.collect::<Vec<_>>(), "images": self.images.display().to_string(),
            "labels": self.labels.display().to_string(), "calibration": calibration,
            "config": config, "mismatches": differ, "rows": values.collect::<Vec<_>>(),
        });
        Report { text, result }
    }
}

/// A network with its maps whole or in blocks, to be measured.
struct Measured<'a> {
    context: &'a Context,
    config: &'a EngineConfig,
    subject: &'a Subject,
    samples: &'a Samples,
    blocks: Option<Blocks>,
}

impl Measured<'_> {
    /// On the host, then on the boards; on those that are slow the first `limit` images.
    fn row(
        &self,
        boards: &mut [(Kind, Client<Box<dyn Board>>)],
        limit: u64,
    ) -> Result<Row, Failure> {
        let progress = self.context.progress();
        let host = self.subject.on_host(self.samples, self.blocks, progress)?;
        let mut row = Row {
            network: self.subject.name().into(),
            blocks: self.blocks,
            float: host.float,
            int8: host.int8,
            boards: Vec::with_capacity(boards.len()),
        };
        for (kind, client) in boards {
            let count = match kind {
                Kind::Functional => host.maps.len(),
                _ => host
                    .maps
                    .len()
                    .min(usize::try_from(limit).unwrap_or(usize::MAX)),
            };
            let expected = &host.maps[..count];
            let found = self.subject.on_board(
                client,
                self.config,
                self.samples,
                expected,
                self.blocks,
                progress,
            )?;
            row.boards.push((kind.name().into(), found));
        }
        Ok(row)
    }
}

fn differs(row: &Row) -> Failure {
    let (values, differ) = row.compared();
    let mut boards = row.boards.iter();
    let board = boards.find(|(_, board)| board.mismatches > 0);
    let board = board.map_or("", |(name, _)| name);
    Failure {
        code: "compare.mismatch".into(),
        message: format!(
            "{} ({}): {differ} of {values} values of last maps differ from the golden model, the first on {board}",
            row.network,
            row.maps(),
        ),
        help: "find the layer with `rowfuse run`, and report the case with its network and image".into(),
        exit: Exit::Comparison,
    }
}
