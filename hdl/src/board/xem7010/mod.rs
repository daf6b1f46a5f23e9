//! The XEM7010 by Opal Kelly: pins, constraints, memory project and build script for its vendor's tool, Vivado.
//!
//! Source of the pins and of the host interface's timing: Opal Kelly's Pins Reference and sample constraint file `xem7010.xdc` for the XEM7010, as the crates
//! `rust-hdl-ok-core` and `rust-hdl-bsp-ok-xem7010` 0.46 have them (`core/ok_hi.rs`, `xem7010/pins.rs`, `xem7010/mcb_if.rs`, `xem7010/synth.rs`). Both modules,
//! A50 and A200, are said there and by their vendor to have the same pins.

mod constraints;
mod memory;
mod vivado;

pub use vivado::HDL_FILES;

use rowfuse_spec::config::Device;
use rowfuse_spec::EngineConfig;

/// MHz of the oscillator at `sys_clk_p` and `sys_clk_n`.
pub const SYSTEM_CLOCK_MHZ: u32 = 200;
/// MHz of `ui_clk`, which is the engine's clock: a quarter of the DDR3's 400.
pub const ENGINE_MHZ: u32 = 100;

/// A port of the top level and its pins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port {
    /// Name of the port.
    pub name: &'static str,
    /// Sites, bit 0 first.
    pub sites: &'static [&'static str],
    /// The tool's name of the signal standard.
    pub standard: &'static str,
}

const fn port(name: &'static str, sites: &'static [&'static str], standard: &'static str) -> Port {
    Port {
        name,
        sites,
        standard,
    }
}

/// Ports of the host interface and the board, in the order of the constraints.
pub const PORTS: [Port; 8] = [
    port("sys_clk_p", &["K4"], "LVDS_25"),
    port("sys_clk_n", &["J4"], "LVDS_25"),
    port(
        "hi_in",
        &["Y18", "V17", "AA19", "V20", "W17", "AB20", "V19", "AA18"],
        "LVCMOS33",
    ),
    port("hi_out", &["Y21", "U20"], "LVCMOS33"),
    port(
        "hi_inout",
        &[
            "AB22", "AB21", "Y22", "AA21", "AA20", "W22", "W21", "T20", "R19", "P19", "U21", "T21",
            "R21", "P21", "R22", "P22",
        ],
        "LVCMOS33",
    ),
    port("hi_aa", &["V22"], "LVCMOS33"),
    port("hi_muxsel", &["P20"], "LVCMOS33"),
    port(
        "led",
        &["N13", "N14", "P15", "P16", "N17", "P17", "R16", "R17"],
        "LVCMOS33",
    ),
];

/// Ports of the DDR3 chip, whose constraints the memory controller brings itself.
pub const MEMORY_PORTS: [Port; 14] = [
    port(
        "ddr3_addr",
        &[
            "W6", "U7", "W7", "Y6", "U6", "AB7", "Y8", "AB8", "Y7", "AA8", "T4", "V7", "T6", "Y9",
            "W9",
        ],
        "SSTL15",
    ),
    port("ddr3_ba", &["AB6", "R6", "AA6"], "SSTL15"),
    port("ddr3_cas_n", &["U5"], "SSTL15"),
    port("ddr3_ck_n", &["V8"], "DIFF_SSTL15"),
    port("ddr3_ck_p", &["V9"], "DIFF_SSTL15"),
    port("ddr3_cke", &["R4"], "SSTL15"),
    port("ddr3_dm", &["AA1", "V2"], "SSTL15"),
    port(
        "ddr3_dq",
        &[
            "AB1", "Y4", "AB2", "V4", "AB5", "AA5", "AB3", "AA4", "U3", "W2", "U2", "Y2", "U1",
            "Y1", "T1", "W1",
        ],
        "SSTL15",
    ),
    port("ddr3_dqs_n", &["AA3", "R2"], "DIFF_SSTL15"),
    port("ddr3_dqs_p", &["Y3", "R3"], "DIFF_SSTL15"),
    port("ddr3_odt", &["W5"], "SSTL15"),
    port("ddr3_ras_n", &["V5"], "SSTL15"),
    port("ddr3_reset_n", &["T3"], "LVCMOS15"),
    port("ddr3_we_n", &["T5"], "SSTL15"),
];

/// The modules that the vendors' tools bring, as black boxes: ports without contents, for a check of the design or its synthesis without them. The
/// names are the vendors' own; the design's Verilog instantiates these modules and does not hold them.
pub fn black_boxes() -> &'static str {
    include_str!("black_boxes.v")
}

/// One of the two modules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Xem7010 {
    /// Name, as the vendor writes it.
    pub name: &'static str,
    /// Its FPGA as Vivado names it.
    pub part: &'static str,
    /// The same as a memory project names it.
    memory_part: &'static str,
}

const A50: Xem7010 = Xem7010 {
    name: "XEM7010-A50",
    part: "xc7a50tfgg484-1",
    memory_part: "xc7a50t-fgg484/-1",
};
const A200: Xem7010 = Xem7010 {
    name: "XEM7010-A200",
    part: "xc7a200tfbg484-1",
    memory_part: "xc7a200t-fbg484/-1",
};

impl Xem7010 {
    /// The module that a configuration is for; none if it is for another board, or runs at another clock than the memory's.
    pub fn of(config: &EngineConfig) -> Option<&'static Xem7010> {
        let module = match &config.device {
            device if *device == Device::xc7a50t() => &A50,
            device if *device == Device::xc7a200t() => &A200,
            _ => return None,
        };
        (config.clock_mhz == ENGINE_MHZ).then_some(module)
    }
}

#[cfg(test)]
mod tests;
