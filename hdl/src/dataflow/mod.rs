//! Exact integer arithmetic described once.
//!
//! A [`Graph`] of operations on integers, each with its proven [`Range`], becomes a [`Dataflow`]: a fast simulation, the
//! Verilog, the width of every signal, the pipeline registers, the latency and an estimate of cost, all from the one
//! description. [`Leaf`] puts it into a rust-hdl block.

mod arithmetic;
#[cfg(test)]
mod audit;
mod cost;
mod error;
mod expression;
mod finish;
mod graph;
mod leaf;
mod logic;
mod names;
mod node;
mod range;
mod schedule;
mod simulate;
mod state;
#[cfg(test)]
mod tests;
mod verilog;

pub use cost::Cost;
pub use error::DataflowError;
pub use finish::{Dataflow, Port};
pub use graph::Graph;
pub use leaf::{Leaf, LeafError, Pack, Packed};
pub use node::Value;
pub use range::Range;
pub use simulate::Simulator;
