//! Executes requests: memory transfers and checksums, run, status, abort, rate, identity.

use super::check::{Action, RequestCheck};
use super::checksum::Checksum;
use super::fixed::Fixed;
use crate::memory::port::MAX_BURST;
use crate::memory::MemoryClient;
use rowfuse_spec::counters::NUM_COUNTERS;
use rowfuse_spec::frame::{Info, ReplyStatus, Status, CHECKSUM_BYTES, KIND_NAK, REPLY};
use rowfuse_spec::CONTRACT_VERSION;
use rust_hdl::prelude::*;

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum State {
    Idle,
    CheckLength,
    CheckRange,
    Decide,
    Answer,
    InfoWords,
    StatusBusy,
    StatusProgram,
    CounterSelect,
    CounterLow,
    CounterHigh,
    ReadRequest,
    ReadData,
    WritePrime,
    WriteRequest,
    WriteData,
    SumLow,
    SumHigh,
    Finish,
}

/// Takes frames from the deframer one at a time and posts one reply for each.
///
/// A frame is begun when the enframer can take its reply, so no state waits for the enframer. READ
/// answers before its data and streams them; WRITE answers when the last word is in memory, CHECKSUM when the last one is
/// read.
///
/// `counter_value` must show the counter of `counter_select` in the next cycle at the latest
/// (without a clock or through one register). `busy` must rise within eight cycles of `run`.
#[derive(LogicBlock, Default)]
pub struct Controller {
    /// The one clock.
    pub clock: Signal<In, Clock>,

    /// A frame waits to be executed.
    pub frame_valid: Signal<In, Bit>,
    /// Zero, or the `ReplyStatus` with which to refuse it unread.
    pub frame_refusal: Signal<In, Bits<8>>,
    /// Its kind.
    pub frame_kind: Signal<In, Bits<8>>,
    /// Its sequence number.
    pub frame_seq: Signal<In, Bits<8>>,
    /// Bytes of its payload.
    pub frame_length: Signal<In, Bits<11>>,
    /// Payload bytes 0 to 3.
    pub frame_address: Signal<In, Bits<32>>,
    /// Payload bytes 4 and 5.
    pub frame_count: Signal<In, Bits<16>>,
    /// Payload bytes 6 and 7.
    pub frame_reserved: Signal<In, Bits<16>>,
    /// The frame has been executed.
    pub frame_done: Signal<Out, Bit>,
    /// Reads a word of the frame's data at this clock edge.
    pub payload_enable: Signal<Out, Bit>,
    /// Which word.
    pub payload_address: Signal<Out, Bits<9>>,
    /// The word last read.
    pub payload_data: Signal<In, Bits<16>>,

    /// Posts a reply, only in cycles with `reply_ready`.
    pub reply_valid: Signal<Out, Bit>,
    /// There is room for a reply.
    pub reply_ready: Signal<In, Bit>,
    /// The reply's kind.
    pub reply_kind: Signal<Out, Bits<8>>,
    /// Its sequence number.
    pub reply_seq: Signal<Out, Bits<8>>,
    /// Its `ReplyStatus`.
    pub reply_status: Signal<Out, Bits<8>>,
    /// Bytes of its payload.
    pub reply_length: Signal<Out, Bits<11>>,
    /// Pushes a word of the reply's payload.
    pub word_valid: Signal<Out, Bit>,
    /// The word.
    pub word_data: Signal<Out, Bits<16>>,

    /// Port to the memory.
    pub mem: MemoryClient,

    /// One cycle high: start the program at `run_addr`.
    pub run: Signal<Out, Bit>,
    /// Word address of the program, valid with `run`.
    pub run_addr: Signal<Out, Bits<24>>,
    /// One cycle high: reset the engine.
    pub abort: Signal<Out, Bit>,
    /// One cycle high: reset the engine as soon as no request is being executed.
    pub reset: Signal<In, Bit>,
    /// A program is running.
    pub busy: Signal<In, Bit>,
    /// Status of the last program.
    pub program_status: Signal<In, Bits<16>>,
    /// Which counter to show.
    pub counter_select: Signal<Out, Bits<4>>,
    /// Its value.
    pub counter_value: Signal<In, Bits<32>>,

    /// `EngineConfig::id`.
    pub config_id: Signal<In, Bits<32>>,
    /// Hash of the sources.
    pub source_id: Signal<In, Bits<32>>,
    /// Output-channel lanes.
    pub lanes: Signal<In, Bits<16>>,
    /// External memory in KiB, at most 32768.
    pub memory_kib: Signal<In, Bits<32>>,

    state: DFF<State>,
    check: RequestCheck,
    status: DFF<Bits<8>>,
    /// Next word address, and words still to be requested.
    address: DFF<Bits<24>>,
    words_left: DFF<Bits<15>>,
    payload_place: DFF<Bits<9>>,
    /// Word of INFO, or counter of STATUS.
    index: DFF<Bits<4>>,
    high_half: DFF<Bits<16>>,
    push: DFF<Bit>,
    pushed_word: DFF<Bits<16>>,
    reset_asked: DFF<Bit>,
    /// Words read are summed instead of sent.
    summing: DFF<Bit>,
    sum: Checksum,

