//! Follows the frames of both directions, to know when the board changes its rate.

use rowfuse_spec::frame::{Decoder, Frame, ReplyStatus, Request, KIND_RATE, REPLY};

/// What a reply means for the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The request was executed.
    Good,
    /// The request was a RATE with that increment, and was executed.
    Rate(u32),
}

/// Sees what reaches the board and what it says.
#[derive(Debug)]
pub(super) struct Watch {
    requests: Decoder,
    replies: Decoder,
    /// Increments asked for, by sequence number.
    rates: [Option<u32>; 256],
}

impl Default for Watch {
    fn default() -> Watch {
        Watch {
            requests: Decoder::new(),
            replies: Decoder::new(),
            rates: [None; 256],
        }
    }
}

impl Watch {
    /// Bytes that the board takes.
    pub(super) fn request(&mut self, bytes: &[u8]) {
        for frame in self.requests.push_all(bytes).into_iter().flatten() {
            if let Ok(Request::Rate { increment }) = Request::decode(frame.kind, &frame.payload) {
                self.rates[usize::from(frame.seq)] = Some(increment);
            }
        }
    }

    /// The board drops a frame that has begun.
    pub(super) fn silence(&mut self) {
        self.requests.reset();
    }

    /// A byte that the board gives.
    pub(super) fn reply(&mut self, byte: u8) -> Option<Meaning> {
        let frame: Frame = self.replies.push(byte)?.ok()?;
        if frame.status != ReplyStatus::Ok as u8 {
            return None;
        }
        let rate = match frame.kind == KIND_RATE | REPLY {
            true => self.rates[usize::from(frame.seq)].take(),
            false => None,
        };
        Some(rate.map_or(Meaning::Good, Meaning::Rate))
    }
}
