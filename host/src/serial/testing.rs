//! What stands behind a line in tests: the functional board with a deframer that drops torn frames.
#![allow(missing_docs)]

use super::link::Stop;
use super::rate::Tell;
use super::timing::Timing;
use rowfuse_spec::config::preset;
use rowfuse_spec::frame::{Decoder, Frame, ReplyStatus, KIND_ABORT, KIND_INFO, KIND_NAK, KIND_RUN};
use rowfuse_testbench::board::FunctionalBoard;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::Arc;
use std::time::Duration;

/// Requests that arrived undamaged.
#[derive(Debug, Default)]
pub struct Seen {
    pub runs: AtomicU32,
    pub aborts: AtomicU32,
}

/// A board that takes bytes at times.
pub struct Far {
    board: FunctionalBoard,
    decoder: Decoder,
    raw: Vec<u8>,
    last: Duration,
    silence: Duration,
    pub seen: Arc<Seen>,
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
            seen: Arc::default(),
        }
    }

    /// Finds out who it is before anybody asks, which takes long.
    pub fn awake(mut self) -> Far {
        let info = Frame::request(KIND_INFO, 0, Vec::new());
        assert!(!self
            .board
            .exchange_bytes(&info.encode().unwrap())
            .is_empty());
        self
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
                    let seen = match frame.kind {
                        KIND_RUN => Some(&self.seen.runs),
                        KIND_ABORT => Some(&self.seen.aborts),
                        _ => None,
                    };
                    if let Some(seen) = seen {
                        seen.fetch_add(1, Ordering::Relaxed);
                    }
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

/// Nobody who wants to stop.
pub fn never() -> Stop {
    Arc::new(|| false)
}

/// Nobody who wants to know.
pub fn silent() -> Tell {
    Arc::new(|_| {})
}

/// A current-thread runtime whose time goes on when everybody waits.
pub fn paused<T>(work: impl std::future::Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(work)
}
