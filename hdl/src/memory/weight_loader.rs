//! The weight unit: weight entries into the ring, parameters into their table.
use super::arbiter::OUTSTANDING;
use super::port::MemoryClient;
use crate::engine::delay_line::DelayLine;
use crate::engine::fixed::Fixed;
use rust_hdl::prelude::*;

/// Entries of a long burst; a short one is a single entry.
const BURST_ENTRIES: u64 = 4;
/// Channels of a long burst of parameters.
const BURST_CHANNELS: u64 = 16;
/// Clocks from an entry's last word to its being ready to read.
const READY_DELAY: usize = crate::engine::weight_buffer::WRITE_LATENCY as usize + 2;
/// Clocks after `clear` in which `group_free` and arrivals still belong to entries that are gone. No command starts in them.
const QUIET: u64 = {
    let free = crate::engine::sequencer::FREE_DELAY;
    (if free > READY_DELAY {
        free
    } else {
        READY_DELAY
    }) as u64
        + 1
};

/// Clocks behind a start or an accepted request in which the registers that describe the next burst are not up to date.
const PLAN_CLOCKS: u64 = 2;

/// States of the weight unit.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum WeightState {
    /// No command.
    Idle,
    /// Bursts are asked for as soon as there is room, and words arrive.
    Run,
    /// The last words settle.
    Settle,
}

/// Executes WEIGHTS and PARAMS.
///
/// The ring has `depth` entries. `reserved` counts entries asked for and not yet freed, `ready` those that can be read and are not used up;
/// Up to [`OUTSTANDING`] bursts are under way, so that the memory can go on without a pause; words come in order, and the arriving side counts entries alone.
/// `group_done` takes `cin` from `ready` and, later, `group_free` from `reserved`. `weights_ready` says `ready ≥ cin`.
#[derive(LogicBlock, Default)]
pub struct WeightLoader {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Stops at once and empties the ring.
    pub clear: Signal<In, Bit>,
    /// Begins a command.
    pub start: Signal<In, Bit>,
    /// The command is PARAMS.
    pub parameters: Signal<In, Bit>,
    /// Address field, words.
    pub address: Signal<In, Bits<24>>,
    /// WEIGHTS field.
    pub entries: Signal<In, Bits<16>>,
    /// PARAMS field.
    pub index: Signal<In, Bits<16>>,
    /// PARAMS field.
    pub count: Signal<In, Bits<16>>,
    /// Input channels of the running CONV: entries of a group.
    pub cin: Signal<In, Bits<16>>,
    /// A group's entries have been used.
    pub group_done: Signal<In, Bit>,
    /// A group's entries may be overwritten.
    pub group_free: Signal<In, Bit>,
    /// Memory.
    pub mem: MemoryClient,
    /// Weight buffer port.
    pub weight_write: Signal<Out, Bit>,
    /// Parameter buffer port.
    pub parameter_write: Signal<Out, Bit>,
    /// Entry or channel.
    pub write_address: Signal<Out, Bits<16>>,
    /// Word of it.
    pub write_word: Signal<Out, Bits<16>>,
    /// The word.
    pub write_data: Signal<Out, Bits<16>>,
    /// The running CONV's next group is in the ring.
    pub weights_ready: Signal<Out, Bit>,
    /// The command is complete.
    pub finished: Signal<Out, Bit>,
    state: DFF<WeightState>,
    ask_address: DFF<Bits<24>>,
    left: DFF<Bits<16>>,
    any_left: DFF<Bit>,
    /// Entries or channels still to arrive.
    to_come: DFF<Bits<16>>,
    plan: DFF<Bits<2>>,
    want: DFF<Bit>,
    bursts: DFF<Bits<2>>,
    tail: DFF<Bits<16>>,
    channel: DFF<Bits<16>>,
    word: DFF<Bits<16>>,
    // The next word is its item's last, and the item the command's.
    at_last_word: DFF<Bit>,
    at_last_item: DFF<Bit>,
    reserved: DFF<Bits<16>>,
    ready: DFF<Bits<16>>,
    ready_flag: DFF<Bit>,
    settle: DFF<Bits<8>>,
    quiet: DFF<Bits<8>>,
    write_r: DFF<Bit>,
    parameter_r: DFF<Bit>,
    address_r: DFF<Bits<16>>,
    word_r: DFF<Bits<16>>,
    data_r: DFF<Bits<16>>,
    landed: DelayLine,
    // The next burst: registers that follow `left` and `reserved` within PLAN_CLOCKS.
    room: DFF<Bits<16>>,
    allowed: DFF<Bit>,
    items: DFF<Bits<16>>,
    words: DFF<Bits<8>>,
    long: Signal<Local, Bit>,
    accepted: Signal<Local, Bit>,
    last_but_one: Signal<Local, Bits<16>>,
    item_end: Signal<Local, Bit>,
    reserve: Signal<Local, Bits<16>>,
    freed: Signal<Local, Bits<16>>,
    arrive: Signal<Local, Bits<16>>,
    consume: Signal<Local, Bits<16>>,
    depth: Fixed<16>,
    entry_last_but_one: Fixed<16>,
    entry_words: Fixed<8>,
    long_entries: Fixed<16>,
    long_entry_words: Fixed<8>,
    long_channels: Fixed<16>,
    long_channel_words: Fixed<8>,
    settle_start: Fixed<8>,
    plan_clocks: Fixed<2>,
    outstanding: Fixed<2>,
    quiet_start: Fixed<8>,
    counts: Signal<Local, Bit>,
}

