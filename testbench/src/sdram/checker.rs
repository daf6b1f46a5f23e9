//! When commands were given, and whether the next one comes too early or too late.

use super::violation::{Rule, Violation};
use rowfuse_hdl::memory::sdram::{SdramClocks, MAX_POSTPONED};

/// A time before every other, far enough for no wait to reach back to it.
const LONG_AGO: i64 = i64::MIN / 2;
const BANKS: usize = 4;

#[derive(Clone, Copy)]
struct Bank {
    open_row: Option<u16>,
    activated: i64,
    precharged: i64,
    written: i64,
}

/// The clocks at which everything happened.
pub(super) struct Checker {
    clocks: SdramClocks,
    bank: [Bank; BANKS],
    activated: i64,
    refreshed: i64,
    mode_set: i64,
    all_precharged: bool,
    initial_refreshes: u32,
    has_mode: bool,
    /// First cycle in which the chip was ready for use, and the refreshes since.
    ready_since: i64,
    refreshes: u64,
    /// The time of the last refresh of each row.
    rows: Vec<i64>,
    next_row: usize,
    /// The last cycle in which nothing is overdue.
    pub(super) deadline: i64,
}

impl Checker {
    pub(super) fn new(clocks: SdramClocks) -> Self {
        let bank = Bank {
            open_row: None,
            activated: LONG_AGO,
            precharged: LONG_AGO,
            written: LONG_AGO,
        };
        Self {
            bank: [bank; BANKS],
            activated: LONG_AGO,
            refreshed: LONG_AGO,
            mode_set: LONG_AGO,
            all_precharged: false,
            initial_refreshes: 0,
            has_mode: false,
            ready_since: 0,
            refreshes: 0,
            rows: vec![0; clocks.refreshes as usize],
            next_row: 0,
            deadline: i64::MAX,
            clocks,
        }
    }

    pub(super) fn is_ready(&self) -> bool {
        self.has_mode && self.initial_refreshes >= self.clocks.initial_refreshes
    }

    /// Before any command.
    pub(super) fn command(&mut self, cycle: i64) -> Result<(), Violation> {
        at_least(Rule::PowerUp, self.clocks.power_up, 0, cycle)?;
        at_least(Rule::Trfc, self.clocks.rfc, self.refreshed, cycle)?;
        at_least(Rule::Tmrd, self.clocks.mrd, self.mode_set, cycle)
    }

    pub(super) fn activate(&mut self, cycle: i64, bank: usize, row: u16) -> Result<(), Violation> {
        if !self.is_ready() {
            let needed = u64::from(self.clocks.initial_refreshes);
            let found = self.initial_refreshes.into();
            return Err(violation(Rule::Initialisation, needed, found, cycle));
        }
        let state = self.bank[bank];
        if state.open_row.is_some() {
            return Err(violation(Rule::BankState, 0, 1, cycle));
        }
        at_least(Rule::Trp, self.clocks.rp, state.precharged, cycle)?;
        at_least(Rule::Trc, self.clocks.rc, state.activated, cycle)?;
        at_least(Rule::Trrd, self.clocks.rrd, self.activated, cycle)?;
        self.bank[bank].open_row = Some(row);
        self.bank[bank].activated = cycle;
        self.activated = cycle;
        self.set_deadline();
        Ok(())
    }

    /// The row a column command goes to.
    pub(super) fn column(
        &mut self,
        cycle: i64,
        bank: usize,
        write: bool,
    ) -> Result<u16, Violation> {
        let state = &mut self.bank[bank];
        let Some(row) = state.open_row else {
            return Err(violation(Rule::BankState, 1, 0, cycle));
        };
        at_least(Rule::Trcd, self.clocks.rcd, state.activated, cycle)?;
        if write {
            state.written = cycle;
        }
        Ok(row)
    }

    /// Closes one bank or all.
    pub(super) fn precharge(&mut self, cycle: i64, bank: Option<usize>) -> Result<(), Violation> {
        for index in 0..BANKS {
            let state = &mut self.bank[index];
            if bank.is_some_and(|bank| bank != index) {
                continue;
            }
            if state.open_row.is_some() {
                at_least(Rule::Tras, self.clocks.ras, state.activated, cycle)?;
                at_least(Rule::Twr, self.clocks.wr, state.written, cycle)?;
            }
            // A closed bank is left alone, but nobody knows of banks after power-up.
            if state.open_row.take().is_some() || !self.all_precharged {
                state.precharged = cycle;
            }
        }
        self.all_precharged |= bank.is_none();
        self.set_deadline();
        Ok(())
    }

