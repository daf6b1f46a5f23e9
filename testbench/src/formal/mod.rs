//! Formal proofs about the emitted Verilog: what no simulation can show, because it holds for all inputs and all time.
//!
//! A [`Proof`] takes the Verilog of a block as it is emitted for synthesis and puts the properties of a file in `testbench/formal` before
//! the end of its top module. Yosys makes an and-inverter graph of it, ABC decides. Every proof also shows that it is about something:
//! the situations that it speaks of are reached, and mutants of the design are refuted. [`run()`] does all three; [`proofs::all`] lists
//! what there is. `scripts/formal` is the command.

mod error;
mod proof;
pub mod proofs;
mod report;
mod run;
mod tools;

pub use error::FormalError;
pub use proof::{Method, Mutant, Proof, Source};
pub use report::{table, Cover, Outcome, Report, Verdict};
pub use run::run;
pub use tools::Tools;
