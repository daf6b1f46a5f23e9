//! Write bursts: their words, and the accesses made of them.
use super::super::port::{ADDRESS_BITS, LENGTH_BITS, MASK_BITS, WORD_BITS};
use super::{LineCollector, LINE_BITS, LINE_BYTES, LINE_NUMBER_BITS};
use rust_hdl::prelude::*;

/// Takes the words of one burst, one a clock, and writes their lines: first a line's data, then its command.
///
/// The next line is collected meanwhile; only its last word waits until the one before has gone.
#[derive(LogicBlock, Default)]
pub struct MigWrites {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Takes a burst; only with `free`.
    pub start: Signal<In, Bit>,
    /// Its first word.
    pub address: Signal<In, Bits<ADDRESS_BITS>>,
    /// Its words, 1..=255.
    pub length: Signal<In, Bits<LENGTH_BITS>>,
    /// A burst can be taken at this edge.
    pub free: Signal<Out, Bit>,
    /// Words or lines wait.
    pub busy: Signal<Out, Bit>,
    /// The next word.
    pub word: Signal<In, Bits<WORD_BITS>>,
    /// Its bytes that are not to be written.
    pub word_mask: Signal<In, Bits<MASK_BITS>>,
    /// `word` is taken at this edge.
    pub word_next: Signal<Out, Bit>,
    /// It is its burst's last.
    pub word_last: Signal<Out, Bit>,
    /// A line's data stand.
    pub data_valid: Signal<Out, Bit>,
    /// They are taken at this edge.
    pub data_taken: Signal<In, Bit>,
    /// The data.
    pub data: Signal<Out, Bits<LINE_BITS>>,
    /// Their bytes that are not to be written.
    pub mask: Signal<Out, Bits<LINE_BYTES>>,
    /// A line's access stands; its data have been taken.
    pub command: Signal<Out, Bit>,
    /// It writes this line.
    pub line: Signal<Out, Bits<LINE_NUMBER_BITS>>,
    /// The access is taken at this edge.
    pub taken: Signal<In, Bit>,

    collecting: DFF<Bit>,
    line_now: DFF<Bits<LINE_NUMBER_BITS>>,
    place: DFF<Bits<3>>,
    left: DFF<Bits<LENGTH_BITS>>,
    collector: LineCollector,
    final_word: Signal<Local, Bit>,
    closes: Signal<Local, Bit>,
    moves: Signal<Local, Bit>,
    ends: Signal<Local, Bit>,

    data_waits: DFF<Bit>,
    command_waits: DFF<Bit>,
    line_out: DFF<Bits<LINE_NUMBER_BITS>>,
    waits: Signal<Local, Bit>,
}

impl Logic for MigWrites {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            collecting,
            line_now,
            place,
            left,
            data_waits,
            command_waits,
            line_out
        );
        self.collector.clock.next = self.clock.val();

        self.waits.next = self.data_waits.q.val() | self.command_waits.q.val();
        self.final_word.next = self.left.q.val() == 1;
        self.closes.next = self.final_word.val() | self.place.q.val().all();
        self.moves.next = self.collecting.q.val() & !(self.closes.val() & self.waits.val());
        self.ends.next = self.moves.val() & self.final_word.val();
        self.word_next.next = self.moves.val();
        self.word_last.next = self.ends.val();
        self.free.next = !self.collecting.q.val() | self.ends.val();
        self.busy.next = self.collecting.q.val() | self.waits.val();
        self.collector.put.next = self.moves.val();
        self.collector.close.next = self.closes.val();
        self.collector.place.next = self.place.q.val();
        self.collector.word.next = self.word.val();
        self.collector.word_mask.next = self.word_mask.val();
        if self.moves.val() {
            self.place.d.next = self.place.q.val() + 1;
            self.left.d.next = self.left.q.val() - 1;
            if self.closes.val() {
                self.line_now.d.next = self.line_now.q.val() + 1;
            }
        }
        if self.ends.val() {
            self.collecting.d.next = false;
        }
        if self.start.val() {
            self.collecting.d.next = true;
            self.line_now.d.next = self.address.val().get_bits::<LINE_NUMBER_BITS>(3);
            self.place.d.next = self.address.val().get_bits::<3>(0);
            self.left.d.next = self.length.val();
        }

        self.data_valid.next = self.data_waits.q.val();
        self.data.next = self.collector.data.val();
        self.mask.next = self.collector.mask.val();
        self.command.next = self.command_waits.q.val();
        self.line.next = self.line_out.q.val();
        if self.data_waits.q.val() & self.data_taken.val() {
            self.data_waits.d.next = false;
            self.command_waits.d.next = true;
        }
        if self.command_waits.q.val() & self.taken.val() {
            self.command_waits.d.next = false;
        }
        if self.moves.val() & self.closes.val() {
            self.data_waits.d.next = true;
            self.line_out.d.next = self.line_now.q.val();
        }
    }
}