    pub(super) fn refresh(&mut self, cycle: i64) -> Result<(), Violation> {
        self.idle(cycle)?;
        at_least(Rule::Trc, self.clocks.rc, self.activated, cycle)?;
        self.refreshed = cycle;
        let was_ready = self.is_ready();
        self.initial_refreshes += u32::from(!was_ready);
        if was_ready {
            self.refreshes += 1;
            self.rows[self.next_row] = cycle;
            self.next_row = (self.next_row + 1) % self.rows.len();
            self.set_deadline();
        } else {
            self.start(cycle);
        }
        Ok(())
    }

    pub(super) fn set_mode(&mut self, cycle: i64, mode: u16) -> Result<(), Violation> {
        self.idle(cycle)?;
        let latency = mode >> 4 & 7;
        if u32::from(latency) != self.clocks.cas_latency {
            let needed = u64::from(self.clocks.cas_latency);
            return Err(violation(Rule::CasLatency, needed, latency.into(), cycle));
        }
        if mode != self.clocks.mode_register() {
            let needed = u64::from(self.clocks.mode_register());
            return Err(violation(Rule::ModeRegister, needed, mode.into(), cycle));
        }
        self.mode_set = cycle;
        let was_ready = self.is_ready();
        self.has_mode = true;
        if !was_ready {
            self.start(cycle);
        }
        Ok(())
    }

    /// From here on refreshes are counted, if the chip is ready for use.
    fn start(&mut self, cycle: i64) {
        if self.is_ready() {
            self.ready_since = cycle;
            self.rows.fill(cycle);
            self.set_deadline();
        }
    }

    /// All banks must be closed, for tRP at least.
    fn idle(&self, cycle: i64) -> Result<(), Violation> {
        if !self.all_precharged {
            return Err(violation(Rule::Initialisation, 1, 0, cycle));
        }
        for state in &self.bank {
            if state.open_row.is_some() {
                return Err(violation(Rule::BankState, 0, 1, cycle));
            }
            at_least(Rule::Trp, self.clocks.rp, state.precharged, cycle)?;
        }
        Ok(())
    }

    fn set_deadline(&mut self) {
        if !self.is_ready() {
            return;
        }
        let (_, limit, since) = self
            .limits()
            .into_iter()
            .min_by_key(|(_, l, s)| l + s)
            .unwrap_or((Rule::RefreshPeriod, 0, 0));
        self.deadline = since + limit;
    }

    /// What must not last longer than so many clocks since when.
    fn limits(&self) -> [(Rule, i64, i64); 2 + BANKS] {
        let period = i64::from(self.clocks.refresh_period);
        // The refresh after those made so far, and the ones that may be owed.
        let due = (self.refreshes + 1 + u64::from(MAX_POSTPONED)) as i64 * period
            / i64::from(self.clocks.refreshes);
        let mut limits = [(Rule::RefreshInterval, due, self.ready_since); 2 + BANKS];
        limits[1] = (Rule::RefreshPeriod, period, self.rows[self.next_row]);
        for (limit, bank) in limits[2..].iter_mut().zip(&self.bank) {
            if bank.open_row.is_some() {
                *limit = (Rule::TrasMax, self.clocks.ras_max.into(), bank.activated);
            }
        }
        limits
    }

    /// What is overdue in a cycle behind the deadline.
    pub(super) fn overdue(&self, cycle: i64) -> Violation {
        let overdue = self
            .limits()
            .into_iter()
            .find(|(_, limit, since)| cycle > since + limit);
        let (rule, limit, since) = overdue.unwrap_or((Rule::RefreshPeriod, 0, cycle));
        violation(rule, limit as u64, (cycle - since) as u64, cycle)
    }
}

pub(super) fn violation(rule: Rule, required: u64, found: u64, cycle: i64) -> Violation {
    Violation {
        rule,
        required,
        found,
        cycle: cycle as u64,
    }
}

fn at_least(rule: Rule, clocks: u32, since: i64, cycle: i64) -> Result<(), Violation> {
    if cycle - since >= i64::from(clocks) {
        return Ok(());
    }
    let found = (cycle - since) as u64;
    Err(violation(rule, clocks.into(), found, cycle))
}
