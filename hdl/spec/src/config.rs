//! What an engine is made of, and which combinations are possible.

use serde::{Deserialize, Serialize};

use crate::crc32::crc32;
use crate::error::ConfigError;
use crate::{CONTRACT_VERSION, MAX_MEMORY_BYTES};

/// Multipliers of one output-channel lane: the 6×6 positions of a tile.
pub const DSP_PER_LANE: u32 = 36;
/// Multipliers of the requantiser, where they are not made of LUTs.
pub const DSP_REQUANTISER: u32 = 8;
/// Pixel lanes of the line buffer: 3×3 banks of 2×2 parities.
pub const PIXEL_LANES: u32 = 36;
/// Bytes of a block memory of 18 Kbit, the ECP5's and Artix-7's alike, when it is one byte wide or narrower.
const EBR_BYTES: u32 = 2048;
/// Rows of such a block memory when it is a word wide.
const EBR_WORDS: u32 = 1024;
/// Block memories of the FIFOs of the memory and the link.
const EBR_FIFOS: u32 = 4;

/// Whose cells a device has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Lattice ECP5.
    Ecp5,
    /// AMD (Xilinx) Artix-7.
    Artix7,
    /// None: it is not a device.
    Simulation,
}

/// A device and its limits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Name, such as `LFE5U-85F`, or `simulation`.
    pub name: String,
    /// 18×18 multipliers; of Artix-7 its DSP48E1.
    pub dsp: u32,
    /// Block memories of 18 Kbit; of Artix-7 its RAMB18E1.
    pub ebr: u32,
    /// Look-up tables of four inputs; of Artix-7 of six.
    pub lut: u32,
}

impl Device {
    fn new(name: &str, dsp: u32, ebr: u32, lut: u32) -> Device {
        Device {
            name: name.into(),
            dsp,
            ebr,
            lut,
        }
    }

    /// Lattice ECP5 LFE5U-85F.
    pub fn lfe5u_85f() -> Device {
        Device::new("LFE5U-85F", 156, 208, 83_640)
    }

    /// Lattice ECP5 LFE5U-45F.
    pub fn lfe5u_45f() -> Device {
        Device::new("LFE5U-45F", 72, 108, 43_848)
    }

    /// AMD Artix-7 XC7A50T: figures of the vendor's DS180, "7 Series FPGAs Data Sheet: Overview".
    pub fn xc7a50t() -> Device {
        Device::new("XC7A50T", 120, 150, 32_600)
    }

    /// AMD Artix-7 XC7A200T, from the same table.
    pub fn xc7a200t() -> Device {
        Device::new("XC7A200T", 740, 730, 134_600)
    }

    /// Whose cells it has, by its name.
    pub fn family(&self) -> Family {
        match &self.name {
            name if name.starts_with("LFE5U") => Family::Ecp5,
            name if name.starts_with("XC7A") => Family::Artix7,
            _ => Family::Simulation,
        }
    }

    /// No device: nothing is scarce.
    pub fn simulation() -> Device {
        Device::new("simulation", u32::MAX, u32::MAX, u32::MAX)
    }
}

/// The parameters of an engine. Legal only if [`EngineConfig::validate`] says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineConfig {
    /// Name for people; not part of [`EngineConfig::id`].
    pub name: String,
    /// Output channels computed at once: 1, 2 or 4.
    pub lanes: u32,
    /// Bytes of each of the 36 pixel lanes: a power of two, 256..=8192.
    pub lane_depth: u32,
    /// Entries of the weight ring (one entry: the kernels of one input channel for all lanes): a power
    /// of two, 64..=1024.
    pub weight_depth: u32,
    /// Channels of the parameter table: a power of two, 64..=1024.
    pub parameter_depth: u32,
    /// Clock of the engine in MHz, 1..=250.
    pub clock_mhz: u32,
    /// External memory in bytes: a multiple of 1024, 64 KiB..=32 MiB.
    pub memory_bytes: u64,
    /// What it is built for; not part of [`EngineConfig::id`].
    pub device: Device,
}

