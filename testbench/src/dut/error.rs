//! What a block test can find wrong.

use crate::verilator::VerilatorError;

/// The first output on which the two simulations differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Cycle, from 0, of the run.
    pub cycle: usize,
    /// Name of the output.
    pub port: String,
    /// Its value in the rust-hdl simulation, in hexadecimal.
    pub rust_hdl: String,
    /// Its value in Verilator's, in hexadecimal.
    pub verilator: String,
    /// All inputs of that cycle.
    pub inputs: String,
    /// How many values differ in the whole run.
    pub count: usize,
}

/// Each variant names the block.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum DutError {
    /// rust-hdl's own check.
    #[error("{block}: rust-hdl refuses the block: {reason}")]
    Check {
        /// The block.
        block: String,
        /// rust-hdl's finding.
        reason: String,
    },
    /// Bidirectional ports cannot be driven from outside.
    #[error("{block}: the port {port} is bidirectional; wrap the block so that it has an input and an output")]
    InOut {
        /// The block.
        block: String,
        /// The port.
        port: String,
    },
    /// A clock without a way to drive it, or the reverse.
    #[error("{block}: {}", if *.has_clock { "it has a clock: use Dut::new" } else { "it has no clock: use Dut::combinational" })]
    Clock {
        /// The block.
        block: String,
        /// Whether it has a clock input.
        has_clock: bool,
    },
    /// The logic oscillates.
    #[error("{block}: the rust-hdl simulation does not settle in cycle {cycle}")]
    NotSettled {
        /// The block.
        block: String,
        /// The cycle of the run.
        cycle: usize,
    },
    /// The two simulations disagree.
    #[error(
        "{block}: cycle {}, output {}: rust-hdl says {}, Verilator says {} ({} values differ in this \
         run); inputs of the cycle: {}",
        .mismatch.cycle, .mismatch.port, .mismatch.rust_hdl, .mismatch.verilator, .mismatch.count,
        .mismatch.inputs
    )]
    Mismatch {
        /// The block.
        block: String,
        /// Where and how.
        mismatch: Box<Mismatch>,
    },
    /// [`super::POWER_ON`] is no number from 1 on.
    #[error(
        "{}={value}: expected a number of models from 1 on; unset it for one",
        super::POWER_ON
    )]
    PowerOn {
        /// What it is.
        value: String,
    },
    /// The Verilog could not be run.
    #[error(transparent)]
    Verilator(#[from] VerilatorError),
}
