//! Sends replies: header, payload words as they arrive, CRC.

use super::buffer::WordBuffer;
use super::crc::Crc32Step;
use super::fixed::Fixed;
use rowfuse_spec::crc32::{CRC32_INIT, CRC32_XOROUT};
use rowfuse_spec::frame::SYNC;
use rust_hdl::prelude::*;

// The CRC leaves by its low byte while the register shifts, each byte XORed with the same constant.
const _: () = assert!(CRC32_XOROUT == CRC32_XOROUT.rotate_right(8));

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum State {
    Sync,
    Kind,
    Seq,
    Status,
    LengthLow,
    LengthHigh,
    EvenByte,
    OddByte,
    Check,
}

/// Replies to a byte stream.
///
/// A reply is posted with `reply_valid` in a cycle with `reply_ready`; then its payload is pushed as
/// words, in that cycle at the earliest, at any pace and without back-pressure. The buffer holds 1024 words: as
/// no payload exceeds 512, the payload of one reply may be pushed while the previous one is still
/// being sent. `reply_ready` returns when the header is on its way.
///
/// Bytes pass two registers, so that neither the buffer's read nor the CRC lies behind the other.
#[derive(LogicBlock, Default)]
pub struct Enframer {
    /// The one clock.
    pub clock: Signal<In, Clock>,
    /// A reply is posted at this clock edge if `reply_ready` is high.
    pub reply_valid: Signal<In, Bit>,
    /// There is room for a reply.
    pub reply_ready: Signal<Out, Bit>,
    /// Its kind.
    pub reply_kind: Signal<In, Bits<8>>,
    /// Its sequence number.
    pub reply_seq: Signal<In, Bits<8>>,
    /// Its `ReplyStatus`.
    pub reply_status: Signal<In, Bits<8>>,
    /// Bytes of its payload: even, at most 1024.
    pub reply_length: Signal<In, Bits<11>>,
    /// Pushes a word of payload at this clock edge.
    pub word_valid: Signal<In, Bit>,
    /// The word; its low byte is sent first.
    pub word_data: Signal<In, Bits<16>>,
    /// A byte stands on `tx_data`; held until taken.
    pub tx_valid: Signal<Out, Bit>,
    /// The byte.
    pub tx_data: Signal<Out, Bits<8>>,
    /// The byte is taken at this clock edge if `tx_valid` is high.
    pub tx_ready: Signal<In, Bit>,

    state: DFF<State>,
    posted: DFF<Bit>,
    kind: DFF<Bits<8>>,
    seq: DFF<Bits<8>>,
    status: DFF<Bits<8>>,
    length: DFF<Bits<11>>,
    /// Words of payload to send after the one being sent.
    words_left: DFF<Bits<10>>,
    crc_byte: DFF<Bits<2>>,

    /// Words pushed, and those of them that the buffer's read port already shows.
    pushed: DFF<Bits<11>>,
    visible: DFF<Bits<11>>,
    popped: DFF<Bits<11>>,
    buffer: WordBuffer<10>,
    /// The word being sent, out of the buffer already: its read takes most of a clock.
    front_valid: DFF<Bit>,
    front: DFF<Bits<16>>,

    /// First register: a byte, or the place of a CRC byte.
    first_valid: DFF<Bit>,
    first_data: DFF<Bits<8>>,
    first_is_sync: DFF<Bit>,
    first_is_crc: DFF<Bit>,
    /// Second register: the output.
    second_valid: DFF<Bit>,
    second_data: DFF<Bits<8>>,
    crc: DFF<Bits<32>>,
    step: Crc32Step,

    second_free: Signal<Local, Bit>,
    first_free: Signal<Local, Bit>,
    front_free: Signal<Local, Bit>,
    checked: Signal<Local, Bits<32>>,

    sync: Fixed<8, { SYNC as u64 }>,
    crc_init: Fixed<32, { CRC32_INIT as u64 }>,
    crc_xorout: Fixed<32, { CRC32_XOROUT as u64 }>,
}

