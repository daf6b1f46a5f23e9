//! Simulated boards: each configuration's own system, behind a serial port with an SDRAM, or in an Opal Kelly module with pipes and a DDR3.

use std::path::Path;

use rowfuse_hdl::memory::External;
use rowfuse_spec::EngineConfig;
#[cfg(feature = "frontpanel")]
use rowfuse_testbench::board::opal_kelly::{OkGateware, OkVerilated};
use rowfuse_testbench::board::{
    Board, BoardError, Device, Gateware, SimulatedDevice, TileWindow, Traced, Tracing, Verilated,
};
// Not made: without modules their configurations are refused.
#[cfg(not(feature = "frontpanel"))]
use rowfuse_testbench::board::{Gateware as OkGateware, Verilated as OkVerilated};
use rowfuse_testbench::verilator::Progress;

/// Hears how far a compilation is.
type Told<'a> = &'a mut dyn FnMut(Progress);

/// Whether a configuration's system is that of a module.
///
/// # Errors
/// If it is, and rowfuse was built without modules.
fn in_module(config: &EngineConfig) -> Result<bool, BoardError> {
    let module = matches!(External::of(config), External::Ddr3(_));
    if module && cfg!(not(feature = "frontpanel")) {
        return Err(BoardError::Build(format!(
            "{} is for an Opal Kelly module, which this rowfuse was built without (`cargo build --release -p rowfuse --features frontpanel`)",
            config.name
        )));
    }
    Ok(module)
}

/// rust-hdl's simulation.
///
/// # Errors
/// If the configuration is not legal, or of a module and rowfuse was built without them.
pub(crate) fn gateware(config: &EngineConfig) -> Result<Box<dyn Board>, BoardError> {
    Ok(match in_module(config)? {
        false => Box::new(Gateware::board(config)?),
        true => Box::new(OkGateware::board(config)?),
    })
}

/// The emitted Verilog; compiling it takes minutes the first time.
///
/// # Errors
/// As [`gateware`], or if Verilator or a C++ compiler is missing or fails.
pub(crate) fn verilated(
    config: &EngineConfig,
    told: Told<'_>,
) -> Result<Box<dyn Board>, BoardError> {
    Ok(match in_module(config)? {
        false => Box::new(Verilated::board(config, told)?),
        true => Box::new(OkVerilated::board(config, told)?),
    })
}

/// The same, with a waveform of one tile written to `path`, and what says when that is complete.
///
/// # Errors
/// As [`verilated`].
pub(crate) fn tracing(
    config: &EngineConfig,
    window: TileWindow,
    path: &Path,
    told: Told<'_>,
) -> Result<(Box<dyn Board>, Traced), BoardError> {
    Ok(match in_module(config)? {
        false => {
            let (board, traced) = Tracing::<Verilated>::board(config, window, path, told)?;
            (Box::new(board), traced)
        }
        true => {
            let (board, traced) = Tracing::<OkVerilated>::board(config, window, path, told)?;
            (Box::new(board), traced)
        }
    })
}

/// rust-hdl's simulation, for a line.
///
/// # Errors
/// As [`gateware`].
pub(crate) fn gateware_device(config: &EngineConfig) -> Result<Box<dyn Device>, BoardError> {
    Ok(match in_module(config)? {
        false => Box::new(SimulatedDevice::new(Gateware::board(config)?)),
        true => Box::new(SimulatedDevice::new(OkGateware::board(config)?)),
    })
}

/// The emitted Verilog, for a line; silent, as who offers it has compiled it before.
///
/// # Errors
/// As [`verilated`].
pub(crate) fn verilated_device(config: &EngineConfig) -> Result<Box<dyn Device>, BoardError> {
    let told: Told<'_> = &mut |_| {};
    Ok(match in_module(config)? {
        false => Box::new(SimulatedDevice::new(Verilated::board(config, told)?)),
        true => Box::new(SimulatedDevice::new(OkVerilated::board(config, told)?)),
    })
}
