//! The SDRAM controller: requests in, commands to the chip out.
use super::super::port::{MemoryServer, ADDRESS_BITS, LENGTH_BITS, WORD_BITS};
use super::bank::{ones, ROW_BITS};
use super::banks::Banks;
use super::error::SdramError;
use super::pins::{SdramPins, COLUMN_BITS};
use super::refresh::RefreshTimer;
use super::return_path::ReturnPath;
use super::settings::SdramSettings;
use super::step::Step;
use crate::engine::fixed::Fixed;
use rust_hdl::prelude::*;

/// Bits of row and bank number together: row above bank.
const PAGE_BITS: usize = ADDRESS_BITS - COLUMN_BITS;

/// Controller of a 16-bit SDRAM of 4 banks × 8192 rows × 512 columns.
///
/// Word address = row, bank, column, from the top: a stream of words goes from bank to bank. Two bursts are in work. The
/// *current* one moves a word a clock with column commands of one word each. The *next* one, the rest of a burst
/// that goes beyond its row or else the next request, has its row opened meanwhile, and takes over without a gap. Rows
/// stay open until another row of the bank is wanted or the chip is refreshed.
///
/// `port` serves bursts of 1..=255 words in the order of their requests, and takes the next request as soon as the last
/// one has become the current burst, also while words are on their way. All pins come straight from registers, and
/// `dq_in` goes straight to one.
#[derive(LogicBlock, Default)]
pub struct SdramController {
    /// The one clock.
    pub clock: Signal<In, Clock>,
    /// Requests and words.
    pub port: MemoryServer,
    /// Clock enable: high from the first clock on.
    pub cke: Signal<Out, Bit>,
    /// Chip select, active low; high but for commands.
    pub cs_n: Signal<Out, Bit>,
    /// Row address strobe, active low.
    pub ras_n: Signal<Out, Bit>,
    /// Column address strobe, active low.
    pub cas_n: Signal<Out, Bit>,
    /// Write enable, active low.
    pub we_n: Signal<Out, Bit>,
    /// Bank.
    pub ba: Signal<Out, Bits<2>>,
    /// Row, column or mode.
    pub a: Signal<Out, Bits<ROW_BITS>>,
    /// Byte masks: high until the chip is set up, then those of the words written.
    pub dqm: Signal<Out, Bits<2>>,
    /// The word to write.
    pub dq_out: Signal<Out, Bits<WORD_BITS>>,
    /// `dq_out` drives the data pins.
    pub dq_oe: Signal<Out, Bit>,
    /// The data pins.
    pub dq_in: Signal<In, Bits<WORD_BITS>>,

    step: DFF<Step>,
    power_count: DFF<Bits<16>>,
    powered: DFF<Bit>,
    set_up: DFF<Bit>,
    // Ones that shift out: the last command's waiting time.
    pause: DFF<Bits<16>>,
    refresh: RefreshTimer,
    banks: Banks,
    back: ReturnPath,
    pins: SdramPins,

    // The next burst, and what follows of it beyond its row.
    next_valid: DFF<Bit>,
    next_write: DFF<Bit>,
    next_page: DFF<Bits<PAGE_BITS>>,
    next_column: DFF<Bits<COLUMN_BITS>>,
    next_length: DFF<Bits<LENGTH_BITS>>,
    next_end: DFF<Bit>,
    next_final: DFF<Bit>,
    end_column: DFF<Bits<10>>,
    page_after: DFF<Bits<PAGE_BITS>>,
    accept: Signal<Local, Bit>,
    take: Signal<Local, Bit>,
    beyond: Signal<Local, Bit>,
    bank_now: Signal<Local, Bits<2>>,
    row_now: Signal<Local, Bits<ROW_BITS>>,
    in_use: Signal<Local, Bit>,
    at_rest: Signal<Local, Bit>,
    activate: Signal<Local, Bit>,
    precharge: Signal<Local, Bit>,
    close_all: Signal<Local, Bit>,

