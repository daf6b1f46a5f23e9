//! Boards that can be offered.

use crate::boards::{compiling, Kind, OpenError};
use crate::progress::Progress;
use crate::simulation;
use rowfuse_hdl::identity::source_id;
use rowfuse_spec::EngineConfig;
use rowfuse_testbench::board::{BoardError, Device, FunctionalDevice};

/// Makes a board that has just got its power, its memory noise of that seed.
pub type PowerUp = Box<dyn FnMut(u64) -> Result<Box<dyn Device>, BoardError>>;

/// Whatever makes boards that have just got their power: any function that does, so that what a test makes may go to another thread.
pub trait Power {
    /// The board.
    type Device: Device;

    /// A board whose memory is noise of that seed.
    ///
    /// # Errors
    /// If it cannot be simulated.
    fn up(&mut self, seed: u64) -> Result<Self::Device, BoardError>;
}

impl<D: Device, F: FnMut(u64) -> Result<D, BoardError>> Power for F {
    type Device = D;

    fn up(&mut self, seed: u64) -> Result<D, BoardError> {
        self(seed)
    }
}

/// What powers a board of that kind and configuration up.
///
/// # Errors
/// If the configuration is not legal, the board cannot be simulated here, or `progress` was interrupted while its Verilog was compiled.
pub fn power_up(
    kind: Kind,
    config: &EngineConfig,
    progress: &dyn Progress,
) -> Result<PowerUp, OpenError> {
    config.validate()?;
    if kind == Kind::Verilated {
        // Compiles it, so that a power cycle finds it compiled.
        compiling(progress, |told| simulation::verilated(config, told))?;
    }
    let config = config.clone();
    // A host does not wait for as long as it takes to find out.
    let source_id = match kind {
        Kind::Functional => {
            source_id(&config).map_err(|error| BoardError::Build(error.to_string()))?
        }
        _ => 0,
    };
    Ok(Box::new(move |seed| {
        let mut device = device(kind, &config, source_id)?;
        device.scramble(seed);
        Ok(device)
    }))
}

/// A board without power yet; only `functional` has to be told the ID of its sources.
fn device(
    kind: Kind,
    config: &EngineConfig,
    source_id: u32,
) -> Result<Box<dyn Device>, BoardError> {
    Ok(match kind {
        Kind::Functional => {
            let device = FunctionalDevice::new(config.clone())
                .map_err(|error| BoardError::Build(error.to_string()))?;
            Box::new(device.with_source_id(source_id))
        }
        Kind::Gateware => simulation::gateware_device(config)?,
        Kind::Serial | Kind::Module => {
            let reason = "one that is real is on a wire already".into();
            return Err(BoardError::Build(reason));
        }
        Kind::Verilated => simulation::verilated_device(config)?,
    })
}
