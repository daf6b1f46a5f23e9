//! The four counting semaphores that order loads, weights and compute.
use rust_hdl::prelude::*;

/// Four counters of 8 bits. `give` adds one and `take` subtracts one where their bit is set, at the clock edge; `clear` zeroes all.
///
/// A semaphore has one giving unit and one taking unit, so two strobes of one kind for the same counter never coincide; commands that break this
/// are refused before they are encoded. `available` shows which counters are above zero.
#[derive(LogicBlock, Default)]
pub struct Semaphores {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Zeroes all counters.
    pub clear: Signal<In, Bit>,
    /// Counters to add one to.
    pub give: Signal<In, Bits<4>>,
    /// Counters to subtract one from.
    pub take: Signal<In, Bits<4>>,
    /// Counters above zero.
    pub available: Signal<Out, Bits<4>>,
    count: [DFF<Bits<8>>; 4],
    positive: [Signal<Local, Bit>; 4],
}

impl Logic for Semaphores {
    #[hdl_gen]
    fn update(&mut self) {
        for i in 0..4 {
            self.count[i].clock.next = self.clock.val();
            self.count[i].d.next = self.count[i].q.val();
            if self.give.val().get_bit(i) & !self.take.val().get_bit(i) {
                self.count[i].d.next = self.count[i].q.val() + 1;
            }
            if self.take.val().get_bit(i) & !self.give.val().get_bit(i) {
                self.count[i].d.next = self.count[i].q.val() - 1;
            }
            if self.clear.val() {
                self.count[i].d.next = 0.into();
            }
            self.positive[i].next = self.count[i].q.val().any();
        }
        self.available.next = bit_cast::<4, 1>(self.positive[0].val().into())
            | (bit_cast::<4, 1>(self.positive[1].val().into()) << 1)
            | (bit_cast::<4, 1>(self.positive[2].val().into()) << 2)
            | (bit_cast::<4, 1>(self.positive[3].val().into()) << 3);
    }
}
