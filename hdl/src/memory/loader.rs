//! The load unit: a feature map's sub-rows from memory into the line buffer.
use super::port::MemoryClient;
use crate::engine::fifo::Fifo;
use crate::engine::fixed::Fixed;
use crate::engine::ring_walker::RingWalker;
use rust_hdl::prelude::*;

/// Quads that the unit's queue holds.
const QUEUE: usize = 64;
/// Quads of a burst at most; the queue must have room for them before they are asked for.
const BURST_QUADS: u64 = 32;
/// Clocks that a command lasts after its last quad, so that all banks hold it.
const SETTLE: u64 = crate::engine::pixel_buffer::WRITE_LATENCY as u64 + 2;

/// Executes LOAD.
///
/// The asking side walks sub-row → group → bursts of up to 32 quads; the writing side takes quads from a queue and addresses them, sub-row → group → sub-column → lane, whenever
/// the line buffer's write port is free (`port_free`).
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
    asking: DFF<Bit>,
    transfer: DFF<Bit>,
    ask_address: DFF<Bits<24>>,
    ask_cols: DFF<Bits<16>>,
    ask_group: DFF<Bits<16>>,
    ask_row: DFF<Bits<16>>,
    burst_cols: Signal<Local, Bits<16>>,
    burst_words: Signal<Local, Bits<16>>,
    cols_after: Signal<Local, Bits<16>>,
    group_after: Signal<Local, Bits<16>>,
    row_after: Signal<Local, Bits<16>>,
    accepted: Signal<Local, Bit>,
    // Joining words to quads.
    low: DFF<Bits<16>>,
    half: DFF<Bit>,
    queue: Fifo<32>,
    // Writing side.
    writing: DFF<Bit>,
    lane: DFF<Bits<16>>,
    col: DFF<Bits<16>>,
    group: DFF<Bits<16>>,
    row: DFF<Bits<16>>,
    channel_base: DFF<Bits<16>>,
    settle: DFF<Bits<8>>,
    rows: RingWalker,
    cols: RingWalker,
    taken: Signal<Local, Bit>,
    lane_after: Signal<Local, Bits<16>>,
    col_after: Signal<Local, Bits<16>>,
    wgroup_after: Signal<Local, Bits<16>>,
    wrow_after: Signal<Local, Bits<16>>,
    lanes: Fixed<16>,
    max_cols: Fixed<16>,
    words_shift: Fixed<4>,
    room_level: Fixed<16>,
    settle_start: Fixed<8>,
    no_end: Fixed<16>,
}

