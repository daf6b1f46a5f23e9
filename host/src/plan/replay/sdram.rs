//! An SDRAM chip and its controller: rows and banks, the words read that a write waits for, refreshes.

use rowfuse_hdl::memory::sdram::{SdramClocks, SdramError, SdramSettings, URGENT};

use super::memory::{Burst, Served};

/// Words of a row of the chip; banks change with it.
const PAGE: u32 = 512;
/// Banks of the chip.
const BANKS: u32 = 4;
/// Cycles without a request after which the controller makes up for refreshes.
const QUIET: u64 = 18;

#[derive(Clone, Copy, Debug, Default)]
struct Bank {
    row: Option<u32>,
    /// The row may be closed from this cycle on.
    closable: u64,
}

/// Controller and chip.
pub(super) struct Sdram {
    clocks: SdramClocks,
    /// From a read's column command to its word at the client; no word is written meanwhile.
    flight: u64,

    banks: [Bank; BANKS as usize],
    /// Last column command so far, and its bank.
    end: (u64, usize),
    /// Last column command that read.
    read_end: u64,
    /// From when on the controller takes another request.
    next_free: u64,
    /// Cycles by which commands in a column command's place hold up the burst before.
    stolen: u64,
    /// Refreshes made.
    refreshes: u64,
}

impl Sdram {
    pub(super) fn new(settings: &SdramSettings) -> Result<Sdram, SdramError> {
        Ok(Sdram {
            clocks: settings.clocks()?,
            flight: settings.flight().into(),
            banks: Default::default(),
            end: (0, 0),
            read_end: 0,
            next_free: 0,
            stolen: 0,
            refreshes: 0,
        })
    }

    /// From when on the controller takes a request.
    pub(super) fn free_from(&self) -> u64 {
        self.next_free
    }

    /// Takes a request in a cycle; beside it, by how much the burst before ends later than was said.
    pub(super) fn accept(&mut self, at: u64, burst: Burst) -> (Served, u64) {
        self.stolen = 0;
        let mut check = self.refresh_if_quiet(at).max(at + 1);
        let (mut address, mut left) = (burst.address, burst.words);
        let mut first = None;
        while left > 0 {
            let words = left.min(PAGE - address % PAGE);
            let page = address / PAGE;
            let (bank, row) = ((page % BANKS) as usize, page / BANKS);
            let ready = self.open(check, bank, row);
            let mut take = ready.max(self.end.0);
            if let Some(check) = self.refresh_if_urgent(take) {
                take = self.open(check, bank, row).max(self.end.0);
            }
            let mut begin = take + 1;
            if burst.write {
                begin = begin.max(self.read_end + self.flight + 1);
            }
            first.get_or_insert(begin);
            self.end = (begin + u64::from(words) - 1, bank);
            if burst.write {
                let closable = self.end.0 + u64::from(self.clocks.wr.saturating_sub(1));
                self.banks[bank].closable = self.banks[bank].closable.max(closable);
            } else {
                self.read_end = self.end.0;
            }
            self.next_free = take + 1;
            check = take + 1;
            address += words;
            left -= words;
        }
        let way = if burst.write { 0 } else { self.flight };
        let served = Served {
            first: first.unwrap_or(at) + way,
            last: self.end.0 + way,
        };
        (served, self.stolen)
    }

    /// When a row is open that the controller looks up in a cycle.
    fn open(&mut self, check: u64, bank: usize, row: u32) -> u64 {
        let (rp, rcd) = (u64::from(self.clocks.rp), u64::from(self.clocks.rcd));
        let mut activate = check;
        match self.banks[bank].row {
            Some(open) if open == row => return check + 1,
            Some(_) => {
                let mut close = (check + 1).max(self.banks[bank].closable);
                if self.end.1 == bank {
                    close = close.max(self.end.0 + 1);
                }
                self.steal(close + 1);
                activate = close + rp;
            }
            None => {}
        }
        self.steal(activate + 1);
        let held = self
            .clocks
            .ras
            .max(self.clocks.rc.saturating_sub(self.clocks.rp));
        self.banks[bank] = Bank {
            row: Some(row),
            closable: activate + u64::from(held),
        };
        activate + rcd.max(2)
    }

    /// A command that takes a column command's place.
    fn steal(&mut self, at: u64) {
        if at <= self.end.0 {
            self.read_end += u64::from(self.read_end == self.end.0);
            self.end.0 += 1;
            self.stolen += 1;
        }
    }

    /// Refreshes due by a cycle.
    fn due(&self, at: u64) -> u64 {
        at / u64::from(self.clocks.refresh_interval())
    }

    /// Makes up for refreshes from a cycle on; when a request is looked up again.
    fn refresh(&mut self, from: u64) -> u64 {
        let held = self.banks.iter().filter(|bank| bank.row.is_some());
        let from = held.fold(from.max(self.end.0 + 1), |from, bank| {
            from.max(bank.closable)
        });
        let count = self.due(from) - self.refreshes;
        self.refreshes += count;
        self.banks.iter_mut().for_each(|bank| bank.row = None);
        from + u64::from(self.clocks.rp) + count * u64::from(self.clocks.rfc) + 1
    }

    /// Traffic gives way if that many are owed in a cycle.
    fn refresh_if_urgent(&mut self, at: u64) -> Option<u64> {
        let urgent = self.due(at) >= self.refreshes + u64::from(URGENT);
        urgent.then(|| self.refresh(at))
    }

    /// What an idle memory has made up for when a request comes; when it is looked up.
    fn refresh_if_quiet(&mut self, at: u64) -> u64 {
        let mut quiet = self.end.0 + QUIET;
        loop {
            let tick = (self.refreshes + 1) * u64::from(self.clocks.refresh_interval()) + 2;
            let start = quiet.max(tick);
            if start >= at {
                return 0;
            }
            let done = self.refresh(start);
            if done >= at {
                return done;
            }
            quiet = done;
        }
    }
}
