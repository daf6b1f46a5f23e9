//! When refreshes are due.
use super::timing::SdramClocks;
use crate::engine::fixed::Fixed;
use rust_hdl::prelude::*;

/// Refreshes owed at which traffic must give way. They are then made up for in one go, which opens the rows again only once.
pub const URGENT: u32 = 4;
// Bits 2 and 3 of the count say so.
const _: () = assert!(URGENT == 4 && URGENT < super::timing::MAX_POSTPONED);

/// Counts the refreshes that are owed.
///
/// Traffic gives way when [`URGENT`] are owed. A memory that has been idle for 16 clocks makes up for whatever is owed.
#[derive(LogicBlock, Default)]
pub struct RefreshTimer {
    /// The one clock.
    pub clock: Signal<In, Clock>,
    /// Time runs.
    pub enable: Signal<In, Bit>,
    /// Owe those of the power-up sequence.
    pub load: Signal<In, Bit>,
    /// One is being made.
    pub refresh: Signal<In, Bit>,
    /// No request stands and no word moves.
    pub idle: Signal<In, Bit>,
    /// Some are owed.
    pub owed: Signal<Out, Bit>,
    /// Refresh as soon as the words under way have moved; stays until nothing is owed.
    pub wanted: Signal<Out, Bit>,
    count: DFF<Bits<11>>,
    tick: DFF<Bit>,
    debt: DFF<Bits<4>>,
    quiet: DFF<Bits<5>>,
    want: DFF<Bit>,
    last_count: Fixed<11>,
    at_start: Fixed<4>,
}

impl RefreshTimer {
    /// For a part and clock.
    pub fn new(clocks: &SdramClocks) -> Self {
        Self {
            last_count: Fixed::new(u64::from(clocks.refresh_interval()) - 2),
            at_start: Fixed::new(clocks.initial_refreshes.into()),
            ..Default::default()
        }
    }
}

impl Logic for RefreshTimer {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, count, tick, debt, quiet, want);
        self.tick.d.next = self.count.q.val() == self.last_count.value.val();
        if self.enable.val() {
            self.count.d.next = self.count.q.val() + 1;
        }
        if self.tick.q.val() {
            self.count.d.next = 0.into();
        }

        if self.tick.q.val() & !self.refresh.val() {
            self.debt.d.next = self.debt.q.val() + 1;
        }
        if self.refresh.val() & !self.tick.q.val() {
            self.debt.d.next = self.debt.q.val() - 1;
        }
        if self.load.val() {
            self.debt.d.next = self.at_start.value.val();
        }
        self.owed.next = self.debt.q.val().any();

        if !self.quiet.q.val().get_bit(4) {
            self.quiet.d.next = self.quiet.q.val() + 1;
        }
        if !self.idle.val() {
            self.quiet.d.next = 0.into();
        }
        self.want.d.next = self.debt.q.val().any()
            & (self.want.q.val()
                | self.debt.q.val().get_bit(2)
                | self.debt.q.val().get_bit(3)
                | self.quiet.q.val().get_bit(4));
        self.wanted.next = self.want.q.val();
    }
}
