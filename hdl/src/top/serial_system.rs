//! The system with its serial port, lights and button: everything on the device but clocks and pins' cells.
use super::lights::{Lights, LIGHT_CLOCKS};
use crate::accelerator::BuildError;
use crate::link::uart::{Uart, UartSettings};
use crate::system::System;
use rowfuse_spec::EngineConfig;
use rust_hdl::prelude::*;

/// [`System`] behind a [`Uart`], with [`Lights`], and a button that ends a running program and puts the serial port back to its first rate.
///
/// Golden models: those of its parts; at its pins the suite's test plays host and chip.
#[derive(LogicBlock)]
pub struct SerialSystem {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// The line from the host.
    pub rx: Signal<In, Bit>,
    /// The line to the host.
    pub tx: Signal<Out, Bit>,
    /// The button, low when pressed; any timing.
    pub button_n: Signal<In, Bit>,
    /// The lights.
    pub led: Signal<Out, Bits<8>>,
    /// Clock enable.
    pub cke: Signal<Out, Bit>,
    /// Chip select, active low.
    pub cs_n: Signal<Out, Bit>,
    /// Row address strobe, active low.
    pub ras_n: Signal<Out, Bit>,
    /// Column address strobe, active low.
    pub cas_n: Signal<Out, Bit>,
    /// Write enable, active low.
    pub we_n: Signal<Out, Bit>,
    /// Bank.
    pub ba: Signal<Out, Bits<2>>,
    /// Row, column or mode.
    pub a: Signal<Out, Bits<13>>,
    /// Byte masks.
    pub dqm: Signal<Out, Bits<2>>,
    /// The word to write.
    pub dq_out: Signal<Out, Bits<16>>,
    /// Data pins that `dq_out` does not drive: all or none.
    pub dq_z: Signal<Out, Bits<16>>,
    /// The data pins.
    pub dq_in: Signal<In, Bits<16>>,
    system: System,
    uart: Uart,
    lights: Lights,
    button: DFF<Bits<3>>,
    pressed: DFF<Bit>,
}

impl SerialSystem {
    /// Builds the system of a configuration with a serial port of these settings; none means the contract's.
    ///
    /// # Errors
    /// If the configuration is not legal, or the serial port has no first rate at its clock.
    pub fn new(config: &EngineConfig, uart: Option<UartSettings>) -> Result<Self, BuildError> {
        let uart = uart
            .or_else(|| UartSettings::new(config.clock_mhz))
            .ok_or(BuildError::Rate(config.clock_mhz))?;
        Ok(Self {
            clock: Default::default(),
            rx: Default::default(),
            tx: Default::default(),
            button_n: Default::default(),
            led: Default::default(),
            cke: Default::default(),
            cs_n: Default::default(),
            ras_n: Default::default(),
            cas_n: Default::default(),
            we_n: Default::default(),
            ba: Default::default(),
            a: Default::default(),
            dqm: Default::default(),
            dq_out: Default::default(),
            dq_z: Default::default(),
            dq_in: Default::default(),
            system: System::new(config)?,
            uart: Uart::new(&uart),
            lights: Lights::new(LIGHT_CLOCKS),
            button: Default::default(),
            pressed: Default::default(),
        })
    }
}

impl Logic for SerialSystem {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, system, uart, lights);
        dff_setup!(self, clock, button, pressed);

        // A press begins with a one behind a zero; what bounces, begins again.
        self.button.d.next = self.button.q.val() << 1;
        if !self.button_n.val() {
            self.button.d.next = (self.button.q.val() << 1) | 1;
        }
        self.pressed.d.next = self.button.q.val().get_bit(1) & !self.button.q.val().get_bit(2);
        self.system.reset.next = self.pressed.q.val();
        self.uart.reset.next = self.pressed.q.val();

        self.uart.rx.next = self.rx.val();
        self.tx.next = self.uart.tx.val();
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

        self.cke.next = self.system.cke.val();
        self.cs_n.next = self.system.cs_n.val();
        self.ras_n.next = self.system.ras_n.val();
        self.cas_n.next = self.system.cas_n.val();
        self.we_n.next = self.system.we_n.val();
        self.ba.next = self.system.ba.val();
        self.a.next = self.system.a.val();
        self.dqm.next = self.system.dqm.val();
        self.dq_out.next = self.system.dq_out.val();
        self.dq_z.next = self.system.dq_z.val();
        self.system.dq_in.next = self.dq_in.val();
    }
}
