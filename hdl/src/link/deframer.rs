//! Finds requests in a stream of bytes and hands each over once its CRC has been checked.

use super::buffer::WordBuffer;
use super::crc::Crc32Step;
use super::fixed::Fixed;
use rowfuse_spec::crc32::{crc32_step, CRC32_INIT, CRC32_XOROUT};
use rowfuse_spec::frame::{ReplyStatus, MAX_PAYLOAD, SILENCE_CLOCKS, SYNC};
use rust_hdl::prelude::*;

/// The CRC register after a whole frame and its own CRC: the same for every good frame, so also for an
/// empty one.
const RESIDUE: u32 = {
    let crc = (CRC32_INIT ^ CRC32_XOROUT).to_le_bytes();
    let state = crc32_step(crc32_step(CRC32_INIT, crc[0]), crc[1]);
    crc32_step(crc32_step(state, crc[2]), crc[3])
};

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum State {
    Hunt,
    Kind,
    Seq,
    Status,
    LengthLow,
    LengthHigh,
    Payload,
    Check,
    Deliver,
}

/// Byte stream to requests.
///
/// A frame is handed over by `frame_valid`, with everything about it on the other `frame_` outputs;
/// they hold until `frame_done`. Meanwhile the next frame is received into the other half of the
/// payload buffer; only at its end does the stream wait (`rx_ready` low) if the first one is not done.
///
/// Nothing is handed over before the CRC is checked. A frame with a wrong CRC, or a header with too
/// long a length, is handed over as such in `frame_refusal`, to be answered but not executed. After
/// `SILENCE_CLOCKS` cycles in a row without a byte an unfinished frame is forgotten.
#[derive(LogicBlock, Default)]
pub struct Deframer {
    /// The one clock.
    pub clock: Signal<In, Clock>,
    /// A byte stands on `rx_data`.
    pub rx_valid: Signal<In, Bit>,
    /// The byte.
    pub rx_data: Signal<In, Bits<8>>,
    /// The byte is taken at this clock edge if `rx_valid` is high.
    pub rx_ready: Signal<Out, Bit>,
    /// A frame waits to be executed.
    pub frame_valid: Signal<Out, Bit>,
    /// Zero, or the `ReplyStatus` with which to refuse it unread: `BadCrc` or `BadLength`.
    pub frame_refusal: Signal<Out, Bits<8>>,
    /// Its kind.
    pub frame_kind: Signal<Out, Bits<8>>,
    /// Its sequence number.
    pub frame_seq: Signal<Out, Bits<8>>,
    /// Bytes of its payload.
    pub frame_length: Signal<Out, Bits<11>>,
    /// Payload bytes 0 to 3, if there are so many.
    pub frame_address: Signal<Out, Bits<32>>,
    /// Payload bytes 4 and 5, if there are so many.
    pub frame_count: Signal<Out, Bits<16>>,
    /// Payload bytes 6 and 7, if there are so many.
    pub frame_reserved: Signal<Out, Bits<16>>,
    /// The frame has been executed: hand over the next.
    pub frame_done: Signal<In, Bit>,
    /// Reads a word of the frame's payload behind the address at this clock edge.
    pub payload_enable: Signal<In, Bit>,
    /// Which word: 0 is payload bytes 4 and 5.
    pub payload_address: Signal<In, Bits<9>>,
    /// The word last read.
    pub payload_data: Signal<Out, Bits<16>>,

    state: DFF<State>,
    kind: DFF<Bits<8>>,
    seq: DFF<Bits<8>>,
    length: DFF<Bits<16>>,
    address_low: DFF<Bits<16>>,
    address_high: DFF<Bits<16>>,
    count: DFF<Bits<16>>,
    reserved: DFF<Bits<16>>,
    too_long: DFF<Bit>,
    /// Bytes of payload or CRC taken.
    place: DFF<Bits<11>>,
    even_byte: DFF<Bits<8>>,
    bank: DFF<Bit>,
    crc: DFF<Bits<32>>,
    silence: DFF<Bits<16>>,