impl Loader {
    /// For `lanes` channels a group.
    pub fn new(lanes: u32) -> Self {
        Self {
            queue: Fifo::new(QUEUE),
            lanes: Fixed::new(lanes.into()),
            max_cols: Fixed::new(BURST_QUADS / u64::from(lanes)),
            words_shift: Fixed::new(u64::from(lanes.trailing_zeros() + 1)),
            room_level: Fixed::new(QUEUE as u64 - BURST_QUADS),
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
            asking,
            transfer,
            ask_address,
            ask_cols,
            ask_group,
            ask_row,
            low,
            half,
            writing,
            lane,
            col,
            group,
            row,
            channel_base,
            settle
        );
        self.queue.clock.next = self.clock.val();
        self.queue.clear.next = self.clear.val();

        // Asking side: one burst at a time, and only into free room.
        self.burst_cols.next = self.max_cols.value.val();
        if self.ask_cols.q.val() < self.max_cols.value.val() {
            self.burst_cols.next = self.ask_cols.q.val();
        }
        self.burst_words.next = self.burst_cols.val() << self.words_shift.value.val();
        self.mem.req_valid.next = self.asking.q.val()
            & !self.transfer.q.val()
            & (self.queue.level.val() <= self.room_level.value.val());
        self.mem.req_write.next = false;
        self.mem.req_addr.next = self.ask_address.q.val();
        self.mem.req_len.next = self.burst_words.val().get_bits::<8>(0);
        self.mem.wr_data.next = 0.into();
        self.accepted.next = self.mem.req_valid.val() & self.mem.req_ready.val();
        self.cols_after.next = self.ask_cols.q.val() - self.burst_cols.val();
        self.group_after.next = self.ask_group.q.val() + 1;
        self.row_after.next = self.ask_row.q.val() + 1;
        if self.mem.done.val() {
            self.transfer.d.next = false;
        }
        if self.accepted.val() {
            self.transfer.d.next = true;
            self.ask_address.d.next =
                self.ask_address.q.val() + bit_cast::<24, 16>(self.burst_words.val());
            self.ask_cols.d.next = self.cols_after.val();
            if !self.cols_after.val().any() {
                self.ask_cols.d.next = self.sub_cols.val();
                self.ask_group.d.next = self.group_after.val();
                if self.group_after.val() == self.groups.val() {
                    self.ask_group.d.next = 0.into();
                    self.ask_row.d.next = self.row_after.val();
                    if self.row_after.val() == self.sub_rows.val() {
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
        self.rows.load.next = self.start.val();
        self.rows.step_one.next = false;
        self.rows.step_two.next = false;
        self.cols.clock.next = self.clock.val();
        self.cols.start.next = 0.into();
        self.cols.start_bank.next = 0.into();
        self.cols.base.next = 0.into();
        self.cols.pitch.next = self.channel_stride.val();
        self.cols.ring_end.next = self.no_end.value.val();
        self.cols.load.next = self.start.val();
        self.cols.step_one.next = false;
        self.cols.step_two.next = false;
        self.taken.next = self.writing.q.val() & self.queue.valid.val() & self.port_free.val();
        self.queue.take.next = self.taken.val();
        self.write.next = self.taken.val();
        self.quad.next = self.queue.data_out.val();
        self.row0.next = self.rows.a.val();
        self.row1.next = self.rows.b.val();
        self.col0.next = self.cols.a.val();
        self.col1.next = self.cols.b.val();
        self.channel.next = self.channel_base.q.val() + self.lane.q.val();
        self.out_row_bank.next = self.rows.bank.val();
        self.col_bank.next = self.cols.bank.val();
        self.lane_after.next = self.lane.q.val() + 1;
        self.col_after.next = self.col.q.val() + 1;
        self.wgroup_after.next = self.group.q.val() + 1;
        self.wrow_after.next = self.row.q.val() + 1;
        self.sub_row_done.next = false;
        if self.taken.val() {
            self.lane.d.next = self.lane_after.val();
            if self.lane_after.val() == self.lanes.value.val() {
                self.lane.d.next = 0.into();
                self.col.d.next = self.col_after.val();
                self.cols.step_one.next = true;
                if self.col_after.val() == self.sub_cols.val() {
                    self.col.d.next = 0.into();
                    self.cols.step_one.next = false;
                    self.cols.load.next = true;
                    self.group.d.next = self.wgroup_after.val();
                    self.channel_base.d.next = self.channel_base.q.val() + self.lanes.value.val();
                    if self.wgroup_after.val() == self.groups.val() {
                        self.group.d.next = 0.into();
                        self.channel_base.d.next = 0.into();
                        self.row.d.next = self.wrow_after.val();
                        self.rows.step_one.next = true;
                        self.sub_row_done.next = true;
                        if self.wrow_after.val() == self.sub_rows.val() {
                            self.writing.d.next = false;
                            self.settle.d.next = self.settle_start.value.val();
                        }
                    }
                }
            }
        }
        self.finished.next = self.settle.q.val() == 1;
        if self.settle.q.val().any() {
            self.settle.d.next = self.settle.q.val() - 1;
        }
        if self.start.val() {
            self.asking.d.next = true;
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
            self.asking.d.next = false;
            self.transfer.d.next = false;
            self.writing.d.next = false;
            self.settle.d.next = 0.into();
        }
    }
}
