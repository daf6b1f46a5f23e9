//! The weight ring and the parameter table.

use rowfuse_spec::layout::entry_bytes;
use rowfuse_spec::numerics::RawParameters;
use rowfuse_spec::{EngineConfig, Params, Weights};

use super::memory::Memory;

/// A ring of weight entries, filled by WEIGHTS and emptied by CONV.
#[derive(Debug)]
pub(super) struct WeightRing {
    entries: Vec<u8>,
    entry_bytes: usize,
    depth: usize,
    head: usize,
    count: usize,
}

impl WeightRing {
    pub(super) fn new(config: &EngineConfig) -> WeightRing {
        let entry_bytes = entry_bytes(config.lanes) as usize;
        let depth = config.weight_depth as usize;
        WeightRing {
            entries: vec![0; depth * entry_bytes],
            entry_bytes,
            depth,
            head: 0,
            count: 0,
        }
    }

    /// Forgets all entries.
    pub(super) fn clear(&mut self) {
        (self.head, self.count) = (0, 0);
    }

    /// Entries in the ring.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Appends entries from `done` on until the command is finished or the ring is full; returns how many.
    pub(super) fn fill(&mut self, memory: &Memory, command: &Weights, done: u32) -> u32 {
        let free = (self.depth - self.count) as u32;
        let now = free.min(command.entries - done);
        for entry in done..done + now {
            let place = (self.head + self.count) % self.depth * self.entry_bytes;
            let start = command.address + entry * (self.entry_bytes / 2) as u32;
            let words = self.entries[place..place + self.entry_bytes].chunks_exact_mut(2);
            for (word, pair) in words.enumerate() {
                pair.copy_from_slice(&memory.read::<2>(start + word as u32));
            }
            self.count += 1;
        }
        now
    }

    /// The first `count` entries, each `[lane][9]` and perhaps a byte of padding.
    pub(super) fn entries(&self, count: usize) -> impl Iterator<Item = &[u8]> {
        (0..count).map(|n| {
            let place = (self.head + n) % self.depth * self.entry_bytes;
            &self.entries[place..place + self.entry_bytes]
        })
    }

    /// Frees the first `count` entries.
    pub(super) fn free(&mut self, count: usize) {
        self.head = (self.head + count) % self.depth;
        self.count -= count;
    }
}

/// The parameters of output channels.
#[derive(Debug)]
pub(super) struct ParameterTable {
    channels: Vec<RawParameters>,
}

impl ParameterTable {
    pub(super) fn new(config: &EngineConfig) -> ParameterTable {
        let empty = RawParameters::from_words(&[0; 4]);
        ParameterTable {
            channels: vec![empty; config.parameter_depth as usize],
        }
    }

    /// Executes PARAMS.
    pub(super) fn fill(&mut self, memory: &Memory, command: &Params) {
        for n in 0..command.count {
            let bytes: [u8; 8] = memory.read(command.address + 4 * n);
            let words =
                std::array::from_fn(|w| u16::from_le_bytes([bytes[2 * w], bytes[2 * w + 1]]));
            let place = (command.index + n) as usize % self.channels.len();
            self.channels[place] = RawParameters::from_words(&words);
        }
    }

    /// The parameters at a place of the table.
    pub(super) fn get(&self, place: usize) -> RawParameters {
        self.channels[place % self.channels.len()]
    }
}
