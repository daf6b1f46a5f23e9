//! `rowfuse run`: photographs through a network on a board, compared with the golden model.

use super::batch::Batch;
use super::image_files::image_files;
use super::layers::Layers;
use super::outcome::{Kept, Outcome};
use super::plan::Fuse;
use crate::cli::{Context, Failure, Report};
use clap::{Args, ValueEnum};
use rowfuse::classify::ClassNames;
use rowfuse::dump::Dump;
use rowfuse::fault::Exit;
use rowfuse::plan::{self, Blocks, Plan, PlanOptions};
use rowfuse::report::Collector;
use rowfuse::run::Verify;
use rowfuse::{image, quantise};
use std::path::{Path, PathBuf};

/// What its help ends with.
const EXAMPLES: &str = "Examples:
  rowfuse run tiny.int8 china.jpg
  rowfuse run tiny.int8 china.jpg --board verilated --config small-4
  rowfuse run tiny.int8 china.jpg --port /dev/ttyUSB0";

/// Arguments of `run`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Run {
    /// Quantised network, as `rowfuse quantize` writes it
    #[arg(value_name = "NETWORK")]
    network: PathBuf,
    /// Photographs, JPEG or PNG, or directories of them. Several are run one behind the other; with --verify answer or none the
    /// board goes from one to the next without a pause
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<PathBuf>,
    /// Plan to use, as `rowfuse plan --output` writes it; by default one is made
    #[arg(long, value_name = "FILE", conflicts_with_all = ["layers", "fuse", "blocks"])]
    plan: Option<PathBuf>,
    /// Only these convolutions: `N` the first N, `a..b` from a (counted from 0) to b without b, `a..=b` with b;
    /// names such as features.5 will do. What lies before the first is computed by the golden model on the host
    #[arg(long, value_name = "RANGE")]
    layers: Option<Layers>,
    /// Which layers are joined in one program
    #[arg(long, value_enum, default_value = "auto")]
    fuse: Fuse,
    /// Block convolution: cut every map into blocks of SIZE×SIZE pixels (an even number), or `2x2` blocks a map, and pad each
    /// on its own. That is another function than the exact mode's, with a golden model of its own
    #[arg(long, value_name = "SIZE")]
    blocks: Option<Blocks>,
    /// What is compared with the golden model [default: layers; of several boards answer]
    #[arg(long, value_enum, value_name = "WHAT")]
    verify: Option<Compared>,
    /// Compare nothing: the same as --verify none
    #[arg(long, conflicts_with = "verify")]
    no_verify: bool,
    /// Class names, one a line in the order of the network's outputs; by default ImageNet's for a network of 1000 classes
    #[arg(long, value_name = "FILE")]
    classes: Option<PathBuf>,
    /// Directory for the quantised input, every group's output and, unless nothing is compared, what it should be, as
    /// npy; index.json says what is what. Written even if values differ
    #[arg(long, value_name = "DIR")]
    dump: Option<PathBuf>,
    /// Dump into a directory that is not empty; files of an earlier dump are removed, others are left alone
    #[arg(long, requires = "dump")]
    force: bool,
    /// Keep in the JSON what `rowfuse report` shows beside numbers: the image, some channels of every group's output as small
    /// pictures, where values differ, and the predicted timeline. Of one image, with --json
    #[arg(long)]
    report_data: bool,
}

/// What is compared with the golden model.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Compared {
    /// Every group's output, before the next group starts
    Layers,
    /// The last group's output; of several images beside the board, which goes on meanwhile
    Answer,
    /// Nothing
    None,
}

impl From<Compared> for Verify {
    fn from(compared: Compared) -> Verify {
        match compared {
            Compared::Layers => Verify::Layers,
            Compared::Answer => Verify::Answer,
            Compared::None => Verify::None,
        }
    }
}

impl Run {
    fn verify(&self, context: &Context) -> Result<Verify, Failure> {
        let several = context.common.port.len() > 1;
        match self.verify {
            _ if self.no_verify => Ok(Verify::None),
            Some(Compared::Layers) if several => {
                let text = "several boards stream: --verify answer or none";
                Err(Failure::usage(text.into()))
            }
            Some(compared) => Ok(compared.into()),
            None if several => Ok(Verify::Answer),
            None => Ok(Verify::Layers),
        }
    }

    /// Runs and compares.
    pub fn run(&self, context: &Context) -> Result<Report, Failure> {
        let verify = self.verify(context)?;
        let config = context.config()?;
        let files = image_files(&self.images)?;
        // A directory is a batch even if there is only one image in it.
        let one = match (&self.images[..], &files[..]) {
            _ if context.common.port.len() > 1 => None,
            ([argument], [file]) if argument == file => Some(file),
            _ => None,
        };
        if one.is_none() && self.dump.is_some() {
            let text = "--dump keeps the maps of one image: name one file";
            return Err(Failure::usage(text.into()));
        }
        if self.report_data && (one.is_none() || !context.common.json) {
            let text = "--report-data keeps pictures of one image in the JSON: name one file, and add --json";
            return Err(Failure::usage(text.into()));
        }
        let mut dump = match &self.dump {
            Some(path) => Some(Dump::create(path, self.force)?),
            None => None,
        };
        let (network, _) = quantise::load(&self.network, context.progress())?;
        let mut images = Vec::with_capacity(files.len());
        let mut data = None;
        for file in &files {
            let crop = image::load_crop(file, network.network.input)?;
            if self.report_data {
                data = Some(Collector::new(&crop)?);
            }
            let image = image::normalise(
                &crop,
                network.network.input.channels,
                &network.normalisation,
            );
            images.push((file.clone(), network.quantise_input(image.view())));
        }
        let plan = match &self.plan {
            Some(path) => read_plan(path)?,
            None => {
                let options = PlanOptions {
                    layers: Layers::range(self.layers.as_ref(), &network)?,
                    fusion: self.fuse.into(),
                    blocks: self.blocks,
                };
                plan::plan(&network, &config, &options)?
            }
        };
        let names = match &self.classes {
            Some(path) => {
                Some(ClassNames::load(path).map_err(|error| Failure::file(path, "read", &error))?)
            }
            None => ClassNames::for_classes(network.classes()),
        };
        let (Some(file), [(_, pixels)]) = (one, &images[..]) else {
            let batch = Batch {
                context,
                network: &network,
                plan: &plan,
                images: &images,
                verify,
            };
            return batch.run(names.as_ref());
        };
        let kept = Kept {
            dump: dump.as_mut(),
            data,
        };
        let kind = context.kind();
        let outcome = Outcome::kept(context, kind, &network, &plan, pixels, verify, kept)?;
        let mut report = outcome.report(names.as_ref());
        report.result["image"] = file.display().to_string().into();
        if let (Some(dump), Some(path)) = (dump, &self.dump) {
            dump.commit(&plan, kind.name())?;
            report.text += &format!("maps in {}\n", path.display());
            report.result["dump"] = path.display().to_string().into();
        }
        match outcome.check() {
            Ok(()) => Ok(report),
            Err(failure) => {
                // Which groups differ, and where, is worth more than the error alone.
                context.leave(report);
                Err(failure)
            }
        }
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
