//! Reads the program from memory and hands each command to its unit's queue.
use super::fixed::Fixed;
use crate::memory::port::MemoryClient;
use rowfuse_spec::command::{
    COMMAND_WORDS, OP_CONV, OP_END, OP_LOAD, OP_PARAMS, OP_WEIGHTS, STATUS_INVALID,
};
use rust_hdl::prelude::*;

/// States of the fetcher.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum FetchState {
    /// No program.
    Idle,
    /// Waits for room in all queues, then for the memory.
    Ask,
    /// Words arrive.
    Transfer,
    /// END: waits until all units are idle.
    Finish,
}

/// Runs a program: from `run` to END, or to an opcode that does not exist.
///
/// A command is asked for only when every queue has room for a whole one, because its unit is known from its first word only. `busy` falls, and `program_status`
/// shows END's status, when all units are idle.
#[derive(LogicBlock, Default)]
pub struct Fetcher {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Drops the program.
    pub clear: Signal<In, Bit>,
    /// Starts a program.
    pub run: Signal<In, Bit>,
    /// Its word address.
    pub run_addr: Signal<In, Bits<24>>,
    /// Every queue has room for a command.
    pub room: Signal<In, Bit>,
    /// Every unit and queue is idle.
    pub units_idle: Signal<In, Bit>,
    /// Memory.
    pub mem: MemoryClient,
    /// Puts `word` into the load unit's queue.
    pub put_load: Signal<Out, Bit>,
    /// Puts `word` into the weight unit's queue.
    pub put_weight: Signal<Out, Bit>,
    /// Puts `word` into the compute unit's queue.
    pub put_compute: Signal<Out, Bit>,
    /// A word of the program.
    pub word: Signal<Out, Bits<16>>,
    /// A command has been fetched.
    pub command: Signal<Out, Bit>,
    /// A program runs.
    pub busy: Signal<Out, Bit>,
    /// Status of the last program.
    pub program_status: Signal<Out, Bits<16>>,
    state: DFF<FetchState>,
    address: DFF<Bits<24>>,
    // A command was asked for a clock ago.
    asked: DFF<Bit>,
    index: DFF<Bits<6>>,
    opcode: DFF<Bits<8>>,
    status: DFF<Bits<16>>,
    now: Signal<Local, Bits<8>>,
    op_load: Fixed<8>,
    op_weights: Fixed<8>,
    op_params: Fixed<8>,
    op_conv: Fixed<8>,
    op_end: Fixed<8>,
    command_words: Fixed<8>,
    status_invalid: Fixed<16>,
    status_word: Fixed<6>,
}

impl Fetcher {
    /// A fetcher for the commands of `rowfuse_spec::command`.
    pub fn new() -> Self {
        let (status_word, _) =
            super::command_registers::place(rowfuse_spec::command::END_FIELDS, "status");
        Self {
            op_load: Fixed::new(OP_LOAD.into()),
            op_weights: Fixed::new(OP_WEIGHTS.into()),
            op_params: Fixed::new(OP_PARAMS.into()),
            op_conv: Fixed::new(OP_CONV.into()),
            op_end: Fixed::new(OP_END.into()),
            command_words: Fixed::new(COMMAND_WORDS as u64),
            status_invalid: Fixed::new(STATUS_INVALID.into()),
            status_word: Fixed::new(status_word as u64),
            ..Default::default()
        }
    }
}

impl Logic for Fetcher {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, address, asked, index, opcode, status);
        self.mem.req_valid.next = false;
        self.mem.req_write.next = false;
        self.mem.req_addr.next = self.address.q.val();
        self.mem.req_len.next = self.command_words.value.val();
        self.mem.wr_data.next = 0.into();
        self.mem.wr_mask.next = 0.into();
        self.command.next = false;
        // The opcode is the low byte of the first word, and kept for the others.
        self.now.next = self.opcode.q.val();
        if !self.index.q.val().any() {
            self.now.next = self.mem.rd_data.val().get_bits::<8>(0);
        }
        self.word.next = self.mem.rd_data.val();
        self.put_load.next = self.mem.rd_valid.val() & (self.now.val() == self.op_load.value.val());
        self.put_weight.next = self.mem.rd_valid.val()
            & ((self.now.val() == self.op_weights.value.val())
                | (self.now.val() == self.op_params.value.val()));
        self.put_compute.next =
            self.mem.rd_valid.val() & (self.now.val() == self.op_conv.value.val());
        if self.asked.q.val() {
            self.address.d.next =
                self.address.q.val() + bit_cast::<24, 8>(self.command_words.value.val());
        }
        match self.state.q.val() {
            FetchState::Idle => {
                if self.run.val() {
                    self.address.d.next = self.run_addr.val();
                    self.index.d.next = 0.into();
                    self.status.d.next = 0.into();
                    self.state.d.next = FetchState::Ask;
                }
            }
            FetchState::Ask => {
                self.mem.req_valid.next = self.room.val();
                if self.mem.req_valid.val() & self.mem.req_ready.val() {
                    self.state.d.next = FetchState::Transfer;
                }
            }
            FetchState::Transfer => {
                if self.mem.rd_valid.val() {
                    self.opcode.d.next = self.now.val();
                    self.index.d.next = self.index.q.val() + 1;
                    if (self.now.val() == self.op_end.value.val())
                        & (self.index.q.val() == self.status_word.value.val())
                    {
                        self.status.d.next = self.mem.rd_data.val();
                    }
                }
                if self.mem.done.val() {
                    self.index.d.next = 0.into();
                    self.command.next = true;
                    self.state.d.next = FetchState::Ask;
                    if self.now.val() == self.op_end.value.val() {
                        self.state.d.next = FetchState::Finish;
                    } else {
                        if !self.put_load.val() & !self.put_weight.val() & !self.put_compute.val() {
                            self.status.d.next = self.status_invalid.value.val();
                            self.state.d.next = FetchState::Finish;
                        }
                    }
                }
            }
            FetchState::Finish => {
                if self.units_idle.val() {
                    self.state.d.next = FetchState::Idle;
                }
            }
            _ => {
                self.state.d.next = FetchState::Idle;
            }
        }
        self.asked.d.next = self.mem.req_valid.val() & self.mem.req_ready.val();
        if self.clear.val() {
            self.state.d.next = FetchState::Idle;
        }
        self.busy.next = self.state.q.val() != FetchState::Idle;
        self.program_status.next = self.status.q.val();
    }
}