    burst: Signal<Local, Bits<15>>,

    contract_version: Fixed<16, { CONTRACT_VERSION as u64 }>,
    reply_bit: Fixed<8, { REPLY as u64 }>,
    kind_nak: Fixed<8, { KIND_NAK as u64 }>,
    ok: Fixed<8, { ReplyStatus::Ok as u64 }>,
    is_running: Fixed<8, { ReplyStatus::Busy as u64 }>,
    info_bytes: Fixed<11, { Info::BYTES as u64 }>,
    last_info_word: Fixed<4, { Info::BYTES as u64 / 2 - 1 }>,
    status_bytes: Fixed<11, { Status::BYTES as u64 }>,
    checksum_bytes: Fixed<11, { CHECKSUM_BYTES as u64 }>,
    last_counter: Fixed<4, { NUM_COUNTERS as u64 - 1 }>,
    max_burst: Fixed<15, { MAX_BURST as u64 }>,
}

impl Logic for Controller {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            state,
            status,
            address,
            words_left,
            payload_place,
            index,
            high_half,
            push,
            pushed_word,
            reset_asked,
            summing
        );
        clock!(self, clock, check, sum);
        self.check.refusal.next = self.frame_refusal.val();
        self.check.kind.next = self.frame_kind.val();
        self.check.length.next = self.frame_length.val();
        self.check.address.next = self.frame_address.val();
        self.check.count.next = self.frame_count.val();
        self.check.reserved.next = self.frame_reserved.val();
        self.check.memory_kib.next = self.memory_kib.val();

        self.frame_done.next = false;
        self.payload_enable.next = false;
        self.payload_address.next = self.payload_place.q.val();

        self.reply_valid.next = false;
        if self.frame_refusal.val() == self.ok.val() {
            self.reply_kind.next = self.frame_kind.val() | self.reply_bit.val();
        } else {
            self.reply_kind.next = self.kind_nak.val();
        }
        self.reply_seq.next = self.frame_seq.val();
        self.reply_status.next = self.status.q.val();
        match self.check.action.val() {
            Action::Info => self.reply_length.next = self.info_bytes.val(),
            Action::Status => self.reply_length.next = self.status_bytes.val(),
            Action::Read => {
                self.reply_length.next =
                    bit_cast::<11, 10>(self.check.words.val().get_bits::<10>(0)) << 1;
            }
            Action::Checksum => self.reply_length.next = self.checksum_bytes.val(),
            _ => self.reply_length.next = 0.into(),
        }
        // Words read go out as they come; the other sources push theirs below. One register keeps the
        // choice out of the way to the enframer's buffer.
        self.word_valid.next = self.push.q.val() & !self.summing.q.val();
        self.word_data.next = self.pushed_word.q.val();
        self.sum.clear.next = !self.summing.q.val();
        self.sum.enable.next = self.push.q.val();
        self.sum.word.next = self.pushed_word.q.val();
        self.push.d.next = self.mem.rd_valid.val();
        self.pushed_word.d.next = self.mem.rd_data.val();

        if self.words_left.q.val() > self.max_burst.val() {
            self.burst.next = self.max_burst.val();
        } else {
            self.burst.next = self.words_left.q.val();
        }
        self.mem.req_valid.next = false;
        self.mem.req_write.next = false;
        self.mem.req_addr.next = self.address.q.val();
        self.mem.req_len.next = self.burst.val().get_bits::<8>(0);
        self.mem.wr_data.next = self.payload_data.val();
        self.mem.wr_mask.next = 0.into();

        self.run.next = false;
        self.run_addr.next = self.address.q.val();
        self.abort.next = false;
        self.counter_select.next = self.index.q.val();
        if self.reset.val() {
            self.reset_asked.d.next = true;
        }

        match self.state.q.val() {
            State::Idle => {
                self.index.d.next = 0.into();
                self.payload_place.d.next = 0.into();
                if self.frame_valid.val() & self.reply_ready.val() {
                    self.state.d.next = State::CheckLength;
                }
                // Here, so that a RUN is never closer behind it than behind ABORT.
                if self.reset_asked.q.val() {
                    self.abort.next = true;
                    self.reset_asked.d.next = self.reset.val();
                }
            }
            // The check's verdict stands in `Decide`, its LATENCY after `Idle`.
            State::CheckLength => {
                self.state.d.next = State::CheckRange;
            }
            State::CheckRange => {
                self.address.d.next = self.frame_address.val().get_bits::<24>(1);
                self.state.d.next = State::Decide;
            }
            State::Decide => {
                self.words_left.d.next = self.check.words.val();
                self.status.d.next = self.check.status.val();
                self.state.d.next = State::Answer;
                match self.check.action.val() {
                    Action::Write => {
                        self.state.d.next = State::WritePrime;
                    }
                    Action::Run => {
                        if self.busy.val() {
                            self.status.d.next = self.is_running.val();
                        } else {
                            self.run.next = true;
                        }
                    }
                    Action::Abort => {
                        self.abort.next = true;
                    }
                    Action::Checksum => {
                        self.summing.d.next = true;
                        self.state.d.next = State::ReadRequest;
                    }
                    _ => {}
                }
            }
            State::Answer => {
                self.reply_valid.next = true;
                match self.check.action.val() {
                    Action::Info => {
                        self.state.d.next = State::InfoWords;
                    }
                    Action::Status => {
                        self.state.d.next = State::StatusBusy;
                    }
                    Action::Read => {
                        self.state.d.next = State::ReadRequest;
                    }
                    Action::Checksum => {
                        self.state.d.next = State::SumLow;
                    }
                    _ => {
                        self.state.d.next = State::Finish;
                    }
                }
            }
            State::InfoWords => {
                self.push.d.next = true;
                match self.index.q.val().index() {
                    0 => self.pushed_word.d.next = self.contract_version.val(),
                    1 => self.pushed_word.d.next = self.lanes.val(),
                    2 => self.pushed_word.d.next = self.config_id.val().get_bits::<16>(0),
                    3 => self.pushed_word.d.next = self.config_id.val().get_bits::<16>(16),
                    4 => self.pushed_word.d.next = self.source_id.val().get_bits::<16>(0),
                    5 => self.pushed_word.d.next = self.source_id.val().get_bits::<16>(16),
                    6 => self.pushed_word.d.next = self.memory_kib.val().get_bits::<16>(0),
                    _ => self.pushed_word.d.next = self.memory_kib.val().get_bits::<16>(16),
                }
                self.index.d.next = self.index.q.val() + 1;
                if self.index.q.val() == self.last_info_word.val() {
                    self.state.d.next = State::Finish;
                }
            }
            State::StatusBusy => {
                self.push.d.next = true;
                self.pushed_word.d.next = bit_cast::<16, 1>(self.busy.val().into());
                self.state.d.next = State::StatusProgram;
            }
            State::StatusProgram => {
                self.push.d.next = true;
                self.pushed_word.d.next = self.program_status.val();
                self.state.d.next = State::CounterSelect;
            }
            State::CounterSelect => {
                self.state.d.next = State::CounterLow;
            }
            // Both halves are taken at once: the counter may be running.
            State::CounterLow => {
                self.push.d.next = true;
                self.pushed_word.d.next = self.counter_value.val().get_bits::<16>(0);
                self.high_half.d.next = self.counter_value.val().get_bits::<16>(16);
                self.state.d.next = State::CounterHigh;
            }
            State::CounterHigh => {
                self.push.d.next = true;
                self.pushed_word.d.next = self.high_half.q.val();
                self.index.d.next = self.index.q.val() + 1;
                if self.index.q.val() == self.last_counter.val() {
                    self.state.d.next = State::Finish;
                } else {
                    self.state.d.next = State::CounterSelect;
                }
            }
            State::ReadRequest => {
                self.mem.req_valid.next = true;
                if self.mem.req_ready.val() {
                    self.state.d.next = State::ReadData;
                }
            }
            State::ReadData => {
                if self.mem.done.val() {
                    if self.words_left.q.val() != 0 {
                        self.state.d.next = State::ReadRequest;
                    } else if self.summing.q.val() {
                        self.state.d.next = State::Answer;
                    } else {
                        self.state.d.next = State::Finish;
                    }
                }
            }
            // The buffer always shows the next word to write: the first one from here on.
            State::WritePrime => {
                self.payload_enable.next = true;
                self.payload_place.d.next = 1.into();
                self.state.d.next = State::WriteRequest;
            }
            State::WriteRequest => {
                self.mem.req_valid.next = true;
                self.mem.req_write.next = true;
                if self.mem.req_ready.val() {
                    self.state.d.next = State::WriteData;
                }
            }
            State::WriteData => {
                if self.mem.wr_next.val() {
                    self.payload_enable.next = true;
                    self.payload_place.d.next = self.payload_place.q.val() + 1;
                }
                if self.mem.done.val() {
                    if self.words_left.q.val() == 0 {
                        self.state.d.next = State::Answer;
                    } else {
                        self.state.d.next = State::WriteRequest;
                    }
                }
            }
            // The last word, in its register during `Answer`, is in the sum now.
            State::SumLow => {
                self.push.d.next = true;
                self.pushed_word.d.next = self.sum.value.val().get_bits::<16>(0);
                self.high_half.d.next = self.sum.value.val().get_bits::<16>(16);
                self.summing.d.next = false;
                self.state.d.next = State::SumHigh;
            }
            State::SumHigh => {
                self.push.d.next = true;
                self.pushed_word.d.next = self.high_half.q.val();
                self.state.d.next = State::Finish;
            }
            State::Finish => {
                self.frame_done.next = true;
                self.state.d.next = State::Idle;
            }
            _ => {
                self.state.d.next = State::Idle;
            }
        }
        if self.mem.req_valid.val() & self.mem.req_ready.val() {
            self.address.d.next = self.address.q.val() + bit_cast::<24, 15>(self.burst.val());
            self.words_left.d.next = self.words_left.q.val() - self.burst.val();
        }
    }
}
