//! The queue between two clocks and the packer in plain Rust.

use std::collections::VecDeque;

use rowfuse_hdl::link::opal_kelly::fifo;
use rowfuse_spec::frame::{CRC_BYTES, HEADER_BYTES, SYNC};
use rowfuse_spec::pipes::{BLOCK_BYTES, FILL};

/// Words that the queue holds.
pub const WORDS: u64 = 1024;

/// What one side knows of the other's count: as it was some edges ago.
#[derive(Default)]
struct Known([u64; fifo::LATENCY]);

impl Known {
    fn edge(&mut self, count: u64) {
        let [first, second, _] = self.0;
        self.0 = [count, first, second];
    }

    fn count(&self) -> u64 {
        self.0[2]
    }
}

/// The queue; edges of its two clocks never come together.
#[derive(Default)]
pub struct Fifo {
    queue: VecDeque<u64>,
    pushed: u64,
    popped: u64,
    pushed_known: Known,
    popped_known: Known,
    /// The word last taken.
    pub data: u64,
}

impl Fifo {
    /// Words held, as the writer knows it.
    pub fn write_level(&self) -> u64 {
        self.pushed - self.popped_known.count()
    }

    /// The same for the reader.
    pub fn read_level(&self) -> u64 {
        self.pushed_known.count() - self.popped
    }

    /// Words held.
    pub fn held(&self) -> u64 {
        self.queue.len() as u64
    }

    /// An edge of the writer's clock.
    pub fn write_edge(&mut self, put: Option<u64>) {
        let room = self.write_level() < WORDS;
        self.popped_known.edge(self.popped);
        if let Some(word) = put.filter(|_| room) {
            self.queue.push_back(word);
            self.pushed += 1;
        }
    }

    /// An edge of the reader's clock.
    pub fn read_edge(&mut self, take: bool) {
        let some = self.read_level() > 0;
        self.pushed_known.edge(self.pushed);
        if take && some {
            self.data = self
                .queue
                .pop_front()
                .expect("the reader knows no word too many");
            self.popped += 1;
        }
    }
}

/// The packer: all bytes so far, with what they are filled with.
#[derive(Default)]
pub struct Packer {
    /// Bytes, filler among them.
    pub bytes: Vec<u8>,
    /// Places of filler.
    pub filler: usize,
    frame: Vec<u8>,
    quiet: usize,
}

impl Packer {
    /// A clock. The word that it completes, if it does.
    pub fn clock(&mut self, patience: usize, tx: Option<u8>, room: bool) -> Option<u64> {
        let begun = !self.bytes.len().is_multiple_of(BLOCK_BYTES);
        let fills = self.frame.is_empty() && self.quiet == patience && begun;
        self.quiet = match tx {
            Some(_) => 0,
            None => patience.min(self.quiet + 1),
        };
        let byte = tx.or(fills.then_some(FILL)).filter(|_| room)?;
        self.bytes.push(byte);
        match tx {
            Some(byte) => self.follow(byte),
            None => self.filler += 1,
        }
        let [.., low, high] = self.bytes[..] else {
            return None;
        };
        (self.bytes.len().is_multiple_of(2)).then(|| u16::from_le_bytes([low, high]).into())
    }

    /// Whether a frame has begun.
    pub fn within(&self) -> bool {
        !self.frame.is_empty()
    }

    fn follow(&mut self, byte: u8) {
        if self.frame.is_empty() && byte != SYNC {
            return;
        }
        self.frame.push(byte);
        if let [.., _] = self.frame[..] {
            if self.frame.len() >= HEADER_BYTES {
                let length = u16::from_le_bytes([self.frame[4], self.frame[5]]);
                if self.frame.len() == HEADER_BYTES + usize::from(length) + CRC_BYTES {
                    self.frame.clear();
                }
            }
        }
    }
}
