//! The load unit: a feature map's sub-rows from memory into the line buffer.
use super::arbiter::OUTSTANDING;
use super::port::MemoryClient;
use crate::engine::fifo::Fifo;
use crate::engine::fixed::Fixed;
use crate::engine::ring_walker::RingWalker;
use rust_hdl::prelude::*;

/// Quads that the unit's queue holds.
const QUEUE: usize = 64;
/// Clocks behind a start or an accepted request in which the registers that describe the next burst are not up to date.
const PLAN_CLOCKS: u64 = 2;
/// Quads of a burst at most; the queue must have room for them before they are asked for.
const BURST_QUADS: u64 = 32;
/// Clocks that a command lasts after its last quad, so that all banks hold it.
const SETTLE: u64 = crate::engine::pixel_buffer::WRITE_LATENCY as u64 + 2;

/// Executes LOAD.
///
/// The asking side walks sub-row → group → bursts of up to 32 quads, with `gap` words behind each group; the writing side takes quads from a queue and addresses them, sub-row → group → sub-column → lane, whenever
/// the line buffer's write port is free (`port_free`). Behind a sub-block's last lane it leaves out a clock, in which the walkers move on: at least every
/// second clock takes a quad, which is what 16-bit words bring.
#[derive(LogicBlock, Default)]
pub struct Loader {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Stops at once.
    pub clear: Signal<In, Bit>,
    /// Begins a command.
    pub start: Signal<In, Bit>,
    /// LOAD field, words.
    pub address: Signal<In, Bits<24>>,
    /// LOAD field.
    pub sub_rows: Signal<In, Bits<16>>,
    /// LOAD field.
    pub groups: Signal<In, Bits<16>>,
    /// LOAD field.
    pub sub_cols: Signal<In, Bits<16>>,
    /// LOAD field.
    pub base: Signal<In, Bits<16>>,
    /// LOAD field.
    pub row_pitch: Signal<In, Bits<16>>,
    /// LOAD field.
    pub channel_stride: Signal<In, Bits<16>>,
    /// LOAD field.
    pub ring_end: Signal<In, Bits<16>>,
    /// LOAD field.
    pub row_address: Signal<In, Bits<16>>,
    /// LOAD field.
    pub row_bank: Signal<In, Bits<16>>,
    /// LOAD field, words.
    pub gap: Signal<In, Bits<16>>,
    /// The write port is not taken by results this clock.
    pub port_free: Signal<In, Bit>,
    /// Memory.
    pub mem: MemoryClient,
    /// A quad for the line buffer; the other pixel buffer ports follow.
    pub write: Signal<Out, Bit>,
    /// Pixels.
    pub quad: Signal<Out, Bits<32>>,
    /// Pixel buffer port.
    pub row0: Signal<Out, Bits<16>>,
    /// Pixel buffer port.
    pub row1: Signal<Out, Bits<16>>,
    /// Pixel buffer port.
    pub col0: Signal<Out, Bits<16>>,
    /// Pixel buffer port.
    pub col1: Signal<Out, Bits<16>>,
    /// Channel.
    pub channel: Signal<Out, Bits<16>>,
    /// Pixel buffer port.
    pub out_row_bank: Signal<Out, Bits<2>>,
    /// Pixel buffer port.
    pub col_bank: Signal<Out, Bits<2>>,
    /// A sub-row has been written.
    pub sub_row_done: Signal<Out, Bit>,
    /// The command is complete.
    pub finished: Signal<Out, Bit>,
    // Asking side.
    started: DFF<Bit>,
    asking: DFF<Bit>,
    plan: DFF<Bits<2>>,
    want: DFF<Bit>,
    bursts: DFF<Bits<2>>,
    /// Quads in the queue or on their way to it, and whether there is room for a burst more.
    promised: DFF<Bits<8>>,
    room: DFF<Bit>,
    ask_address: DFF<Bits<24>>,
    /// A group's last burst was accepted two clocks ago: the address moves on by `gap`, still within PLAN_CLOCKS.
    skip: DFF<Bit>,
    address_step: Signal<Local, Bits<16>>,
    ask_cols: DFF<Bits<16>>,
    ask_group: DFF<Bits<16>>,
    ask_row: DFF<Bits<16>>,
    // The next burst, and where the loops end: registers that follow the counters within PLAN_CLOCKS.
    burst_cols: DFF<Bits<16>>,
    ask_last_cols: DFF<Bit>,
    ask_last_group: DFF<Bit>,
    ask_last_row: DFF<Bit>,
    accepted_r: DFF<Bit>,
    last_group: DFF<Bits<16>>,
    last_row: DFF<Bits<16>>,
    last_col: DFF<Bits<16>>,
    burst_words: Signal<Local, Bits<16>>,
    burst_quads: Signal<Local, Bits<8>>,
    accepted: Signal<Local, Bit>,
    // Joining words to quads.
    low: DFF<Bits<16>>,
    half: DFF<Bit>,
    queue: Fifo<32>,
    // Writing side.
    writing: DFF<Bit>,
    lane: DFF<Bits<4>>,
    col: DFF<Bits<16>>,
    group: DFF<Bits<16>>,
    row: DFF<Bits<16>>,
    channel_base: DFF<Bits<16>>,
    settle: DFF<Bits<8>>,
    rows: RingWalker,
    cols: RingWalker,
    taken: Signal<Local, Bit>,
    lane_end: Signal<Local, Bit>,
    // The quad of a clock ago was its sub-block's last: the walkers move on in this clock, and no quad is taken.
    step: DFF<Bit>,
    at_last_col: DFF<Bit>,
    at_last_group: DFF<Bit>,
    at_last_row: DFF<Bit>,
    last_lane: Fixed<4>,
    lanes: Fixed<16>,
    max_cols: Fixed<16>,
    words_shift: Fixed<4>,
    room_level: Fixed<8>,
    plan_clocks: Fixed<2>,
    outstanding: Fixed<2>,
    settle_start: Fixed<8>,
    no_end: Fixed<16>,
}

