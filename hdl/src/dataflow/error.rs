//! What can be wrong with a graph.

use super::Range;

/// Why a graph cannot be built. The first mistake made is the one reported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DataflowError {
    /// A result can leave 64 bits.
    #[error("{at}: {operation} can leave 64 bits")]
    Overflow {
        /// Where in the graph.
        at: String,
        /// The operation.
        operation: &'static str,
    },
    /// A multiplier takes 18 signed bits.
    #[error("{at}: a multiplier operand in {range} does not fit 18 signed bits")]
    Multiplier {
        /// Where in the graph.
        at: String,
        /// The range of the operand.
        range: Range,
    },
    /// An operation on bits was given something wider.
    #[error("{at}: {operation} takes bits, not values in {range}")]
    NotABit {
        /// Where in the graph.
        at: String,
        /// The operation.
        operation: &'static str,
        /// The range of the operand.
        range: Range,
    },
    /// A selector can point beyond the options.
    #[error("{at}: a selector in {range} does not fit {options} options")]
    Selector {
        /// Where in the graph.
        at: String,
        /// The range of the selector.
        range: Range,
        /// The number of options.
        options: usize,
    },
    /// A number given to an operation makes no sense.
    #[error("{at}: {operation}: {what}")]
    Argument {
        /// Where in the graph.
        at: String,
        /// The operation.
        operation: &'static str,
        /// What is wrong.
        what: String,
    },
    /// A value is needed at a stage before the one it is computed in.
    #[error("{at}: a value of stage {stage} cannot be had at stage {wanted}")]
    Stage {
        /// Where in the graph.
        at: String,
        /// Its stage.
        stage: u32,
        /// The stage asked for.
        wanted: u32,
    },
    /// An output depends on an input without a register between.
    #[error("output {name} has no register: add a pipeline stage")]
    NotRegistered {
        /// The output.
        name: String,
    },
    /// Two ports, or a port and an internal signal, share a name.
    #[error("the name {name} is used twice")]
    DuplicateName {
        /// The name.
        name: String,
    },
    /// A name that Verilog does not take.
    #[error("the name {name} is no plain Verilog identifier")]
    BadName {
        /// The name.
        name: String,
    },
    /// A graph without an output does nothing.
    #[error("graph {name} has no output")]
    NoOutput {
        /// The graph.
        name: String,
    },
}
