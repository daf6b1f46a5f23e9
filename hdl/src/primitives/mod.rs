//! Cells of the FPGA that are instantiated by name, models of them for simulation, and what rust-hdl lacks.

mod clocks;
mod dp16kd;
mod high;
mod mult18x18d;
mod pins;
mod pll;

use rowfuse_spec::config::Family;

pub use clocks::Clocks;
pub use dp16kd::{Dp16kd, MemoryInputs, MemoryPort, WriteMode};
pub use high::HighDff;
pub use mult18x18d::{Mult18x18d, MultControl, MultInputs, MultOutputs, MultRegister};
pub use pins::{DataPins, InputPins, OutputPins};
pub use pll::{PllDividers, PllError};

/// The modules `rowfuse_keep_ff` and `rowfuse_mul18`, which the Verilog of a [`crate::dataflow::Dataflow`] uses. The
/// text belongs once into a design. With `SYNTHESIS` defined they hold the ECP5's cells, otherwise a behavioural twin.
pub fn verilog() -> &'static str {
    include_str!("primitives.v")
}

/// The same two modules for the cells of a family. For Artix-7 there are no others: pins' cells and clocks are not instantiated there. A
/// simulation has none of the cells, so it gets [`verilog`].
pub fn verilog_for(family: Family) -> &'static str {
    match family {
        Family::Ecp5 | Family::Simulation => verilog(),
        Family::Artix7 => include_str!("artix7.v"),
    }
}

/// Behavioural models in Verilog of the ECP5 cells that Yosys has none of, `MULT18X18D` and `DP16KD`, for simulating what
/// synthesis sees or made. Never part of a design that is synthesised.
pub fn cell_models() -> &'static str {
    concat!(
        include_str!("mult18x18d_model.v"),
        include_str!("dp16kd_model.v")
    )
}

/// The same for `TRELLIS_FF`, where Yosys' own model is not at hand.
pub fn flip_flop_model() -> &'static str {
    include_str!("trellis_ff_model.v")
}
