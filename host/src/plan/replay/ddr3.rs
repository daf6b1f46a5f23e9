//! A DDR3 behind MIG and our adapter: a burst's lines, the words read that a write waits for, refreshes.

use rowfuse_hdl::memory::ddr3::{Ddr3Timing, LATENCY, LINE_WORDS, RETURN_LATENCY};

use super::memory::{Burst, Served};

/// Words of a line.
const LINE: u32 = LINE_WORDS as u32;

/// Adapter, MIG and chip.
pub(super) struct Ddr3 {
    timing: Ddr3Timing,
    /// From when on the adapter takes another request.
    next_free: u64,
    /// First cycle in which the lines of the next read can be asked for.
    next_access: u64,
    /// When the last line came.
    last_line: u64,
    /// When the last word read was on the port.
    last_read: u64,
    /// When the last word was written, and from when on its line does not wait for MIG any more.
    last_write: u64,
    written: u64,
}

impl Ddr3 {
    pub(super) fn new(timing: Ddr3Timing) -> Ddr3 {
        Ddr3 {
            timing,
            next_free: 0,
            next_access: 0,
            last_line: 0,
            last_read: 0,
            last_write: 0,
            written: 0,
        }
    }

    /// From when on the adapter takes a request.
    pub(super) fn free_from(&self) -> u64 {
        self.next_free
    }

    /// Takes a request in a cycle.
    pub(super) fn accept(&mut self, at: u64, burst: Burst) -> Served {
        match burst.write {
            true => self.write(at, burst),
            false => self.read(at, burst),
        }
    }

    /// The words of each line of a burst.
    fn lines(burst: Burst) -> impl Iterator<Item = u64> {
        let (mut address, end) = (burst.address, burst.address + burst.words);
        std::iter::from_fn(move || {
            let next = ((address / LINE + 1) * LINE).min(end);
            let words = next - address;
            address = next;
            (words > 0).then_some(words.into())
        })
    }

    /// The first cycle from this one on in which no refresh is under way.
    fn awake(&self, at: u64) -> u64 {
        let interval = u64::from(self.timing.refresh_interval.max(1));
        let refresh = interval.saturating_sub(self.timing.refresh_clocks.into());
        match at % interval >= refresh {
            true => (at / interval + 1) * interval,
            false => at,
        }
    }

    /// All lines are asked for, one a clock; words follow as their lines come.
    fn read(&mut self, at: u64, burst: Burst) -> Served {
        // The last burst's last access is taken in the cycle in which this one starts at the earliest.
        let start = (at + 1)
            .max(self.next_access.saturating_sub(1))
            .max(self.last_write);
        self.next_free = start + 1;
        let mut access = start + u64::from(LATENCY) - 1;
        access = access.max(self.written);
        let mut served: Option<Served> = None;
        for words in Ddr3::lines(burst) {
            access = self.awake(access);
            let due = access + u64::from(self.timing.latency());
            self.last_line = self.awake(due.max(self.last_line + 1));
            access += 1;
            let first = (self.last_line + u64::from(RETURN_LATENCY)).max(self.last_read + 1);
            self.last_read = first + words - 1;
            let from = served.map_or(first, |served| served.first);
            served = Some(Served {
                first: from,
                last: self.last_read,
            });
        }
        self.next_access = access;
        served.unwrap_or(Served {
            first: at,
            last: at,
        })
    }

    /// Words are put into lines; a line is written while the next one is collected.
    fn write(&mut self, at: u64, burst: Burst) -> Served {
        let start = (at + 1).max(self.last_read).max(self.last_write);
        self.next_free = start + 1;
        let mut served: Option<Served> = None;
        let mut next = start + u64::from(LATENCY) - 1;
        for words in Ddr3::lines(burst) {
            let last = (next + words - 1).max(self.written);
            let first = next.min(last);
            next = last + 1;
            // Its data go to MIG a cycle later, and then its command.
            self.written = self.awake(last + 2) + 1;
            let from = served.map_or(first, |served| served.first);
            served = Some(Served { first: from, last });
        }
        self.last_write = next.saturating_sub(1);
        served.unwrap_or(Served {
            first: at,
            last: at,
        })
    }
}
