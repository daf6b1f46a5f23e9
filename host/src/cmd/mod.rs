//! One file a verb.

mod model;
mod quantize;

use crate::cli::{Context, Failure, Report};
use clap::Subcommand;

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Float models: make one from a seed
    #[command(subcommand)]
    Model(model::Model),
    /// Turn float weights into the engine's integers, with a few photographs for calibration
    Quantize(quantize::Quantize),
}

impl Verb {
    /// The verb's name in JSON documents.
    pub fn name(&self) -> &'static str {
        match self {
            Verb::Model(model::Model::New(_)) => "model new",
            Verb::Quantize(_) => "quantize",
        }
    }

    /// Does it.
    pub fn run(&self, context: &Context) -> Result<Report, Failure> {
        match self {
            Verb::Model(model::Model::New(new)) => new.run(context),
            Verb::Quantize(quantize) => quantize.run(context),
        }
    }
}
