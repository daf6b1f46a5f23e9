//! The compute unit's loop nest: group → tile row → tile column → input channel, one channel a clock.
use super::delay_line::DelayLine;
use super::fixed::Fixed;
use super::ring_walker::RingWalker;
use rust_hdl::prelude::*;

/// Clocks that freed weight entries wait before they may be overwritten, so that their last read is over.
pub const FREE_DELAY: usize = 16;

/// Clocks that a command lasts after its last result was addressed, so that all banks hold it.
const SETTLE: u64 = super::pixel_buffer::WRITE_LATENCY as u64 + 2;

/// States of the loop nest.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum SequencerState {
    /// No command.
    Idle,
    /// Walkers load their starts.
    Prepare,
    /// Channels are issued.
    Run,
    /// All is issued; results are on their way.
    Drain,
}

/// Issues lane addresses, masks and strobes to the datapath.
///
/// A clock issues channel `c` of the current tile. A tile's first channel waits for the interval (`6·lanes` clocks after the last tile's start),
/// for room in the output (`output_full`), and, in a group's first tile, for `weights_ready`; the three stall strobes say which. Outputs are registered twice:
/// latency from issue to `address` is two clocks. All ports named like fields of CONV are steady while it runs.
#[derive(LogicBlock, Default)]
pub struct Sequencer {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Stops at once.
    pub clear: Signal<In, Bit>,
    /// Begins a command.
    pub start: Signal<In, Bit>,
    /// All results have reached their place.
    pub outputs_done: Signal<In, Bit>,
    /// CONV field.
    pub cin: Signal<In, Bits<16>>,
    /// CONV field.
    pub groups: Signal<In, Bits<16>>,
    /// CONV field.
    pub tile_rows: Signal<In, Bits<16>>,
    /// CONV field.
    pub tile_cols: Signal<In, Bits<16>>,
    /// CONV field.
    pub in_base: Signal<In, Bits<16>>,
    /// CONV field.
    pub in_row_pitch: Signal<In, Bits<16>>,
    /// CONV field.
    pub in_channel_stride: Signal<In, Bits<16>>,
    /// CONV field.
    pub in_ring_end: Signal<In, Bits<16>>,
    /// CONV field.
    pub in_row_address: Signal<In, Bits<16>>,
    /// CONV field.
    pub in_row_bank: Signal<In, Bits<16>>,
    /// CONV field.
    pub first_row: Signal<In, Bits<16>>,
    /// CONV field.
    pub height: Signal<In, Bits<16>>,
    /// CONV field.
    pub width: Signal<In, Bits<16>>,
    /// At least `cin` entries are in the weight ring.
    pub weights_ready: Signal<In, Bit>,
    /// No further tile may start.
    pub output_full: Signal<In, Bit>,
    /// Nine lane addresses, one a bank.
    pub address: [Signal<Out, Bits<16>>; 9],
    /// Weight entry.
    pub weight_address: Signal<Out, Bits<16>>,
    /// An input channel is issued.
    pub enable: Signal<Out, Bit>,
    /// It is its tile's last.
    pub last: Signal<Out, Bit>,
    /// Bank of the window's first sub-row.
    pub row_bank: Signal<Out, Bits<2>>,
    /// Bank of the window's first sub-column.
    pub col_bank: Signal<Out, Bits<2>>,
    /// Window row `i` lies inside the map.
    pub row_inside: Signal<Out, Bits<6>>,
    /// Window column `j` lies inside the map.
    pub col_inside: Signal<Out, Bits<6>>,
    /// A group's entries leave the ring's ready count.
    pub group_done: Signal<Out, Bit>,
    /// The same, when they may be overwritten.
    pub group_free: Signal<Out, Bit>,
    /// The command is complete.
    pub finished: Signal<Out, Bit>,
    /// A channel is issued this clock.
    pub issued: Signal<Out, Bit>,
    /// A tile begins.
    pub tile: Signal<Out, Bit>,
    /// Stall strobe: weights.
    pub stall_weights: Signal<Out, Bit>,
    /// Stall strobe: output.
    pub stall_output: Signal<Out, Bit>,
    /// Stall strobe: tile interval.
    pub stall_interval: Signal<Out, Bit>,
    state: DFF<SequencerState>,
    c: DFF<Bits<16>>,
    tx: DFF<Bits<16>>,
    ty: DFF<Bits<16>>,
    group: DFF<Bits<16>>,
    interval: DFF<Bits<8>>,
    new_group: DFF<Bit>,
    settle: DFF<Bits<8>>,
    weight_base: DFF<Bits<16>>,
    rows_left: DFF<Bits<16>>,
    cols_left: DFF<Bits<16>>,
    top: DFF<Bit>,
    left: DFF<Bit>,
    rows: RingWalker,
    cols: RingWalker,
    free: DelayLine,
    // Last values of the counters, kept in registers to shorten the comparisons.
    last_c: DFF<Bits<16>>,
    last_tx: DFF<Bits<16>>,
    last_ty: DFF<Bits<16>>,
    last_group: DFF<Bits<16>>,
    // First pipeline register.
    sums: [DFF<Bits<16>>; 9],
    first_b: DFF<Bit>,
    enable_b: DFF<Bit>,
    last_b: DFF<Bit>,
    row_bank_b: DFF<Bits<2>>,
    col_bank_b: DFF<Bits<2>>,
    row_inside_b: DFF<Bits<6>>,
    col_inside_b: DFF<Bits<6>>,
    weight_b: DFF<Bits<16>>,
    // Second pipeline register.
    addresses: [DFF<Bits<16>>; 9],
    enable_c: DFF<Bit>,
    last_c_strobe: DFF<Bit>,
    row_bank_c: DFF<Bits<2>>,
    col_bank_c: DFF<Bits<2>>,
    row_inside_c: DFF<Bits<6>>,
    col_inside_c: DFF<Bits<6>>,
    weight_c: DFF<Bits<16>>,
    issue: Signal<Local, Bit>,
    at_start: Signal<Local, Bit>,
    tile_end: Signal<Local, Bit>,
    row_base: [Signal<Local, Bits<16>>; 3],
    col_base: [Signal<Local, Bits<16>>; 3],
    not_top: Signal<Local, Bit>,
    not_left: Signal<Local, Bit>,
    interval_start: Fixed<8>,
    settle_end: Fixed<8>,
    no_end: Fixed<16>,
}

