//! Three-way tests of every block: the rust-hdl simulation, the emitted Verilog under Verilator, and
//! a golden model must agree on every output of every cycle.
#![allow(clippy::unwrap_used)]

mod accelerator;
mod artix7;
mod block_memory;
mod control;
mod dataflow;
mod engine;
mod harness;
mod link;
mod memory_arbiter;
mod memory_model;
#[cfg(feature = "opal-kelly")]
mod mig;
#[cfg(feature = "opal-kelly")]
mod opal_kelly;
mod primitives;
mod registers;
mod registry;
mod sdram;
mod support;
mod top;
mod uart;
