//! The load unit and the weight unit: which bursts they ask for, and when.

use std::collections::VecDeque;

use rowfuse_hdl::engine::sequencer::FREE_DELAY;
use rowfuse_hdl::engine::{pixel_buffer, weight_buffer};
use rowfuse_spec::layout::entry_bytes;
use rowfuse_spec::{Load, Params, Weights};

use super::memory::{Burst, Served};
use super::NEVER;

/// Cycles from an accepted request to the same client's next.
const NEXT_REQUEST: u64 = 4;
/// Cycles from a burst's end to the request that it held back.
const AFTER_BURST: u64 = 2;
/// Cycles from a unit's start to its first request.
const LOAD_REQUEST: u64 = 5;
const WEIGHT_REQUEST: u64 = 4;
/// Cycles from the last word of a LOAD, and of a WEIGHTS or PARAMS, to its end.
const LOAD_END: u64 = pixel_buffer::WRITE_LATENCY as u64 + 4;
const WEIGHT_END: u64 = weight_buffer::WRITE_LATENCY as u64 + 3;
/// Cycles from a quad's leaving the load unit's queue to a request that waited for its room.
const QUEUE_REQUEST: u64 = 4;
/// Quads that may be in the load unit's queue when it asks for more, and quads of a burst.
const LOAD_ROOM: u32 = 32;
const LOAD_BURST: u32 = 32;
/// Entries and channels of a long burst.
const LONG_ENTRIES: u32 = 4;
const LONG_CHANNELS: u32 = 16;
/// Cycles from an entry's last word to its group's first channel, if that waits for it.
const LANDING: u64 = weight_buffer::WRITE_LATENCY as u64 + 5;
/// Cycles from a group's last channel to a request for the place of its entries, and to that request's size.
const FREED_REQUEST: u64 = FREE_DELAY as u64 + 5;
const FREED_SIZE: u64 = FREED_REQUEST - 1;

/// What a client of the memory remembers of its bursts: two may be under way.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Port {
    accepted: u64,
    ends: [u64; 2],
}

impl Port {
    /// The earliest cycle of the next request.
    pub(super) fn again(&self) -> u64 {
        (self.accepted + NEXT_REQUEST).max(self.ends[0] + AFTER_BURST)
    }

    pub(super) fn take(&mut self, at: u64, served: Served) {
        self.accepted = at;
        self.ends = [self.ends[1], served.last];
    }
}

/// The load unit.
#[derive(Default)]
pub(super) struct Loader {
    port: Port,
    lanes: u32,
    start: u64,
    command: Load,
    address: u32,
    /// Sub-columns left of the group, and groups left of all rows.
    cols: u32,
    groups: u32,
    /// Quads of the last two bursts, and when the last of each has left the queue.
    quads: [u32; 2],
    drained: [u64; 2],
    pub(super) finish: u64,
}

impl Loader {
    pub(super) fn new(lanes: u32) -> Loader {
        Loader {
            lanes,
            finish: NEVER,
            ..Loader::default()
        }
    }

    pub(super) fn start(&mut self, at: u64, load: &Load) {
        self.start = at;
        self.address = load.address;
        self.cols = load.sub_cols;
        self.groups = load.groups * load.sub_rows;
        self.command = *load;
        self.finish = NEVER;
    }

    /// Cycle of the next request.
    pub(super) fn request(&self) -> u64 {
        if self.groups == 0 {
            return NEVER;
        }
        let room = LOAD_ROOM.saturating_sub(self.quads[1]);
        let room = match room >= self.quads[0] {
            true => 0,
            false => self.drained[0].saturating_sub(2 * u64::from(room)) + QUEUE_REQUEST,
        };
        self.port.again().max(self.start + LOAD_REQUEST).max(room)
    }

    pub(super) fn burst(&self) -> Burst {
        let cols = self.cols.min(LOAD_BURST / self.lanes);
        Burst {
            address: self.address,
            words: 2 * cols * self.lanes,
            write: false,
        }
    }

