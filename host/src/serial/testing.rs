//! What stands behind a line in tests: the functional board with a deframer that drops torn frames.
#![allow(missing_docs)]

use super::timing::Timing;
use rowfuse_spec::config::preset;
use rowfuse_spec::frame::{Decoder, Frame, ReplyStatus, KIND_NAK, KIND_RUN};
use rowfuse_testbench::board::FunctionalBoard;
use std::time::Duration;

/// A board that takes bytes at times.
pub struct Far {
    board: FunctionalBoard,
    decoder: Decoder,
    raw: Vec<u8>,
    last: Duration,
    silence: Duration,
    /// RUNs that arrived undamaged.
    pub runs: u32,
}

impl Far {
    pub fn new(config: &str) -> Far {
        let config = preset(config).unwrap();
        Far {
            silence: Timing::new(config.clock_mhz).silence() - super::timing::GUARD,
            board: FunctionalBoard::new(config).unwrap(),
            decoder: Decoder::new(),
            raw: Vec::new(),
            last: Duration::ZERO,
            runs: 0,
        }
    }

    /// The bytes in answer to these, the first of which arrives at that time.
    pub fn take(&mut self, bytes: &[u8], now: Duration) -> Vec<u8> {
        if now.saturating_sub(self.last) >= self.silence {
            self.decoder.reset();
        }
        self.last = now;
        let mut replies = Vec::new();
        for &byte in bytes {
            if self.decoder.is_idle() {
                self.raw.clear();
            }
            self.raw.push(byte);
            match self.decoder.push(byte) {
                None => {}
                Some(Ok(frame)) => {
                    self.runs += u32::from(frame.kind == KIND_RUN);
                    let bytes = frame.encode().unwrap();
                    replies.extend(self.board.exchange_bytes(&bytes));
                }
                Some(Err(error)) => {
                    let nak = Frame {
                        kind: KIND_NAK,
                        seq: self.raw[2],
                        status: ReplyStatus::from(&error) as u8,
                        payload: Vec::new(),
                    };
                    replies.extend(nak.encode().unwrap());
                }
            }
        }
        replies
    }
}

/// The seed of a test: `ROWFUSE_SEED`, or a fixed one; printed, so that a failure can be repeated.
pub fn seed() -> u64 {
    let seed = std::env::var("ROWFUSE_SEED").ok();
    let seed = seed.and_then(|text| text.parse().ok()).unwrap_or(1);
    println!("ROWFUSE_SEED={seed}");
    seed
}
