//! Where results go: follows the tiles as they leave the output stage and addresses each quad.
use super::fixed::Fixed;
use super::ring_walker::RingWalker;
use rust_hdl::prelude::*;

/// Addresses every quad of a CONV command, in the order in which the output stage gives them: group → tile row → tile column → lane →
/// sub-block.
///
/// With the line buffer as destination a quad goes to the pixel buffer's write port; with memory it goes into the tile store's current slot
/// at `sub-block·lanes + lane` (`lane` when pooled), and `tile_done` follows its tile's last quad. `drop` says which of a pooled quad's pixels lie
/// outside the map that `inset` moves. One clock of latency. The walkers move on a clock
/// after a tile's last quad; the next tile's first is at least three clocks behind it, since a channel takes six.
#[derive(LogicBlock, Default)]
pub struct OutputControl {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Stops at once; quads still on their way are dropped.
    pub clear: Signal<In, Bit>,
    /// Begins a command.
    pub start: Signal<In, Bit>,
    /// A quad from the output stage.
    pub quad_valid: Signal<In, Bit>,
    /// Its pixels.
    pub quad: Signal<In, Bits<32>>,
    /// CONV field.
    pub groups: Signal<In, Bits<16>>,
    /// CONV field.
    pub tile_rows: Signal<In, Bits<16>>,
    /// CONV field.
    pub tile_cols: Signal<In, Bits<16>>,
    /// The command pools.
    pub pool: Signal<In, Bit>,
    /// The command's destination is the line buffer.
    pub to_line_buffer: Signal<In, Bit>,
    /// CONV field.
    pub out_base: Signal<In, Bits<16>>,
    /// CONV field.
    pub out_row_pitch: Signal<In, Bits<16>>,
    /// CONV field.
    pub out_channel_stride: Signal<In, Bits<16>>,
    /// CONV field.
    pub out_ring_end: Signal<In, Bits<16>>,
    /// CONV field.
    pub out_row_address: Signal<In, Bits<16>>,
    /// CONV field.
    pub out_row_bank: Signal<In, Bits<16>>,
    /// CONV field.
    pub inset: Signal<In, Bits<16>>,
    /// A quad for the line buffer.
    pub write: Signal<Out, Bit>,
    /// A quad for the tile store.
    pub store: Signal<Out, Bit>,
    /// Pixels of either.
    pub write_quad: Signal<Out, Bits<32>>,
    /// Pixel buffer port.
    pub row0: Signal<Out, Bits<16>>,
    /// Pixel buffer port.
    pub row1: Signal<Out, Bits<16>>,
    /// Pixel buffer port.
    pub col0: Signal<Out, Bits<16>>,
    /// Pixel buffer port.
    pub col1: Signal<Out, Bits<16>>,
    /// Output channel.
    pub channel: Signal<Out, Bits<16>>,
    /// Pixel buffer port.
    pub row_bank: Signal<Out, Bits<2>>,
    /// Pixel buffer port.
    pub col_bank: Signal<Out, Bits<2>>,
    /// Place of the quad in its slot of the tile store.
    pub place: Signal<Out, Bits<4>>,
    /// Pixels that must not be written: bit 0 for the upper row, bit 1 for the left column.
    pub drop: Signal<Out, Bits<2>>,
    /// The tile store's slot is complete with this quad.
    pub tile_done: Signal<Out, Bit>,
    /// The command's last quad has been addressed.
    pub done: Signal<Out, Bit>,
    sub: DFF<Bits<2>>,
    lane: DFF<Bits<4>>,
    offset: DFF<Bits<4>>,
    tx: DFF<Bits<16>>,
    ty: DFF<Bits<16>>,
    group: DFF<Bits<16>>,
    channel_base: DFF<Bits<16>>,
    // The tile's last quad was taken a clock ago, and the loop variables at their ends: registers that keep the counters' comparisons off the quad's path.
    tile_end_r: DFF<Bit>,
    tx_end: DFF<Bit>,
    ty_end: DFF<Bit>,
    group_end: DFF<Bit>,
    // The tile is in the command's first row or column, and what is dropped there.
    at_top: DFF<Bit>,
    at_left: DFF<Bit>,
    drop_rows: DFF<Bit>,
    drop_cols: DFF<Bit>,
    prepare: DFF<Bit>,
    done_flag: DFF<Bit>,
    active: DFF<Bit>,
    quad_taken: Signal<Local, Bit>,
    rows: RingWalker,
    cols: RingWalker,
    last_tx: DFF<Bits<16>>,
    last_ty: DFF<Bits<16>>,
    last_group: DFF<Bits<16>>,
    write_r: DFF<Bit>,
    store_r: DFF<Bit>,
    quad_r: DFF<Bits<32>>,
    row0_r: DFF<Bits<16>>,
    row1_r: DFF<Bits<16>>,
    col0_r: DFF<Bits<16>>,
    col1_r: DFF<Bits<16>>,
    channel_r: DFF<Bits<16>>,
    row_bank_r: DFF<Bits<2>>,
    col_bank_r: DFF<Bits<2>>,
    place_r: DFF<Bits<4>>,
    drop_row_r: DFF<Bit>,
    drop_col_r: DFF<Bit>,
    tile_done_r: DFF<Bit>,
    last_sub: Signal<Local, Bit>,
    tile_end: Signal<Local, Bit>,
    next_lane: Signal<Local, Bits<4>>,
    next_row_bank: Signal<Local, Bits<2>>,
    next_col_bank: Signal<Local, Bits<2>>,
    lanes: Fixed<16>,
    lanes_step: Fixed<4>,
    last_lane: Fixed<4>,
    no_end: Fixed<16>,
}

