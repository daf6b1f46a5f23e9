//! Why there are no figures.

use crate::fault::{Exit, Fault};
use crate::plan::PlanError;
use rowfuse_hdl::memory::sdram::SdramError;
use rowfuse_spec::FrameError;

/// What makes a question about throughput one without an answer.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // each field is named in its sentence
pub enum ThroughputError {
    #[error(
        "a line of {baud} baud is not possible: a board of {clock_mhz} MHz has {least} to {most}"
    )]
    Rate {
        baud: u32,
        clock_mhz: u32,
        least: u32,
        most: u32,
    },
    #[error(transparent)]
    Clock(#[from] SdramError),
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Frame(#[from] FrameError),
}

impl Fault for ThroughputError {
    fn code(&self) -> &'static str {
        match self {
            ThroughputError::Rate { .. } => "throughput.line_rate",
            ThroughputError::Clock(_) => "throughput.clock",
            ThroughputError::Plan(error) => error.code(),
            ThroughputError::Frame(_) => "throughput.frame",
        }
    }

    fn help(&self) -> String {
        match self {
            ThroughputError::Rate { .. } => "choose another --line-rate, or a faster --clock".into(),
            ThroughputError::Clock(_) => "choose another --clock: engine and memory share it".into(),
            ThroughputError::Plan(error) => error.help(),
            ThroughputError::Frame(_) => {
                "this is a fault of rowfuse: please report it with the network and the configuration".into()
            }
        }
    }

    fn exit(&self) -> Exit {
        match self {
            ThroughputError::Rate { .. } | ThroughputError::Clock(_) => Exit::Usage,
            ThroughputError::Plan(error) => error.exit(),
            ThroughputError::Frame(_) => Exit::Internal,
        }
    }
}
