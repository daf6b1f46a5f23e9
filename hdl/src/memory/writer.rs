//! Takes finished tiles from the tile store to memory.
use super::arbiter::OUTSTANDING;
use super::port::MemoryClient;
use crate::engine::fixed::Fixed;
use crate::engine::tile_store::TileStore;
use rust_hdl::prelude::*;

/// Tiles waiting at which no further tile may start: the rest of the store takes what is still in the pipeline.
pub const FULL_LEVEL: u64 = 20;

/// Clocks behind an accepted request in which the next one's address is not there yet.
const PLAN_CLOCKS: u64 = 2;

/// Writes tiles in the order in which they were stored.
///
/// An unpooled tile is two bursts of `4·lanes` words, one for each of its sub-rows; a pooled tile one burst of `2·lanes`. Addresses follow the memory layout of
/// `rowfuse_spec::layout::FeatureMap`: group → tile row → tile column as the tiles come. The asking side is up to [`OUTSTANDING`] bursts ahead of
/// the side that gives the words. What is dropped of a quad keeps its bytes in memory: its words are masked.
#[derive(LogicBlock, Default)]
pub struct Writer {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Forgets all tiles.
    pub clear: Signal<In, Bit>,
    /// Begins a command.
    pub start: Signal<In, Bit>,
    /// Stores a quad in the current slot.
    pub store: Signal<In, Bit>,
    /// Its place in the slot.
    pub place: Signal<In, Bits<4>>,
    /// The quad.
    pub quad: Signal<In, Bits<32>>,
    /// Its pixels that must not be written: bit 0 for the upper row, bit 1 for the left column.
    pub drop: Signal<In, Bits<2>>,
    /// The slot is complete.
    pub tile_done: Signal<In, Bit>,
    /// The command pools.
    pub pool: Signal<In, Bit>,
    /// CONV field.
    pub tile_rows: Signal<In, Bits<16>>,
    /// CONV field.
    pub tile_cols: Signal<In, Bits<16>>,
    /// CONV's out_address, words.
    pub out_address: Signal<In, Bits<24>>,
    /// CONV's out_group_pitch, words.
    pub out_group_pitch: Signal<In, Bits<24>>,
    /// CONV's out_row_pitch, words.
    pub out_row_pitch: Signal<In, Bits<24>>,
    /// Memory.
    pub mem: MemoryClient,
    /// No further tile may start.
    pub full: Signal<Out, Bit>,
    /// All tiles are in memory.
    pub idle: Signal<Out, Bit>,
    store_ram: TileStore,
    fill_slot: DFF<Bits<5>>,
    drain_slot: DFF<Bits<5>>,
    // Tiles not yet in memory, and those of them not yet asked for.
    pending: DFF<Bits<6>>,
    to_ask: DFF<Bits<6>>,
    plan: DFF<Bits<2>>,
    want: DFF<Bit>,
    bursts: DFF<Bits<2>>,
    tx: DFF<Bits<16>>,
    ty: DFF<Bits<16>>,
    group_address: DFF<Bits<24>>,
    row_address: DFF<Bits<24>>,
    tile_address: DFF<Bits<24>>,
    address: DFF<Bits<24>>,
    // A tile was asked for a clock ago; where the loop variables end, and the starts of the next row and group: up to date within
    // PLAN_CLOCKS.
    moved_on: DFF<Bit>,
    tx_end: DFF<Bit>,
    ty_end: DFF<Bit>,
    last_tx: DFF<Bits<16>>,
    last_ty: DFF<Bits<16>>,
    row_step: DFF<Bits<24>>,
    next_tile: DFF<Bits<24>>,
    next_row: DFF<Bits<24>>,
    next_group: DFF<Bits<24>>,
    second: DFF<Bit>,
    second_given: DFF<Bit>,
    place_r: DFF<Bits<4>>,
    // Those behind them, a clock late: neither moves in two clocks in a row.
    slot_after: DFF<Bits<5>>,
    place_after: DFF<Bits<4>>,
    high: DFF<Bit>,
    next_place: Signal<Local, Bits<4>>,
    advance: Signal<Local, Bit>,
    tile_asked: Signal<Local, Bit>,
    tile_written: Signal<Local, Bit>,
    accepted: Signal<Local, Bit>,
    next_slot: Signal<Local, Bits<5>>,
    wide_words: Fixed<8>,
    pooled_words: Fixed<8>,
    wide_step: Fixed<24>,
    pooled_step: Fixed<24>,
    full_level: Fixed<6>,
    plan_clocks: Fixed<2>,
    outstanding: Fixed<2>,
}

