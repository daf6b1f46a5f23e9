//! The way back of words read.
use super::super::port::WORD_BITS;
use super::bank::ones;
use super::settings::SdramSettings;
use crate::engine::fixed::Fixed;
use rust_hdl::prelude::*;

/// Captures words from the pins and knows which of them were asked for, from bits that shift out with their words.
#[derive(LogicBlock, Default)]
pub struct ReturnPath {
    /// The one clock.
    pub clock: Signal<In, Clock>,
    /// A word is being asked for.
    pub read: Signal<In, Bit>,
    /// It is its burst's last.
    pub last: Signal<In, Bit>,
    /// The data pins.
    pub dq_in: Signal<In, Bits<WORD_BITS>>,
    /// `data` was asked for.
    pub valid: Signal<Out, Bit>,
    /// It is its burst's last.
    pub valid_last: Signal<Out, Bit>,
    /// A word from the pins.
    pub data: Signal<Out, Bits<WORD_BITS>>,
    /// Words asked for have not come yet.
    pub busy: Signal<Out, Bit>,
    flight: DFF<Bits<16>>,
    flight_last: DFF<Bits<16>>,
    busy_ones: DFF<Bits<16>>,
    captured: DFF<Bits<WORD_BITS>>,
    insert: Fixed<16>,
    busy_time: Fixed<16>,
}

impl ReturnPath {
    /// For a CAS latency, a capture delay and registers at the pins.
    pub fn new(settings: &SdramSettings) -> Self {
        let flight = settings.flight();
        Self {
            insert: Fixed::new(1 << (flight - 1)),
            busy_time: Fixed::new(ones(flight)),
            ..Default::default()
        }
    }
}

impl Logic for ReturnPath {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, flight, flight_last, busy_ones, captured);
        self.flight.d.next = self.flight.q.val() >> 1;
        self.flight_last.d.next = self.flight_last.q.val() >> 1;
        self.busy_ones.d.next = self.busy_ones.q.val() >> 1;
        if self.read.val() {
            self.flight.d.next = (self.flight.q.val() >> 1) | self.insert.value.val();
            self.busy_ones.d.next = self.busy_time.value.val();
            if self.last.val() {
                self.flight_last.d.next = (self.flight_last.q.val() >> 1) | self.insert.value.val();
            }
        }
        self.captured.d.next = self.dq_in.val();
        self.valid.next = self.flight.q.val().get_bit(0);
        self.valid_last.next = self.flight_last.q.val().get_bit(0);
        self.data.next = self.captured.q.val();
        self.busy.next = self.busy_ones.q.val().get_bit(0);
    }
}
