//! Why a proof could not be run.

use std::path::PathBuf;

/// Not a verdict: the tools or the proof itself are at fault.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FormalError {
    /// Yosys or the solver is not installed.
    #[error("{tool} was not found in .venv: run 'scripts/setup --formal', then this again")]
    Missing {
        /// What was looked for.
        tool: &'static str,
    },
    /// A block does not build with the parameters of the proof.
    #[error("{proof}: the design does not build: {reason}")]
    Build {
        /// The proof.
        proof: &'static str,
        /// What the block says.
        reason: String,
    },
    /// The emitted text is not what the proof or one of its mutants expects.
    #[error("{proof}: the emitted Verilog has '{expected}' {found} times instead of once")]
    Text {
        /// The proof.
        proof: String,
        /// The text looked for.
        expected: String,
        /// How often it is there.
        found: usize,
    },
    /// No such proof.
    #[error("there is no proof '{name}'; there are {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// All names.
        known: String,
    },
    /// A tool does not start, or a file cannot be written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or tool.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A tool failed.
    #[error("{tool} failed on {proof} in {}: {output}", directory.display())]
    Tool {
        /// Which.
        tool: &'static str,
        /// The proof.
        proof: String,
        /// Where its files are.
        directory: PathBuf,
        /// The end of what it said.
        output: String,
    },
}
