//! A 16-bit SDRAM at its pins, clock by clock, with a checker for every rule of its data sheet.
//!
//! What is not modelled is refused as [`Rule::Unsupported`]: bursts of more than one word, automatic precharge, power down, self refresh.

mod checker;
mod violation;

pub use violation::{Rule, Violation};

use checker::{violation, Checker};
use rowfuse_hdl::memory::sdram::SdramClocks;

/// The pins as they stand at the end of a cycle, when the chip's clock rises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pins {
    /// Clock enable.
    pub cke: bool,
    /// Chip select, active low.
    pub cs_n: bool,
    /// Row address strobe, active low.
    pub ras_n: bool,
    /// Column address strobe, active low.
    pub cas_n: bool,
    /// Write enable, active low.
    pub we_n: bool,
    /// Bank, 0..4.
    pub ba: u8,
    /// Row, column or mode, 13 bits.
    pub a: u16,
    /// Byte masks: bit 0 for bits 7..0, bit 1 for bits 15..8.
    pub dqm: u8,
    /// What the controller drives the data pins with.
    pub dq: Option<u16>,
}

impl Pins {
    /// No command, nothing driven.
    pub const IDLE: Pins = Pins {
        cke: true,
        cs_n: true,
        ras_n: true,
        cas_n: true,
        we_n: true,
        ba: 0,
        a: 0,
        dqm: 0,
        dq: None,
    };
}

/// Column bits of an address.
const COLUMN_BITS: u32 = 9;
/// Bit of the address that means all banks, or automatic precharge.
const A10: u16 = 1 << 10;

/// A chip of 4 banks × 8192 rows × 512 columns.
///
/// Its words are numbered row, bank, column from the top. One call of [`Sdram::clock`] takes a few nanoseconds and
/// allocates nothing.
pub struct Sdram {
    words: Vec<u16>,
    checker: Checker,
    cycle: i64,
    latency: usize,
    /// What the chip drives in the cycles to come, by cycle modulo 4.
    output: [Option<u16>; 4],
    /// The chip drives the data pins in this cycle (bit 0), did so in the last one (bit 1).
    driven: u8,
    enabled: bool,
}

impl Sdram {
    /// A chip that has just been powered, of that timing, with storage for the first `words` words (at most 2^24), all zero.
    pub fn new(clocks: SdramClocks, words: usize) -> Self {
        Self {
            words: vec![0; words],
            latency: clocks.cas_latency as usize,
            checker: Checker::new(clocks),
            cycle: 0,
            output: [None; 4],
            driven: 0,
            enabled: false,
        }
    }

    /// The word at that address, if there is one.
    pub fn peek(&self, address: usize) -> Option<u16> {
        self.words.get(address).copied()
    }

    /// Changes the word at that address, if there is one.
    pub fn poke(&mut self, address: usize, word: u16) {
        if let Some(old) = self.words.get_mut(address) {
            *old = word;
        }
    }

    /// Cycles so far.
    pub fn cycle(&self) -> u64 {
        self.cycle as u64
    }

    /// The clock edge that ends a cycle with these pins. Returns what the chip drives the data pins with during the next cycle:
    /// the word of a READ in cycle *c* stands in cycle *c* + CAS latency.
    ///
    /// # Errors
    /// The first rule that is broken.
    #[inline]
    pub fn clock(&mut self, pins: &Pins) -> Result<Option<u16>, Violation> {
        let cycle = self.cycle;
        self.cycle += 1;
        if self.driven != 0 && pins.dq.is_some() {
            return Err(violation(Rule::DataBus, 0, 1, cycle));
        }
        if cycle > self.checker.deadline {
            return Err(self.checker.overdue(cycle));
        }
        if !pins.cke {
            if self.enabled {
                return Err(violation(Rule::Unsupported, 1, 0, cycle));
            }
            return Ok(None);
        }
        self.enabled = true;
        let no_operation = pins.ras_n && pins.cas_n && pins.we_n;
        if !pins.cs_n && !no_operation {
            self.command(pins, cycle)?;
        }
        // The masks reach the outputs two clocks later.
        if pins.dqm != 0 {
            let masked = &mut self.output[(cycle + 2) as usize & 3];
            *masked = masked
                .filter(|_| pins.dqm != 3)
                .map(|word| mask(word, !word, pins.dqm));
        }
        let next = self.output[(cycle + 1) as usize & 3].take();
        self.driven = self.driven << 1 & 2 | u8::from(next.is_some());
        Ok(next)
    }

    fn command(&mut self, pins: &Pins, cycle: i64) -> Result<(), Violation> {
        let bank = usize::from(pins.ba & 3);
        self.checker.command(cycle)?;
        match (pins.ras_n, pins.cas_n, pins.we_n) {
            (false, true, true) => self.checker.activate(cycle, bank, pins.a),
            (false, true, false) => {
                let one = (pins.a & A10 == 0).then_some(bank);
                self.checker.precharge(cycle, one)
            }
            (false, false, true) => self.checker.refresh(cycle),
            (false, false, false) if bank != 0 => {
                Err(violation(Rule::ModeRegister, 0, bank as u64, cycle))
            }
            (false, false, false) => self.checker.set_mode(cycle, pins.a),
            (true, false, write_n) if pins.a & A10 == 0 => self.column(pins, cycle, bank, !write_n),
            _ => Err(violation(Rule::Unsupported, 0, 1, cycle)),
        }
    }

    fn column(
        &mut self,
        pins: &Pins,
        cycle: i64,
        bank: usize,
        write: bool,
    ) -> Result<(), Violation> {
        let row = usize::from(self.checker.column(cycle, bank, write)?);
        let column = usize::from(pins.a) & ((1 << COLUMN_BITS) - 1);
        let address = (row << 2 | bank) << COLUMN_BITS | column;
        let size = self.words.len() as u64;
        let Some(word) = self.words.get_mut(address) else {
            return Err(violation(Rule::Address, size, address as u64, cycle));
        };
        if write {
            let Some(data) = pins.dq else {
                return Err(violation(Rule::DataBus, 1, 0, cycle));
            };
            *word = mask(data, *word, pins.dqm);
        } else {
            self.output[(cycle as usize + self.latency) & 3] = Some(*word);
        }
        Ok(())
    }
}

/// `word` with its masked bytes from `other`.
fn mask(word: u16, other: u16, dqm: u8) -> u16 {
    let bits = u16::from(dqm & 1) * 0xFF + u16::from(dqm >> 1 & 1) * 0xFF00;
    (word & !bits) | (other & bits)
}

#[cfg(test)]
mod tests;
