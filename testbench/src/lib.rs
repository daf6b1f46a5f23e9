//! What rowfuse's hardware is measured against, and the tools that measure it.
//!
//! - [`cases`] are seeded layers, from ordinary to as extreme as the numerics allow.
//! - [`golden`] is what the hardware must compute, stated as directly as possible.
//! - [`kernel`] is the quick convolution of everything here that is not hardware.
//! - [`mutation`] changes a block's Verilog and asks whether its tests notice.
//! - [`verilator`] compiles any Verilog at run time and drives it cycle by cycle.
//! - [`sdram`] is the external memory chip at its pins, with a checker of its timing.
//! - `mig`, with the feature `opal-kelly`, is the external memory of an XEM7010 at its controller's user interface.
//! - [`formal`] proves properties of the emitted Verilog for all inputs.
//! - [`coverage`] says which of the hardware's lines and bits a suite has exercised.
//! - [`dut`] runs one block through the rust-hdl simulation and through Verilator with the same
//!   stimulus and compares every output of every cycle.

pub mod board;
pub mod cases;
pub mod coverage;
pub mod dut;
pub mod formal;
pub mod golden;
pub mod kernel;
#[cfg(feature = "opal-kelly")]
pub mod mig;
pub mod mutation;
pub mod sdram;
pub mod verilator;
pub mod wheels;
