//! A 16-bit DDR3 behind MIG 7, at the user interface, clock by clock: what it may do, and what it demands.
//!
//! Written from Xilinx UG586, section "User Interface", and not from the adapter: an access is taken in a clock with `app_en` and
//! `app_rdy`, data in one with `app_wdf_wren` and `app_wdf_rdy`. Data may come any time before their access, with it, or up to two clocks
//! after it. Accesses are executed in their order, as MIG does when it is built with strict ordering; lines read come back in that order.
//!
//! How long the real one takes depends on rows, refreshes and its calibration; [`MigSettings::BOARD`] is an assumption, not a measurement.

mod violation;

pub use violation::{Rule, Violation};

use std::collections::VecDeque;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rowfuse_hdl::memory::ddr3::Ddr3Timing;

/// Words of a line.
const LINE: usize = 8;
/// Lines of data that may wait for their accesses.
const DATA_AHEAD: usize = 16;
/// Lines that may be asked for and not yet have come back.
const READS: usize = 32;
/// Clocks after its access in which a write's data are taken at the latest.
const DATA_BEHIND: u64 = 2;

/// How quick the memory is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MigSettings {
    /// Words of storage, a multiple of 8, at most 2^24: the 32 MB that the engine uses of the chip.
    pub words: usize,
    /// Clocks until the memory is calibrated.
    pub calibration: u64,
    /// Probability of a clock in which an access can be taken.
    pub access: f64,
    /// Probability of a clock in which data can be taken.
    pub data: f64,
    /// Least clocks from an access to its line.
    pub least_latency: u32,
    /// Most, apart from refreshes and from waiting for other lines.
    pub most_latency: u32,
    /// Clocks from one refresh to the next; 0 for none.
    pub refresh_interval: u64,
    /// Clocks of a refresh, in which no access is taken and no line comes.
    pub refresh_clocks: u64,
}

impl MigSettings {
    /// As it is assumed on a board at 100 MHz ([`Ddr3Timing`]), with an access refused now and then.
    pub const BOARD: MigSettings = {
        let timing = Ddr3Timing::assumed(100);
        MigSettings {
            words: 1 << 24,
            calibration: 300,
            access: 0.97,
            data: 0.99,
            least_latency: timing.least_latency,
            most_latency: timing.most_latency,
            refresh_interval: timing.refresh_interval as u64,
            refresh_clocks: timing.refresh_clocks as u64,
        }
    };

    /// Never waits, and answers in the next clock.
    pub const IDEAL: MigSettings = MigSettings {
        words: 1 << 24,
        calibration: 0,
        access: 1.0,
        data: 1.0,
        least_latency: 1,
        most_latency: 1,
        refresh_interval: 0,
        refresh_clocks: 0,
    };
}

/// What the design drives in a cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MigInputs {
    /// `app_en`.
    pub en: bool,
    /// `app_cmd`.
    pub cmd: u8,
    /// `app_addr`.
    pub addr: u32,
    /// `app_wdf_wren`.
    pub wdf_wren: bool,
    /// `app_wdf_end`.
    pub wdf_end: bool,
    /// `app_wdf_data`, first word lowest.
    pub wdf_data: u128,
    /// `app_wdf_mask`: bytes not to write.
    pub wdf_mask: u16,
}

/// What MIG drives in a cycle; all of it comes from registers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MigOutputs {
    /// `app_rdy`.
    pub rdy: bool,
    /// `app_wdf_rdy`.
    pub wdf_rdy: bool,
    /// `app_rd_data_valid`.
    pub rd_data_valid: bool,
    /// `app_rd_data`; anything without `app_rd_data_valid`.
    pub rd_data: u128,
    /// `init_calib_complete`.
    pub init_calib_complete: bool,
}

/// An access that was taken.
struct Access {
    write: bool,
    address: usize,
    cycle: u64,
}

/// The memory. A call of [`Mig::clock`] allocates nothing but in its queues.
pub struct Mig {
    settings: MigSettings,
    words: Vec<u16>,
    random: ChaCha8Rng,
    cycle: u64,
    outputs: MigOutputs,
    /// Inputs of the last cycle, as far as they were not taken.
    access_waits: Option<MigInputs>,
    data_wait: Option<MigInputs>,
    accesses: VecDeque<Access>,
    data: VecDeque<(u128, u16)>,
    /// Lines on their way back, and the cycle in which they come.
    lines: VecDeque<(u64, u128)>,
    taken: u64,
}

impl Mig {
    /// A memory that has just been powered, all words zero.
    pub fn new(settings: MigSettings, seed: u64) -> Self {
        let mut mig = Self {
            words: vec![0; settings.words],
            settings,
            random: ChaCha8Rng::seed_from_u64(seed),
            cycle: 0,
            outputs: MigOutputs::default(),
            access_waits: None,
            data_wait: None,
            accesses: VecDeque::new(),
            data: VecDeque::new(),
            lines: VecDeque::new(),
            taken: 0,
        };
        mig.next_outputs();
        mig
    }

