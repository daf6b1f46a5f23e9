//! The constraints: where each bit is, how fast the clocks are, when the host interface's signals come and go.
use std::fmt::Write;
use std::ops::Range;

use super::{Xem7010, PORTS, SYSTEM_CLOCK_MHZ};
use crate::link::opal_kelly::{CROSSINGS, HOST_MHZ};

/// Period of the host interface's clock, ns, as the vendor's constraints round it.
const HOST_PERIOD: &str = "20.83";

/// Ports that the host interface's clock samples: bits, latest moment after the clock, ns; two clocks are allowed.
const INPUTS: [(&str, Range<usize>, &str); 2] =
    [("hi_in", 1..8, "6.7"), ("hi_inout", 0..16, "11.0")];
/// Ports that it drives: time before the next clock, ns.
const OUTPUTS: [(&str, Range<usize>, &str); 2] =
    [("hi_out", 0..2, "8.9"), ("hi_inout", 0..16, "9.2")];

/// Bits of a port, by name: a pattern could be read as a range of letters.
fn ports(name: &str, bits: Range<usize>) -> String {
    let bits: Vec<String> = bits.map(|bit| format!("{name}[{bit}]")).collect();
    format!("[get_ports {{{}}}]", bits.join(" "))
}

impl Xem7010 {
    /// The constraints in the vendor's format, XDC. The memory's pins are not in them: the memory controller has its own.
    pub fn constraints(&self) -> String {
        // Writing to a string cannot fail.
        let mut text = format!("# {}\n", self.name);
        for port in PORTS {
            for (bit, site) in port.sites.iter().enumerate() {
                let name = match port.sites.len() {
                    1 => port.name.to_owned(),
                    _ => format!("{}[{bit}]", port.name),
                };
                let _ = writeln!(
                    text,
                    "set_property -dict {{PACKAGE_PIN {site} IOSTANDARD {}}} [get_ports {{{name}}}]",
                    port.standard
                );
            }
        }
        let system = 1000.0 / f64::from(SYSTEM_CLOCK_MHZ);
        let _ = writeln!(
            text,
            "create_clock -name sys_clk -period {system:.3} [get_ports sys_clk_p]\n\
             create_clock -name okHostClk -period {HOST_PERIOD} [get_ports {{hi_in[0]}}]"
        );
        for (name, bits, latest) in INPUTS {
            let ports = ports(name, bits);
            let _ = writeln!(
                text,
                "set_input_delay -add_delay -max -clock okHostClk {latest} {ports}\n\
                 set_input_delay -add_delay -min -clock okHostClk 0.0 {ports}\n\
                 set_multicycle_path -setup -from {ports} 2"
            );
        }
        for (name, bits, before) in OUTPUTS {
            let _ = writeln!(
                text,
                "set_output_delay -add_delay -clock okHostClk {before} {}",
                ports(name, bits)
            );
        }
        crossings(&mut text);
        text.push_str(
            "set_property CFGBVS VCCO [current_design]\n\
             set_property CONFIG_VOLTAGE 3.3 [current_design]\n\
             set_property BITSTREAM.GENERAL.COMPRESS TRUE [current_design]\n",
        );
        text
    }
}

/// From one clock to the other: at most a clock of the sender on the way, and the bits of a Gray code no further apart.
fn crossings(text: &mut String) {
    for crossing in CROSSINGS {
        let mhz = match crossing.from_host {
            true => HOST_MHZ,
            false => super::ENGINE_MHZ,
        };
        let period = 1000.0 / f64::from(mhz);
        let cells =
            |path: &str| format!("[get_cells -hierarchical -filter {{NAME =~ *{path}_reg*}}]");
        let way = format!("-from {} -to {}", cells(crossing.from), cells(crossing.to));
        let _ = writeln!(text, "set_max_delay -datapath_only {way} {period:.3}");
        if crossing.gray {
            let _ = writeln!(text, "set_bus_skew {way} {period:.3}");
        }
    }
}
