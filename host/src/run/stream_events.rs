//! What a stream of images tells while it runs, and what comes of it.

use std::ops::ControlFlow;

use ndarray::Array3;
use rowfuse_spec::counters::{Counter, Counters};

/// Something that happened while images are streamed.
#[derive(Debug)]
pub enum StreamEvent {
    /// So many of all bytes that every image needs are in the board's memory.
    Upload {
        /// Bytes done.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
    /// Some bytes of another image's input or output were moved while an image is being computed.
    Moved,
    /// An image is being computed.
    Running {
        /// Its place in the batch.
        index: usize,
        /// Tiles computed so far.
        tiles: u64,
        /// Tiles in all.
        total: u64,
        /// Cycles counted so far; 0 on a board without a clock.
        cycles: u64,
    },
    /// An image's output is there; the next image is being computed already.
    Output {
        /// Its place in the batch.
        index: usize,
        /// The output as the board gave it: channels × rows × columns.
        output: Array3<u8>,
    },
    /// The link failed; images that had no output yet begin again.
    Again {
        /// What failed.
        reason: String,
    },
    /// A board of several failed for good; its images go to the others.
    Lost {
        /// Its place among the boards.
        board: usize,
        /// Why.
        reason: String,
    },
}

/// Receives events; a break stops the stream.
pub type StreamEvents<'a> = &'a mut dyn FnMut(StreamEvent) -> ControlFlow<()>;

/// What came of one image of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameResult {
    /// The board that computed it, counted from 0.
    pub board: usize,
    /// The board's counters. A board without a clock leaves those that depend on timing at zero.
    pub counters: Counters,
    /// Cycles that the board stood idle between this image and its next one; `None` after its last image, or if
    /// the board does not count them.
    pub idle_cycles: Option<u64>,
}

impl FrameResult {
    /// Cycles the board counted, or nothing if it has no clock.
    pub fn cycles(&self) -> Option<u64> {
        let cycles = self.counters.get(Counter::Cycles);
        (cycles > 0).then_some(cycles.into())
    }
}

/// What came of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamResult {
    /// Every image, in order.
    pub frames: Vec<FrameResult>,
    /// Cycles that the planner predicted for each of them.
    pub predicted_cycles: u64,
    /// Bytes written to the boards' memories.
    pub written_bytes: u64,
    /// Bytes that stood there already.
    pub kept_bytes: u64,
    /// Bytes read from them.
    pub read_bytes: u64,
    /// Seconds in all.
    pub wall_seconds: f64,
}
