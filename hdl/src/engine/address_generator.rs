//! From the loop nest's strobes to line-buffer addresses, masks and banks of every issued channel.
use super::fixed::Fixed;
use super::ring_walker::RingWalker;
use rust_hdl::prelude::*;

/// Clocks from an issued channel to its `address`.
pub const LATENCY: u32 = 3;

/// Follows the tiles through the line buffer.
///
/// `enable`, `first` (a tile's first channel) and `last` describe a channel; `step` says that it is a tile's last and that the walkers move on behind it:
/// to the next column, or with `row_step` to the next row of tiles, or with `group_step` as well back to the command's first tile. Addresses of a tile's first
/// channel are the nine sums of three row and three column addresses; every further channel is one more. Steps are at least five clocks apart. All strobes
/// pass a register first, since they come from afar. With `inset` the first row or column of tiles has three rows or columns of its windows outside the
/// map rather than one, and the columns begin a sub-column left of the ring's first: what is read there is masked.
#[derive(LogicBlock, Default)]
pub struct AddressGenerator {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Returns to the command's first tile.
    pub load: Signal<In, Bit>,
    /// A channel is issued.
    pub enable: Signal<In, Bit>,
    /// It is its tile's first.
    pub first: Signal<In, Bit>,
    /// It is its tile's last.
    pub last: Signal<In, Bit>,
    /// The next tile follows.
    pub step: Signal<In, Bit>,
    /// It begins a row of tiles.
    pub row_step: Signal<In, Bit>,
    /// That row is the first of a group.
    pub group_step: Signal<In, Bit>,
    /// Entry of the channel in the weight ring.
    pub weight: Signal<In, Bits<16>>,
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
    /// Nine lane addresses, one a bank.
    pub address: [Signal<Out, Bits<16>>; 9],
    /// `weight`, at the same time as `address`.
    pub weight_address: Signal<Out, Bits<16>>,
    /// `enable`, at the same time as `address`.
    pub enable_out: Signal<Out, Bit>,
    /// `last`, at the same time as `address`.
    pub last_out: Signal<Out, Bit>,
    /// Bank of the window's first sub-row.
    pub row_bank: Signal<Out, Bits<2>>,
    /// Bank of the window's first sub-column.
    pub col_bank: Signal<Out, Bits<2>>,
    /// Window row `i` lies inside the map.
    pub row_inside: Signal<Out, Bits<6>>,
    /// Window column `j` lies inside the map.
    pub col_inside: Signal<Out, Bits<6>>,
    rows: RingWalker,
    cols: RingWalker,
    rows_left: DFF<Bits<16>>,
    cols_left: DFF<Bits<16>>,
    top: DFF<Bit>,
    left: DFF<Bit>,
    // The tile begins above the map, or left of it; the column address of its windows then.
    above: DFF<Bit>,
    beside: DFF<Bit>,
    beside_start: DFF<Bits<16>>,
    // What was asked, in registers.
    enable_a: DFF<Bit>,
    first_a: DFF<Bit>,
    last_a: DFF<Bit>,
    weight_a: DFF<Bits<16>>,
    rows_load: DFF<Bit>,
    rows_step: DFF<Bit>,
    cols_load: DFF<Bit>,
    cols_step: DFF<Bit>,
    // First register behind: sums of the tile's first channel, masks.
    sums: [DFF<Bits<16>>; 9],
    first_b: DFF<Bit>,
    enable_b: DFF<Bit>,
    last_b: DFF<Bit>,
    row_bank_b: DFF<Bits<2>>,
    col_bank_b: DFF<Bits<2>>,
    row_inside_b: DFF<Bits<6>>,
    col_inside_b: DFF<Bits<6>>,
    row_keep_b: DFF<Bits<6>>,
    col_keep_b: DFF<Bits<6>>,
    weight_b: DFF<Bits<16>>,
    // Second register: the channel's addresses.
    addresses: [DFF<Bits<16>>; 9],
    enable_c: DFF<Bit>,
    last_c: DFF<Bit>,
    row_bank_c: DFF<Bits<2>>,
    col_bank_c: DFF<Bits<2>>,
    row_inside_c: DFF<Bits<6>>,
    col_inside_c: DFF<Bits<6>>,
    weight_c: DFF<Bits<16>>,
    row_base: [Signal<Local, Bits<16>>; 3],
    col_base: [Signal<Local, Bits<16>>; 3],
    not_top: Signal<Local, Bit>,
    not_left: Signal<Local, Bit>,
    no_end: Fixed<16>,
    zero: Fixed<16>,
}

impl AddressGenerator {
    /// An address generator.
    pub fn new() -> Self {
        Self {
            no_end: Fixed::new(0xffff),
            ..Default::default()
        }
    }
}

