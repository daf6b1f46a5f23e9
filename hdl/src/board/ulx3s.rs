//! The ULX3S by Radiona: pins and clock.
//!
//! Source: the board's constraint file `ulx3s_v20.lpf` for versions 2.x and 3.0 (github.com/emard/ulx3s, `doc/constraints`).

use super::{Board, Pins, Pull};

const fn pins(port: &'static str, sites: &'static [&'static str], pull: Pull) -> Pins {
    Pins { port, sites, pull }
}

/// The board, with any of its FPGAs.
pub const ULX3S: Board = Board {
    name: "ULX3S",
    package: "CABGA381",
    speed_grade: 6,
    clock_port: "clk_25mhz",
    clock_mhz: 25,
    pins: &[
        pins("clk_25mhz", &["G2"], Pull::None),
        // Named as the FT231X sees them: the FPGA sends on `ftdi_rxd`.
        pins("ftdi_rxd", &["L4"], Pull::Up),
        pins("ftdi_txd", &["M1"], Pull::Up),
        // The button PWR, low when pressed.
        pins("btn_pwr_n", &["D6"], Pull::Up),
        pins(
            "led",
            &["B2", "C2", "C1", "D2", "D1", "E2", "E1", "H3"],
            Pull::None,
        ),
        // Low, it would let the board's ESP32 start in a mode in which it reconfigures the FPGA.
        pins("wifi_gpio0", &["L2"], Pull::Up),
        pins("sdram_clk", &["F19"], Pull::None),
        pins("sdram_cke", &["F20"], Pull::None),
        pins("sdram_csn", &["P20"], Pull::None),
        pins("sdram_rasn", &["R20"], Pull::None),
        pins("sdram_casn", &["T19"], Pull::None),
        pins("sdram_wen", &["T20"], Pull::None),
        pins("sdram_ba", &["P19", "N20"], Pull::None),
        pins(
            "sdram_a",
            &[
                "M20", "M19", "L20", "L19", "K20", "K19", "K18", "J20", "J19", "H20", "N19", "G20",
                "G19",
            ],
            Pull::None,
        ),
        pins("sdram_dqm", &["U19", "E20"], Pull::None),
        pins(
            "sdram_d",
            &[
                "J16", "L18", "M18", "N18", "P18", "T18", "T17", "U20", "E19", "D20", "D19", "C20",
                "E18", "F18", "J18", "J17",
            ],
            Pull::None,
        ),
    ],
};
