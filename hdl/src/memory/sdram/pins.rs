//! The registers at the chip's pins.
use super::super::port::{MASK_BITS, WORD_BITS};
use super::bank::ROW_BITS;
use super::high::HighDff;
use rust_hdl::prelude::*;

/// Bits of a column number.
pub const COLUMN_BITS: usize = 9;

/// Puts the command that was decided on onto the pins, a clock later: at most one of `column_read`, `column_write` and `slot`.
#[derive(LogicBlock, Default)]
pub struct SdramPins {
    /// The one clock.
    pub clock: Signal<In, Clock>,
    /// READ of `column` in bank `column_bank`.
    pub column_read: Signal<In, Bit>,
    /// WRITE of `data` there.
    pub column_write: Signal<In, Bit>,
    /// Bank.
    pub column_bank: Signal<In, Bits<2>>,
    /// Column.
    pub column: Signal<In, Bits<COLUMN_BITS>>,
    /// The word to write.
    pub data: Signal<In, Bits<WORD_BITS>>,
    /// Bytes of it that the chip leaves as they are.
    pub mask: Signal<In, Bits<MASK_BITS>>,
    /// Any other command.
    pub slot: Signal<In, Bit>,
    /// Its row address strobe, active high; low without a command.
    pub slot_ras: Signal<In, Bit>,
    /// Its column address strobe.
    pub slot_cas: Signal<In, Bit>,
    /// Its write enable.
    pub slot_we: Signal<In, Bit>,
    /// Its bank.
    pub slot_bank: Signal<In, Bits<2>>,
    /// Its address.
    pub slot_address: Signal<In, Bits<ROW_BITS>>,
    /// The chip is set up.
    pub set_up: Signal<In, Bit>,
    /// Pin.
    pub cke: Signal<Out, Bit>,
    /// Pin.
    pub cs_n: Signal<Out, Bit>,
    /// Pin.
    pub ras_n: Signal<Out, Bit>,
    /// Pin.
    pub cas_n: Signal<Out, Bit>,
    /// Pin.
    pub we_n: Signal<Out, Bit>,
    /// Pins.
    pub ba: Signal<Out, Bits<2>>,
    /// Pins.
    pub a: Signal<Out, Bits<ROW_BITS>>,
    /// Pins.
    pub dqm: Signal<Out, Bits<2>>,
    /// Pins.
    pub dq_out: Signal<Out, Bits<WORD_BITS>>,
    /// `dq_out` drives its pins.
    pub dq_oe: Signal<Out, Bit>,
    cke_pin: DFF<Bit>,
    cs_pin: HighDff,
    ras_pin: HighDff,
    cas_pin: HighDff,
    we_pin: HighDff,
    ba_pin: DFF<Bits<2>>,
    a_pin: DFF<Bits<ROW_BITS>>,
    dqm_low_pin: HighDff,
    dqm_high_pin: HighDff,
    dq_pin: DFF<Bits<WORD_BITS>>,
    oe_pin: DFF<Bit>,
    fire: Signal<Local, Bit>,
}

impl Logic for SdramPins {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            cke_pin,
            cs_pin,
            ras_pin,
            cas_pin,
            we_pin,
            ba_pin,
            a_pin,
            dqm_low_pin,
            dqm_high_pin,
            dq_pin,
            oe_pin
        );
        self.fire.next = self.column_read.val() | self.column_write.val();
        self.cke_pin.d.next = true;
        self.cs_pin.d.next = !(self.slot.val() | self.fire.val());
        self.ras_pin.d.next = !self.slot_ras.val();
        self.cas_pin.d.next = !(self.slot_cas.val() | self.fire.val());
        self.we_pin.d.next = !(self.slot_we.val() | self.column_write.val());
        self.ba_pin.d.next = self.column_bank.val();
        self.a_pin.d.next = bit_cast::<ROW_BITS, COLUMN_BITS>(self.column.val());
        if self.slot.val() {
            self.ba_pin.d.next = self.slot_bank.val();
            self.a_pin.d.next = self.slot_address.val();
        }
        // Only a write's: two clocks later a mask would hide what a READ brings.
        self.dqm_low_pin.d.next =
            !self.set_up.val() | (self.column_write.val() & self.mask.val().get_bit(0));
        self.dqm_high_pin.d.next =
            !self.set_up.val() | (self.column_write.val() & self.mask.val().get_bit(1));
        self.dq_pin.d.next = self.data.val();
        self.oe_pin.d.next = self.column_write.val();
        self.cke.next = self.cke_pin.q.val();
        self.cs_n.next = self.cs_pin.q.val();
        self.ras_n.next = self.ras_pin.q.val();
        self.cas_n.next = self.cas_pin.q.val();
        self.we_n.next = self.we_pin.q.val();
        self.ba.next = self.ba_pin.q.val();
        self.a.next = self.a_pin.q.val();
        self.dqm.next = bit_cast::<2, 1>(self.dqm_low_pin.q.val().into())
            | (bit_cast::<2, 1>(self.dqm_high_pin.q.val().into()) << 1);
        self.dq_out.next = self.dq_pin.q.val();
        self.dq_oe.next = self.oe_pin.q.val();
    }
}