    /// The word at that address, if there is one. Writes whose access or data have not been taken are not in it.
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
        self.cycle
    }

    /// Accesses taken so far.
    pub fn accesses(&self) -> u64 {
        self.taken
    }

    /// Whether no access, no data and no line are under way.
    pub fn is_idle(&self) -> bool {
        self.accesses.is_empty() && self.data.is_empty() && self.lines.is_empty()
    }

    /// What MIG drives in this cycle.
    pub fn outputs(&self) -> MigOutputs {
        self.outputs
    }

    /// The clock edge that ends a cycle with these inputs.
    ///
    /// # Errors
    /// The first rule that is broken.
    #[inline]
    pub fn clock(&mut self, inputs: &MigInputs) -> Result<(), Violation> {
        let cycle = self.cycle;
        self.check(inputs)
            .and_then(|()| self.take(inputs))
            .and_then(|()| self.execute())
            .map_err(|rule| Violation { rule, cycle })?;
        self.cycle += 1;
        self.next_outputs();
        Ok(())
    }

    fn check(&self, inputs: &MigInputs) -> Result<(), Rule> {
        if let Some(old) = &self.access_waits {
            if !inputs.en || (inputs.cmd, inputs.addr) != (old.cmd, old.addr) {
                return Err(Rule::AccessChanged);
            }
        }
        if let Some(old) = &self.data_wait {
            let same = (inputs.wdf_data, inputs.wdf_mask) == (old.wdf_data, old.wdf_mask);
            if !inputs.wdf_wren || !same {
                return Err(Rule::DataChanged);
            }
        }
        if inputs.wdf_wren && !inputs.wdf_end {
            return Err(Rule::DataEnd);
        }
        if !inputs.en {
            return Ok(());
        }
        let (address, words) = (inputs.addr, self.words.len());
        if inputs.cmd > 1 {
            return Err(Rule::Command(inputs.cmd));
        }
        if !address.is_multiple_of(LINE as u32) {
            return Err(Rule::Unaligned(address));
        }
        if address as usize + LINE > words {
            return Err(Rule::Address { address, words });
        }
        Ok(())
    }

    fn take(&mut self, inputs: &MigInputs) -> Result<(), Rule> {
        self.access_waits = None;
        self.data_wait = None;
        if inputs.wdf_wren {
            if self.outputs.wdf_rdy {
                self.data.push_back((inputs.wdf_data, inputs.wdf_mask));
            } else {
                self.data_wait = Some(*inputs);
            }
        }
        if inputs.en {
            if self.outputs.rdy {
                self.taken += 1;
                self.accesses.push_back(Access {
                    write: inputs.cmd == 0,
                    address: inputs.addr as usize,
                    cycle: self.cycle,
                });
            } else {
                self.access_waits = Some(*inputs);
            }
        }
        // Data belong to the writes in their order.
        let writes = self.accesses.iter().filter(|access| access.write);
        let late = |access: &Access| self.cycle >= access.cycle + DATA_BEHIND;
        match writes.skip(self.data.len()).any(late) {
            true => Err(Rule::LateData),
            false => Ok(()),
        }
    }

    /// Accesses in their order, as far as they can be executed.
    fn execute(&mut self) -> Result<(), Rule> {
        while let Some(access) = self.accesses.front() {
            let line = &mut self.words[access.address..access.address + LINE];
            if access.write {
                let Some((data, mask)) = self.data.pop_front() else {
                    break;
                };
                for (place, word) in line.iter_mut().enumerate() {
                    let (new, mask) = ((data >> (16 * place)) as u16, mask >> (2 * place));
                    let kept = (mask & 1) * 0x00FF + (mask >> 1 & 1) * 0xFF00;
                    *word = (*word & kept) | (new & !kept);
                }
            } else {
                let words = line.iter().rev();
                let data = words.fold(0, |line, word| line << 16 | u128::from(*word));
                let latency = self
                    .random
                    .gen_range(self.settings.least_latency..=self.settings.most_latency);
                self.lines
                    .push_back((access.cycle + u64::from(latency), data));
            }
            self.accesses.pop_front();
        }
        Ok(())
    }

    /// Decides what is driven in the cycle that begins.
    fn next_outputs(&mut self) {
        let MigSettings {
            calibration,
            access,
            data,
            refresh_interval,
            refresh_clocks,
            ..
        } = self.settings;
        let calibrated = self.cycle >= calibration;
        let refreshed = refresh_interval > 0
            && self.cycle % refresh_interval >= refresh_interval - refresh_clocks;
        let arrives = !refreshed
            && self
                .lines
                .front()
                .is_some_and(|(due, _)| *due <= self.cycle);
        let line = match arrives {
            true => self.lines.pop_front().map(|(_, line)| line),
            false => None,
        };
        self.outputs = MigOutputs {
            rdy: calibrated
                && !refreshed
                && self.lines.len() < READS
                && self.random.gen_bool(access),
            wdf_rdy: calibrated && self.data.len() < DATA_AHEAD && self.random.gen_bool(data),
            rd_data_valid: line.is_some(),
            rd_data: line.unwrap_or_else(|| self.random.gen()),
            init_calib_complete: calibrated,
        };
    }
}

#[cfg(test)]
mod tests;