    // The current burst: its next column command, whether that is the last in its row, and the burst's last.
    reading: DFF<Bit>,
    writing: DFF<Bit>,
    column_bank: DFF<Bits<2>>,
    column: DFF<Bits<COLUMN_BITS>>,
    left: DFF<Bits<LENGTH_BITS>>,
    row_end: DFF<Bit>,
    burst_end: DFF<Bit>,
    active: Signal<Local, Bit>,
    fire_read: Signal<Local, Bit>,
    fire_write: Signal<Local, Bit>,
    fire: Signal<Local, Bit>,

    // A command other than a column command, a clock before the pins.
    slot: DFF<Bit>,
    slot_ras: DFF<Bit>,
    slot_cas: DFF<Bit>,
    slot_we: DFF<Bit>,
    slot_bank: DFF<Bits<2>>,
    slot_address: DFF<Bits<ROW_BITS>>,

    power_up: Fixed<16>,
    mode: Fixed<ROW_BITS>,
    precharge_wait: Fixed<16>,
    activate_wait: Fixed<16>,
    refresh_wait: Fixed<16>,
    mode_wait: Fixed<16>,
}

impl SdramController {
    /// A controller for that part, clock and board.
    ///
    /// # Errors
    /// If the part does not run like that, or a figure is beyond the controller.
    pub fn new(settings: &SdramSettings) -> Result<Self, SdramError> {
        let clocks = settings.clocks()?;
        Ok(Self {
            refresh: RefreshTimer::new(&clocks),
            banks: Banks::new(&clocks),
            back: ReturnPath::new(settings),
            power_up: Fixed::new(clocks.power_up.into()),
            mode: Fixed::new(clocks.mode_register().into()),
            // From one decision to the next.
            precharge_wait: Fixed::new(ones(clocks.rp - 1)),
            refresh_wait: Fixed::new(ones(clocks.rfc - 1)),
            mode_wait: Fixed::new(ones(clocks.mrd - 1)),
            // A column command follows its decision a clock sooner, but two steps lie before it.
            activate_wait: Fixed::new(ones(clocks.rcd.saturating_sub(2))),
            ..Default::default()
        })
    }
}

