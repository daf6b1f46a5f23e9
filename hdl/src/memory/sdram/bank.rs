//! What the controller knows of one bank.
use super::timing::SdramClocks;
use crate::engine::fixed::Fixed;
use rust_hdl::prelude::*;

/// Bits of a row number.
pub const ROW_BITS: usize = 13;

/// `count` ones: a waiting time that runs out by shifting right, its bit 0 high until then.
pub(super) fn ones(count: u32) -> u64 {
    (1 << count) - 1
}

/// One bank: its open row, and whether it may be closed yet.
#[derive(LogicBlock, Default)]
pub struct Bank {
    /// The one clock.
    pub clock: Signal<In, Clock>,
    /// `activate` and `precharge` mean this bank.
    pub selected: Signal<In, Bit>,
    /// The row asked for.
    pub row: Signal<In, Bits<ROW_BITS>>,
    /// `row` is being opened.
    pub activate: Signal<In, Bit>,
    /// The bank is being closed.
    pub precharge: Signal<In, Bit>,
    /// All banks are being closed.
    pub close: Signal<In, Bit>,
    /// A word is being written to this bank.
    pub written: Signal<In, Bit>,
    /// It is selected and a row is open.
    pub open: Signal<Out, Bit>,
    /// It is selected and `row` is open.
    pub hit: Signal<Out, Bit>,
    /// It is selected and held.
    pub blocked: Signal<Out, Bit>,
    /// tRAS or tWR does not allow to close it yet.
    pub held: Signal<Out, Bit>,
    is_open: DFF<Bit>,
    open_row: DFF<Bits<ROW_BITS>>,
    hold: DFF<Bits<16>>,
    active_hold: Fixed<16>,
    write_hold: Fixed<16>,
}

impl Bank {
    /// A closed bank.
    pub fn new(clocks: &SdramClocks) -> Self {
        // Whoever keeps tRAS and then tRP must keep tRC.
        let active = clocks.ras.max(clocks.rc.saturating_sub(clocks.rp));
        Self {
            // From one decision to the next; a write is already a clock nearer to the pins than a bank command.
            active_hold: Fixed::new(ones(active - 1)),
            write_hold: Fixed::new(ones(clocks.wr.saturating_sub(2))),
            ..Default::default()
        }
    }
}

impl Logic for Bank {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, is_open, open_row, hold);
        self.hold.d.next = self.hold.q.val() >> 1;
        if self.written.val() {
            self.hold.d.next = (self.hold.q.val() >> 1) | self.write_hold.value.val();
        }
        if self.selected.val() & self.activate.val() {
            self.is_open.d.next = true;
            self.open_row.d.next = self.row.val();
            self.hold.d.next = self.active_hold.value.val();
        }
        if (self.selected.val() & self.precharge.val()) | self.close.val() {
            self.is_open.d.next = false;
        }
        self.open.next = self.selected.val() & self.is_open.q.val();
        self.hit.next =
            self.selected.val() & self.is_open.q.val() & (self.open_row.q.val() == self.row.val());
        self.blocked.next = self.selected.val() & self.hold.q.val().get_bit(0);
        self.held.next = self.hold.q.val().get_bit(0);
    }
}
