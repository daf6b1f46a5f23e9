//! What can go wrong around mutants.

use std::path::PathBuf;

use crate::verilator::VerilatorError;

/// Each variant says what, where and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MutationError {
    /// A recording that is not whole.
    #[error("{}: {reason}; record it anew", .path.display())]
    Recording {
        /// File or directory.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A list of explanations that is none.
    #[error("{}: {reason}", .path.display())]
    Explanations {
        /// The list.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Yosys failed or could not be started.
    #[error("{block}: Yosys failed in {}: {said}", .directory.display())]
    Yosys {
        /// The block.
        block: String,
        /// Where its files are.
        directory: PathBuf,
        /// The end of what it said.
        said: String,
    },
    /// Without a mutation the changed text is not what was recorded.
    #[error(
        "{block}: the unchanged block does not give what was recorded, in cycle {cycle} of {run}"
    )]
    Unfaithful {
        /// The block.
        block: String,
        /// The recorded run.
        run: String,
        /// From 0.
        cycle: usize,
    },
    /// The mutants could not be compiled, or a file not be written.
    #[error(transparent)]
    Verilator(#[from] VerilatorError),
}