impl Logic for SdramController {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            step,
            power_count,
            powered,
            set_up,
            pause,
            next_valid,
            next_write,
            next_page,
            next_column,
            next_length,
            next_end,
            next_final,
            end_column,
            page_after,
            reading,
            writing,
            column_bank,
            column,
            left,
            row_end,
            burst_end,
            slot,
            slot_ras,
            slot_cas,
            slot_we,
            slot_bank,
            slot_address
        );

        // Column commands of the current burst give way to other commands, and writes to words still on their way here.
        self.active.next = self.reading.q.val() | self.writing.q.val();
        self.fire_read.next = self.reading.q.val() & !self.slot.q.val();
        self.fire_write.next = self.writing.q.val() & !self.slot.q.val() & !self.back.busy.val();
        self.fire.next = self.fire_read.val() | self.fire_write.val();
        if self.fire.val() {
            self.column.d.next = self.column.q.val() + 1;
            self.left.d.next = self.left.q.val() - 1;
            self.row_end.d.next = (self.left.q.val() == 2) | (self.column.q.val() == 510);
            self.burst_end.d.next = self.left.q.val() == 2;
            if self.row_end.q.val() {
                self.reading.d.next = false;
                self.writing.d.next = false;
            }
        }

        // The next burst takes over behind the current one's last column command.
        self.take.next = (self.step.q.val() == Step::Ready)
            & !self.refresh.wanted.val()
            & (!self.active.val() | (self.fire.val() & self.row_end.q.val()));
        self.accept.next = self.port.req_valid.val() & !self.next_valid.q.val();
        self.port.req_ready.next = !self.next_valid.q.val();
        self.end_column.d.next = bit_cast::<10, COLUMN_BITS>(self.next_column.q.val())
            + bit_cast::<10, LENGTH_BITS>(self.next_length.q.val());
        self.page_after.d.next = self.next_page.q.val() + 1;
        self.next_final.d.next = self.next_length.q.val() == 1;
        self.next_end.d.next = (self.next_length.q.val() == 1) | (self.next_column.q.val() == 511);
        self.beyond.next = self.end_column.q.val().get_bit(9)
            & self.end_column.q.val().get_bits::<LENGTH_BITS>(0).any();
        if self.take.val() {
            self.reading.d.next = !self.next_write.q.val();
            self.writing.d.next = self.next_write.q.val();
            self.column_bank.d.next = self.next_page.q.val().get_bits::<2>(0);
            self.column.d.next = self.next_column.q.val();
            self.left.d.next = self.next_length.q.val();
            self.row_end.d.next = self.next_end.q.val();
            self.burst_end.d.next = self.next_final.q.val();
            // What lies beyond the row is the next burst.
            self.next_valid.d.next = self.beyond.val();
            self.next_page.d.next = self.page_after.q.val();
            self.next_column.d.next = 0.into();
            self.next_length.d.next = self.end_column.q.val().get_bits::<LENGTH_BITS>(0);
        }
        if self.accept.val() {
            self.next_valid.d.next = true;
            self.next_write.d.next = self.port.req_write.val();
            self.next_page.d.next = self.port.req_addr.val().get_bits::<PAGE_BITS>(9);
            self.next_column.d.next = self.port.req_addr.val().get_bits::<COLUMN_BITS>(0);
            self.next_length.d.next = self.port.req_len.val();
        }

        // The bank of the next burst.
        self.bank_now.next = self.next_page.q.val().get_bits::<2>(0);
        self.row_now.next = self.next_page.q.val().get_bits::<ROW_BITS>(2);
        self.banks.number.next = self.bank_now.val();
        self.banks.row.next = self.row_now.val();
        self.in_use.next = self.banks.held.val()
            | (self.active.val() & (self.column_bank.q.val() == self.bank_now.val()));
        self.at_rest.next = !self.banks.any_held.val() & !self.active.val();

        // Everything but column commands, one decision a clock.
        self.refresh.clock.next = self.clock.val();
        self.refresh.enable.next = self.set_up.q.val();
        self.refresh.idle.next = !self.active.val() & !self.next_valid.q.val();
        self.refresh.load.next = false;
        self.refresh.refresh.next = false;
        if !self.powered.q.val() {
            self.power_count.d.next = self.power_count.q.val() + 1;
        }
        self.powered.d.next = self.power_count.q.val() == self.power_up.value.val();
        self.pause.d.next = self.pause.q.val() >> 1;
        self.slot.d.next = false;
        self.slot_ras.d.next = false;
        self.slot_cas.d.next = false;
        self.slot_we.d.next = false;
        self.slot_bank.d.next = self.bank_now.val();
        self.slot_address.d.next = self.row_now.val();
        self.activate.next = false;
        self.precharge.next = false;
        self.close_all.next = false;
        match self.step.q.val() {
            Step::PowerUp => {
                self.refresh.load.next = self.powered.q.val();
                self.close_all.next = self.powered.q.val();
            }
            Step::Refresh => {
                if !self.pause.q.val().get_bit(0) {
                    if self.refresh.owed.val() {
                        self.refresh.refresh.next = true;
                        self.slot.d.next = true;
                        self.slot_ras.d.next = true;
                        self.slot_cas.d.next = true;
                        self.pause.d.next = self.refresh_wait.value.val();
                    } else if !self.set_up.q.val() {
                        self.set_up.d.next = true;
                        self.slot.d.next = true;
                        self.slot_ras.d.next = true;
                        self.slot_cas.d.next = true;
                        self.slot_we.d.next = true;
                        self.slot_bank.d.next = 0.into();
                        self.slot_address.d.next = self.mode.value.val();
                        self.pause.d.next = self.mode_wait.value.val();
                    } else {
                        self.step.d.next = Step::Idle;
                        if self.next_valid.q.val() | self.accept.val() {
                            self.step.d.next = Step::Check;
                        }
                    }
                }
            }
            Step::Idle => {
                if self.accept.val() {
                    self.step.d.next = Step::Check;
                }
                self.close_all.next = self.refresh.wanted.val() & self.at_rest.val();
            }
            Step::Check => {
                if self.banks.hit.val() {
                    self.step.d.next = Step::Ready;
                } else if self.banks.open.val() {
                    self.step.d.next = Step::Close;
                } else {
                    self.activate.next = true;
                }
            }
            Step::Close => {
                if self.refresh.wanted.val() {
                    self.close_all.next = self.at_rest.val();
                } else if !self.in_use.val() {
                    self.precharge.next = true;
                    self.slot.d.next = true;
                    self.slot_ras.d.next = true;
                    self.slot_we.d.next = true;
                    self.slot_address.d.next = 0.into();
                    self.pause.d.next = self.precharge_wait.value.val();
                    self.step.d.next = Step::Precharge;
                }
            }
            Step::Precharge => {
                self.activate.next = !self.pause.q.val().get_bit(0);
            }
            Step::Activate => {
                if !self.pause.q.val().get_bit(0) {
                    self.step.d.next = Step::Ready;
                }
            }
            Step::Ready => {
                self.close_all.next = self.refresh.wanted.val() & self.at_rest.val();
                if self.take.val() {
                    self.step.d.next = Step::Idle;
                    if self.beyond.val() {
                        self.step.d.next = Step::Check;
                    }
                }
            }
            _ => {
                self.step.d.next = Step::PowerUp;
            }
        }
        if self.activate.val() {
            self.slot.d.next = true;
            self.slot_ras.d.next = true;
            self.pause.d.next = self.activate_wait.value.val();
            self.step.d.next = Step::Activate;
        }
        if self.close_all.val() {
            self.slot.d.next = true;
            self.slot_ras.d.next = true;
            self.slot_we.d.next = true;
            self.slot_address.d.next = 0x400.into();
            self.pause.d.next = self.precharge_wait.value.val();
            self.step.d.next = Step::Refresh;
        }

        self.banks.clock.next = self.clock.val();
        self.banks.activate.next = self.activate.val();
        self.banks.precharge.next = self.precharge.val();
        self.banks.close.next = self.close_all.val();
        self.banks.write.next = self.fire_write.val();
        self.banks.write_number.next = self.column_bank.q.val();

        self.back.clock.next = self.clock.val();
        self.back.read.next = self.fire_read.val();
        self.back.last.next = self.burst_end.q.val();
        self.back.dq_in.next = self.dq_in.val();
        self.port.rd_valid.next = self.back.valid.val();
        self.port.rd_data.next = self.back.data.val();
        self.port.wr_next.next = self.fire_write.val();
        self.port.done.next =
            self.back.valid_last.val() | (self.fire_write.val() & self.burst_end.q.val());

        self.pins.clock.next = self.clock.val();
        self.pins.column_read.next = self.fire_read.val();
        self.pins.column_write.next = self.fire_write.val();
        self.pins.column_bank.next = self.column_bank.q.val();
        self.pins.column.next = self.column.q.val();
        self.pins.data.next = self.port.wr_data.val();
        self.pins.mask.next = self.port.wr_mask.val();
        self.pins.slot.next = self.slot.q.val();
        self.pins.slot_ras.next = self.slot_ras.q.val();
        self.pins.slot_cas.next = self.slot_cas.q.val();
        self.pins.slot_we.next = self.slot_we.q.val();
        self.pins.slot_bank.next = self.slot_bank.q.val();
        self.pins.slot_address.next = self.slot_address.q.val();
        self.pins.set_up.next = self.set_up.q.val();
        self.cke.next = self.pins.cke.val();
        self.cs_n.next = self.pins.cs_n.val();
        self.ras_n.next = self.pins.ras_n.val();
        self.cas_n.next = self.pins.cas_n.val();
        self.we_n.next = self.pins.we_n.val();
        self.ba.next = self.pins.ba.val();
        self.a.next = self.pins.a.val();
        self.dqm.next = self.pins.dqm.val();
        self.dq_out.next = self.pins.dq_out.val();
        self.dq_oe.next = self.pins.dq_oe.val();
    }
}
