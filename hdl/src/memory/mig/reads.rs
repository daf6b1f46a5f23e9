//! Read bursts: their accesses and their words.
use super::super::port::{ADDRESS_BITS, LENGTH_BITS, WORD_BITS};
use super::{LineBuffer, LINE_BITS, LINE_NUMBER_BITS};
use crate::engine::fifo::Fifo;
use rust_hdl::prelude::*;

/// Read bursts whose words are awaited.
const BURSTS: usize = 4;
/// Place of the first word and length of a burst.
const BURST_BITS: usize = 3 + LENGTH_BITS;

/// Asks for all lines of a burst, one a clock, and hands on the words of the bursts in their order, one a clock.
///
/// A line is asked for only if there is room for it, counted from the access that is taken to its last word. The next burst's lines are asked for
/// while words of the last one move.
#[derive(LogicBlock)]
pub struct MigReads {
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
    /// Nothing is left to be asked for or to be handed on, but for a word that is on `word` already.
    pub quiet: Signal<Out, Bit>,
    /// Writes come first: no access yet. Must not rise while an access stands.
    pub hold: Signal<In, Bit>,
    /// An access stands.
    pub command: Signal<Out, Bit>,
    /// It reads this line.
    pub line: Signal<Out, Bits<LINE_NUMBER_BITS>>,
    /// The access is taken at this edge.
    pub taken: Signal<In, Bit>,
    /// A line arrives, in the order of the accesses.
    pub line_valid: Signal<In, Bit>,
    /// The line.
    pub line_data: Signal<In, Bits<LINE_BITS>>,
    /// A word.
    pub word_valid: Signal<Out, Bit>,
    /// The word.
    pub word: Signal<Out, Bits<WORD_BITS>>,
    /// It is its burst's last.
    pub word_last: Signal<Out, Bit>,

    issuing: DFF<Bit>,
    line_next: DFF<Bits<LINE_NUMBER_BITS>>,
    lines_left: DFF<Bits<6>>,
    words_to_end: Signal<Local, Bits<9>>,
    fire: Signal<Local, Bit>,
    fire_last: Signal<Local, Bit>,

    bursts: Fifo<BURST_BITS>,
    buffer: LineBuffer,
    // Lines asked for, and of these those that have come.
    reserved: DFF<Bits<6>>,
    arrived: DFF<Bits<6>>,
    tail: DFF<Bits<5>>,
    head: DFF<Bits<5>>,

    active: DFF<Bit>,
    place: DFF<Bits<3>>,
    left: DFF<Bits<LENGTH_BITS>>,
    moves: Signal<Local, Bit>,
    ends: Signal<Local, Bit>,
    gives_line: Signal<Local, Bit>,
    load: Signal<Local, Bit>,
    valid: DFF<Bit>,
    last: DFF<Bit>,
}

impl Default for MigReads {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            start: Default::default(),
            address: Default::default(),
            length: Default::default(),
            free: Default::default(),
            quiet: Default::default(),
            hold: Default::default(),
            command: Default::default(),
            line: Default::default(),
            taken: Default::default(),
            line_valid: Default::default(),
            line_data: Default::default(),
            word_valid: Default::default(),
            word: Default::default(),
            word_last: Default::default(),
            issuing: Default::default(),
            line_next: Default::default(),
            lines_left: Default::default(),
            words_to_end: Default::default(),
            fire: Default::default(),
            fire_last: Default::default(),
            bursts: Fifo::new(BURSTS),
            buffer: Default::default(),
            reserved: Default::default(),
            arrived: Default::default(),
            tail: Default::default(),
            head: Default::default(),
            active: Default::default(),
            place: Default::default(),
            left: Default::default(),
            moves: Default::default(),
            ends: Default::default(),
            gives_line: Default::default(),
            load: Default::default(),
            valid: Default::default(),
            last: Default::default(),
        }
    }
}

