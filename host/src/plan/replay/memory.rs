//! The memory port: a burst's words, on whichever memory the board has.

use rowfuse_hdl::memory::sdram::SdramError;
use rowfuse_hdl::memory::External;
use rowfuse_spec::EngineConfig;

use super::ddr3::Ddr3;
use super::sdram::Sdram;

/// Words on their way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Burst {
    /// Word address.
    pub address: u32,
    /// How many.
    pub words: u32,
    /// To the memory.
    pub write: bool,
}

/// When a burst's words move at the client.
#[derive(Clone, Copy, Debug)]
pub(super) struct Served {
    /// The first.
    pub first: u64,
    /// The last.
    pub last: u64,
}

/// Controller and chip, and the two bursts that may be under way.
pub(super) struct Memory {
    chip: Chip,
    /// When the last two bursts end, the older first.
    ends: [u64; 2],
}

enum Chip {
    Sdram(Sdram),
    Ddr3(Ddr3),
}

impl Memory {
    pub(super) fn new(config: &EngineConfig) -> Result<Memory, SdramError> {
        let chip = match External::of(config) {
            External::Sdram(settings) => Chip::Sdram(Sdram::new(&settings)?),
            External::Ddr3(timing) => Chip::Ddr3(Ddr3::new(timing)),
        };
        let ends = [0; 2];
        Ok(Memory { chip, ends })
    }

    /// From when on less than two bursts are under way, so that the arbiter looks for the next one.
    pub(super) fn room_from(&self) -> u64 {
        self.ends[0] + 1
    }

    /// From when on the controller takes a request.
    pub(super) fn free_from(&self) -> u64 {
        let free = match &self.chip {
            Chip::Sdram(sdram) => sdram.free_from(),
            Chip::Ddr3(ddr3) => ddr3.free_from(),
        };
        free.max(self.room_from())
    }

    /// Takes a request in a cycle.
    pub(super) fn accept(&mut self, at: u64, burst: Burst) -> Served {
        let served = match &mut self.chip {
            Chip::Sdram(sdram) => {
                let (served, stolen) = sdram.accept(at, burst);
                self.ends[1] += stolen;
                served
            }
            Chip::Ddr3(ddr3) => ddr3.accept(at, burst),
        };
        self.ends = [self.ends[1], served.last];
        served
    }
}
