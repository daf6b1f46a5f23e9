//! The compute unit's loop nest: group → tile row → tile column → input channel, one channel a clock.
use super::address_generator::AddressGenerator;
use super::delay_line::DelayLine;
use super::fixed::Fixed;
use rust_hdl::prelude::*;

/// Clocks that freed weight entries wait before they may be overwritten, so that their last read is over.
pub const FREE_DELAY: usize = 18;

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

/// Clocks from an issued channel to its `address`.
pub const LATENCY: u32 = 1 + super::address_generator::LATENCY;

/// Clocks behind a group's end, or a command's start, in which `weights_ready` is not looked at: it and the registers that hold the
/// loop variables' ends follow only then.
pub const GROUP_HOLD: u32 = 2;

/// Issues lane addresses, masks and strobes to the datapath.
///
/// A clock issues channel `c` of the current tile. A tile's first channel waits for the interval (`6·lanes` clocks after the last tile's start),
/// for room in the output (`output_full`), and, in a group's first tile, until the group is open: `weights_ready` was seen a clock ago, behind
/// [`GROUP_HOLD`]. The three stall strobes say which.
/// All comparisons of counters are held in registers: tiles are at least six clocks apart, which is longer than those lag behind. Latency from
/// issue to `address` is [`LATENCY`]. All ports named like fields of CONV are steady while it runs.
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
    /// CONV field.
    pub inset: Signal<In, Bits<16>>,
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
    hold: DFF<Bits<2>>,
    open: DFF<Bit>,
    settle: DFF<Bits<8>>,
    weight_base: DFF<Bits<16>>,
    // Last values of the counters, and whether they are reached.
    last_c: DFF<Bits<16>>,
    last_but_one_c: DFF<Bits<16>>,
    one_channel: DFF<Bit>,
    last_tx: DFF<Bits<16>>,
    last_ty: DFF<Bits<16>>,
    last_group: DFF<Bits<16>>,
    at_start: DFF<Bit>,
    at_last: DFF<Bit>,
    at_last_tx: DFF<Bit>,
    at_last_ty: DFF<Bit>,
    at_last_group: DFF<Bit>,
    interval_on: DFF<Bit>,
    // What was issued a clock ago.
    issued_r: DFF<Bit>,
    first_r: DFF<Bit>,
    last_r: DFF<Bit>,
    step_r: DFF<Bit>,
    weight_r: DFF<Bits<16>>,
    addresses: AddressGenerator,
    free: DelayLine,
    issue: Signal<Local, Bit>,
    tile_end: Signal<Local, Bit>,
    group_end: Signal<Local, Bit>,
    interval_start: Fixed<8>,
    settle_end: Fixed<8>,
    group_hold: Fixed<2>,
}