impl Logic for AddressGenerator {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            rows_left,
            cols_left,
            top,
            left,
            above,
            beside,
            beside_start,
            enable_a,
            first_a,
            last_a,
            weight_a,
            rows_load,
            rows_step,
            cols_load,
            cols_step,
            first_b,
            enable_b,
            last_b,
            row_bank_b,
            col_bank_b,
            row_inside_b,
            col_inside_b,
            row_keep_b,
            col_keep_b,
            weight_b,
            enable_c,
            last_c,
            row_bank_c,
            col_bank_c,
            row_inside_c,
            col_inside_c,
            weight_c
        );
        self.enable_a.d.next = self.enable.val();
        self.first_a.d.next = self.first.val();
        self.last_a.d.next = self.last.val();
        self.weight_a.d.next = self.weight.val();
        self.rows_load.d.next = self.load.val() | (self.step.val() & self.group_step.val());
        self.rows_step.d.next = self.step.val() & self.row_step.val();
        self.cols_load.d.next = self.load.val() | (self.step.val() & self.row_step.val());
        self.cols_step.d.next = self.step.val();

        // The walk from tile to tile.
        self.rows.clock.next = self.clock.val();
        self.rows.start.next = self.in_row_address.val();
        self.rows.start_bank.next = self.in_row_bank.val().get_bits::<2>(0);
        self.rows.base.next = self.in_base.val();
        self.rows.pitch.next = self.in_row_pitch.val();
        self.rows.ring_end.next = self.in_ring_end.val();
        self.rows.load.next = self.rows_load.q.val();
        self.rows.step_one.next = false;
        self.rows.step_two.next = self.rows_step.q.val();
        self.cols.clock.next = self.clock.val();
        // Left of sub-column 0 is number -1, in the last bank.
        self.beside_start.d.next = self.zero.value.val() - self.in_channel_stride.val();
        self.cols.start.next = 0.into();
        self.cols.start_bank.next = 0.into();
        if self.inset.val().get_bit(1) {
            self.cols.start.next = self.beside_start.q.val();
            self.cols.start_bank.next = 2.into();
        }
        self.cols.base.next = 0.into();
        self.cols.pitch.next = self.in_channel_stride.val();
        self.cols.ring_end.next = self.no_end.value.val();
        self.cols.load.next = self.cols_load.q.val();
        self.cols.step_one.next = false;
        self.cols.step_two.next = self.cols_step.q.val();
        if self.cols_step.q.val() {
            self.cols_left.d.next = self.cols_left.q.val() - 4;
            self.left.d.next = false;
            self.beside.d.next = false;
        }
        if self.cols_load.q.val() {
            self.cols_left.d.next = self.width.val();
            self.left.d.next = true;
            self.beside.d.next = self.inset.val().get_bit(1);
        }
        if self.rows_step.q.val() {
            self.rows_left.d.next = self.rows_left.q.val() - 4;
            self.top.d.next = false;
            self.above.d.next = false;
        }
        if self.rows_load.q.val() {
            self.rows_left.d.next = self.height.val() - self.first_row.val();
            self.top.d.next = !self.first_row.val().any();
            self.above.d.next = self.inset.val().get_bit(0);
        }

        // First register.
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
        self.first_b.d.next = self.first_a.q.val();
        self.enable_b.d.next = self.enable_a.q.val();
        self.last_b.d.next = self.last_a.q.val();
        self.weight_b.d.next = self.weight_a.q.val();
        self.row_bank_b.d.next = self.rows.bank.val();
        self.col_bank_b.d.next = self.cols.bank.val();
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
        self.row_keep_b.d.next = 0x3f.into();
        if self.above.q.val() {
            self.row_keep_b.d.next = 0x38.into();
        }
        self.col_keep_b.d.next = 0x3f.into();
        if self.beside.q.val() {
            self.col_keep_b.d.next = 0x38.into();
        }

        // Second register.
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
        self.last_c.d.next = self.last_b.q.val();
        self.row_bank_c.d.next = self.row_bank_b.q.val();
        self.col_bank_c.d.next = self.col_bank_b.q.val();
        self.row_inside_c.d.next = self.row_inside_b.q.val() & self.row_keep_b.q.val();
        self.col_inside_c.d.next = self.col_inside_b.q.val() & self.col_keep_b.q.val();
        self.weight_c.d.next = self.weight_b.q.val();
        self.enable_out.next = self.enable_c.q.val();
        self.last_out.next = self.last_c.q.val();
        self.row_bank.next = self.row_bank_c.q.val();
        self.col_bank.next = self.col_bank_c.q.val();
        self.row_inside.next = self.row_inside_c.q.val();
        self.col_inside.next = self.col_inside_c.q.val();
        self.weight_address.next = self.weight_c.q.val();
    }
}
