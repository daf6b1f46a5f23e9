//! The compute unit and the writer of its results.

use std::collections::VecDeque;

use rowfuse_hdl::engine::{pixel_buffer, sequencer};
use rowfuse_hdl::memory::writer::FULL_LEVEL;
use rowfuse_spec::{Conv, EngineConfig};

use super::super::cost::tile_interval;
use super::super::timeline::Timing;
use super::memory::{Burst, Served};
use super::readers::{Port, WeightLoader};
use super::NEVER;

/// Cycles from a unit's start to the first channel, if its weights are there, and to where waiting for them counts.
const FIRST_CHANNEL: u64 = 5;
const FIRST_STALL: u64 = 2;
/// Cycles between the groups of a CONV: the hold, and the clock in which the next group opens.
const GROUP_GAP: u64 = sequencer::GROUP_HOLD as u64 + 1;
/// Cycles from a tile's last channel to its last quad's place, beside six a lane: as measured on single commands.
const PIPELINE: u64 = 47;
/// Cycles from there to the store's account, and to the request for the tile.
const STORED: u64 = 2;
const WRITE_REQUEST: u64 = 1;
/// Cycles from the last quad of a CONV to its end, and from the last word written.
const LINE_BUFFER_END: u64 = pixel_buffer::WRITE_LATENCY as u64 + 5;
const MEMORY_END: u64 = pixel_buffer::WRITE_LATENCY as u64 + 4;
/// Cycles from a tile's last word written to a tile that waited for its room.
const ROOM: u64 = 2;

enum Phase {
    Idle,
    /// Waits for a group's weights; not before that cycle.
    Open(u64),
    /// A tile begins in that cycle, if there is room for its results.
    Tile(u64),
    /// The group's last channel is issued in that cycle.
    End(u64),
    /// All is issued.
    Drain,
}

/// The compute unit.
pub(super) struct Compute {
    lanes: u32,
    interval: u64,
    conv: Conv,
    phase: Phase,
    groups: u32,
    tiles: u64,
    /// From when on the array waits, and the earliest start of the next tile.
    idle_from: u64,
    interval_end: u64,
    pub(super) writer: Writer,
    pub(super) finish: u64,
}

impl Compute {
    pub(super) fn new(lanes: u32) -> Compute {
        Compute {
            lanes,
            interval: 1,
            conv: Conv::default(),
            phase: Phase::Idle,
            groups: 0,
            tiles: 0,
            idle_from: 0,
            interval_end: 0,
            writer: Writer::default(),
            finish: NEVER,
        }
    }

    pub(super) fn start(&mut self, at: u64, conv: &Conv, config: &EngineConfig) {
        self.conv = *conv;
        self.interval = tile_interval(conv.cin, config).into();
        self.groups = conv.groups;
        self.phase = Phase::Open(at + FIRST_CHANNEL);
        self.idle_from = at + FIRST_STALL;
        self.interval_end = 0;
        self.finish = NEVER;
        self.writer.start(conv, self.lanes);
    }

    /// Cycle in which something changes.
    pub(super) fn next(&self, weights: &WeightLoader) -> u64 {
        match self.phase {
            Phase::Idle => NEVER,
            Phase::Open(from) => from
                .max(self.interval_end)
                .max(weights.ready(self.conv.cin)),
            Phase::Tile(at) => self.writer.room(at),
            Phase::End(at) => at,
            Phase::Drain => self.finish,
        }
    }

    /// Cycles that a quad of the load unit takes to the line buffer: results go first.
    pub(super) fn load_quad(&self) -> f64 {
        let alone = f64::from(self.lanes + 1) / f64::from(self.lanes);
        match self.phase {
            Phase::Tile(_) | Phase::End(_) | Phase::Open(_) if self.conv.to_line_buffer() => {
                let quads = if self.conv.pool() { 1 } else { 4 } * self.lanes;
                alone / (1.0 - f64::from(quads) / self.interval as f64).max(0.1)
            }
            _ => alone,
        }
    }

    /// What happens in the cycle that [`Compute::next`] said, before the end.
    pub(super) fn step(&mut self, at: u64, weights: &mut WeightLoader, timing: &mut Timing) {
        let cin = u64::from(self.conv.cin);
        let tiles = u64::from(self.conv.tile_rows * self.conv.tile_cols);
        match self.phase {
            Phase::Open(_) => {
                let interval = self.interval_end.max(self.idle_from);
                timing.interval += (interval - self.idle_from) as f64;
                timing.weights += (at - interval) as f64;
                self.tiles = tiles;
                if self.conv.to_line_buffer() {
                    let all = (tiles - 1) * self.interval;
                    timing.interval += ((tiles - 1) * (self.interval - cin)) as f64;
                    self.interval_end = at + all + self.interval;
                    self.phase = Phase::End(at + all + cin - 1);
                } else {
                    (self.interval_end, self.idle_from) = (at, at);
                    self.phase = Phase::Tile(at);
                }
            }
            Phase::Tile(_) => self.tile(at, timing),
            Phase::End(end) => {
                weights.free(end, self.conv.cin);
                self.groups -= 1;
                self.idle_from = end + 1;
                self.phase = Phase::Open(end + 1 + GROUP_GAP);
                if self.groups == 0 {
                    self.phase = Phase::Drain;
                    if self.conv.to_line_buffer() {
                        self.finish = end + self.pipeline() + LINE_BUFFER_END;
                    }
                }
            }
            Phase::Idle | Phase::Drain => {}
        }
    }

