//! Mutation of the emitted Verilog: are a block's tests able to fail?
//!
//! Yosys changes one thing in a block (a bit inverted, stuck, or dependent on another one) in so many places; all the mutants
//! are in one text, chosen by an input, so that Verilator compiles a block once. What the block's tests applied was recorded
//! ([`crate::dut::RECORD`]) and is applied to each mutant: it is *killed* when an output ever differs from what the tests
//! required. A mutant that lives and that Yosys proves to be no different from the original is *equivalent*; one in a bit that
//! a list names with a reason is *explained*; every other one is something that no test sees.
//!
//! Mutants are made of the block as Yosys has read and simplified it, with all modules below it, memories and cells included.

mod equivalence;
mod error;
mod explained;
mod mutants;
mod recorded;
mod replay;

pub use error::MutationError;
pub use explained::{Explained, Explanations};
pub use mutants::{Mutant, Mutated, Yosys};
pub use recorded::{Recorded, Run};
pub use replay::{examine, Fate, Outcome};

#[cfg(test)]
mod tests;
