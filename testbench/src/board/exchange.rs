//! Requests and replies over a stream of bytes.

use rowfuse_spec::frame::{Decoder, Frame, ReplyStatus, KIND_NAK, KIND_RUN, REPLY};

use super::{BoardError, Reply};

/// A stream of bytes each way.
pub trait Wire {
    /// Sends all bytes.
    fn send(&mut self, bytes: &[u8]) -> Result<(), BoardError>;

    /// Receives what has arrived, waiting for at least one byte; empty if nothing came for as long as a
    /// reply can take.
    fn receive(&mut self) -> Result<Vec<u8>, BoardError>;

    /// Drops what has arrived, and stays silent long enough for the other side to drop what it has.
    fn resynchronise(&mut self) -> Result<(), BoardError>;
}

/// Why an attempt did not succeed.
struct Failure {
    reason: String,
    /// Whether the board is known not to have acted on the request.
    refused: bool,
}

/// Turns a [`Wire`] into requests and replies: numbers the requests, checks the replies, and retries
/// what was damaged or lost.
///
/// Every request but RUN can be repeated without harm. RUN is repeated only if the board says that it
/// did not understand it: otherwise the program may have started, or even ended.
#[derive(Debug, Default)]
pub struct Exchange {
    seq: u8,
    decoder: Decoder,
}

impl Exchange {
    /// How often a request is sent at most.
    pub const ATTEMPTS: u32 = 4;

    /// An exchange that starts with sequence number 1.
    pub fn new() -> Exchange {
        Exchange::default()
    }

    /// Sends a request and waits for its reply; replies to earlier requests are skipped.
    pub fn request<W: Wire + ?Sized>(
        &mut self,
        wire: &mut W,
        kind: u8,
        payload: &[u8],
    ) -> Result<Reply, BoardError> {
        self.seq = self.seq.wrapping_add(1);
        let bytes = Frame::request(kind, self.seq, payload.to_vec()).encode()?;
        let mut last = String::new();
        for attempt in 0..Self::ATTEMPTS {
            if attempt > 0 {
                self.decoder.reset();
                wire.resynchronise()?;
            }
            wire.send(&bytes)?;
            let failure = match self.reply(wire, kind)? {
                Ok(reply) => return Ok(reply),
                Err(failure) => failure,
            };
            last = failure.reason;
            if kind == KIND_RUN && !failure.refused {
                return Err(BoardError::NoReply {
                    attempts: attempt + 1,
                    last,
                });
            }
        }
        Err(BoardError::NoReply {
            attempts: Self::ATTEMPTS,
            last,
        })
    }

    /// Waits for the reply to the current request; the inner error says why to try again.
    fn reply<W: Wire + ?Sized>(
        &mut self,
        wire: &mut W,
        kind: u8,
    ) -> Result<Result<Reply, Failure>, BoardError> {
        let lost = |reason: String| {
            Ok(Err(Failure {
                reason,
                refused: false,
            }))
        };
        loop {
            let bytes = wire.receive()?;
            if bytes.is_empty() {
                return lost("silence".into());
            }
            for result in self.decoder.push_all(&bytes) {
                match result {
                    Err(error) => return lost(error.to_string()),
                    Ok(frame) if frame.kind == KIND_NAK => {
                        let reason = "the board received a damaged frame".into();
                        return Ok(Err(Failure {
                            reason,
                            refused: true,
                        }));
                    }
                    Ok(frame) if frame.kind == kind | REPLY && frame.seq == self.seq => {
                        let Some(status) = ReplyStatus::from_byte(frame.status) else {
                            return lost(format!("unknown reply status {}", frame.status));
                        };
                        return Ok(Ok(Reply {
                            status,
                            payload: frame.payload,
                        }));
                    }
                    Ok(_) => {} // the late reply to a request that was repeated
                }
            }
        }
    }
}
