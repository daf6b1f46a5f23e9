//! External memory: the port every client speaks and the arbiter that shares one memory.

pub mod arbiter;
pub mod ddr3;
pub mod loader;
#[cfg(feature = "opal-kelly")]
pub mod mig;
pub mod port;
pub mod sdram;
pub mod weight_loader;
pub mod writer;

use ddr3::Ddr3Timing;
use rowfuse_spec::config::Family;
use rowfuse_spec::EngineConfig;
use sdram::SdramSettings;

pub use arbiter::MemoryArbiter;
pub use port::{MemoryClient, MemoryServer};

/// What is at the other end of the memory port.
#[derive(Clone, Debug, PartialEq)]
pub enum External {
    /// An SDRAM chip and our controller.
    Sdram(SdramSettings),
    /// A DDR3 behind the vendor's controller.
    Ddr3(Ddr3Timing),
}

impl External {
    /// The memory of a configuration's board; configurations for the simulation alone have the ULX3S' chip.
    pub fn of(config: &EngineConfig) -> External {
        match config.device.family() {
            Family::Artix7 => External::Ddr3(Ddr3Timing::assumed(config.clock_mhz)),
            Family::Ecp5 | Family::Simulation => External::Sdram(crate::system::memory(config)),
        }
    }
}