    fn pipeline(&self) -> u64 {
        PIPELINE + 6 * u64::from(self.lanes)
    }

    /// A tile of a CONV to memory.
    fn tile(&mut self, at: u64, timing: &mut Timing) {
        let cin = u64::from(self.conv.cin);
        timing.interval += (self.interval_end - self.idle_from) as f64;
        timing.output += (at - self.interval_end) as f64;
        let stored = at + cin - 1 + self.pipeline() + STORED;
        self.writer.begin(at, stored);
        self.tiles -= 1;
        self.idle_from = at + cin;
        self.interval_end = at + self.interval;
        self.phase = match self.tiles {
            0 => Phase::End(at + cin - 1),
            _ => Phase::Tile(self.interval_end),
        };
    }

    /// The end of a CONV to memory is known once its last tile is on its way.
    pub(super) fn written(&mut self) {
        if let (Phase::Drain, Some(last)) = (&self.phase, self.writer.all_written()) {
            self.finish = last + MEMORY_END;
        }
    }

    pub(super) fn rest(&mut self) {
        self.phase = Phase::Idle;
        self.finish = NEVER;
    }
}

/// The writer and its store of tiles.
#[derive(Default)]
pub(super) struct Writer {
    port: Port,
    conv: Conv,
    lanes: u32,
    /// When tiles are stored that are not asked for, and when those asked for are written.
    stored: VecDeque<u64>,
    written: VecDeque<u64>,
    /// The next burst is its tile's second, of the tile at this place.
    second: bool,
    column: u32,
    row: u32,
    group: u32,
    /// Last word asked for.
    last: u64,
}

impl Writer {
    fn start(&mut self, conv: &Conv, lanes: u32) {
        self.conv = *conv;
        self.lanes = lanes;
        (self.column, self.row, self.group) = (0, 0, 0);
    }

    /// A tile begins that will be stored.
    fn begin(&mut self, at: u64, stored: u64) {
        self.stored.push_back(stored);
        // No later tile needs to know of them.
        while self.written.front().is_some_and(|end| end + ROOM <= at) {
            self.written.pop_front();
        }
    }

    /// From when on a tile may begin that wants to in a cycle.
    fn room(&self, mut at: u64) -> u64 {
        let full = FULL_LEVEL as usize;
        loop {
            let stored = self.stored.iter().take_while(|stored| **stored < at);
            let gone = self.written.partition_point(|end| end + ROOM <= at);
            if stored.count() + self.written.len() - gone < full {
                return at;
            }
            let Some(end) = self.written.get(gone) else {
                return NEVER;
            };
            at = end + ROOM;
        }
    }

    /// Cycle of the next request.
    pub(super) fn request(&self) -> u64 {
        let stored = self.stored.front().map_or(NEVER, |at| at + WRITE_REQUEST);
        self.port.again().max(stored)
    }

    pub(super) fn burst(&self) -> Burst {
        let tile = if self.conv.pool() { 2 } else { 4 } * self.lanes;
        let rows = if self.conv.pool() { 1 } else { 2 };
        let row = rows * self.row + u32::from(self.second);
        Burst {
            address: self.conv.out_address
                + self.group * self.conv.out_group_pitch
                + row * self.conv.out_row_pitch
                + self.column * tile,
            words: tile,
            write: true,
        }
    }

    /// A burst is under way; whether it is a tile's last.
    pub(super) fn take(&mut self, at: u64, served: Served) -> bool {
        self.port.take(at, served);
        if !self.conv.pool() {
            self.second = !self.second;
            if self.second {
                return false;
            }
        }
        self.stored.pop_front();
        self.written.push_back(served.last);
        self.last = served.last;
        self.column += 1;
        if self.column == self.conv.tile_cols {
            (self.column, self.row) = (0, self.row + 1);
        }
        if self.row == self.conv.tile_rows {
            (self.row, self.group) = (0, self.group + 1);
        }
        true
    }

    /// When the last tile of the CONV is written, if it is on its way.
    fn all_written(&self) -> Option<u64> {
        let all = self.group == self.conv.groups && self.stored.is_empty();
        all.then_some(self.last)
    }
}
