//! The way between the controller's pins and the device's.
use super::super::port::WORD_BITS;
use super::bank::ROW_BITS;
use super::settings::SdramSettings;
use crate::primitives::{InputPins, OutputPins};
use rust_hdl::prelude::*;

/// Bits of `controls`: clock enable, chip select, row strobe, column strobe, write enable, from bit 0.
const CONTROLS: usize = 5;
/// All controls that are active low are high at first, the clock is not enabled.
const CONTROLS_FIRST: u64 = 0b11110;

/// Registers in the cells of the memory's pins if [`SdramSettings::pin_registers`] asks for them, otherwise wires.
///
/// The chip's clock can then be shifted against the pins by a known phase, whatever was placed where. Each data pin has its own tristate
/// register, as the cells demand.
#[derive(LogicBlock, Default)]
pub struct SdramPads {
    /// The one clock.
    pub clock: Signal<In, Clock>,
    /// The controller's pin.
    pub cke_in: Signal<In, Bit>,
    /// The controller's pin.
    pub cs_n_in: Signal<In, Bit>,
    /// The controller's pin.
    pub ras_n_in: Signal<In, Bit>,
    /// The controller's pin.
    pub cas_n_in: Signal<In, Bit>,
    /// The controller's pin.
    pub we_n_in: Signal<In, Bit>,
    /// The controller's pins.
    pub ba_in: Signal<In, Bits<2>>,
    /// The controller's pins.
    pub a_in: Signal<In, Bits<ROW_BITS>>,
    /// The controller's pins.
    pub dqm_in: Signal<In, Bits<2>>,
    /// The word to write.
    pub dq_out_in: Signal<In, Bits<WORD_BITS>>,
    /// It drives the pins.
    pub dq_oe_in: Signal<In, Bit>,
    /// The word read, to the controller.
    pub dq_in_out: Signal<Out, Bits<WORD_BITS>>,
    /// Clock enable, chip select, row strobe, column strobe, write enable.
    pub controls: Signal<Out, Bits<CONTROLS>>,
    /// Bank.
    pub ba: Signal<Out, Bits<2>>,
    /// Row, column or mode.
    pub a: Signal<Out, Bits<ROW_BITS>>,
    /// Byte masks.
    pub dqm: Signal<Out, Bits<2>>,
    /// The word to write.
    pub dq_out: Signal<Out, Bits<WORD_BITS>>,
    /// Data pins that are not driven.
    pub dq_z: Signal<Out, Bits<WORD_BITS>>,
    /// The data pins.
    pub dq_in: Signal<In, Bits<WORD_BITS>>,
    controls_pins: OutputPins<CONTROLS>,
    ba_pins: OutputPins<2>,
    a_pins: OutputPins<ROW_BITS>,
    dqm_pins: OutputPins<2>,
    dq_pins: OutputPins<WORD_BITS>,
    z_pins: OutputPins<WORD_BITS>,
    in_pins: InputPins<WORD_BITS>,
}

impl SdramPads {
    /// For a way with registers or without.
    pub fn new(settings: &SdramSettings) -> Self {
        let registers = settings.pin_registers;
        Self {
            controls_pins: OutputPins::new(registers, CONTROLS_FIRST),
            ba_pins: OutputPins::new(registers, 0),
            a_pins: OutputPins::new(registers, 0),
            dqm_pins: OutputPins::new(registers, 0b11),
            dq_pins: OutputPins::new(registers, 0),
            z_pins: OutputPins::new(registers, 0xFFFF),
            in_pins: InputPins::new(registers),
            ..Default::default()
        }
    }
}

impl Logic for SdramPads {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(
            self,
            clock,
            controls_pins,
            ba_pins,
            a_pins,
            dqm_pins,
            dq_pins,
            z_pins,
            in_pins
        );
        self.controls_pins.d.next = bit_cast::<CONTROLS, 1>(self.cke_in.val().into())
            | (bit_cast::<CONTROLS, 1>(self.cs_n_in.val().into()) << 1)
            | (bit_cast::<CONTROLS, 1>(self.ras_n_in.val().into()) << 2)
            | (bit_cast::<CONTROLS, 1>(self.cas_n_in.val().into()) << 3)
            | (bit_cast::<CONTROLS, 1>(self.we_n_in.val().into()) << 4);
        self.controls.next = self.controls_pins.q.val();
        self.ba_pins.d.next = self.ba_in.val();
        self.ba.next = self.ba_pins.q.val();
        self.a_pins.d.next = self.a_in.val();
        self.a.next = self.a_pins.q.val();
        self.dqm_pins.d.next = self.dqm_in.val();
        self.dqm.next = self.dqm_pins.q.val();
        self.dq_pins.d.next = self.dq_out_in.val();
        self.dq_out.next = self.dq_pins.q.val();
        self.z_pins.d.next = 0xFFFF.into();
        if self.dq_oe_in.val() {
            self.z_pins.d.next = 0.into();
        }
        self.dq_z.next = self.z_pins.q.val();
        self.in_pins.d.next = self.dq_in.val();
        self.dq_in_out.next = self.in_pins.q.val();
    }
}
