//! What the controller knows of the four banks.
use super::bank::{Bank, ROW_BITS};
use super::timing::SdramClocks;
use rust_hdl::prelude::*;

/// The four banks, one of them selected.
#[derive(LogicBlock, Default)]
pub struct Banks {
    /// The one clock.
    pub clock: Signal<In, Clock>,
    /// The bank asked for.
    pub number: Signal<In, Bits<2>>,
    /// The row asked for.
    pub row: Signal<In, Bits<ROW_BITS>>,
    /// That row is being opened.
    pub activate: Signal<In, Bit>,
    /// That bank is being closed.
    pub precharge: Signal<In, Bit>,
    /// All banks are being closed.
    pub close: Signal<In, Bit>,
    /// A word is being written,
    pub write: Signal<In, Bit>,
    /// to this bank.
    pub write_number: Signal<In, Bits<2>>,
    /// A row of that bank is open.
    pub open: Signal<Out, Bit>,
    /// That row is open.
    pub hit: Signal<Out, Bit>,
    /// That bank must not be closed yet.
    pub held: Signal<Out, Bit>,
    /// Some bank must not be closed yet.
    pub any_held: Signal<Out, Bit>,
    bank: [Bank; 4],
}

impl Banks {
    /// Closed banks.
    pub fn new(clocks: &SdramClocks) -> Self {
        Self {
            bank: std::array::from_fn(|_| Bank::new(clocks)),
            ..Default::default()
        }
    }
}

impl Logic for Banks {
    #[hdl_gen]
    fn update(&mut self) {
        for k in 0..4 {
            self.bank[k].clock.next = self.clock.val();
            self.bank[k].row.next = self.row.val();
            self.bank[k].activate.next = self.activate.val();
            self.bank[k].precharge.next = self.precharge.val();
            self.bank[k].close.next = self.close.val();
        }
        self.bank[0].selected.next = self.number.val() == 0;
        self.bank[1].selected.next = self.number.val() == 1;
        self.bank[2].selected.next = self.number.val() == 2;
        self.bank[3].selected.next = self.number.val() == 3;
        self.bank[0].written.next = self.write.val() & (self.write_number.val() == 0);
        self.bank[1].written.next = self.write.val() & (self.write_number.val() == 1);
        self.bank[2].written.next = self.write.val() & (self.write_number.val() == 2);
        self.bank[3].written.next = self.write.val() & (self.write_number.val() == 3);
        self.open.next = self.bank[0].open.val()
            | self.bank[1].open.val()
            | self.bank[2].open.val()
            | self.bank[3].open.val();
        self.hit.next = self.bank[0].hit.val()
            | self.bank[1].hit.val()
            | self.bank[2].hit.val()
            | self.bank[3].hit.val();
        self.held.next = self.bank[0].blocked.val()
            | self.bank[1].blocked.val()
            | self.bank[2].blocked.val()
            | self.bank[3].blocked.val();
        self.any_held.next = self.bank[0].held.val()
            | self.bank[1].held.val()
            | self.bank[2].held.val()
            | self.bank[3].held.val();
    }
}