impl Sequencer {
    /// A sequencer for an array of `lanes` hops.
    pub fn new(lanes: u32) -> Self {
        Self {
            free: DelayLine::new(FREE_DELAY),
            interval_start: Fixed::new(u64::from(6 * lanes - 1)),
            settle_end: Fixed::new(SETTLE),
            no_end: Fixed::new(0xffff),
            ..Default::default()
        }
    }
}

impl Logic for Sequencer {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            state,
            c,
            tx,
            ty,
            group,
            interval,
            new_group,
            settle,
            weight_base,
            rows_left,
            cols_left,
            top,
            left,
            last_c,
            last_tx,
            last_ty,
            last_group,
            first_b,
            enable_b,
            last_b,
            row_bank_b,
            col_bank_b,
            row_inside_b,
            col_inside_b,
            weight_b,
            enable_c,
            last_c_strobe,
            row_bank_c,
            col_bank_c,
            row_inside_c,
            col_inside_c,
            weight_c
        );
        self.rows.clock.next = self.clock.val();
        self.rows.start.next = self.in_row_address.val();
        self.rows.start_bank.next = self.in_row_bank.val().get_bits::<2>(0);
        self.rows.base.next = self.in_base.val();
        self.rows.pitch.next = self.in_row_pitch.val();
        self.rows.ring_end.next = self.in_ring_end.val();
        self.rows.load.next = false;
        self.rows.step_one.next = false;
        self.rows.step_two.next = false;
        self.cols.clock.next = self.clock.val();
        self.cols.start.next = 0.into();
        self.cols.start_bank.next = 0.into();
        self.cols.base.next = 0.into();
        self.cols.pitch.next = self.in_channel_stride.val();
        self.cols.ring_end.next = self.no_end.value.val();
        self.cols.load.next = false;
        self.cols.step_one.next = false;
        self.cols.step_two.next = false;
        self.free.clock.next = self.clock.val();

        // What may be issued this clock.
        self.at_start.next = !self.c.q.val().any();
        self.issue.next = false;
        self.stall_interval.next = false;
        self.stall_output.next = false;
        self.stall_weights.next = false;
        if self.state.q.val() == SequencerState::Run {
            if self.at_start.val() {
                if self.interval.q.val().any() {
                    self.stall_interval.next = true;
                } else {
                    if self.output_full.val() {
                        self.stall_output.next = true;
                    } else {
                        if self.new_group.q.val() & !self.weights_ready.val() {
                            self.stall_weights.next = true;
                        } else {
                            self.issue.next = true;
                        }
                    }
                }
            } else {
                self.issue.next = true;
            }
        }
        self.issued.next = self.issue.val();
        self.tile.next = self.issue.val() & self.at_start.val();
        self.tile_end.next = self.issue.val() & (self.c.q.val() == self.last_c.q.val());
        self.group_done.next = false;
        self.finished.next = false;

        // Counters.
        if self.interval.q.val().any() {
            self.interval.d.next = self.interval.q.val() - 1;
        }
        if self.issue.val() {
            self.c.d.next = self.c.q.val() + 1;
            self.new_group.d.next = false;
            if self.at_start.val() {
                self.interval.d.next = self.interval_start.value.val();
            }
        }
        if self.tile_end.val() {
            self.c.d.next = 0.into();
            if self.tx.q.val() == self.last_tx.q.val() {
                self.tx.d.next = 0.into();
                self.cols.load.next = true;
                self.cols_left.d.next = self.width.val();
                self.left.d.next = true;
                if self.ty.q.val() == self.last_ty.q.val() {
                    self.ty.d.next = 0.into();
                    self.rows.load.next = true;
                    self.rows_left.d.next = self.height.val() - self.first_row.val();
                    self.top.d.next = !self.first_row.val().any();
                    self.new_group.d.next = true;
                    self.group_done.next = true;
                    self.weight_base.d.next = self.weight_base.q.val() + self.cin.val();
                    if self.group.q.val() == self.last_group.q.val() {
                        self.state.d.next = SequencerState::Drain;
                    } else {
                        self.group.d.next = self.group.q.val() + 1;
                    }
                } else {
                    self.ty.d.next = self.ty.q.val() + 1;
                    self.rows.step_two.next = true;
                    self.rows_left.d.next = self.rows_left.q.val() - 4;
                    self.top.d.next = false;
                }
            } else {
                self.tx.d.next = self.tx.q.val() + 1;
                self.cols.step_two.next = true;
                self.cols_left.d.next = self.cols_left.q.val() - 4;
                self.left.d.next = false;
            }
        }
        self.free.strobe_in.next = self.group_done.val();
        self.group_free.next = self.free.strobe_out.val();

        // The command's life.
        if (self.state.q.val() == SequencerState::Idle) & self.start.val() {
            self.state.d.next = SequencerState::Prepare;
        }
        if self.state.q.val() == SequencerState::Prepare {
            self.last_c.d.next = self.cin.val() - 1;
            self.last_tx.d.next = self.tile_cols.val() - 1;
            self.last_ty.d.next = self.tile_rows.val() - 1;
            self.last_group.d.next = self.groups.val() - 1;
            self.c.d.next = 0.into();
            self.tx.d.next = 0.into();
            self.ty.d.next = 0.into();
            self.group.d.next = 0.into();
            self.new_group.d.next = true;
            self.rows.load.next = true;
            self.cols.load.next = true;
            self.rows_left.d.next = self.height.val() - self.first_row.val();
            self.cols_left.d.next = self.width.val();
            self.top.d.next = !self.first_row.val().any();
            self.left.d.next = true;
            self.settle.d.next = 0.into();
            self.state.d.next = SequencerState::Run;
        }
        if (self.state.q.val() == SequencerState::Drain) & self.outputs_done.val() {
            self.settle.d.next = self.settle.q.val() + 1;
            if self.settle.q.val() == self.settle_end.value.val() {
                self.finished.next = true;
                self.state.d.next = SequencerState::Idle;
            }
        }

        // First pipeline register: addresses of the tile's first channel, masks.
        self.row_base[0].next = self.rows.a.val();
        self.row_base[1].next = self.rows.b.val();
        self.row_base[2].next = self.rows.c.val();
        if self.rows.bank.val() == 1 {
            self.row_base[0].next = self.rows.c.val();
            self.row_base[1].next = self.rows.a.val();
            self.row_base[2].next = self.rows.b.val();
        }
        if self.rows.bank.val() == 2 {
            self.row_base[0].next = self.rows.b.val();
            self.row_base[1].next = self.rows.c.val();
            self.row_base[2].next = self.rows.a.val();
        }
        self.col_base[0].next = self.cols.a.val();
        self.col_base[1].next = self.cols.b.val();
        self.col_base[2].next = self.cols.c.val();
        if self.cols.bank.val() == 1 {
            self.col_base[0].next = self.cols.c.val();
            self.col_base[1].next = self.cols.a.val();
            self.col_base[2].next = self.cols.b.val();
        }
        if self.cols.bank.val() == 2 {
            self.col_base[0].next = self.cols.b.val();
            self.col_base[1].next = self.cols.c.val();
            self.col_base[2].next = self.cols.a.val();
        }
        for i in 0..3 {
            self.sums[i].clock.next = self.clock.val();
            self.sums[i].d.next = self.row_base[0].val() + self.col_base[i].val();
            self.sums[i + 3].clock.next = self.clock.val();
            self.sums[i + 3].d.next = self.row_base[1].val() + self.col_base[i].val();
            self.sums[i + 6].clock.next = self.clock.val();
            self.sums[i + 6].d.next = self.row_base[2].val() + self.col_base[i].val();
        }
        self.first_b.d.next = self.at_start.val();
        self.enable_b.d.next = self.issue.val();
        self.last_b.d.next = self.tile_end.val();
        if self.clear.val() {
            // A last channel of nothing empties the accumulators; its results are dropped, since no command is active.
            self.state.d.next = SequencerState::Idle;
            self.weight_base.d.next = 0.into();
            self.enable_b.d.next = true;
            self.last_b.d.next = true;
        }
        self.row_bank_b.d.next = self.rows.bank.val();
        self.col_bank_b.d.next = self.cols.bank.val();
        self.weight_b.d.next = self.weight_base.q.val() + self.c.q.val();
        self.not_top.next = !self.top.q.val();
        self.not_left.next = !self.left.q.val();
        self.row_inside_b.d.next = bit_cast::<6, 1>(self.not_top.val().into())
            | (bit_cast::<6, 1>((self.rows_left.q.val() >= 1).into()) << 1)
            | (bit_cast::<6, 1>((self.rows_left.q.val() >= 2).into()) << 2)
            | (bit_cast::<6, 1>((self.rows_left.q.val() >= 3).into()) << 3)
            | (bit_cast::<6, 1>((self.rows_left.q.val() >= 4).into()) << 4)
            | (bit_cast::<6, 1>((self.rows_left.q.val() >= 5).into()) << 5);
        self.col_inside_b.d.next = bit_cast::<6, 1>(self.not_left.val().into())
            | (bit_cast::<6, 1>((self.cols_left.q.val() >= 1).into()) << 1)
            | (bit_cast::<6, 1>((self.cols_left.q.val() >= 2).into()) << 2)
            | (bit_cast::<6, 1>((self.cols_left.q.val() >= 3).into()) << 3)
            | (bit_cast::<6, 1>((self.cols_left.q.val() >= 4).into()) << 4)
            | (bit_cast::<6, 1>((self.cols_left.q.val() >= 5).into()) << 5);

        // Second pipeline register: the channel's addresses.
        for i in 0..9 {
            self.addresses[i].clock.next = self.clock.val();
            self.addresses[i].d.next = self.addresses[i].q.val();
            if self.enable_b.q.val() {
                self.addresses[i].d.next = self.addresses[i].q.val() + 1;
                if self.first_b.q.val() {
                    self.addresses[i].d.next = self.sums[i].q.val();
                }
            }
            self.address[i].next = self.addresses[i].q.val();
        }
        self.enable_c.d.next = self.enable_b.q.val();
        self.last_c_strobe.d.next = self.last_b.q.val();
        self.row_bank_c.d.next = self.row_bank_b.q.val();
        self.col_bank_c.d.next = self.col_bank_b.q.val();
        self.row_inside_c.d.next = self.row_inside_b.q.val();
        self.col_inside_c.d.next = self.col_inside_b.q.val();
        self.weight_c.d.next = self.weight_b.q.val();
        self.enable.next = self.enable_c.q.val();
        self.last.next = self.last_c_strobe.q.val();
        self.row_bank.next = self.row_bank_c.q.val();
        self.col_bank.next = self.col_bank_c.q.val();
        self.row_inside.next = self.row_inside_c.q.val();
        self.col_inside.next = self.col_inside_c.q.val();
        self.weight_address.next = self.weight_c.q.val();
    }
}