impl Sequencer {
    /// A sequencer for an array of `lanes` hops.
    pub fn new(lanes: u32) -> Self {
        Self {
            free: DelayLine::new(FREE_DELAY),
            interval_start: Fixed::new(u64::from(6 * lanes - 1)),
            settle_end: Fixed::new(SETTLE),
            addresses: AddressGenerator::new(),
            group_hold: Fixed::new(GROUP_HOLD.into()),
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
            hold,
            open,
            settle,
            weight_base,
            last_c,
            last_but_one_c,
            one_channel,
            last_tx,
            last_ty,
            last_group,
            at_start,
            at_last,
            at_last_tx,
            at_last_ty,
            at_last_group,
            interval_on,
            issued_r,
            first_r,
            last_r,
            step_r,
            weight_r
        );
        clock!(self, clock, addresses, free);

        // What may be issued this clock.
        self.issue.next = false;
        self.stall_interval.next = false;
        self.stall_output.next = false;
        self.stall_weights.next = false;
        if self.state.q.val() == SequencerState::Run {
            if self.at_start.q.val() {
                if self.interval_on.q.val() {
                    self.stall_interval.next = true;
                } else {
                    if self.output_full.val() {
                        self.stall_output.next = true;
                    } else {
                        if !self.open.q.val() {
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
        self.tile.next = self.issue.val() & self.at_start.q.val();
        self.tile_end.next = self.issue.val() & self.at_last.q.val();
        self.group_end.next =
            self.tile_end.val() & self.at_last_tx.q.val() & self.at_last_ty.q.val();
        self.finished.next = false;

        // The channel, and the tile's interval.
        if self.interval.q.val().any() {
            self.interval.d.next = self.interval.q.val() - 1;
            self.interval_on.d.next = self.interval.q.val() != 1;
        }
        if self.hold.q.val().any() {
            self.hold.d.next = self.hold.q.val() - 1;
        } else {
            if self.weights_ready.val() {
                self.open.d.next = true;
            }
        }
        if self.at_start.q.val() {
            self.at_last.d.next = self.one_channel.q.val();
        }
        if self.issue.val() {
            self.c.d.next = self.c.q.val() + 1;
            self.at_start.d.next = false;
            self.at_last.d.next = self.c.q.val() == self.last_but_one_c.q.val();
            if self.at_start.q.val() {
                self.interval.d.next = self.interval_start.value.val();
                self.interval_on.d.next = true;
            }
        }
        if self.tile_end.val() {
            self.c.d.next = 0.into();
            self.at_start.d.next = true;
            self.at_last.d.next = self.one_channel.q.val();
        }
        if self.group_end.val() {
            self.open.d.next = false;
            self.hold.d.next = self.group_hold.value.val();
            if self.at_last_group.q.val() {
                self.state.d.next = SequencerState::Drain;
            }
        }

        // A clock later: the tile.
        self.issued_r.d.next = self.issue.val();
        self.first_r.d.next = self.at_start.q.val();
        self.last_r.d.next = self.tile_end.val();
        self.step_r.d.next = self.tile_end.val();
        self.weight_r.d.next = self.weight_base.q.val() + self.c.q.val();
        self.at_last_tx.d.next = self.tx.q.val() == self.last_tx.q.val();
        self.at_last_ty.d.next = self.ty.q.val() == self.last_ty.q.val();
        self.at_last_group.d.next = self.group.q.val() == self.last_group.q.val();
        self.group_done.next =
            self.step_r.q.val() & self.at_last_tx.q.val() & self.at_last_ty.q.val();
        if self.step_r.q.val() {
            if self.at_last_tx.q.val() {
                self.tx.d.next = 0.into();
                if self.at_last_ty.q.val() {
                    self.ty.d.next = 0.into();
                    self.group.d.next = self.group.q.val() + 1;
                    self.weight_base.d.next = self.weight_base.q.val() + self.cin.val();
                } else {
                    self.ty.d.next = self.ty.q.val() + 1;
                }
            } else {
                self.tx.d.next = self.tx.q.val() + 1;
            }
        }
        self.free.strobe_in.next = self.group_done.val();
        self.group_free.next = self.free.strobe_out.val();

        // The command's life.
        self.addresses.load.next = false;
        if (self.state.q.val() == SequencerState::Idle) & self.start.val() {
            self.state.d.next = SequencerState::Prepare;
        }
        self.last_c.d.next = self.cin.val() - 1;
        self.last_but_one_c.d.next = self.last_c.q.val() - 1;
        self.one_channel.d.next = !self.last_c.q.val().any();
        self.last_tx.d.next = self.tile_cols.val() - 1;
        self.last_ty.d.next = self.tile_rows.val() - 1;
        self.last_group.d.next = self.groups.val() - 1;
        if self.state.q.val() == SequencerState::Prepare {
            self.c.d.next = 0.into();
            self.tx.d.next = 0.into();
            self.ty.d.next = 0.into();
            self.group.d.next = 0.into();
            self.at_start.d.next = true;
            self.open.d.next = false;
            self.hold.d.next = self.group_hold.value.val();
            self.addresses.load.next = true;
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
        if self.clear.val() {
            // A last channel of nothing empties the accumulators; its results are dropped, since no command is active.
            self.state.d.next = SequencerState::Idle;
            self.weight_base.d.next = 0.into();
            self.issued_r.d.next = true;
            self.last_r.d.next = true;
            self.step_r.d.next = false;
        }

        // Addresses and masks.
        self.addresses.enable.next = self.issued_r.q.val();
        self.addresses.first.next = self.first_r.q.val();
        self.addresses.last.next = self.last_r.q.val();
        self.addresses.step.next = self.step_r.q.val();
        self.addresses.row_step.next = self.at_last_tx.q.val();
        self.addresses.group_step.next = self.at_last_tx.q.val() & self.at_last_ty.q.val();
        self.addresses.weight.next = self.weight_r.q.val();
        self.addresses.in_base.next = self.in_base.val();
        self.addresses.in_row_pitch.next = self.in_row_pitch.val();
        self.addresses.in_channel_stride.next = self.in_channel_stride.val();
        self.addresses.in_ring_end.next = self.in_ring_end.val();
        self.addresses.in_row_address.next = self.in_row_address.val();
        self.addresses.in_row_bank.next = self.in_row_bank.val();
        self.addresses.first_row.next = self.first_row.val();
        self.addresses.height.next = self.height.val();
        self.addresses.width.next = self.width.val();
        self.addresses.inset.next = self.inset.val();
        for i in 0..9 {
            self.address[i].next = self.addresses.address[i].val();
        }
        self.weight_address.next = self.addresses.weight_address.val();
        self.enable.next = self.addresses.enable_out.val();
        self.last.next = self.addresses.last_out.val();
        self.row_bank.next = self.addresses.row_bank.val();
        self.col_bank.next = self.addresses.col_bank.val();
        self.row_inside.next = self.addresses.row_inside.val();
        self.col_inside.next = self.addresses.col_inside.val();
    }
}
