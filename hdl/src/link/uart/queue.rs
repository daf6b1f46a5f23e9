//! Bytes received that the link has not taken yet: one block RAM.

use super::super::buffer::WordBuffer;
use super::super::fixed::Fixed;
use rust_hdl::prelude::*;

/// Bytes the block RAM holds; one more is in front of it.
pub const DEPTH: usize = 1 << ADDRESS_BITS;
/// Cycles from `put` into an empty queue to `valid`.
pub const LATENCY: usize = 3;

const ADDRESS_BITS: usize = 10;
/// Width of a pointer: an address and a wrap bit.
const POINTER_BITS: usize = ADDRESS_BITS + 1;

/// First-in first-out queue of bytes that never waits: a byte put into a full queue is lost. It gives a byte every second cycle at most.
#[derive(LogicBlock, Default)]
pub struct ReceiveQueue {
    /// The one clock.
    pub clock: Signal<In, Clock>,
    /// Empties the queue; a byte put in the same cycle is lost.
    pub clear: Signal<In, Bit>,
    /// Stores `data_in` at this clock edge.
    pub put: Signal<In, Bit>,
    /// The byte to store.
    pub data_in: Signal<In, Bits<8>>,
    /// A byte stands on `data_out`; held until taken.
    pub valid: Signal<Out, Bit>,
    /// The oldest byte.
    pub data_out: Signal<Out, Bits<8>>,
    /// Removes the byte at this clock edge if `valid` is high.
    pub take: Signal<In, Bit>,

    /// Bytes put, and those of them that the buffer's read port already shows.
    pushed: DFF<Bits<POINTER_BITS>>,
    visible: DFF<Bits<POINTER_BITS>>,
    popped: DFF<Bits<POINTER_BITS>>,
    /// The read port shows the byte at `popped`.
    settled: DFF<Bit>,
    front_valid: DFF<Bit>,
    front: DFF<Bits<8>>,
    buffer: WordBuffer<ADDRESS_BITS>,

    level: Signal<Local, Bits<POINTER_BITS>>,
    pop: Signal<Local, Bit>,

    full: Fixed<POINTER_BITS, { DEPTH as u64 }>,
}

impl Logic for ReceiveQueue {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            pushed,
            visible,
            popped,
            settled,
            front_valid,
            front
        );
        clock!(self, clock, buffer);

        self.level.next = self.pushed.q.val() - self.popped.q.val();
        self.buffer.write_enable.next = false;
        self.buffer.write_address.next = self.pushed.q.val().get_bits::<ADDRESS_BITS>(0);
        self.buffer.write_data.next = bit_cast::<16, 8>(self.data_in.val());
        if self.put.val() & (self.level.val() != self.full.val()) {
            self.buffer.write_enable.next = true;
            self.pushed.d.next = self.pushed.q.val() + 1;
        }
        // A byte can be read in the cycle after the one that wrote it.
        self.visible.d.next = self.pushed.q.val();
        self.buffer.read_enable.next = true;
        self.buffer.read_address.next = self.popped.q.val().get_bits::<ADDRESS_BITS>(0);

        self.pop.next = (!self.front_valid.q.val() | self.take.val())
            & self.settled.q.val()
            & (self.visible.q.val() != self.popped.q.val());
        self.settled.d.next = !self.pop.val();
        if self.take.val() {
            self.front_valid.d.next = false;
        }
        if self.pop.val() {
            self.front_valid.d.next = true;
            self.front.d.next = self.buffer.read_data.val().get_bits::<8>(0);
            self.popped.d.next = self.popped.q.val() + 1;
        }
        if self.clear.val() {
            self.pushed.d.next = 0.into();
            self.visible.d.next = 0.into();
            self.popped.d.next = 0.into();
            self.settled.d.next = false;
            self.front_valid.d.next = false;
        }

        self.valid.next = self.front_valid.q.val();
        self.data_out.next = self.front.q.val();
    }
}
