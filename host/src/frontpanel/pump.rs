//! Moves frames between a line and the pipes of a module, on the thread that alone calls the library.

use super::line::{Shared, Work};
use rowfuse_spec::frame::Decoder;
use rowfuse_spec::pipes::{fill, BLOCK_BYTES, FILL};
use std::time::{Duration, Instant};

/// Most blocks that are read at a time.
const BLOCKS: usize = 64;
/// Between two looks for replies, at first and when nothing has come for long.
const FIRST: Duration = Duration::from_micros(50);
const LAST: Duration = Duration::from_millis(5);
/// How often a module that says nothing is looked for.
const LOOK: Duration = Duration::from_millis(250);

/// The pipes of a module. What fails is told in words, and ends the line.
pub(super) trait Pipes {
    /// Writes whole blocks, and waits until they are taken.
    fn write(&mut self, blocks: &mut [u8]) -> Result<(), String>;
    /// Whole blocks that wait to be read.
    fn waiting(&mut self) -> usize;
    /// Reads that many whole blocks.
    fn read(&mut self, blocks: &mut [u8]) -> Result<(), String>;
    /// Whether the module is still connected, as far as that can be known.
    fn is_there(&mut self) -> bool;
}

/// Works until the line is closed, or until something fails, which the line is told.
pub(super) fn pump(pipes: &mut impl Pipes, shared: &Shared) {
    if let Err(reason) = work(pipes, shared) {
        shared.fail(reason);
    }
}

fn work(pipes: &mut impl Pipes, shared: &Shared) -> Result<(), String> {
    let mut replies = Replies::default();
    let mut pause = Duration::ZERO;
    let mut seen = Instant::now();
    loop {
        match shared.wait(pause) {
            Work::Closed => return Ok(()),
            Work::None => {}
            Work::Requests(mut bytes) => {
                fill(&mut bytes);
                pipes.write(&mut bytes)?;
                pause = Duration::ZERO;
            }
        }
        let waiting = pipes.waiting();
        if waiting > 0 {
            let mut blocks = vec![0; waiting.min(BLOCKS) * BLOCK_BYTES];
            pipes.read(&mut blocks)?;
            shared.give(replies.without_filling(&blocks));
            (pause, seen) = (Duration::ZERO, Instant::now());
            continue;
        }
        pause = (pause * 2).clamp(FIRST, LAST);
        if seen.elapsed() > LOOK {
            if !pipes.is_there() {
                return Err("the module is no longer connected".into());
            }
            seen = Instant::now();
        }
    }
}

/// What comes from the module, without what only fills its blocks: the line carries what a serial port would.
#[derive(Default)]
pub(super) struct Replies {
    decoder: Decoder,
}

impl Replies {
    /// The bytes of frames.
    pub(super) fn without_filling(&mut self, blocks: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(blocks.len());
        for &byte in blocks {
            if byte == FILL && self.decoder.is_idle() {
                continue;
            }
            // Whether a frame is good is the link's concern.
            let _ = self.decoder.push(byte);
            bytes.push(byte);
        }
        bytes
    }
}
