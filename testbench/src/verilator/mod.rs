//! Compiles a Verilog module at run time with Verilator and a C++ compiler, loads it as a shared
//! library and drives it cycle by cycle.
//!
//! The result is kept in a cache named after everything that shaped it (see [`cache_root`]), so a
//! design is compiled once. All values cross the border as 32-bit words, least significant first,
//! port after port, and a batched call runs many cycles in one step.
//!
//! ```no_run
//! use rowfuse_testbench::verilator::{Model, Port};
//! # fn main() -> Result<(), rowfuse_testbench::verilator::VerilatorError> {
//! let verilog = "module top(input wire clock, input wire [7:0] a, output reg [7:0] q);
//!                always @(posedge clock) q <= q + a; endmodule";
//! let ports = [Port::clock("clock"), Port::input("a", 8), Port::output("q", 8)];
//! let mut model = Model::build("accumulate", verilog, "top", &ports)?;
//! model.set("a", 3)?;
//! model.cycle();
//! model.cycle();
//! model.settle();
//! assert_eq!(model.get("q")?, 6);
//! # Ok(())
//! # }
//! ```

mod cache;
mod compile;
mod coverage;
mod design;
mod error;
mod ffi;
mod model;
mod shim;
mod toolchain;

pub use cache::cache_root;
#[cfg(test)]
pub(crate) use cache::entry;
pub(crate) use cache::key;
pub use coverage::COVERAGE;
pub(crate) use design::uncleared;
pub use design::{Design, Direction, Optimisation, Port};
pub use error::VerilatorError;
pub use model::{Model, PortHandle, Progress};
pub use toolchain::Toolchain;