impl Logic for Enframer {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            state,
            posted,
            kind,
            seq,
            status,
            length,
            words_left,
            crc_byte,
            pushed,
            visible,
            popped,
            front_valid,
            front,
            first_valid,
            first_data,
            first_is_sync,
            first_is_crc,
            second_valid,
            second_data,
            crc
        );
        clock!(self, clock, buffer);

        // Post a reply, push its words.
        self.reply_ready.next = !self.posted.q.val();
        if self.reply_valid.val() & !self.posted.q.val() {
            self.posted.d.next = true;
            self.kind.d.next = self.reply_kind.val();
            self.seq.d.next = self.reply_seq.val();
            self.status.d.next = self.reply_status.val();
            self.length.d.next = self.reply_length.val();
        }
        self.buffer.write_enable.next = self.word_valid.val();
        self.buffer.write_address.next = self.pushed.q.val().get_bits::<10>(0);
        self.buffer.write_data.next = self.word_data.val();
        if self.word_valid.val() {
            self.pushed.d.next = self.pushed.q.val() + 1;
        }
        // A word can be read in the cycle after the one that wrote it.
        self.visible.d.next = self.pushed.q.val();
        self.buffer.read_enable.next = true;
        self.buffer.read_address.next = self.popped.q.val().get_bits::<10>(0);

        // Second register: the CRC follows the bytes.
        self.second_free.next = !self.second_valid.q.val() | self.tx_ready.val();
        self.step.state.next = self.crc.q.val();
        self.step.data.next = self.first_data.q.val();
        self.checked.next = self.crc.q.val() ^ self.crc_xorout.val();
        if self.second_free.val() {
            self.second_valid.d.next = self.first_valid.q.val();
            self.second_data.d.next = self.first_data.q.val();
            if self.first_valid.q.val() {
                if self.first_is_sync.q.val() {
                    self.crc.d.next = self.crc_init.val();
                } else if self.first_is_crc.q.val() {
                    self.second_data.d.next = self.checked.val().get_bits::<8>(0);
                    self.crc.d.next = self.crc.q.val() >> 8;
                } else {
                    self.crc.d.next = self.step.result.val();
                }
            }
        }
        self.tx_valid.next = self.second_valid.q.val();
        self.tx_data.next = self.second_data.q.val();

        // First register: the next byte of the frame.
        self.front_free.next = !self.front_valid.q.val();
        self.first_free.next = !self.first_valid.q.val() | self.second_free.val();
        if self.first_free.val() {
            self.first_valid.d.next = true;
            self.first_is_sync.d.next = false;
            self.first_is_crc.d.next = false;
            match self.state.q.val() {
                State::Sync => {
                    self.first_data.d.next = self.sync.val();
                    self.first_is_sync.d.next = true;
                    self.first_valid.d.next = self.posted.q.val();
                    if self.posted.q.val() {
                        self.state.d.next = State::Kind;
                    }
                }
                State::Kind => {
                    self.first_data.d.next = self.kind.q.val();
                    self.state.d.next = State::Seq;
                }
                State::Seq => {
                    self.first_data.d.next = self.seq.q.val();
                    self.state.d.next = State::Status;
                }
                State::Status => {
                    self.first_data.d.next = self.status.q.val();
                    self.state.d.next = State::LengthLow;
                }
                State::LengthLow => {
                    self.first_data.d.next = self.length.q.val().get_bits::<8>(0);
                    self.state.d.next = State::LengthHigh;
                }
                State::LengthHigh => {
                    self.first_data.d.next = bit_cast::<8, 3>(self.length.q.val().get_bits::<3>(8));
                    self.words_left.d.next = self.length.q.val().get_bits::<10>(1);
                    self.posted.d.next = false;
                    if self.length.q.val() == 0 {
                        self.state.d.next = State::Check;
                    } else {
                        self.state.d.next = State::EvenByte;
                    }
                }
                State::EvenByte => {
                    self.first_data.d.next = self.front.q.val().get_bits::<8>(0);
                    self.first_valid.d.next = self.front_valid.q.val();
                    if self.front_valid.q.val() {
                        self.words_left.d.next = self.words_left.q.val() - 1;
                        self.state.d.next = State::OddByte;
                    }
                }
                State::OddByte => {
                    self.first_data.d.next = self.front.q.val().get_bits::<8>(8);
                    self.front_free.next = true;
                    if self.words_left.q.val() == 0 {
                        self.state.d.next = State::Check;
                    } else {
                        self.state.d.next = State::EvenByte;
                    }
                }
                State::Check => {
                    self.first_data.d.next = 0.into();
                    self.first_is_crc.d.next = true;
                    self.crc_byte.d.next = self.crc_byte.q.val() + 1;
                    if self.crc_byte.q.val() == 3 {
                        self.state.d.next = State::Sync;
                    }
                }
                _ => {
                    self.first_valid.d.next = false;
                    self.state.d.next = State::Sync;
                }
            }
        }

        // The front word is replaced in the cycle that sends its odd byte. Two cycles pass between two
        // replacements, enough for the buffer to show the next word.
        if self.front_free.val() {
            self.front.d.next = self.buffer.read_data.val();
            if self.visible.q.val() == self.popped.q.val() {
                self.front_valid.d.next = false;
            } else {
                self.front_valid.d.next = true;
                self.popped.d.next = self.popped.q.val() + 1;
            }
        }
    }
}