    held_valid: DFF<Bit>,
    held_refusal: DFF<Bits<8>>,
    held_kind: DFF<Bits<8>>,
    held_seq: DFF<Bits<8>>,
    held_length: DFF<Bits<11>>,
    held_address_low: DFF<Bits<16>>,
    held_address_high: DFF<Bits<16>>,
    held_count: DFF<Bits<16>>,
    held_reserved: DFF<Bits<16>>,
    held_bank: DFF<Bit>,

    buffer: WordBuffer<10>,
    step: Crc32Step,

    take: Signal<Local, Bit>,
    new_length: Signal<Local, Bits<16>>,
    next_place: Signal<Local, Bits<11>>,
    word: Signal<Local, Bits<16>>,
    word_index: Signal<Local, Bits<10>>,
    data_index: Signal<Local, Bits<10>>,

    sync: Fixed<8, { SYNC as u64 }>,
    crc_init: Fixed<32, { CRC32_INIT as u64 }>,
    crc_residue: Fixed<32, { RESIDUE as u64 }>,
    max_payload: Fixed<16, { MAX_PAYLOAD as u64 }>,
    silence_limit: Fixed<16, { SILENCE_CLOCKS as u64 - 1 }>,
    bad_crc: Fixed<8, { ReplyStatus::BadCrc as u64 }>,
    bad_length: Fixed<8, { ReplyStatus::BadLength as u64 }>,
}