impl OutputControl {
    /// For `lanes` output channels a group.
    pub fn new(lanes: u32) -> Self {
        Self {
            lanes: Fixed::new(u64::from(lanes)),
            lanes_step: Fixed::new(u64::from(lanes)),
            last_lane: Fixed::new(u64::from(lanes - 1)),
            no_end: Fixed::new(0xffff),
            ..Default::default()
        }
    }
}

impl Logic for OutputControl {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            sub,
            lane,
            offset,
            tx,
            ty,
            group,
            channel_base,
            tile_end_r,
            tx_end,
            ty_end,
            group_end,
            at_top,
            at_left,
            drop_rows,
            drop_cols,
            prepare,
            done_flag,
            active,
            last_tx,
            last_ty,
            last_group,
            write_r,
            store_r,
            quad_r,
            row0_r,
            row1_r,
            col0_r,
            col1_r,
            channel_r,
            row_bank_r,
            col_bank_r,
            place_r,
            drop_row_r,
            drop_col_r,
            tile_done_r
        );
        self.rows.clock.next = self.clock.val();
        self.rows.start.next = self.out_row_address.val();
        self.rows.start_bank.next = self.out_row_bank.val().get_bits::<2>(0);
        self.rows.base.next = self.out_base.val();
        self.rows.pitch.next = self.out_row_pitch.val();
        self.rows.ring_end.next = self.out_ring_end.val();
        self.rows.load.next = false;
        self.rows.step_one.next = false;
        self.rows.step_two.next = false;
        self.cols.clock.next = self.clock.val();
        self.cols.start.next = 0.into();
        self.cols.start_bank.next = 0.into();
        self.cols.base.next = 0.into();
        self.cols.pitch.next = self.out_channel_stride.val();
        self.cols.ring_end.next = self.no_end.value.val();
        self.cols.load.next = false;
        self.cols.step_one.next = false;
        self.cols.step_two.next = false;

        self.quad_taken.next = self.quad_valid.val() & self.active.q.val();
        self.next_lane.next = self.lane.q.val() + 1;
        self.last_sub.next = self.pool.val() | (self.sub.q.val() == 3);
        self.tile_end.next = self.quad_taken.val()
            & self.last_sub.val()
            & (self.lane.q.val() == self.last_lane.value.val());
        self.prepare.d.next = self.start.val();
        if self.prepare.q.val() {
            self.last_tx.d.next = self.tile_cols.val() - 1;
            self.last_ty.d.next = self.tile_rows.val() - 1;
            self.last_group.d.next = self.groups.val() - 1;
            self.sub.d.next = 0.into();
            self.lane.d.next = 0.into();
            self.offset.d.next = 0.into();
            self.tx.d.next = 0.into();
            self.ty.d.next = 0.into();
            self.group.d.next = 0.into();
            self.channel_base.d.next = 0.into();
            self.done_flag.d.next = false;
            self.active.d.next = true;
            self.at_top.d.next = true;
            self.at_left.d.next = true;
            self.rows.load.next = true;
            self.cols.load.next = true;
        }
        if self.quad_taken.val() {
            if self.last_sub.val() {
                self.sub.d.next = 0.into();
                self.lane.d.next = self.next_lane.val();
                self.offset.d.next = self.next_lane.val();
            } else {
                self.sub.d.next = self.sub.q.val() + 1;
                self.offset.d.next = self.offset.q.val() + self.lanes_step.value.val();
            }
        }
        if self.tile_end.val() {
            self.lane.d.next = 0.into();
            self.offset.d.next = 0.into();
        }
        self.tile_end_r.d.next = self.tile_end.val();
        self.tx_end.d.next = self.tx.q.val() == self.last_tx.q.val();
        self.ty_end.d.next = self.ty.q.val() == self.last_ty.q.val();
        self.group_end.d.next = self.group.q.val() == self.last_group.q.val();
        if self.tile_end_r.q.val() {
            if self.tx_end.q.val() {
                self.tx.d.next = 0.into();
                self.at_left.d.next = true;
                self.cols.load.next = true;
                if self.ty_end.q.val() {
                    self.ty.d.next = 0.into();
                    self.at_top.d.next = true;
                    self.rows.load.next = true;
                    self.channel_base.d.next = self.channel_base.q.val() + self.lanes.value.val();
                    self.group.d.next = self.group.q.val() + 1;
                    if self.group_end.q.val() {
                        self.done_flag.d.next = true;
                        self.active.d.next = false;
                    }
                } else {
                    self.ty.d.next = self.ty.q.val() + 1;
                    self.at_top.d.next = false;
                    if self.pool.val() {
                        self.rows.step_one.next = true;
                    } else {
                        self.rows.step_two.next = true;
                    }
                }
            } else {
                self.tx.d.next = self.tx.q.val() + 1;
                self.at_left.d.next = false;
                if self.pool.val() {
                    self.cols.step_one.next = true;
                } else {
                    self.cols.step_two.next = true;
                }
            }
        }

        if self.clear.val() {
            self.active.d.next = false;
            self.tile_end_r.d.next = false;
        }

        // The quad's addresses: its sub-block within the tile picks the rows and columns.
        self.next_row_bank.next = self.rows.bank.val() + 1;
        if self.rows.bank.val() == 2 {
            self.next_row_bank.next = 0.into();
        }
        self.next_col_bank.next = self.cols.bank.val() + 1;
        if self.cols.bank.val() == 2 {
            self.next_col_bank.next = 0.into();
        }
        self.row0_r.d.next = self.rows.a.val();
        self.row1_r.d.next = self.rows.b.val();
        self.row_bank_r.d.next = self.rows.bank.val();
        if self.sub.q.val().get_bit(1) {
            self.row0_r.d.next = self.rows.b.val();
            self.row1_r.d.next = self.rows.c.val();
            self.row_bank_r.d.next = self.next_row_bank.val();
        }
        self.col0_r.d.next = self.cols.a.val();
        self.col1_r.d.next = self.cols.b.val();
        self.col_bank_r.d.next = self.cols.bank.val();
        if self.sub.q.val().get_bit(0) {
            self.col0_r.d.next = self.cols.b.val();
            self.col1_r.d.next = self.cols.c.val();
            self.col_bank_r.d.next = self.next_col_bank.val();
        }
        self.channel_r.d.next = self.channel_base.q.val() + bit_cast::<16, 4>(self.lane.q.val());
        self.quad_r.d.next = self.quad.val();
        self.place_r.d.next = self.offset.q.val();
        self.drop_rows.d.next = self.pool.val() & self.inset.val().get_bit(0);
        self.drop_cols.d.next = self.pool.val() & self.inset.val().get_bit(1);
        self.drop_row_r.d.next = self.drop_rows.q.val() & self.at_top.q.val();
        self.drop_col_r.d.next = self.drop_cols.q.val() & self.at_left.q.val();
        self.write_r.d.next = self.quad_taken.val() & self.to_line_buffer.val();
        self.store_r.d.next = self.quad_taken.val() & !self.to_line_buffer.val();
        self.tile_done_r.d.next = self.tile_end.val() & !self.to_line_buffer.val();
        if self.clear.val() {
            self.write_r.d.next = false;
            self.store_r.d.next = false;
            self.tile_done_r.d.next = false;
        }

        self.write.next = self.write_r.q.val();
        self.store.next = self.store_r.q.val();
        self.write_quad.next = self.quad_r.q.val();
        self.row0.next = self.row0_r.q.val();
        self.row1.next = self.row1_r.q.val();
        self.col0.next = self.col0_r.q.val();
        self.col1.next = self.col1_r.q.val();
        self.channel.next = self.channel_r.q.val();
        self.row_bank.next = self.row_bank_r.q.val();
        self.col_bank.next = self.col_bank_r.q.val();
        self.place.next = self.place_r.q.val();
        self.drop.next = bit_cast::<2, 1>(self.drop_row_r.q.val().into())
            | (bit_cast::<2, 1>(self.drop_col_r.q.val().into()) << 1);
        self.tile_done.next = self.tile_done_r.q.val();
        self.done.next = self.done_flag.q.val();
    }
}
