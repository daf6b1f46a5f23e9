//! Cells of the FPGA that are instantiated by name, models of them for simulation, and what rust-hdl lacks.

mod clocks;
mod high;
mod mult18x18d;
mod pins;
mod pll;

pub use clocks::Clocks;
pub use high::HighDff;
pub use mult18x18d::{Mult18x18d, MultControl, MultInputs, MultOutputs, MultRegister};
pub use pins::{DataPins, InputPins, OutputPins};
pub use pll::{PllDividers, PllError};

/// The modules `rowfuse_keep_ff` and `rowfuse_mul18`, which the Verilog of a [`crate::dataflow::Dataflow`] uses. The
/// text belongs once into a design. With `SYNTHESIS` defined they hold the ECP5's cells, otherwise a behavioural twin.
pub fn verilog() -> &'static str {
    include_str!("primitives.v")
}

/// Behavioural models of the ECP5 cells `MULT18X18D` and `TRELLIS_FF` in Verilog, for simulating what synthesis sees.
/// Never part of a design that is synthesised.
pub fn cell_models() -> &'static str {
    include_str!("mult18x18d_model.v")
}
