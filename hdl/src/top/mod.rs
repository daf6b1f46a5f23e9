//! The top level for a board: its clocks, serial port, lights and pins round the system.

mod lights;

pub use lights::{Lights, LIGHT_CLOCKS};

use crate::accelerator::BuildError;
use crate::board::Board;
use crate::link::uart::{Uart, UartSettings};
use crate::primitives::{Clocks, DataPins};
use crate::system::System;
use rowfuse_spec::EngineConfig;
use rust_hdl::prelude::*;

/// Degrees by which the memory chip's clock comes behind the signals at its pins: what is written is there long before the edge, and what
/// is read arrives in the middle of the time in which it is captured (`docs/boards.md`).
pub const MEMORY_DEGREES: u32 = 270;

/// The design for a ULX3S: everything that is on the FPGA. Its ports are those of [`crate::board::ULX3S`].
///
/// The registers' state at configuration is the reset state; the clock begins when the PLL has locked. The button PWR ends a running program and
/// puts the serial port back to its first rate.
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
    system: System,
    uart: Uart,
    lights: Lights,
    data_pins: DataPins<16>,
    button: DFF<Bits<3>>,
    pressed: DFF<Bit>,
}

impl Top {
    /// Builds the top level of a configuration.
    ///
    /// # Errors
    /// If the configuration is not legal, is for no board, or its clock cannot be made.
    pub fn new(config: &EngineConfig) -> Result<Self, BuildError> {
        let board = Board::of(config).ok_or_else(|| BuildError::NoBoard(config.name.clone()))?;
        let uart = UartSettings::new(config.clock_mhz).ok_or(BuildError::Rate(config.clock_mhz))?;
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
            system: System::new(config)?,
            uart: Uart::new(&uart),
            lights: Lights::new(LIGHT_CLOCKS),
            data_pins: Default::default(),
            button: Default::default(),
            pressed: Default::default(),
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
        self.sdram_clk.next = self.clocks.memory_clock.val();
        self.system.clock.next = self.clocks.clock.val();
        self.uart.clock.next = self.clocks.clock.val();
        self.lights.clock.next = self.clocks.clock.val();
        self.button.clock.next = self.clocks.clock.val();
        self.pressed.clock.next = self.clocks.clock.val();
        self.wifi_gpio0.next = true;

        // A press begins with a one behind a zero; what bounces, begins again.
        self.button.d.next =
            (self.button.q.val() << 1) | bit_cast::<3, 1>((!self.btn_pwr_n.val()).into());
        self.pressed.d.next = self.button.q.val().get_bit(1) & !self.button.q.val().get_bit(2);
        self.system.reset.next = self.pressed.q.val();
        self.uart.reset.next = self.pressed.q.val();

        self.uart.rx.next = self.ftdi_txd.val();
        self.ftdi_rxd.next = self.uart.tx.val();
        self.system.rx_valid.next = self.uart.rx_valid.val();
        self.system.rx_data.next = self.uart.rx_data.val();
        self.uart.rx_ready.next = self.system.rx_ready.val();
        self.uart.tx_valid.next = self.system.tx_valid.val();
        self.uart.tx_data.next = self.system.tx_data.val();
        self.system.tx_ready.next = self.uart.tx_ready.val();
        self.uart.rate.next = self.system.rate.val();
        self.uart.rate_valid.next = self.system.rate_valid.val();
        self.uart.frame_good.next = self.system.frame_good.val();

        self.lights.frame_good.next = self.system.frame_good.val();
        self.lights.frame_bad.next = self.system.frame_bad.val();
        self.lights.busy.next = self.system.busy.val();
        self.lights.program_failed.next = self.system.program_failed.val();
        self.led.next = self.lights.led.val();

        self.sdram_cke.next = self.system.cke.val();
        self.sdram_csn.next = self.system.cs_n.val();
        self.sdram_rasn.next = self.system.ras_n.val();
        self.sdram_casn.next = self.system.cas_n.val();
        self.sdram_wen.next = self.system.we_n.val();
        self.sdram_ba.next = self.system.ba.val();
        self.sdram_a.next = self.system.a.val();
        self.sdram_dqm.next = self.system.dqm.val();
        self.data_pins.d.next = self.system.dq_out.val();
        self.data_pins.z.next = self.system.dq_z.val();
        self.system.dq_in.next = self.data_pins.q.val();
        Signal::<InOut, Bits<16>>::link(&mut self.sdram_d, &mut self.data_pins.pins);
    }
}