impl Loader {
    /// For `lanes` channels a group.
    pub fn new(lanes: u32) -> Self {
        Self {
            queue: Fifo::new(QUEUE),
            lanes: Fixed::new(lanes.into()),
            last_lane: Fixed::new(u64::from(lanes - 1)),
            max_cols: Fixed::new(BURST_QUADS / u64::from(lanes)),
            words_shift: Fixed::new(u64::from(lanes.trailing_zeros() + 1)),
            room_level: Fixed::new(QUEUE as u64 - BURST_QUADS),
            plan_clocks: Fixed::new(PLAN_CLOCKS),
            outstanding: Fixed::new(OUTSTANDING.into()),
            settle_start: Fixed::new(SETTLE),
            no_end: Fixed::new(0xffff),
            ..Default::default()
        }
    }
}

impl Logic for Loader {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            started,
            asking,
            plan,
            want,
            bursts,
            promised,
            room,
            ask_address,
            skip,
            ask_cols,
            ask_group,
            ask_row,
            burst_cols,
            ask_last_cols,
            ask_last_group,
            ask_last_row,
            accepted_r,
            last_group,
            last_row,
            last_col,
            low,
            half,
            writing,
            lane,
            col,
            group,
            row,
            channel_base,
            step,
            at_last_col,
            at_last_group,
            at_last_row,
            settle
        );
        self.queue.clock.next = self.clock.val();
        self.queue.clear.next = self.clear.val();

        // Asking side: one burst at a time, and only into free room.
        self.last_col.d.next = self.sub_cols.val() - 1;
        self.last_group.d.next = self.groups.val() - 1;
        self.last_row.d.next = self.sub_rows.val() - 1;
        self.burst_cols.d.next = self.max_cols.value.val();
        self.ask_last_cols.d.next = self.ask_cols.q.val() <= self.max_cols.value.val();
        if self.ask_cols.q.val() < self.max_cols.value.val() {
            self.burst_cols.d.next = self.ask_cols.q.val();
        }
        self.ask_last_group.d.next = self.ask_group.q.val() == self.last_group.q.val();
        self.ask_last_row.d.next = self.ask_row.q.val() == self.last_row.q.val();
        self.burst_words.next = self.burst_cols.q.val() << self.words_shift.value.val();
        self.mem.req_valid.next = self.want.q.val();
        self.mem.req_write.next = false;
        self.mem.req_addr.next = self.ask_address.q.val();
        self.mem.req_len.next = self.burst_words.val().get_bits::<8>(0);
        self.mem.wr_data.next = 0.into();
        self.mem.wr_mask.next = 0.into();
        self.accepted.next = self.mem.req_valid.val() & self.mem.req_ready.val();
        self.want.d.next = self.asking.q.val()
            & !self.plan.q.val().any()
            & self.room.q.val()
            & (self.bursts.q.val() != self.outstanding.value.val())
            & self.burst_cols.q.val().any()
            & !self.accepted.val();
        self.accepted_r.d.next = self.accepted.val();
        if self.plan.q.val().any() {
            self.plan.d.next = self.plan.q.val() - 1;
        }
        if self.accepted.val() {
            self.plan.d.next = self.plan_clocks.value.val();
        }
        if self.accepted.val() & !self.mem.done.val() {
            self.bursts.d.next = self.bursts.q.val() + 1;
        }
        if self.mem.done.val() & !self.accepted.val() {
            self.bursts.d.next = self.bursts.q.val() - 1;
        }
        // One adder for both: the burst, and a clock later the gap behind a group.
        self.skip.d.next = self.accepted_r.q.val() & self.ask_last_cols.q.val();
        self.address_step.next = self.burst_words.val();
        if self.skip.q.val() {
            self.address_step.next = self.gap.val();
        }
        if self.accepted_r.q.val() | self.skip.q.val() {
            self.ask_address.d.next =
                self.ask_address.q.val() + bit_cast::<24, 16>(self.address_step.val());
        }
        if self.accepted_r.q.val() {
            self.ask_cols.d.next = self.ask_cols.q.val() - self.burst_cols.q.val();
            if self.ask_last_cols.q.val() {
                self.ask_cols.d.next = self.sub_cols.val();
                self.ask_group.d.next = self.ask_group.q.val() + 1;
                if self.ask_last_group.q.val() {
                    self.ask_group.d.next = 0.into();
                    self.ask_row.d.next = self.ask_row.q.val() + 1;
                    if self.ask_last_row.q.val() {
                        self.asking.d.next = false;
                    }
                }
            }
        }

        // Two words make a quad.
        self.queue.put.next = false;
        self.queue.data_in.next = bit_cast::<32, 16>(self.low.q.val())
            | (bit_cast::<32, 16>(self.mem.rd_data.val()) << 16);
        if self.mem.rd_valid.val() {
            self.half.d.next = !self.half.q.val();
            self.low.d.next = self.mem.rd_data.val();
            self.queue.put.next = self.half.q.val();
        }

        // Writing side.
        self.rows.clock.next = self.clock.val();
        self.rows.start.next = self.row_address.val();
        self.rows.start_bank.next = self.row_bank.val().get_bits::<2>(0);
        self.rows.base.next = self.base.val();
        self.rows.pitch.next = self.row_pitch.val();
        self.rows.ring_end.next = self.ring_end.val();
        self.rows.load.next = self.started.q.val();
        self.rows.step_one.next = false;
        self.rows.step_two.next = false;
        self.cols.clock.next = self.clock.val();
        self.cols.start.next = 0.into();
        self.cols.start_bank.next = 0.into();
        self.cols.base.next = 0.into();
        self.cols.pitch.next = self.channel_stride.val();
        self.cols.ring_end.next = self.no_end.value.val();
        self.cols.load.next = self.started.q.val();
        self.cols.step_one.next = false;
        self.cols.step_two.next = false;
        self.taken.next = self.writing.q.val()
            & self.queue.valid.val()
            & self.port_free.val()
            & !self.step.q.val();
        self.queue.take.next = self.taken.val();
        // Quads leave one at a time; a burst's are promised when it is accepted.
        self.burst_quads.next = 0.into();
        if self.accepted.val() {
            self.burst_quads.next = self.burst_words.val().get_bits::<8>(1);
        }
        self.promised.d.next = self.promised.q.val() + self.burst_quads.val()
            - bit_cast::<8, 1>(self.taken.val().into());
        self.room.d.next = self.promised.q.val() <= self.room_level.value.val();
        self.write.next = self.taken.val();
        self.quad.next = self.queue.data_out.val();
        self.row0.next = self.rows.a.val();
        self.row1.next = self.rows.b.val();
        self.col0.next = self.cols.a.val();
        self.col1.next = self.cols.b.val();
        self.channel.next = self.channel_base.q.val() + bit_cast::<16, 4>(self.lane.q.val());
        self.out_row_bank.next = self.rows.bank.val();
        self.col_bank.next = self.cols.bank.val();
        self.lane_end.next = self.taken.val() & (self.lane.q.val() == self.last_lane.value.val());
        self.step.d.next = self.lane_end.val();
        if self.taken.val() {
            self.lane.d.next = self.lane.q.val() + 1;
        }
        if self.lane_end.val() {
            self.lane.d.next = 0.into();
        }
        self.at_last_col.d.next = self.col.q.val() == self.last_col.q.val();
        self.at_last_group.d.next = self.group.q.val() == self.last_group.q.val();
        self.at_last_row.d.next = self.row.q.val() == self.last_row.q.val();
        self.sub_row_done.next = false;
        if self.step.q.val() {
            if self.at_last_col.q.val() {
                self.col.d.next = 0.into();
                self.cols.load.next = true;
                if self.at_last_group.q.val() {
                    self.group.d.next = 0.into();
                    self.channel_base.d.next = 0.into();
                    self.row.d.next = self.row.q.val() + 1;
                    self.rows.step_one.next = true;
                    self.sub_row_done.next = true;
                    if self.at_last_row.q.val() {
                        self.writing.d.next = false;
                        self.settle.d.next = self.settle_start.value.val();
                    }
                } else {
                    self.group.d.next = self.group.q.val() + 1;
                    self.channel_base.d.next = self.channel_base.q.val() + self.lanes.value.val();
                }
            } else {
                self.col.d.next = self.col.q.val() + 1;
                self.cols.step_one.next = true;
            }
        }
        self.finished.next = self.settle.q.val() == 1;
        if self.settle.q.val().any() {
            self.settle.d.next = self.settle.q.val() - 1;
        }
        self.started.d.next = self.start.val();
        if self.started.q.val() {
            self.asking.d.next = true;
            self.plan.d.next = self.plan_clocks.value.val();
        }
        if self.start.val() {
            self.writing.d.next = true;
            self.ask_address.d.next = self.address.val();
            self.ask_cols.d.next = self.sub_cols.val();
            self.ask_group.d.next = 0.into();
            self.ask_row.d.next = 0.into();
            self.half.d.next = false;
            self.lane.d.next = 0.into();
            self.col.d.next = 0.into();
            self.group.d.next = 0.into();
            self.row.d.next = 0.into();
            self.channel_base.d.next = 0.into();
        }
        if self.clear.val() {
            self.started.d.next = false;
            self.asking.d.next = false;
            self.bursts.d.next = 0.into();
            self.want.d.next = false;
            self.promised.d.next = 0.into();
            self.writing.d.next = false;
            self.step.d.next = false;
            self.accepted_r.d.next = false;
            self.skip.d.next = false;
            self.settle.d.next = 0.into();
        }
    }
}
