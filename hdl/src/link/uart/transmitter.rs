//! Bytes onto a serial line.

use super::super::fixed::Fixed;
use crate::primitives::HighDff;
use rowfuse_spec::uart::{BYTE_BITS, RATE_BITS};
use rust_hdl::prelude::*;

/// Cycles from the one that takes a byte to the first of its start bit.
pub const LATENCY: usize = 1;

/// Width of the phase with its carry.
const SUM_BITS: usize = RATE_BITS + 1;

/// Transmitter of 8N1.
///
/// A bit ends when the phase, zero in the first cycle of the start bit, wraps: bit `n` ends within a cycle of its place, however long
/// the byte. Bytes that follow at once have one cycle more of stop bit.
#[derive(LogicBlock, Default)]
pub struct Transmitter {
    /// The one clock.
    pub clock: Signal<In, Clock>,
    /// Drops the byte under way and one taken in this cycle.
    pub clear: Signal<In, Bit>,
    /// Growth of the phase in a cycle.
    pub increment: Signal<In, Bits<RATE_BITS>>,
    /// A byte stands on `data`.
    pub valid: Signal<In, Bit>,
    /// The byte.
    pub data: Signal<In, Bits<8>>,
    /// Nothing is being sent: the byte is taken at this clock edge if `valid` is high.
    pub ready: Signal<Out, Bit>,
    /// The line; high from power-up.
    pub tx: Signal<Out, Bit>,

    active: DFF<Bit>,
    /// Which bit is being sent, 0 is the start bit.
    place: DFF<Bits<4>>,
    phase: DFF<Bits<RATE_BITS>>,
    /// Bits to come, the next one lowest; ones follow the data.
    bits: DFF<Bits<8>>,
    pin: HighDff,

    sum: Signal<Local, Bits<SUM_BITS>>,

    whole: Fixed<SUM_BITS, { 1 << RATE_BITS }>,
    stop: Fixed<4, { BYTE_BITS as u64 - 1 }>,
    top_bit: Fixed<8, 0x80>,
}

impl Logic for Transmitter {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, active, place, phase, bits);
        clock!(self, clock, pin);

        self.sum.next = bit_cast::<SUM_BITS, RATE_BITS>(self.phase.q.val())
            + bit_cast::<SUM_BITS, RATE_BITS>(self.increment.val());
        self.phase.d.next = self.sum.val().get_bits::<RATE_BITS>(0);
        self.pin.d.next = self.pin.q.val();
        if !self.active.q.val() {
            self.phase.d.next = 0.into();
            self.place.d.next = 0.into();
            self.bits.d.next = self.data.val();
            self.active.d.next = self.valid.val();
            self.pin.d.next = !self.valid.val();
        } else if self.sum.val() >= self.whole.val() {
            self.place.d.next = self.place.q.val() + 1;
            self.pin.d.next = self.bits.q.val().get_bit(0);
            self.bits.d.next = (self.bits.q.val() >> 1) | self.top_bit.val();
            if self.place.q.val() == self.stop.val() {
                self.active.d.next = false;
            }
        }
        if self.clear.val() {
            self.active.d.next = false;
            self.pin.d.next = true;
        }

        self.ready.next = !self.active.q.val();
        self.tx.next = self.pin.q.val();
    }
}