impl Logic for MigReads {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, issuing, line_next, lines_left, reserved, arrived, tail, head, active,
            place, left, valid, last
        );
        clock!(self, clock, bursts, buffer);

        // Accesses: with a room for the line, one a clock.
        self.command.next =
            self.issuing.q.val() & !self.hold.val() & !self.reserved.q.val().get_bit(5);
        self.line.next = self.line_next.q.val();
        self.fire.next = self.command.val() & self.taken.val();
        self.fire_last.next = self.fire.val() & (self.lines_left.q.val() == 1);
        self.free.next =
            (!self.issuing.q.val() | self.fire_last.val()) & !self.bursts.level.val().get_bit(2);
        if self.fire.val() {
            self.line_next.d.next = self.line_next.q.val() + 1;
            self.lines_left.d.next = self.lines_left.q.val() - 1;
            self.issuing.d.next = !self.fire_last.val();
        }
        // From the beginning of its first line to the burst's end, and up to the next line's beginning.
        self.words_to_end.next = bit_cast::<9, LENGTH_BITS>(self.length.val())
            + bit_cast::<9, 3>(self.address.val().get_bits::<3>(0))
            + 7;
        if self.start.val() {
            self.issuing.d.next = true;
            self.line_next.d.next = self.address.val().get_bits::<LINE_NUMBER_BITS>(3);
            self.lines_left.d.next = self.words_to_end.val().get_bits::<6>(3);
        }
        self.bursts.clear.next = false;
        self.bursts.put.next = self.start.val();
        self.bursts.data_in.next = (bit_cast::<BURST_BITS, LENGTH_BITS>(self.length.val()) << 3)
            | bit_cast::<BURST_BITS, 3>(self.address.val().get_bits::<3>(0));

        // Words of the first burst, as soon as their lines are there.
        self.moves.next = self.active.q.val() & self.arrived.q.val().any();
        self.ends.next = self.moves.val() & (self.left.q.val() == 1);
        self.gives_line.next = self.ends.val() | (self.moves.val() & self.place.q.val().all());
        self.load.next = self.bursts.valid.val() & (!self.active.q.val() | self.ends.val());
        if self.moves.val() {
            self.place.d.next = self.place.q.val() + 1;
            self.left.d.next = self.left.q.val() - 1;
        }
        if self.ends.val() {
            self.active.d.next = false;
        }
        self.bursts.take.next = self.load.val();
        if self.load.val() {
            self.active.d.next = true;
            self.place.d.next = self.bursts.data_out.val().get_bits::<3>(0);
            self.left.d.next = self.bursts.data_out.val().get_bits::<LENGTH_BITS>(3);
        }
        self.quiet.next = !self.issuing.q.val() & !self.bursts.valid.val() & !self.active.q.val();

        // The room.
        if self.fire.val() & !self.gives_line.val() {
            self.reserved.d.next = self.reserved.q.val() + 1;
        }
        if !self.fire.val() & self.gives_line.val() {
            self.reserved.d.next = self.reserved.q.val() - 1;
        }
        if self.line_valid.val() & !self.gives_line.val() {
            self.arrived.d.next = self.arrived.q.val() + 1;
        }
        if !self.line_valid.val() & self.gives_line.val() {
            self.arrived.d.next = self.arrived.q.val() - 1;
        }
        if self.line_valid.val() {
            self.tail.d.next = self.tail.q.val() + 1;
        }
        if self.gives_line.val() {
            self.head.d.next = self.head.q.val() + 1;
        }
        self.buffer.write.next = self.line_valid.val();
        self.buffer.write_line.next = self.tail.q.val();
        self.buffer.line.next = self.line_data.val();
        self.buffer.read.next = self.moves.val();
        self.buffer.read_line.next = self.head.q.val();
        self.buffer.read_word.next = self.place.q.val();
        self.valid.d.next = self.moves.val();
        self.last.d.next = self.ends.val();
        self.word_valid.next = self.valid.q.val();
        self.word_last.next = self.last.q.val();
        self.word.next = self.buffer.word.val();
    }
}
