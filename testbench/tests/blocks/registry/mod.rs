//! The one list of blocks. An entry *is* its block's three-way test: what runs it also looks at what it did.
//!
//! Every block that is emitted for any preset must be here ([`emitted`]). An entry's tests must have run that very block in both simulations, with every one-bit
//! input moving at random moments, its resets in the middle of work; and the golden model must notice a block that misses clocks ([`judge`]). The table in
//! `docs/verification/campaign.md` is what was seen ([`table`]); `ROWFUSE_BLESS=1` writes it.

pub mod emitted;
pub mod evidence;
mod judge;
mod judge_tests;
mod list;
mod shape;
mod table;

use rust_hdl::prelude::Block;

/// A block and its test.
pub struct Entry {
    /// Its type.
    pub name: &'static str,
    /// Its file below `hdl/src`.
    pub source: &'static str,
    /// What it is compared with, in words.
    pub golden: &'static str,
    /// One of each kind there is: blocks whose own Verilog begins differently are different kinds.
    pub samples: fn() -> Vec<Box<dyn Block>>,
    /// The test, in parts. The first is repeated with lost clocks.
    pub tests: &'static [fn()],
    /// One-bit inputs that do not move at random, and why.
    pub quiet: &'static [(&'static str, &'static str)],
}

/// Parts of the emitted design that cannot be run by themselves, and why.
pub struct Exception {
    /// Its type.
    pub name: &'static str,
    /// Why, and what stands for its test.
    pub reason: &'static str,
    /// One of them.
    pub sample: fn() -> Box<dyn Block>,
}
