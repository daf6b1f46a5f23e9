//! Bytes of replies to words of whole blocks.

use crate::engine::fixed::Fixed as Value;
use crate::link::fixed::Fixed;
use rowfuse_spec::frame::{CRC_BYTES, HEADER_BYTES, MAX_PAYLOAD, SYNC};
use rowfuse_spec::pipes::{BLOCK_WORDS, FILL};
use rust_hdl::prelude::*;

/// Clocks from a word's second byte to the word.
pub const LATENCY: usize = 0;
/// Width of the time without a byte.
pub const QUIET_BITS: usize = 16;

/// Width of a word's place in its block.
const PLACE_BITS: usize = 8;
const _: () = assert!(BLOCK_WORDS == 1 << PLACE_BITS);
/// Width of a header byte's place, and of the bytes behind the header.
const HEADER_BITS: usize = 3;
const LEFT_BITS: usize = 11;
const _: () = assert!(HEADER_BYTES < 1 << HEADER_BITS && MAX_PAYLOAD + CRC_BYTES < 1 << LEFT_BITS);
/// Where the payload's length stands: the header's last two bytes.
const LENGTH_LOW: usize = HEADER_BYTES - 2;
const LENGTH_HIGH: usize = HEADER_BYTES - 1;

/// Packs bytes into words, low byte first, and fills the block that is begun once no byte has come for a while.
///
/// It follows the length in each frame's header, and fills behind a frame's last byte alone: nothing is filled in within a frame, however long it pauses.
/// A byte that comes while it fills goes before: the rest of the block is for that frame.
/// Golden model: the bytes in their order, and `rowfuse_spec::frame`.
#[derive(LogicBlock, Default)]
pub struct Packer {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// A byte for the host stands on `tx_data`.
    pub tx_valid: Signal<In, Bit>,
    /// The byte.
    pub tx_data: Signal<In, Bits<8>>,
    /// The byte is taken at this clock edge if `tx_valid` is high.
    pub tx_ready: Signal<Out, Bit>,
    /// There is room for a word.
    pub room: Signal<In, Bit>,
    /// `word` is complete at this clock edge; only with `room`.
    pub put: Signal<Out, Bit>,
    /// The word.
    pub word: Signal<Out, Bits<16>>,

    low: DFF<Bits<8>>,
    /// The low byte is there.
    half: DFF<Bit>,
    /// Words of the block so far.
    place: DFF<Bits<PLACE_BITS>>,
    /// Bytes of the header so far; none between frames.
    header: DFF<Bits<HEADER_BITS>>,
    length_low: DFF<Bits<8>>,
    /// Bytes to come behind the header.
    left: DFF<Bits<LEFT_BITS>>,
    quiet: DFF<Bits<QUIET_BITS>>,

    between: Signal<Local, Bit>,
    silent: Signal<Local, Bit>,
    filling: Signal<Local, Bit>,
    next_byte: Signal<Local, Bits<8>>,
    moves: Signal<Local, Bit>,
    arrives: Signal<Local, Bit>,
    length: Signal<Local, Bits<LEFT_BITS>>,

    patience: Value<QUIET_BITS>,
    fill: Fixed<8, { FILL as u64 }>,
    sync: Fixed<8, { SYNC as u64 }>,
    check: Fixed<LEFT_BITS, { CRC_BYTES as u64 }>,
    length_low_place: Fixed<HEADER_BITS, { LENGTH_LOW as u64 }>,
    length_high_place: Fixed<HEADER_BITS, { LENGTH_HIGH as u64 }>,
    header_end: Fixed<HEADER_BITS, { HEADER_BYTES as u64 }>,
}

impl Packer {
    /// Fills after so many clocks without a byte, fewer than 2¹⁶.
    pub fn new(fill_clocks: u64) -> Self {
        Self {
            patience: Value::new(fill_clocks),
            ..Default::default()
        }
    }
}

impl Logic for Packer {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, low, half, place, header, length_low, left, quiet);

        self.between.next = self.header.q.val() == 0;
        self.silent.next = self.quiet.q.val() == self.patience.value.val();
        if self.tx_valid.val() {
            self.quiet.d.next = 0.into();
        } else if !self.silent.val() {
            self.quiet.d.next = self.quiet.q.val() + 1;
        }
        self.filling.next =
            self.between.val() & self.silent.val() & (self.half.q.val() | self.place.q.val().any());

        self.tx_ready.next = self.room.val();
        self.arrives.next = self.tx_valid.val() & self.room.val();
        self.moves.next = (self.tx_valid.val() | self.filling.val()) & self.room.val();
        self.next_byte.next = self.fill.val();
        if self.tx_valid.val() {
            self.next_byte.next = self.tx_data.val();
        }

        self.put.next = self.moves.val() & self.half.q.val();
        self.word.next =
            bit_cast::<16, 8>(self.low.q.val()) | (bit_cast::<16, 8>(self.next_byte.val()) << 8);
        if self.moves.val() {
            self.half.d.next = !self.half.q.val();
            if self.half.q.val() {
                self.place.d.next = self.place.q.val() + 1;
            } else {
                self.low.d.next = self.next_byte.val();
            }
        }

        // Where the frame ends.
        self.length.next = bit_cast::<LEFT_BITS, 8>(self.length_low.q.val())
            | (bit_cast::<LEFT_BITS, 8>(self.tx_data.val()) << 8);
        if self.arrives.val() {
            if self.between.val() {
                if self.tx_data.val() == self.sync.val() {
                    self.header.d.next = 1.into();
                }
            } else if self.header.q.val() != self.header_end.val() {
                self.header.d.next = self.header.q.val() + 1;
                if self.header.q.val() == self.length_low_place.val() {
                    self.length_low.d.next = self.tx_data.val();
                }
                if self.header.q.val() == self.length_high_place.val() {
                    self.left.d.next = self.length.val() + self.check.val();
                }
            } else {
                self.left.d.next = self.left.q.val() - 1;
                if self.left.q.val() == 1 {
                    self.header.d.next = 0.into();
                }
            }
        }
    }
}