impl EngineConfig {
    /// Refuses an illegal combination with a sentence that says what is wrong and what is possible.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let named = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if self.name.is_empty() || self.name.len() > 32 || !self.name.chars().all(named) {
            return Err(ConfigError::Name {
                name: self.name.clone(),
            });
        }
        if ![1, 2, 4].contains(&self.lanes) {
            return Err(ConfigError::Lanes { lanes: self.lanes });
        }
        depth("lane_depth", self.lane_depth, 256, 8192)?;
        depth("weight_depth", self.weight_depth, 64, 1024)?;
        depth("parameter_depth", self.parameter_depth, 64, 1024)?;
        if !(1..=250).contains(&self.clock_mhz) {
            return Err(ConfigError::Clock {
                clock_mhz: self.clock_mhz,
            });
        }
        let memory = self.memory_bytes;
        if !(65_536..=MAX_MEMORY_BYTES).contains(&memory) || !memory.is_multiple_of(1024) {
            return Err(ConfigError::Memory {
                memory_bytes: memory,
            });
        }
        let device = || self.device.name.clone();
        let (needed, available) = (self.dsp_needed(), self.device.dsp);
        if needed > available {
            return Err(ConfigError::Dsp {
                needed,
                available,
                device: device(),
            });
        }
        let (needed, available) = (self.ebr_needed(), self.device.ebr);
        if needed > available {
            return Err(ConfigError::Ebr {
                needed,
                available,
                device: device(),
            });
        }
        Ok(())
    }

    /// Identifies what a program or a plan depends on: the contract's version and every parameter but
    /// the names and the device. Boards report it, and the host refuses another one.
    pub fn id(&self) -> u32 {
        let canonical = format!(
            "contract={CONTRACT_VERSION};lanes={};lane_depth={};weight_depth={};parameter_depth={};\
             clock_mhz={};memory_bytes={}",
            self.lanes,
            self.lane_depth,
            self.weight_depth,
            self.parameter_depth,
            self.clock_mhz,
            self.memory_bytes
        );
        crc32(canonical.as_bytes())
    }

    /// Whether the requantiser's multipliers are made of LUTs because the array leaves too few: only
    /// below four lanes, where the requantiser is slow enough for it.
    pub fn requantiser_in_luts(&self) -> bool {
        self.lanes < 4 && DSP_PER_LANE * self.lanes + DSP_REQUANTISER > self.device.dsp
    }

    /// 18×18 multipliers needed.
    pub fn dsp_needed(&self) -> u32 {
        let requantiser = if self.requantiser_in_luts() {
            0
        } else {
            DSP_REQUANTISER
        };
        DSP_PER_LANE * self.lanes + requantiser
    }

    /// Slices a pixel lane is cut into, each one block memory of [`EngineConfig::lane_depth`] rows of
    /// `8 / lane_slices` bits: 8192×2, 4096×4, or a whole byte up to 2048 rows.
    pub fn lane_slices(&self) -> u32 {
        self.lane_depth.div_ceil(EBR_BYTES).max(1)
    }

    /// Block memories needed: pixel lanes, weight ring, parameter table, FIFOs.
    pub fn ebr_needed(&self) -> u32 {
        PIXEL_LANES * self.lane_slices()
            + self.entry_words() * self.weight_depth.div_ceil(EBR_WORDS)
            + 4 * self.parameter_depth.div_ceil(EBR_WORDS)
            + EBR_FIFOS
    }

    /// 16-bit words of a weight entry: 9 bytes a lane, padded to a whole word.
    pub fn entry_words(&self) -> u32 {
        (9 * self.lanes).div_ceil(2)
    }

    /// Groups of output channels, or of stored channels, that `channels` need.
    pub fn groups(&self, channels: u32) -> u32 {
        channels.div_ceil(self.lanes)
    }

    /// 16-bit words of the external memory.
    pub fn memory_words(&self) -> u64 {
        self.memory_bytes / 2
    }
}

fn depth(name: &'static str, value: u32, min: u32, max: u32) -> Result<(), ConfigError> {
    if value.is_power_of_two() && (min..=max).contains(&value) {
        Ok(())
    } else {
        Err(ConfigError::Depth {
            name,
            value,
            min,
            max,
        })
    }
}

/// Every configuration that has a name, boards first.
pub fn presets() -> Vec<EngineConfig> {
    let build = |name: &str, lanes, depths: [u32; 3], clock_mhz, device| EngineConfig {
        name: name.into(),
        lanes,
        lane_depth: depths[0],
        weight_depth: depths[1],
        parameter_depth: depths[2],
        clock_mhz,
        memory_bytes: MAX_MEMORY_BYTES,
        device,
    };
    let small = [1024, 128, 64];
    vec![
        build("ulx3s-85f", 4, [8192, 1024, 1024], 90, Device::lfe5u_85f()),
        // The 45F has too few block memories for lanes of 8192 bytes.
        build("ulx3s-45f", 2, [4096, 1024, 1024], 80, Device::lfe5u_45f()),
        build("xem7010-a50", 2, [4096, 1024, 1024], 100, Device::xc7a50t()),
        build(
            "xem7010-a200",
            4,
            [8192, 1024, 1024],
            100,
            Device::xc7a200t(),
        ),
        build("small-4", 4, small, 100, Device::simulation()),
        build("small-2", 2, small, 100, Device::simulation()),
        build("tiny-1", 1, small, 100, Device::simulation()),
    ]
}

/// The configuration of that name; the error lists those there are.
pub fn preset(name: &str) -> Result<EngineConfig, ConfigError> {
    let all = presets();
    match all.iter().find(|config| config.name == name) {
        Some(config) => Ok(config.clone()),
        None => {
            let known: Vec<&str> = all.iter().map(|config| config.name.as_str()).collect();
            Err(ConfigError::Unknown {
                name: name.into(),
                known: known.join(", "),
            })
        }
    }
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