impl Logic for Deframer {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            state,
            kind,
            seq,
            length,
            address_low,
            address_high,
            count,
            reserved,
            too_long,
            place,
            even_byte,
            bank,
            crc,
            silence,
            held_valid,
            held_refusal,
            held_kind,
            held_seq,
            held_length,
            held_address_low,
            held_address_high,
            held_count,
            held_reserved,
            held_bank
        );
        clock!(self, clock, buffer);

        self.rx_ready.next = self.state.q.val() != State::Deliver;
        self.take.next = self.rx_valid.val() & (self.state.q.val() != State::Deliver);
        self.step.state.next = self.crc.q.val();
        self.step.data.next = self.rx_data.val();
        if self.take.val() {
            self.crc.d.next = self.step.result.val();
        }

        // Payload words: the first two are the address, the rest goes to the buffer as well.
        self.new_length.next = (bit_cast::<16, 8>(self.rx_data.val()) << 8) | self.length.q.val();
        self.next_place.next = self.place.q.val() + 1;
        self.word.next = (bit_cast::<16, 8>(self.rx_data.val()) << 8)
            | bit_cast::<16, 8>(self.even_byte.q.val());
        self.word_index.next = self.place.q.val().get_bits::<10>(1);
        self.data_index.next = self.word_index.val() - 2;
        self.buffer.write_enable.next = false;
        self.buffer.write_data.next = self.word.val();
        self.buffer.write_address.next = bit_cast::<10, 9>(self.data_index.val().get_bits::<9>(0))
            | (bit_cast::<10, 1>(self.bank.q.val().into()) << 9);

        // Silence within a frame.
        if self.take.val()
            | (self.state.q.val() == State::Hunt)
            | (self.state.q.val() == State::Deliver)
        {
            self.silence.d.next = 0.into();
        } else {
            self.silence.d.next = self.silence.q.val() + 1;
        }

        if self.frame_done.val() {
            self.held_valid.d.next = false;
        }

        match self.state.q.val() {
            State::Hunt => {
                self.crc.d.next = self.crc_init.val();
                self.place.d.next = 0.into();
                self.too_long.d.next = false;
                if self.take.val() & (self.rx_data.val() == self.sync.val()) {
                    self.state.d.next = State::Kind;
                }
            }
            State::Kind => {
                if self.take.val() {
                    self.kind.d.next = self.rx_data.val();
                    self.state.d.next = State::Seq;
                }
            }
            State::Seq => {
                if self.take.val() {
                    self.seq.d.next = self.rx_data.val();
                    self.state.d.next = State::Status;
                }
            }
            State::Status => {
                if self.take.val() {
                    self.state.d.next = State::LengthLow;
                }
            }
            State::LengthLow => {
                if self.take.val() {
                    self.length.d.next = bit_cast::<16, 8>(self.rx_data.val());
                    self.state.d.next = State::LengthHigh;
                }
            }
            State::LengthHigh => {
                if self.take.val() {
                    self.length.d.next = self.new_length.val();
                    if self.new_length.val() > self.max_payload.val() {
                        self.too_long.d.next = true;
                        self.state.d.next = State::Deliver;
                    } else if self.new_length.val() == 0 {
                        self.state.d.next = State::Check;
                    } else {
                        self.state.d.next = State::Payload;
                    }
                }
            }
            State::Payload => {
                if self.take.val() {
                    self.place.d.next = self.next_place.val();
                    if self.place.q.val().get_bit(0) {
                        self.buffer.write_enable.next = true;
                        match self.word_index.val().index() {
                            0 => {
                                self.address_low.d.next = self.word.val();
                                // The buffer index of the address has wrapped round: no data there.
                                self.buffer.write_enable.next = false;
                            }
                            1 => {
                                self.address_high.d.next = self.word.val();
                                self.buffer.write_enable.next = false;
                            }
                            2 => {
                                self.count.d.next = self.word.val();
                            }
                            3 => {
                                self.reserved.d.next = self.word.val();
                            }
                            _ => {}
                        }
                    } else {
                        self.even_byte.d.next = self.rx_data.val();
                    }
                    if bit_cast::<16, 11>(self.next_place.val()) == self.length.q.val() {
                        self.place.d.next = 0.into();
                        self.state.d.next = State::Check;
                    }
                }
            }
            State::Check => {
                if self.take.val() {
                    self.place.d.next = self.next_place.val();
                    if self.place.q.val() == 3 {
                        self.state.d.next = State::Deliver;
                    }
                }
            }
            State::Deliver => {
                if !self.held_valid.q.val() | self.frame_done.val() {
                    self.held_valid.d.next = true;
                    if self.too_long.q.val() {
                        self.held_refusal.d.next = self.bad_length.val();
                    } else if self.crc.q.val() == self.crc_residue.val() {
                        self.held_refusal.d.next = 0.into();
                    } else {
                        self.held_refusal.d.next = self.bad_crc.val();
                    }
                    self.held_kind.d.next = self.kind.q.val();
                    self.held_seq.d.next = self.seq.q.val();
                    self.held_length.d.next = self.length.q.val().get_bits::<11>(0);
                    self.held_address_low.d.next = self.address_low.q.val();
                    self.held_address_high.d.next = self.address_high.q.val();
                    self.held_count.d.next = self.count.q.val();
                    self.held_reserved.d.next = self.reserved.q.val();
                    self.held_bank.d.next = self.bank.q.val();
                    self.bank.d.next = !self.bank.q.val();
                    self.state.d.next = State::Hunt;
                }
            }
            _ => {
                self.state.d.next = State::Hunt;
            }
        }
        if !self.take.val() & (self.silence.q.val() == self.silence_limit.val()) {
            self.state.d.next = State::Hunt;
        }

        self.frame_valid.next = self.held_valid.q.val();
        self.frame_refusal.next = self.held_refusal.q.val();
        self.frame_kind.next = self.held_kind.q.val();
        self.frame_seq.next = self.held_seq.q.val();
        self.frame_length.next = self.held_length.q.val();
        self.frame_address.next = (bit_cast::<32, 16>(self.held_address_high.q.val()) << 16)
            | bit_cast::<32, 16>(self.held_address_low.q.val());
        self.frame_count.next = self.held_count.q.val();
        self.frame_reserved.next = self.held_reserved.q.val();
        self.buffer.read_enable.next = self.payload_enable.val();
        self.buffer.read_address.next = bit_cast::<10, 9>(self.payload_address.val())
            | (bit_cast::<10, 1>(self.held_bank.q.val().into()) << 9);
        self.payload_data.next = self.buffer.read_data.val();
    }
}