    /// A burst is under way; a quad takes at least so many cycles out of the queue.
    pub(super) fn take(&mut self, at: u64, burst: Burst, served: Served, quad: f64) {
        self.port.take(at, served);
        let quads = burst.words / 2;
        let drained = self.drained[1] + (f64::from(quads) * quad) as u64;
        self.quads = [self.quads[1], quads];
        self.drained = [self.drained[1], drained.max(served.last)];
        self.address += burst.words;
        self.cols -= quads / self.lanes;
        if self.cols == 0 {
            self.cols = self.command.sub_cols;
            self.address += self.command.gap;
            self.groups -= 1;
            if self.groups == 0 {
                self.finish = self.drained[1] + LOAD_END;
            }
        }
    }
}

/// Entries that have arrived, counted from the program's begin.
#[derive(Clone, Copy)]
struct Arrival {
    until: u64,
    last: u64,
}

/// The weight unit and its ring.
pub(super) struct WeightLoader {
    port: Port,
    entry_words: u32,
    start: u64,
    parameters: bool,
    address: u32,
    left: u32,
    /// Entries of the ring asked for and not yet freed, and those freed later.
    room: u32,
    freed: VecDeque<(u64, u32)>,
    arrivals: VecDeque<Arrival>,
    asked: u64,
    used: u64,
    pub(super) finish: u64,
}

impl WeightLoader {
    pub(super) fn new(depth: u32, lanes: u32) -> WeightLoader {
        WeightLoader {
            port: Port::default(),
            entry_words: entry_bytes(lanes) / 2,
            start: 0,
            parameters: false,
            address: 0,
            left: 0,
            room: depth,
            freed: VecDeque::new(),
            arrivals: VecDeque::new(),
            asked: 0,
            used: 0,
            finish: NEVER,
        }
    }

    pub(super) fn start_weights(&mut self, at: u64, weights: &Weights) {
        self.begin(at, false, weights.address, weights.entries);
    }

    pub(super) fn start_parameters(&mut self, at: u64, params: &Params) {
        self.begin(at, true, params.address, params.count);
    }

    fn begin(&mut self, at: u64, parameters: bool, address: u32, left: u32) {
        self.start = at;
        self.parameters = parameters;
        self.address = address;
        self.left = left;
        self.finish = NEVER;
    }

    /// Cycle of the next request.
    pub(super) fn request(&self) -> u64 {
        if self.left == 0 {
            return NEVER;
        }
        let room = match (self.parameters || self.room > 0, self.freed.front()) {
            (true, _) => 0,
            (false, Some((end, _))) => end + FREED_REQUEST,
            (false, None) => NEVER,
        };
        self.port.again().max(self.start + WEIGHT_REQUEST).max(room)
    }

    /// The burst accepted in a cycle.
    pub(super) fn burst(&mut self, at: u64) -> Burst {
        while let Some((end, entries)) = self.freed.front().copied() {
            if end + FREED_SIZE > at {
                break;
            }
            self.room += entries;
            self.freed.pop_front();
        }
        let words = match self.parameters {
            true if self.left >= LONG_CHANNELS => 4 * LONG_CHANNELS,
            true => 4,
            false if self.left.min(self.room) >= LONG_ENTRIES => LONG_ENTRIES * self.entry_words,
            false => self.entry_words,
        };
        Burst {
            address: self.address,
            words,
            write: false,
        }
    }

    pub(super) fn take(&mut self, at: u64, burst: Burst, served: Served) {
        self.port.take(at, served);
        self.address += burst.words;
        if self.parameters {
            self.left -= burst.words / 4;
        } else {
            let entries = burst.words / self.entry_words;
            self.left -= entries;
            self.room -= entries;
            self.asked += u64::from(entries);
            self.arrivals.push_back(Arrival {
                until: self.asked,
                last: served.last,
            });
        }
        if self.left == 0 {
            self.finish = served.last + WEIGHT_END;
        }
    }

    /// When a group of so many entries may begin, as far as they are on their way.
    pub(super) fn ready(&self, entries: u32) -> u64 {
        let need = self.used + u64::from(entries);
        let arrival = self.arrivals.iter().find(|arrival| arrival.until >= need);
        arrival.map_or(NEVER, |arrival| {
            let later = (arrival.until - need) * u64::from(self.entry_words);
            arrival.last - later + LANDING
        })
    }

    /// A group's last channel is issued: its entries are used.
    pub(super) fn free(&mut self, at: u64, entries: u32) {
        self.used += u64::from(entries);
        self.freed.push_back((at, entries));
        while self.arrivals.front().is_some_and(|a| a.until <= self.used) {
            self.arrivals.pop_front();
        }
    }
}
