//! The top level for a board: clocks and pins' cells round the system with its serial port.

mod lights;
#[cfg(feature = "opal-kelly")]
pub mod opal_kelly;
mod serial_system;

pub use lights::{Lights, LIGHT_CLOCKS};
pub use serial_system::SerialSystem;

use crate::accelerator::BuildError;
use crate::board::Board;
use crate::primitives::{Clocks, DataPins};
use rowfuse_spec::EngineConfig;
use rust_hdl::prelude::*;

/// Degrees by which the memory chip's clock comes behind the signals at its pins: what is written is there long before the edge, and what
/// is read arrives in the middle of the time in which it is captured (`docs/boards.md`).
pub const MEMORY_DEGREES: u32 = 270;

/// The design for a ULX3S: everything that is on the FPGA. Its ports are those of [`crate::board::ULX3S`].
///
/// The registers' state at configuration is the reset state; the clock begins when the PLL has locked. The button PWR is [`SerialSystem`]'s.
#[derive(LogicBlock)]
pub struct Top {
    /// The board's clock.
    pub clk_25mhz: Signal<In, Clock>,
    /// To the serial adapter.
    pub ftdi_rxd: Signal<Out, Bit>,
    /// From the serial adapter.
    pub ftdi_txd: Signal<In, Bit>,
    /// The button PWR, low when pressed.
    pub btn_pwr_n: Signal<In, Bit>,
    /// The lights.
    pub led: Signal<Out, Bits<8>>,
    /// Keeps the board's other processor out of the way: high.
    pub wifi_gpio0: Signal<Out, Bit>,
    /// The memory chip's clock.
    pub sdram_clk: Signal<Out, Bit>,
    /// Clock enable.
    pub sdram_cke: Signal<Out, Bit>,
    /// Chip select.
    pub sdram_csn: Signal<Out, Bit>,
    /// Row address strobe.
    pub sdram_rasn: Signal<Out, Bit>,
    /// Column address strobe.
    pub sdram_casn: Signal<Out, Bit>,
    /// Write enable.
    pub sdram_wen: Signal<Out, Bit>,
    /// Bank.
    pub sdram_ba: Signal<Out, Bits<2>>,
    /// Row, column or mode.
    pub sdram_a: Signal<Out, Bits<13>>,
    /// Byte masks.
    pub sdram_dqm: Signal<Out, Bits<2>>,
    /// Data.
    pub sdram_d: Signal<InOut, Bits<16>>,
    clocks: Clocks,
    core: SerialSystem,
    data_pins: DataPins<16>,
}

impl Top {
    /// Builds the top level of a configuration.
    ///
    /// # Errors
    /// If the configuration is not legal, is for no board, or its clock cannot be made.
    pub fn new(config: &EngineConfig) -> Result<Self, BuildError> {
        let board = Board::required(config)?;
        Ok(Self {
            clk_25mhz: Default::default(),
            ftdi_rxd: Default::default(),
            ftdi_txd: Default::default(),
            btn_pwr_n: Default::default(),
            led: Default::default(),
            wifi_gpio0: Default::default(),
            sdram_clk: Default::default(),
            sdram_cke: Default::default(),
            sdram_csn: Default::default(),
            sdram_rasn: Default::default(),
            sdram_casn: Default::default(),
            sdram_wen: Default::default(),
            sdram_ba: Default::default(),
            sdram_a: Default::default(),
            sdram_dqm: Default::default(),
            sdram_d: Default::default(),
            clocks: Clocks::new(board.clock_mhz, config.clock_mhz, MEMORY_DEGREES)?,
            core: SerialSystem::new(config, None)?,
            data_pins: Default::default(),
        })
    }

    /// The Verilog of a configuration's top level, module `top`, and the primitives under it.
    ///
    /// # Errors
    /// As [`Top::new`].
    pub fn verilog(config: &EngineConfig) -> Result<String, BuildError> {
        let mut top = Self::new(config)?;
        top.sdram_d.connect();
        top.connect_all();
        Ok(format!(
            "{}\n{}",
            generate_verilog_unchecked(&top),
            crate::primitives::verilog()
        ))
    }
}

impl Logic for Top {
    #[hdl_gen]
    fn update(&mut self) {
        self.clocks.reference.next = self.clk_25mhz.val();
        self.core.clock.next = self.clocks.clock.val();
        self.core.rx.next = self.ftdi_txd.val();
        self.ftdi_rxd.next = self.core.tx.val();
        self.core.button_n.next = self.btn_pwr_n.val();
        self.led.next = self.core.led.val();
        self.wifi_gpio0.next = true;
        self.sdram_clk.next = self.clocks.memory_clock.val();
        self.sdram_cke.next = self.core.cke.val();
        self.sdram_csn.next = self.core.cs_n.val();
        self.sdram_rasn.next = self.core.ras_n.val();
        self.sdram_casn.next = self.core.cas_n.val();
        self.sdram_wen.next = self.core.we_n.val();
        self.sdram_ba.next = self.core.ba.val();
        self.sdram_a.next = self.core.a.val();
        self.sdram_dqm.next = self.core.dqm.val();
        self.data_pins.d.next = self.core.dq_out.val();
        self.data_pins.z.next = self.core.dq_z.val();
        self.core.dq_in.next = self.data_pins.q.val();
        Signal::<InOut, Bits<16>>::link(&mut self.sdram_d, &mut self.data_pins.pins);
    }
}
