//! `rowfuse model new`: weights from a seed, for trying the whole path without trained ones.

use crate::cli::{Context, Failure, Report};
use clap::{Args, Subcommand};
use rowfuse::network::{Network, NAMES};
use rowfuse::weights;
use serde_json::json;
use std::path::PathBuf;

/// What to do with models.
#[derive(Debug, Subcommand)]
pub enum Model {
    /// Write a He-initialised, untrained model under torchvision's names; the same seed gives the same bytes
    New(New),
}

/// What its help ends with.
const EXAMPLES: &str = "Examples:
  rowfuse model new --arch tiny -o tiny.safetensors --seed 7";

/// Arguments of `model new`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct New {
    /// Network
    #[arg(long, value_parser = NAMES, default_value = "vgg16")]
    arch: String,
    /// File to write; by default `<arch>-<seed>.safetensors`
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl New {
    /// Writes the file.
    pub fn run(&self, context: &Context) -> Result<Report, Failure> {
        let seed = context.common.seed;
        let network = Network::named(&self.arch, None)
            .ok_or_else(|| Failure::usage(format!("no network is called {}", self.arch)))?;
        let default = || PathBuf::from(format!("{}-{seed}.safetensors", self.arch));
        let output = self.output.clone().unwrap_or_else(default);
        weights::write_random(&output, &network, seed, context.progress())?;
        let tensors = network.tensors();
        let parameters: usize = tensors
            .iter()
            .map(|tensor| tensor.shape.iter().product::<usize>())
            .sum();
        let bytes = weights::model_bytes(&network);
        let text = format!(
            "{}: {} with {} tensors, {parameters} parameters, {} MB, untrained, seed {seed}",
            output.display(),
            self.arch,
            tensors.len(),
            bytes / 1_000_000,
        );
        let result = json!({
            "output": output.display().to_string(), "arch": self.arch, "seed": seed,
            "tensors": tensors.len(), "parameters": parameters, "bytes": bytes,
        });
        Ok(Report { text, result })
    }
}
