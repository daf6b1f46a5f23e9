//! Judges a request before anything is done about it.

use super::fixed::Fixed;
use rowfuse_spec::command::COMMAND_WORDS;
use rowfuse_spec::frame::{
    ReplyStatus, KIND_ABORT, KIND_CHECKSUM, KIND_INFO, KIND_RATE, KIND_READ, KIND_RUN, KIND_STATUS,
    KIND_WRITE, MAX_DATA,
};
use rowfuse_spec::uart::{MAX_INCREMENT, MIN_INCREMENT};
use rust_hdl::prelude::*;

/// Cycles from a change of [`RequestCheck`]'s inputs to its verdict.
pub const LATENCY: usize = 3;

/// Bytes of the address in front of a payload.
const ADDRESS_BYTES: usize = 4;
/// Bytes of the payload of READ and CHECKSUM: address, length, reserved.
const READ_BYTES: usize = 8;

/// What is to be done about a request.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum Action {
    /// Nothing: reply with the status.
    Refuse,
    /// Say who the board is.
    Info,
    /// Write the payload to memory.
    Write,
    /// Read from memory.
    Read,
    /// Start a program.
    Run,
    /// Say how far the program is.
    Status,
    /// Reset the engine.
    Abort,
    /// Change the serial port's rate.
    Rate,
    /// Read from memory, and answer with the CRC of what was read.
    Checksum,
}

/// The rules of `Request::decode`, for a board of a given memory. Whether RUN finds a program running
/// is not asked here.
///
/// Three free-running stages: kind and length; end of the transfer; verdict. With inputs held, the
/// verdict stands [`LATENCY`] cycles after they last changed.
#[derive(LogicBlock, Default)]
pub struct RequestCheck {
    /// The one clock.
    pub clock: Signal<In, Clock>,
    /// The deframer's refusal, zero for none.
    pub refusal: Signal<In, Bits<8>>,
    /// The request's kind.
    pub kind: Signal<In, Bits<8>>,
    /// Bytes of its payload.
    pub length: Signal<In, Bits<11>>,
    /// Its byte address, or RATE's increment.
    pub address: Signal<In, Bits<32>>,
    /// Length in bytes of READ and CHECKSUM.
    pub count: Signal<In, Bits<16>>,
    /// Their reserved half word.
    pub reserved: Signal<In, Bits<16>>,
    /// External memory of this board in KiB, at most 32768.
    pub memory_kib: Signal<In, Bits<32>>,
    /// What to do.
    pub action: Signal<Out, Action>,
    /// The `ReplyStatus` of the reply.
    pub status: Signal<Out, Bits<8>>,
    /// Words to move: 1..=512 for WRITE and READ, up to 32,767 for CHECKSUM.
    pub words: Signal<Out, Bits<15>>,

    first_action: DFF<Action>,
    first_status: DFF<Bits<8>>,
    first_words: DFF<Bits<15>>,
    second_action: DFF<Action>,
    second_status: DFF<Bits<8>>,
    second_words: DFF<Bits<15>>,
    end_word: DFF<Bits<25>>,
    limit: DFF<Bits<25>>,
    misplaced: DFF<Bit>,
    no_rate: DFF<Bit>,
    third_action: DFF<Action>,
    third_status: DFF<Bits<8>>,
    third_words: DFF<Bits<15>>,

    data_bytes: Signal<Local, Bits<11>>,
    uses_memory: Signal<Local, Bit>,

    kind_info: Fixed<8, { KIND_INFO as u64 }>,
    kind_write: Fixed<8, { KIND_WRITE as u64 }>,
    kind_read: Fixed<8, { KIND_READ as u64 }>,
    kind_run: Fixed<8, { KIND_RUN as u64 }>,
    kind_status: Fixed<8, { KIND_STATUS as u64 }>,
    kind_abort: Fixed<8, { KIND_ABORT as u64 }>,
    kind_rate: Fixed<8, { KIND_RATE as u64 }>,
    kind_checksum: Fixed<8, { KIND_CHECKSUM as u64 }>,
    ok: Fixed<8, { ReplyStatus::Ok as u64 }>,
    bad_length: Fixed<8, { ReplyStatus::BadLength as u64 }>,
    unknown_kind: Fixed<8, { ReplyStatus::UnknownKind as u64 }>,
    bad_address: Fixed<8, { ReplyStatus::BadAddress as u64 }>,
    bad_rate: Fixed<8, { ReplyStatus::BadRate as u64 }>,
    address_bytes: Fixed<11, { ADDRESS_BYTES as u64 }>,
    longest_write: Fixed<11, { (ADDRESS_BYTES + MAX_DATA) as u64 }>,
    read_bytes: Fixed<11, { READ_BYTES as u64 }>,
    max_data: Fixed<16, { MAX_DATA as u64 }>,
    min_increment: Fixed<32, { MIN_INCREMENT as u64 }>,
    max_increment: Fixed<32, { MAX_INCREMENT as u64 }>,
    command_words: Fixed<15, { COMMAND_WORDS as u64 }>,
}

