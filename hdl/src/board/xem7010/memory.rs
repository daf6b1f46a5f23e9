//! The project of the memory controller, from which Vivado's Memory Interface Generator makes the module `mig7`.
use std::fmt::Write;

use super::{Xem7010, MEMORY_PORTS, SYSTEM_CLOCK_MHZ};

/// The chip: Micron MT41K256M16, 4 Gbit, 16 bits wide, speed grade 1600, at the 400 MHz that this FPGA's speed grade allows (UG586, DS181).
const CHIP: &str = "MT41K256M16XX-125";
/// Period of the memory's clock, ps.
const PERIOD_PS: u32 = 2500;

impl Xem7010 {
    /// The project in the generator's format, XML: user interface, four clocks of the memory in one of the engine's.
    ///
    /// *Ordering* is strict, so that a read behind a write of the same line brings what was written, whatever the generator's banks do. Addresses are row,
    /// bank, column from the top, so that a stream goes from bank to bank.
    pub fn memory_project(&self) -> String {
        let mut pins = String::new();
        for port in MEMORY_PORTS {
            for (bit, site) in port.sites.iter().enumerate() {
                // Of the ports with one bit, these are vectors all the same.
                let vector = port.sites.len() > 1
                    || ["ddr3_ck_n", "ddr3_ck_p", "ddr3_cke", "ddr3_odt"].contains(&port.name);
                let name = match vector {
                    true => format!("{}[{bit}]", port.name),
                    false => port.name.to_owned(),
                };
                // Writing to a string cannot fail.
                let _ = writeln!(
                    pins,
                    "      <Pin VCCAUX_IO=\"\" IOSTANDARD=\"{}\" PADName=\"{site}\" SLEW=\"\" name=\"{name}\" IN_TERM=\"\" />",
                    port.standard
                );
            }
        }
        TEMPLATE
            .replace("@PART@", self.memory_part)
            .replace("@CHIP@", CHIP)
            .replace("@PERIOD@", &PERIOD_PS.to_string())
            .replace("@SYSTEM@", &SYSTEM_CLOCK_MHZ.to_string())
            .replace("@PINS@", pins.trim_end())
    }
}

const TEMPLATE: &str = include_str!("mig.prj");
