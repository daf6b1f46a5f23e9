//! Boards: pins, clocks and limits, no logic.
pub mod floorplan;
mod ulx3s;
#[cfg(feature = "opal-kelly")]
pub mod xem7010;

use std::fmt::Write;

use rowfuse_spec::config::Family;
use rowfuse_spec::EngineConfig;

use crate::accelerator::BuildError;

pub use ulx3s::ULX3S;

/// What a pin does while nothing drives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pull {
    /// Nothing.
    None,
    /// It goes high.
    Up,
}

/// A port of the top level and its pins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pins {
    /// Name of the port.
    pub port: &'static str,
    /// Sites, bit 0 first.
    pub sites: &'static [&'static str],
    /// What they do while nothing drives them.
    pub pull: Pull,
}

/// A board that the accelerator can be built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Board {
    /// Name.
    pub name: &'static str,
    /// Package of its FPGA.
    pub package: &'static str,
    /// Speed grade of its FPGA.
    pub speed_grade: u32,
    /// The port with its clock.
    pub clock_port: &'static str,
    /// That clock in MHz.
    pub clock_mhz: u32,
    /// All ports that are used.
    pub pins: &'static [Pins],
}

impl Board {
    /// The board with a serial port that a configuration is for; none if it is for another board or for the simulation only.
    pub fn of(config: &EngineConfig) -> Option<&'static Board> {
        match config.device.family() {
            Family::Ecp5 => Some(&ULX3S),
            Family::Artix7 | Family::Simulation => None,
        }
    }

    /// The same for who cannot do without.
    ///
    /// # Errors
    /// If there is none: what the configuration is for instead.
    pub fn required(config: &EngineConfig) -> Result<&'static Board, BuildError> {
        let name = || config.name.clone();
        Board::of(config).ok_or_else(|| match config.device.family() {
            Family::Artix7 => BuildError::Xem7010(name()),
            Family::Ecp5 | Family::Simulation => BuildError::NoBoard(name()),
        })
    }

    /// Constraints for nextpnr: where each bit of each port is, and how fast the clock.
    ///
    /// All pins are LVCMOS33 at 4 mA. The bitstream may be loaded from the board's flash at its full speed.
    pub fn constraints(&self) -> String {
        let mut text = String::from(
            "SYSCONFIG CONFIG_IOVOLTAGE=3.3 COMPRESS_CONFIG=ON MCCLK_FREQ=62 MASTER_SPI_PORT=ENABLE \
             SLAVE_SPI_PORT=DISABLE SLAVE_PARALLEL_PORT=DISABLE;\n",
        );
        for pins in self.pins {
            let pull = match pins.pull {
                Pull::None => "NONE",
                Pull::Up => "UP",
            };
            for (bit, site) in pins.sites.iter().enumerate() {
                let port = match pins.sites.len() {
                    1 => pins.port.to_owned(),
                    _ => format!("{}[{bit}]", pins.port),
                };
                // Writing to a string cannot fail.
                let _ = writeln!(
                    text,
                    "LOCATE COMP \"{port}\" SITE \"{site}\";\nIOBUF PORT \"{port}\" PULLMODE={pull} IO_TYPE=LVCMOS33 DRIVE=4;"
                );
            }
        }
        let _ = writeln!(
            text,
            "FREQUENCY PORT \"{}\" {} MHZ;",
            self.clock_port, self.clock_mhz
        );
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rowfuse_spec::config::preset;
    use std::collections::HashSet;

    #[test]
    fn a_configuration_has_its_board_or_a_next_step() {
        let found = |name: &str| Board::required(&preset(name).unwrap());
        assert_eq!(found("ulx3s-45f").unwrap().name, "ULX3S");
        let error = found("xem7010-a50").unwrap_err().to_string();
        assert!(
            error.contains("scripts/synth-xem7010 xem7010-a50"),
            "{error}"
        );
        let error = found("small-2").unwrap_err().to_string();
        assert!(error.contains("simulation only"), "{error}");
    }

    #[test]
    fn every_bit_has_a_site_of_its_own_and_the_clock_its_rate() {
        let text = ULX3S.constraints();
        let bits: usize = ULX3S.pins.iter().map(|pins| pins.sites.len()).sum();
        let sites: HashSet<&str> = ULX3S
            .pins
            .iter()
            .flat_map(|pins| pins.sites)
            .copied()
            .collect();
        assert_eq!(sites.len(), bits);
        assert_eq!(text.matches("LOCATE COMP").count(), bits);
        assert_eq!(text.matches("IOBUF PORT").count(), bits);
        assert!(text.contains("LOCATE COMP \"sdram_d[15]\" SITE \"J17\";"));
        assert!(text.contains("FREQUENCY PORT \"clk_25mhz\" 25 MHZ;"));
    }
}
