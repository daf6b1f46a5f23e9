//! A queue from one clock domain to another.

use super::buffer::DualClockBuffer;
use super::synchroniser::{self, Synchroniser};
use rust_hdl::prelude::*;

/// Words that the queue holds.
pub const WORDS: usize = 1 << ADDRESS_BITS;
/// Width of a level: `0..=WORDS`.
pub const LEVEL_BITS: usize = ADDRESS_BITS + 1;
/// Edges of the other clock from the one at which a word moves to the level that shows it there, one more if it comes too late for the first.
pub const LATENCY: usize = synchroniser::LATENCY + 1;

const ADDRESS_BITS: usize = 10;

/// First-in first-out queue of 1024 words of 16 bits between two clocks of any ratio.
///
/// Each side counts its own words in a pointer with a wrap bit, sends it to the other as a Gray code from a register, and knows the other's as it was
/// some clocks ago: so the writer sees a level that is never too low, the reader one that is never too high. A word put into a full queue is
/// lost, and nothing is taken from an empty one; a level says so beforehand.
/// Golden model: `VecDeque`.
#[derive(LogicBlock, Default)]
pub struct DualClockFifo {
    /// The writer's clock, rising edge.
    pub write_clock: Signal<In, Clock>,
    /// Stores `data_in` at this edge of `write_clock`.
    pub put: Signal<In, Bit>,
    /// The word to store.
    pub data_in: Signal<In, Bits<16>>,
    /// Words held, as the writer knows it.
    pub write_level: Signal<Out, Bits<LEVEL_BITS>>,
    /// The reader's clock, rising edge.
    pub read_clock: Signal<In, Clock>,
    /// Removes the oldest word at this edge of `read_clock`.
    pub take: Signal<In, Bit>,
    /// The word last taken, from the edge that took it on.
    pub data_out: Signal<Out, Bits<16>>,
    /// There is a word to take: `read_level` is not zero.
    pub valid: Signal<Out, Bit>,
    /// Words held, as the reader knows it.
    pub read_level: Signal<Out, Bits<LEVEL_BITS>>,

    pushed: DFF<Bits<LEVEL_BITS>>,
    pushed_gray: DFF<Bits<LEVEL_BITS>>,
    popped: DFF<Bits<LEVEL_BITS>>,
    popped_gray: DFF<Bits<LEVEL_BITS>>,
    pushed_seen: Synchroniser<LEVEL_BITS>,
    popped_seen: Synchroniser<LEVEL_BITS>,
    pushed_known: DFF<Bits<LEVEL_BITS>>,
    popped_known: DFF<Bits<LEVEL_BITS>>,
    buffer: DualClockBuffer<ADDRESS_BITS>,

    held: Signal<Local, Bits<LEVEL_BITS>>,
    waiting: Signal<Local, Bits<LEVEL_BITS>>,
    some: Signal<Local, Bit>,
    pushed_next: Signal<Local, Bits<LEVEL_BITS>>,
    popped_next: Signal<Local, Bits<LEVEL_BITS>>,
    // A Gray code becomes a number by XORing each bit with all above it, twice as many at each step.
    pushed_by_two: Signal<Local, Bits<LEVEL_BITS>>,
    pushed_by_four: Signal<Local, Bits<LEVEL_BITS>>,
    pushed_by_eight: Signal<Local, Bits<LEVEL_BITS>>,
    popped_by_two: Signal<Local, Bits<LEVEL_BITS>>,
    popped_by_four: Signal<Local, Bits<LEVEL_BITS>>,
    popped_by_eight: Signal<Local, Bits<LEVEL_BITS>>,
}

impl Logic for DualClockFifo {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, write_clock, pushed, pushed_gray, popped_known);
        dff_setup!(self, read_clock, popped, popped_gray, pushed_known);
        clock!(self, write_clock, popped_seen);
        clock!(self, read_clock, pushed_seen);
        self.buffer.write_clock.next = self.write_clock.val();
        self.buffer.read_clock.next = self.read_clock.val();

        // The writer.
        self.popped_seen.d.next = self.popped_gray.q.val();
        self.popped_by_two.next = self.popped_seen.q.val() ^ (self.popped_seen.q.val() >> 1);
        self.popped_by_four.next = self.popped_by_two.val() ^ (self.popped_by_two.val() >> 2);
        self.popped_by_eight.next = self.popped_by_four.val() ^ (self.popped_by_four.val() >> 4);
        self.popped_known.d.next = self.popped_by_eight.val() ^ (self.popped_by_eight.val() >> 8);
        self.held.next = self.pushed.q.val() - self.popped_known.q.val();
        self.write_level.next = self.held.val();
        self.buffer.write_enable.next = false;
        self.buffer.write_address.next = self.pushed.q.val().get_bits::<ADDRESS_BITS>(0);
        self.buffer.write_data.next = self.data_in.val();
        self.pushed_next.next = self.pushed.q.val();
        if self.put.val() & !self.held.val().get_bit(10) {
            self.buffer.write_enable.next = true;
            self.pushed_next.next = self.pushed.q.val() + 1;
        }
        self.pushed.d.next = self.pushed_next.val();
        self.pushed_gray.d.next = self.pushed_next.val() ^ (self.pushed_next.val() >> 1);

        // The reader.
        self.pushed_seen.d.next = self.pushed_gray.q.val();
        self.pushed_by_two.next = self.pushed_seen.q.val() ^ (self.pushed_seen.q.val() >> 1);
        self.pushed_by_four.next = self.pushed_by_two.val() ^ (self.pushed_by_two.val() >> 2);
        self.pushed_by_eight.next = self.pushed_by_four.val() ^ (self.pushed_by_four.val() >> 4);
        self.pushed_known.d.next = self.pushed_by_eight.val() ^ (self.pushed_by_eight.val() >> 8);
        self.waiting.next = self.pushed_known.q.val() - self.popped.q.val();
        self.read_level.next = self.waiting.val();
        self.some.next = self.pushed_known.q.val() != self.popped.q.val();
        self.valid.next = self.some.val();
        self.buffer.read_enable.next = false;
        self.buffer.read_address.next = self.popped.q.val().get_bits::<ADDRESS_BITS>(0);
        self.data_out.next = self.buffer.read_data.val();
        self.popped_next.next = self.popped.q.val();
        if self.take.val() & self.some.val() {
            self.buffer.read_enable.next = true;
            self.popped_next.next = self.popped.q.val() + 1;
        }
        self.popped.d.next = self.popped_next.val();
        self.popped_gray.d.next = self.popped_next.val() ^ (self.popped_next.val() >> 1);
    }
}
