//! Tells the board around the link what became of each frame.

use super::fixed::Fixed;
use rowfuse_spec::frame::{ReplyStatus, KIND_RATE};
use rowfuse_spec::uart::RATE_BITS;
use rust_hdl::prelude::*;

/// Cycles from a reply's posting to its report.
pub const LATENCY: usize = 1;

/// One strobe for each reply, and the increment of an executed RATE; all registered.
#[derive(LogicBlock, Default)]
pub struct Report {
    /// The one clock.
    pub clock: Signal<In, Clock>,
    /// A reply is being posted.
    pub posted: Signal<In, Bit>,
    /// Its `ReplyStatus`.
    pub status: Signal<In, Bits<8>>,
    /// The request's kind.
    pub kind: Signal<In, Bits<8>>,
    /// The request's payload bytes 0 to 3.
    pub increment: Signal<In, Bits<32>>,
    /// Increment of the serial port's rate, valid with `rate_valid`.
    pub rate: Signal<Out, Bits<RATE_BITS>>,
    /// One cycle high: a RATE has been executed.
    pub rate_valid: Signal<Out, Bit>,
    /// One cycle high: a request has been executed.
    pub frame_good: Signal<Out, Bit>,
    /// One cycle high: a frame has been refused or was damaged.
    pub frame_bad: Signal<Out, Bit>,

    held_rate: DFF<Bits<RATE_BITS>>,
    held_rate_valid: DFF<Bit>,
    held_good: DFF<Bit>,
    held_bad: DFF<Bit>,

    done: Signal<Local, Bit>,

    kind_rate: Fixed<8, { KIND_RATE as u64 }>,
    ok: Fixed<8, { ReplyStatus::Ok as u64 }>,
}

impl Logic for Report {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, held_rate, held_rate_valid, held_good, held_bad);
        self.done.next = self.status.val() == self.ok.val();
        self.held_rate.d.next = self.increment.val().get_bits::<RATE_BITS>(0);
        self.held_rate_valid.d.next =
            self.posted.val() & self.done.val() & (self.kind.val() == self.kind_rate.val());
        self.held_good.d.next = self.posted.val() & self.done.val();
        self.held_bad.d.next = self.posted.val() & !self.done.val();
        self.rate.next = self.held_rate.q.val();
        self.rate_valid.next = self.held_rate_valid.q.val();
        self.frame_good.next = self.held_good.q.val();
        self.frame_bad.next = self.held_bad.q.val();
    }
}
