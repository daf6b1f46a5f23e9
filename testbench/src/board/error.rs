//! What can go wrong between a host and a board.

use rowfuse_spec::command::{STATUS_DEADLOCK, STATUS_INVALID, STATUS_TOKENS, STATUS_WEIGHTS};
use rowfuse_spec::frame::ReplyStatus;
use rowfuse_spec::FrameError;
use thiserror::Error;

/// Why an operation on a board failed.
#[derive(Debug, Error)]
#[allow(missing_docs)] // each field is named in its sentence
pub enum BoardError {
    #[error("the link failed: {0}")]
    Link(String),
    #[error("no valid reply after {attempts} attempts; the last one: {last}")]
    NoReply { attempts: u32, last: String },
    #[error("the link was lost and is back ({0}): what the board holds and runs is unknown")]
    Restarted(String),
    #[error("whether the board started the program is unknown: {0}")]
    RunUnknown(String),
    #[error("the board refused request {kind:#04x}: {status:?}")]
    Refused { kind: u8, status: ReplyStatus },
    #[error("a request or a reply is malformed: {0}")]
    Frame(#[from] FrameError),
    #[error("the board's {what} is {found}, but {expected} is needed")]
    Mismatch {
        what: &'static str,
        expected: String,
        found: String,
    },
    #[error("address {address:#x} or length {length} of a transfer is odd")]
    Odd { address: u32, length: usize },
    #[error("the program ended with status {status:#06x}: {}", meaning(*.status))]
    Program { status: u16 },
    #[error("the program made no progress for {seconds} s and was aborted")]
    Stalled { seconds: u64 },
    #[error("interrupted")]
    Interrupted,
    #[error("the board cannot be simulated: {0}")]
    Build(String),
    #[error("the hardware broke a rule of its memory chip: {0}")]
    Memory(String),
    #[error(transparent)]
    Verilator(#[from] crate::verilator::VerilatorError),
}

impl From<crate::sdram::Violation> for BoardError {
    fn from(violation: crate::sdram::Violation) -> BoardError {
        BoardError::Memory(violation.to_string())
    }
}

/// What a program status means.
fn meaning(status: u16) -> &'static str {
    match status {
        STATUS_INVALID => "an invalid opcode or an illegal command",
        STATUS_DEADLOCK => "a deadlock, every unit waits for another",
        STATUS_TOKENS => "a semaphore exceeded 255 or was left above zero",
        STATUS_WEIGHTS => "weight entries were left over",
        _ => "the program's own code",
    }
}