impl Logic for RequestCheck {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            first_action,
            first_status,
            first_words,
            second_action,
            second_status,
            second_words,
            end_word,
            limit,
            misplaced,
            no_rate,
            third_action,
            third_status,
            third_words
        );

        // Stage one: kind and length.
        self.data_bytes.next = self.length.val() - self.address_bytes.val();
        self.first_action.d.next = Action::Refuse;
        self.first_status.d.next = self.bad_length.val();
        self.first_words.d.next = self.command_words.val();
        if self.refusal.val() != self.ok.val() {
            self.first_status.d.next = self.refusal.val();
        } else if self.kind.val() == self.kind_info.val() {
            if self.length.val() == 0 {
                self.first_action.d.next = Action::Info;
                self.first_status.d.next = self.ok.val();
            }
        } else if self.kind.val() == self.kind_write.val() {
            self.first_words.d.next = bit_cast::<15, 10>(self.data_bytes.val().get_bits::<10>(1));
            if (self.length.val() > self.address_bytes.val())
                & (self.length.val() <= self.longest_write.val())
                & !self.length.val().get_bit(0)
            {
                self.first_action.d.next = Action::Write;
                self.first_status.d.next = self.ok.val();
            }
        } else if self.kind.val() == self.kind_read.val() {
            self.first_words.d.next = self.count.val().get_bits::<15>(1);
            if (self.length.val() == self.read_bytes.val())
                & (self.reserved.val() == 0)
                & (self.count.val() != 0)
                & (self.count.val() <= self.max_data.val())
                & !self.count.val().get_bit(0)
            {
                self.first_action.d.next = Action::Read;
                self.first_status.d.next = self.ok.val();
            }
        } else if self.kind.val() == self.kind_checksum.val() {
            // Every even count is within CHECKSUM's limit.
            self.first_words.d.next = self.count.val().get_bits::<15>(1);
            if (self.length.val() == self.read_bytes.val())
                & (self.reserved.val() == 0)
                & (self.count.val() != 0)
                & !self.count.val().get_bit(0)
            {
                self.first_action.d.next = Action::Checksum;
                self.first_status.d.next = self.ok.val();
            }
        } else if self.kind.val() == self.kind_run.val() {
            if self.length.val() == self.address_bytes.val() {
                self.first_action.d.next = Action::Run;
                self.first_status.d.next = self.ok.val();
            }
        } else if self.kind.val() == self.kind_status.val() {
            if self.length.val() == 0 {
                self.first_action.d.next = Action::Status;
                self.first_status.d.next = self.ok.val();
            }
        } else if self.kind.val() == self.kind_abort.val() {
            if self.length.val() == 0 {
                self.first_action.d.next = Action::Abort;
                self.first_status.d.next = self.ok.val();
            }
        } else if self.kind.val() == self.kind_rate.val() {
            if self.length.val() == self.address_bytes.val() {
                self.first_action.d.next = Action::Rate;
                self.first_status.d.next = self.ok.val();
            }
        } else {
            self.first_status.d.next = self.unknown_kind.val();
        }

        // Stage two: where the transfer ends, where the memory ends, both in words.
        self.second_action.d.next = self.first_action.q.val();
        self.second_status.d.next = self.first_status.q.val();
        self.second_words.d.next = self.first_words.q.val();
        self.end_word.d.next = bit_cast::<25, 24>(self.address.val().get_bits::<24>(1))
            + bit_cast::<25, 15>(self.first_words.q.val());
        self.limit.d.next = bit_cast::<25, 16>(self.memory_kib.val().get_bits::<16>(0)) << 9;
        self.misplaced.d.next =
            self.address.val().get_bit(0) | (self.address.val().get_bits::<7>(25) != 0);
        self.no_rate.d.next = (self.address.val() < self.min_increment.val())
            | (self.address.val() > self.max_increment.val());

        // Stage three: the verdict.
        self.third_action.d.next = self.second_action.q.val();
        self.third_status.d.next = self.second_status.q.val();
        self.third_words.d.next = self.second_words.q.val();
        self.uses_memory.next = (self.second_action.q.val() == Action::Write)
            | (self.second_action.q.val() == Action::Read)
            | (self.second_action.q.val() == Action::Run)
            | (self.second_action.q.val() == Action::Checksum);
        if self.uses_memory.val()
            & (self.misplaced.q.val() | (self.end_word.q.val() > self.limit.q.val()))
        {
            self.third_action.d.next = Action::Refuse;
            self.third_status.d.next = self.bad_address.val();
        } else if (self.second_action.q.val() == Action::Rate) & self.no_rate.q.val() {
            self.third_action.d.next = Action::Refuse;
            self.third_status.d.next = self.bad_rate.val();
        }
        self.action.next = self.third_action.q.val();
        self.status.next = self.third_status.q.val();
        self.words.next = self.third_words.q.val();
    }
}