impl WeightLoader {
    /// For a ring of `depth` entries of `entry_words` words.
    pub fn new(depth: u32, entry_words: u32) -> Self {
        let words = u64::from(entry_words);
        Self {
            landed: DelayLine::new(READY_DELAY),
            depth: Fixed::new(depth.into()),
            entry_last_but_one: Fixed::new(words - 2),
            entry_words: Fixed::new(words),
            long_entries: Fixed::new(BURST_ENTRIES),
            long_entry_words: Fixed::new(BURST_ENTRIES * words),
            long_channels: Fixed::new(BURST_CHANNELS),
            long_channel_words: Fixed::new(BURST_CHANNELS * 4),
            plan_clocks: Fixed::new(PLAN_CLOCKS),
            outstanding: Fixed::new(OUTSTANDING.into()),
            settle_start: Fixed::new(READY_DELAY as u64 + 1),
            quiet_start: Fixed::new(QUIET),
            ..Default::default()
        }
    }
}

impl Logic for WeightLoader {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            state,
            ask_address,
            left,
            any_left,
            to_come,
            plan,
            want,
            bursts,
            tail,
            channel,
            word,
            at_last_word,
            at_last_item,
            reserved,
            ready,
            ready_flag,
            settle,
            quiet,
            write_r,
            parameter_r,
            address_r,
            word_r,
            data_r,
            room,
            allowed,
            items,
            words
        );
        self.landed.clock.next = self.clock.val();

        // Size of the next burst, and whether the ring has room for it.
        self.room.d.next = self.depth.value.val() - self.reserved.q.val();
        if self.parameters.val() {
            self.long.next = self.left.q.val() >= self.long_channels.value.val();
            self.allowed.d.next = true;
            self.items.d.next = 1.into();
            self.words.d.next = 4.into();
            if self.long.val() {
                self.items.d.next = self.long_channels.value.val();
                self.words.d.next = self.long_channel_words.value.val();
            }
            self.last_but_one.next = 2.into();
        } else {
            self.long.next = (self.left.q.val() >= self.long_entries.value.val())
                & (self.room.q.val() >= self.long_entries.value.val());
            self.allowed.d.next = self.room.q.val().any();
            self.items.d.next = 1.into();
            self.words.d.next = self.entry_words.value.val();
            if self.long.val() {
                self.items.d.next = self.long_entries.value.val();
                self.words.d.next = self.long_entry_words.value.val();
            }
            self.last_but_one.next = self.entry_last_but_one.value.val();
        }
        self.mem.req_valid.next = self.want.q.val();
        self.mem.req_write.next = false;
        self.mem.req_addr.next = self.ask_address.q.val();
        self.mem.req_len.next = self.words.q.val();
        self.mem.wr_data.next = 0.into();
        self.mem.wr_mask.next = 0.into();
        self.accepted.next = self.mem.req_valid.val() & self.mem.req_ready.val();
        self.want.d.next = (self.state.q.val() == WeightState::Run)
            & !self.plan.q.val().any()
            & self.allowed.q.val()
            & self.any_left.q.val()
            & (self.bursts.q.val() != self.outstanding.value.val())
            & !self.accepted.val();

        // A word arrives: one register on its way to the buffers.
        self.write_r.d.next = self.mem.rd_valid.val() & !self.parameters.val();
        self.parameter_r.d.next = self.mem.rd_valid.val() & self.parameters.val();
        self.data_r.d.next = self.mem.rd_data.val();
        self.word_r.d.next = self.word.q.val();
        self.address_r.d.next = self.tail.q.val();
        if self.parameters.val() {
            self.address_r.d.next = self.index.val() + self.channel.q.val();
        }
        self.item_end.next = self.mem.rd_valid.val() & self.at_last_word.q.val();
        self.at_last_item.d.next = self.to_come.q.val() == 1;
        self.landed.strobe_in.next = self.item_end.val() & !self.parameters.val();
        self.finished.next = false;
        if self.mem.rd_valid.val() {
            self.word.d.next = self.word.q.val() + 1;
            self.at_last_word.d.next = self.word.q.val() == self.last_but_one.val();
        }
        if self.item_end.val() {
            self.word.d.next = 0.into();
            self.at_last_word.d.next = false;
            if self.parameters.val() {
                self.channel.d.next = self.channel.q.val() + 1;
            } else {
                self.tail.d.next = self.tail.q.val() + 1;
            }
        }
        // Asking: one burst after another, each planned from what the last one left.
        self.any_left.d.next = self.left.q.val().any();
        if self.plan.q.val().any() {
            self.plan.d.next = self.plan.q.val() - 1;
        }
        if self.accepted.val() {
            self.plan.d.next = self.plan_clocks.value.val();
            self.ask_address.d.next =
                self.ask_address.q.val() + bit_cast::<24, 8>(self.words.q.val());
            self.left.d.next = self.left.q.val() - self.items.q.val();
        }
        if self.accepted.val() & !self.mem.done.val() {
            self.bursts.d.next = self.bursts.q.val() + 1;
        }
        if self.mem.done.val() & !self.accepted.val() {
            self.bursts.d.next = self.bursts.q.val() - 1;
        }
        if self.item_end.val() {
            self.to_come.d.next = self.to_come.q.val() - 1;
        }
        match self.state.q.val() {
            WeightState::Idle => {}
            WeightState::Run => {
                if self.item_end.val() & self.at_last_item.q.val() {
                    self.state.d.next = WeightState::Settle;
                    self.settle.d.next = self.settle_start.value.val();
                }
            }
            WeightState::Settle => {
                self.settle.d.next = self.settle.q.val() - 1;
                if self.settle.q.val() == 1 {
                    self.finished.next = true;
                    self.state.d.next = WeightState::Idle;
                }
            }
            _ => {
                self.state.d.next = WeightState::Idle;
            }
        }
        if self.start.val() {
            self.state.d.next = WeightState::Run;
            self.plan.d.next = self.plan_clocks.value.val();
            self.ask_address.d.next = self.address.val();
            self.left.d.next = self.entries.val();
            self.to_come.d.next = self.entries.val();
            self.word.d.next = 0.into();
            self.at_last_word.d.next = false;
            self.channel.d.next = 0.into();
            if self.parameters.val() {
                self.left.d.next = self.count.val();
                self.to_come.d.next = self.count.val();
            }
        }

        // The ring's account.
        self.counts.next = !self.quiet.q.val().any();
        if self.quiet.q.val().any() {
            self.quiet.d.next = self.quiet.q.val() - 1;
        }
        self.reserve.next = 0.into();
        if self.accepted.val() & !self.parameters.val() {
            self.reserve.next = self.items.q.val();
        }
        self.freed.next = 0.into();
        if self.group_free.val() & self.counts.val() {
            self.freed.next = self.cin.val();
        }
        self.reserved.d.next = self.reserved.q.val() + self.reserve.val() - self.freed.val();
        self.arrive.next = 0.into();
        if self.landed.strobe_out.val() & self.counts.val() {
            self.arrive.next = 1.into();
        }
        self.consume.next = 0.into();
        if self.group_done.val() {
            self.consume.next = self.cin.val();
        }
        self.ready.d.next = self.ready.q.val() + self.arrive.val() - self.consume.val();
        // One clock late after an arrival, which only waits longer; cleared at once after use.
        self.ready_flag.d.next = (self.ready.q.val() >= self.cin.val()) & !self.group_done.val();
        self.weights_ready.next = self.ready_flag.q.val();

        self.weight_write.next = self.write_r.q.val();
        self.parameter_write.next = self.parameter_r.q.val();
        self.write_address.next = self.address_r.q.val();
        self.write_word.next = self.word_r.q.val();
        self.write_data.next = self.data_r.q.val();
        if self.clear.val() {
            self.state.d.next = WeightState::Idle;
            self.bursts.d.next = 0.into();
            self.want.d.next = false;
            self.reserved.d.next = 0.into();
            self.ready.d.next = 0.into();
            self.ready_flag.d.next = false;
            self.tail.d.next = 0.into();
            self.word.d.next = 0.into();
            self.at_last_word.d.next = false;
            self.write_r.d.next = false;
            self.parameter_r.d.next = false;
            self.quiet.d.next = self.quiet_start.value.val();
        }
    }
}
