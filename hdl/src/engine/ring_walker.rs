//! Walks the addresses of consecutive padded sub-rows (or sub-columns) through a ring of banks modulo three.
use rust_hdl::prelude::*;

/// Line-buffer addresses of three consecutive padded sub-rows `S`, `S+1`, `S+2`.
///
/// Sub-row `S` lies in bank `S mod 3` and ring slot `(S div 3) mod D`; slots are `pitch` apart and the ring ends at `ring_end`.
/// So `a(S) = slot address`, and `a(S+3) = a(S) + pitch`, wrapped to `base`. `load` takes `start` and `start_bank` as `S`;
/// `step_one` and `step_two` move on by one or two sub-rows. All act at the clock edge; `load` wins. The sums are held in registers, which keeps the
/// adder and the comparison with `ring_end` apart: strobes come at least two clocks apart, and the other inputs are steady from a clock before `load`.
/// The same block walks columns, with `pitch` the channel stride and a `ring_end` that is never reached.
#[derive(LogicBlock, Default)]
pub struct RingWalker {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Starts at `start`.
    pub load: Signal<In, Bit>,
    /// Moves on by one.
    pub step_one: Signal<In, Bit>,
    /// Moves on by two.
    pub step_two: Signal<In, Bit>,
    /// Address of the first sub-row's slot.
    pub start: Signal<In, Bits<16>>,
    /// Bank of the first sub-row, `0..=2`.
    pub start_bank: Signal<In, Bits<2>>,
    /// Address of slot 0.
    pub base: Signal<In, Bits<16>>,
    /// Distance between slots.
    pub pitch: Signal<In, Bits<16>>,
    /// Address behind the last slot.
    pub ring_end: Signal<In, Bits<16>>,
    /// Slot address of sub-row `S`.
    pub a: Signal<Out, Bits<16>>,
    /// Slot address of sub-row `S+1`.
    pub b: Signal<Out, Bits<16>>,
    /// Slot address of sub-row `S+2`.
    pub c: Signal<Out, Bits<16>>,
    /// Bank of `S`.
    pub bank: Signal<Out, Bits<2>>,
    ra: DFF<Bits<16>>,
    rb: DFF<Bits<16>>,
    rc: DFF<Bits<16>>,
    rbank: DFF<Bits<2>>,
    start_sum: DFF<Bits<16>>,
    a_sum: DFF<Bits<16>>,
    b_sum: DFF<Bits<16>>,
    start_up: Signal<Local, Bits<16>>,
    a_up: Signal<Local, Bits<16>>,
    b_up: Signal<Local, Bits<16>>,
}

impl Logic for RingWalker {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, ra, rb, rc, rbank, start_sum, a_sum, b_sum);
        self.start_sum.d.next = self.start.val() + self.pitch.val();
        self.start_up.next = self.start_sum.q.val();
        if self.start_sum.q.val() == self.ring_end.val() {
            self.start_up.next = self.base.val();
        }
        self.a_sum.d.next = self.ra.q.val() + self.pitch.val();
        self.a_up.next = self.a_sum.q.val();
        if self.a_sum.q.val() == self.ring_end.val() {
            self.a_up.next = self.base.val();
        }
        self.b_sum.d.next = self.rb.q.val() + self.pitch.val();
        self.b_up.next = self.b_sum.q.val();
        if self.b_sum.q.val() == self.ring_end.val() {
            self.b_up.next = self.base.val();
        }
        if self.step_one.val() {
            self.ra.d.next = self.rb.q.val();
            self.rb.d.next = self.rc.q.val();
            self.rc.d.next = self.a_up.val();
            self.rbank.d.next = self.rbank.q.val() + 1;
            if self.rbank.q.val() == 2 {
                self.rbank.d.next = 0.into();
            }
        }
        if self.step_two.val() {
            self.ra.d.next = self.rc.q.val();
            self.rb.d.next = self.a_up.val();
            self.rc.d.next = self.b_up.val();
            self.rbank.d.next = self.rbank.q.val() - 1;
            if self.rbank.q.val() == 0 {
                self.rbank.d.next = 2.into();
            }
        }
        if self.load.val() {
            self.ra.d.next = self.start.val();
            self.rb.d.next = self.start.val();
            self.rc.d.next = self.start.val();
            if self.start_bank.val() == 1 {
                self.rc.d.next = self.start_up.val();
            }
            if self.start_bank.val() == 2 {
                self.rb.d.next = self.start_up.val();
                self.rc.d.next = self.start_up.val();
            }
            self.rbank.d.next = self.start_bank.val();
        }
        self.a.next = self.ra.q.val();
        self.b.next = self.rb.q.val();
        self.c.next = self.rc.q.val();
        self.bank.next = self.rbank.q.val();
    }
}
