//! Bytes off a serial line.

use super::super::fixed::Fixed;
use rowfuse_spec::uart::{BYTE_BITS, RATE_BITS};
use rust_hdl::prelude::*;

/// Cycles from a change of the line to the one in which it may be sampled.
pub const LINE_LATENCY: usize = 4;
/// Cycles from the middle of a stop bit on the line, rounded up, to `valid`.
pub const LATENCY: usize = LINE_LATENCY + 1;

/// Width of the phase with its carry.
const SUM_BITS: usize = RATE_BITS + 1;

/// Receiver of 8N1.
///
/// The line passes two flip-flops and the majority of three samples in a row. A start bit sets the phase to one half; the
/// line is then sampled whenever the phase wraps: in the middle of each bit. A start bit that is over by its middle was a
/// glitch. A byte whose stop bit is low is dropped, and the line must go high before the next start bit counts.
#[derive(LogicBlock, Default)]
pub struct Receiver {
    /// The one clock.
    pub clock: Signal<In, Clock>,
    /// Drops the byte under way and waits for a line that is high.
    pub clear: Signal<In, Bit>,
    /// Growth of the phase in a cycle.
    pub increment: Signal<In, Bits<RATE_BITS>>,
    /// The line; any timing.
    pub rx: Signal<In, Bit>,
    /// One cycle high: a byte has been received.
    pub valid: Signal<Out, Bit>,
    /// The byte, with `valid`.
    pub data: Signal<Out, Bits<8>>,

    // The line upside down, so that registers that wake up low see no start bit.
    first: DFF<Bit>,
    second: DFF<Bit>,
    third: DFF<Bit>,
    fourth: DFF<Bit>,
    low: DFF<Bit>,

    active: DFF<Bit>,
    /// Waits for a high line.
    stuck: DFF<Bit>,
    /// Which bit is sampled next, 0 is the start bit.
    place: DFF<Bits<4>>,
    phase: DFF<Bits<RATE_BITS>>,
    bits: DFF<Bits<8>>,
    strobe: DFF<Bit>,

    sum: Signal<Local, Bits<SUM_BITS>>,

    half: Fixed<RATE_BITS, { 1 << (RATE_BITS - 1) }>,
    whole: Fixed<SUM_BITS, { 1 << RATE_BITS }>,
    stop: Fixed<4, { BYTE_BITS as u64 - 1 }>,
}

impl Logic for Receiver {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, first, second, third, fourth, low, active, stuck, place, phase, bits,
            strobe
        );

        self.first.d.next = !self.rx.val();
        self.second.d.next = self.first.q.val();
        self.third.d.next = self.second.q.val();
        self.fourth.d.next = self.third.q.val();
        self.low.d.next = (self.second.q.val() & self.third.q.val())
            | (self.third.q.val() & self.fourth.q.val())
            | (self.second.q.val() & self.fourth.q.val());

        self.sum.next = bit_cast::<SUM_BITS, RATE_BITS>(self.phase.q.val())
            + bit_cast::<SUM_BITS, RATE_BITS>(self.increment.val());
        self.phase.d.next = self.sum.val().get_bits::<RATE_BITS>(0);
        self.strobe.d.next = false;
        if self.stuck.q.val() {
            self.stuck.d.next = self.low.q.val();
        } else if !self.active.q.val() {
            self.phase.d.next = self.half.val();
            self.place.d.next = 0.into();
            self.active.d.next = self.low.q.val();
        } else if self.sum.val() >= self.whole.val() {
            self.place.d.next = self.place.q.val() + 1;
            if self.place.q.val() == 0 {
                self.active.d.next = self.low.q.val();
            } else if self.place.q.val() == self.stop.val() {
                self.active.d.next = false;
                self.stuck.d.next = self.low.q.val();
                self.strobe.d.next = !self.low.q.val();
            } else {
                self.bits.d.next =
                    (self.bits.q.val() >> 1) | (bit_cast::<8, 1>((!self.low.q.val()).into()) << 7);
            }
        }
        if self.clear.val() {
            self.active.d.next = false;
            self.stuck.d.next = true;
            self.strobe.d.next = false;
        }

        self.valid.next = self.strobe.q.val();
        self.data.next = self.bits.q.val();
    }
}
