//! What can be wrong with collected coverage.

use std::path::PathBuf;

/// Each variant says what, where and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CoverageError {
    /// A file cannot be read.
    #[error("cannot read {}: {reason}", .path.display())]
    File {
        /// The file or directory.
        path: PathBuf,
        /// The system's reason.
        reason: String,
    },
    /// A file that Verilator did not write, or not to its end.
    #[error("{}, line {line}: expected a point of Verilator's coverage, found `{found}`; collect it anew", .path.display())]
    Point {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// The start of the line.
        found: String,
    },
    /// Nothing was collected of the design.
    #[error("no model of the design `{design}` was run; there are {known}")]
    NoDesign {
        /// What was asked for.
        design: String,
        /// Names of the designs collected.
        known: String,
    },
    /// The list of exceptions is not as it should be.
    #[error("{}: {reason}", .path.display())]
    Exceptions {
        /// The list.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}
