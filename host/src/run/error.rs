//! Why a run ended early.

use rowfuse_spec::LayoutError;
use rowfuse_testbench::board::BoardError;
use rowfuse_testbench::golden::GoldenError;

use crate::fault::{Exit, Fault};
use crate::plan::PlanError;

/// A plan that cannot be run on a board, or a run that failed.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // each field is named in its sentence
pub enum RunError {
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Board(#[from] BoardError),
    #[error("{asked} layers are to be run, but none of the plan's groups, {found} layers in all, ends there")]
    Layers { asked: usize, found: usize },
    #[error("the image is {found:?} (channels, rows, columns), but the plan is for {expected:?}")]
    Image {
        expected: [usize; 3],
        found: [usize; 3],
    },
    #[error("the board's map is not of the plan's shape")]
    Map,
    #[error(
        "the program is said to have ended, but its {counter} is {found} and must be {expected}"
    )]
    Counted {
        counter: &'static str,
        found: u64,
        expected: u64,
    },
    #[error("the board's program failed {attempts} times in a row; the last time {error}")]
    Program { attempts: u32, error: BoardError },
    #[error("{what} no longer stands at {address:#x} in the board's memory, so its answers cannot be trusted")]
    Memory { what: String, address: u32 },
    #[error(transparent)]
    Layout(#[from] LayoutError),
    #[error("the golden model: {0}")]
    Golden(#[from] GoldenError),
}

impl Fault for RunError {
    fn code(&self) -> &'static str {
        match self {
            RunError::Plan(error) => error.code(),
            RunError::Board(error) => error.code(),
            RunError::Layers { .. } => "run.layers",
            RunError::Image { .. } => "run.image",
            RunError::Counted { .. } => "run.counted",
            RunError::Program { .. } => "run.program",
            RunError::Memory { .. } => "run.memory",
            RunError::Map | RunError::Layout(_) | RunError::Golden(_) => "run.internal",
        }
    }

    fn help(&self) -> String {
        match self {
            RunError::Plan(error) => return error.help(),
            RunError::Board(error) => return error.help(),
            RunError::Layers { .. } => "end at a group's last layer, or plan only so many layers",
            RunError::Image { .. } => "prepare the image for the network's input size",
            RunError::Counted { .. } | RunError::Memory { .. } => {
                "the board was reset, lost its power or was used by somebody else meanwhile; run the command again"
            }
            RunError::Program { .. } => {
                "check the board's power supply and that nobody else uses it, load its bitstream again with `rowfuse load`, then try `rowfuse selftest` on it; if --board functional runs the same, the program is good"
            }
            RunError::Map | RunError::Layout(_) | RunError::Golden(_) => {
                "this is a fault of rowfuse: please report it with the network and the configuration"
            }
        }
        .into()
    }

    fn exit(&self) -> Exit {
        match self {
            RunError::Plan(error) => error.exit(),
            RunError::Board(error) => error.exit(),
            RunError::Layers { .. } | RunError::Image { .. } => Exit::Input,
            RunError::Counted { .. } | RunError::Program { .. } | RunError::Memory { .. } => {
                Exit::Link
            }
            RunError::Map | RunError::Layout(_) | RunError::Golden(_) => Exit::Internal,
        }
    }
}