impl Writer {
    /// For `lanes` channels a group.
    pub fn new(lanes: u32) -> Self {
        let lanes = u64::from(lanes);
        Self {
            wide_words: Fixed::new(4 * lanes),
            pooled_words: Fixed::new(2 * lanes),
            wide_step: Fixed::new(4 * lanes),
            pooled_step: Fixed::new(2 * lanes),
            full_level: Fixed::new(FULL_LEVEL),
            plan_clocks: Fixed::new(PLAN_CLOCKS),
            outstanding: Fixed::new(OUTSTANDING.into()),
            ..Default::default()
        }
    }
}

impl Logic for Writer {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            fill_slot,
            drain_slot,
            pending,
            to_ask,
            plan,
            want,
            bursts,
            tx,
            ty,
            group_address,
            row_address,
            tile_address,
            address,
            moved_on,
            tx_end,
            ty_end,
            last_tx,
            last_ty,
            row_step,
            next_tile,
            next_row,
            next_group,
            second,
            second_given,
            place_r,
            slot_after,
            place_after,
            high
        );
        self.store_ram.clock.next = self.clock.val();
        self.store_ram.write.next = self.store.val();
        self.store_ram.write_address.next =
            (bit_cast::<9, 5>(self.fill_slot.q.val()) << 4) | bit_cast::<9, 4>(self.place.val());
        self.store_ram.write_data.next = self.quad.val();
        self.store_ram.write_drop.next = self.drop.val();
        if self.tile_done.val() {
            self.fill_slot.d.next = self.fill_slot.q.val() + 1;
        }

        // The words. The store is read a clock ahead: the address already shows the quad that the next clock sends.
        self.tile_written.next =
            self.mem.done.val() & (self.pool.val() | self.second_given.q.val());
        if self.mem.done.val() {
            self.second_given.d.next = !self.tile_written.val();
        }
        self.next_slot.next = self.drain_slot.q.val();
        self.next_place.next = self.place_r.q.val();
        self.advance.next = self.mem.wr_next.val() & self.high.q.val();
        if self.advance.val() {
            self.next_place.next = self.place_after.q.val();
        }
        if self.tile_written.val() {
            self.next_slot.next = self.slot_after.q.val();
            self.next_place.next = 0.into();
        }
        self.slot_after.d.next = self.drain_slot.q.val() + 1;
        self.place_after.d.next = self.place_r.q.val() + 1;
        self.drain_slot.d.next = self.next_slot.val();
        self.place_r.d.next = self.next_place.val();
        if self.mem.wr_next.val() {
            self.high.d.next = !self.high.q.val();
        }
        self.store_ram.read_address.next =
            (bit_cast::<9, 5>(self.next_slot.val()) << 4) | bit_cast::<9, 4>(self.next_place.val());
        self.mem.wr_data.next = self.store_ram.data.val().get_bits::<16>(0);
        if self.high.q.val() {
            self.mem.wr_data.next = self.store_ram.data.val().get_bits::<16>(16);
        }
        // A word is a row of a quad, its low byte the left pixel.
        self.mem.wr_mask.next = 0.into();
        if self.store_ram.drop.val().get_bit(1) {
            self.mem.wr_mask.next = 1.into();
        }
        if self.store_ram.drop.val().get_bit(0) & !self.high.q.val() {
            self.mem.wr_mask.next = 3.into();
        }

        // The requests.
        self.mem.req_valid.next = self.want.q.val();
        self.mem.req_write.next = true;
        self.mem.req_addr.next = self.address.q.val();
        self.mem.req_len.next = self.wide_words.value.val();
        if self.pool.val() {
            self.mem.req_len.next = self.pooled_words.value.val();
        }
        self.accepted.next = self.mem.req_valid.val() & self.mem.req_ready.val();
        self.want.d.next = self.to_ask.q.val().any()
            & !self.plan.q.val().any()
            & (self.bursts.q.val() != self.outstanding.value.val())
            & !self.accepted.val();
        self.tile_asked.next = self.accepted.val() & (self.pool.val() | self.second.q.val());
        if self.plan.q.val().any() {
            self.plan.d.next = self.plan.q.val() - 1;
        }
        if self.accepted.val() {
            self.plan.d.next = self.plan_clocks.value.val();
            self.second.d.next = !self.tile_asked.val();
            self.address.d.next = self.address.q.val() + self.out_row_pitch.val();
        }
        if self.accepted.val() & !self.mem.done.val() {
            self.bursts.d.next = self.bursts.q.val() + 1;
        }
        if self.mem.done.val() & !self.accepted.val() {
            self.bursts.d.next = self.bursts.q.val() - 1;
        }

        // The next tile's place in memory, ready when the next request is.
        self.row_step.d.next = self.out_row_pitch.val() << 1;
        if self.pool.val() {
            self.row_step.d.next = self.out_row_pitch.val();
        }
        self.next_tile.d.next = self.tile_address.q.val() + self.wide_step.value.val();
        if self.pool.val() {
            self.next_tile.d.next = self.tile_address.q.val() + self.pooled_step.value.val();
        }
        self.next_row.d.next = self.row_address.q.val() + self.row_step.q.val();
        self.next_group.d.next = self.group_address.q.val() + self.out_group_pitch.val();
        self.last_tx.d.next = self.tile_cols.val() - 1;
        self.last_ty.d.next = self.tile_rows.val() - 1;
        self.tx_end.d.next = self.tx.q.val() == self.last_tx.q.val();
        self.ty_end.d.next = self.ty.q.val() == self.last_ty.q.val();
        self.moved_on.d.next = self.tile_asked.val();
        if self.moved_on.q.val() {
            if self.tx_end.q.val() {
                self.tx.d.next = 0.into();
                if self.ty_end.q.val() {
                    self.ty.d.next = 0.into();
                    self.group_address.d.next = self.next_group.q.val();
                    self.row_address.d.next = self.next_group.q.val();
                    self.tile_address.d.next = self.next_group.q.val();
                    self.address.d.next = self.next_group.q.val();
                } else {
                    self.ty.d.next = self.ty.q.val() + 1;
                    self.row_address.d.next = self.next_row.q.val();
                    self.tile_address.d.next = self.next_row.q.val();
                    self.address.d.next = self.next_row.q.val();
                }
            } else {
                self.tx.d.next = self.tx.q.val() + 1;
                self.tile_address.d.next = self.next_tile.q.val();
                self.address.d.next = self.next_tile.q.val();
            }
        }
        if self.tile_done.val() & !self.tile_written.val() {
            self.pending.d.next = self.pending.q.val() + 1;
        }
        if self.tile_written.val() & !self.tile_done.val() {
            self.pending.d.next = self.pending.q.val() - 1;
        }
        if self.tile_done.val() & !self.tile_asked.val() {
            self.to_ask.d.next = self.to_ask.q.val() + 1;
        }
        if self.tile_asked.val() & !self.tile_done.val() {
            self.to_ask.d.next = self.to_ask.q.val() - 1;
        }
        if self.start.val() {
            self.tx.d.next = 0.into();
            self.ty.d.next = 0.into();
            self.group_address.d.next = self.out_address.val();
            self.row_address.d.next = self.out_address.val();
            self.tile_address.d.next = self.out_address.val();
            self.address.d.next = self.out_address.val();
        }
        if self.clear.val() {
            self.to_ask.d.next = 0.into();
            self.bursts.d.next = 0.into();
            self.want.d.next = false;
            self.second_given.d.next = false;
            self.pending.d.next = 0.into();
            self.fill_slot.d.next = 0.into();
            self.drain_slot.d.next = 0.into();
            self.moved_on.d.next = false;
            self.place_r.d.next = 0.into();
            self.high.d.next = false;
            self.second.d.next = false;
        }
        self.full.next = self.pending.q.val() >= self.full_level.value.val();
        self.idle.next = !self.pending.q.val().any();
    }
}
