//! One request on its way.

use rowfuse_spec::frame::{
    Frame, ReplyStatus, Request, Status, CHECKSUM_BYTES, CRC_BYTES, HEADER_BYTES, KIND_ABORT,
    KIND_CHECKSUM, KIND_RATE, KIND_READ, KIND_RUN, KIND_STATUS, KIND_WRITE,
};
use rowfuse_spec::FrameError;
use rowfuse_testbench::board::Reply;
use std::time::Duration;

/// Bytes of memory that a board sums in the time of one on the line, at the least: a simulated one is that slow.
const SUMMED: usize = 8;

/// A request that lacks its reply, or whose reply waits for its turn.
#[derive(Debug)]
pub(super) struct Flight {
    pub(super) kind: u8,
    pub(super) seq: u8,
    pub(super) bytes: Vec<u8>,
    /// Length of a good reply's payload, if only one is possible.
    pub(super) length: Option<usize>,
    /// Bytes of the line's time that it may take to be executed.
    pub(super) work: usize,
    /// To be sent, again or for the first time.
    pub(super) queued: bool,
    pub(super) attempts: u32,
    /// Places of the first and the last sending among all.
    pub(super) first: u64,
    pub(super) last: u64,
    /// When the line allows the reply to the first and the last sending.
    pub(super) first_due: Duration,
    pub(super) due: Duration,
    /// The board said that it got it damaged.
    pub(super) refused: bool,
    /// Bytes received before it was sent.
    pub(super) heard: u64,
    pub(super) reply: Option<Reply>,
}

impl Flight {
    /// One that is to be sent.
    pub(super) fn new(kind: u8, seq: u8, payload: Vec<u8>) -> Result<Flight, FrameError> {
        Ok(Flight {
            kind,
            seq,
            length: reply_length(kind, &payload),
            work: work(kind, &payload),
            bytes: Frame::request(kind, seq, payload).encode()?,
            queued: true,
            attempts: 0,
            first: 0,
            last: 0,
            first_due: Duration::ZERO,
            due: Duration::ZERO,
            refused: false,
            heard: 0,
            reply: None,
        })
    }

    /// Whether a reply of that status may have a payload of that length.
    pub(super) fn fits(&self, status: ReplyStatus, length: usize) -> bool {
        match status {
            ReplyStatus::Ok => self.length.is_none_or(|expected| expected == length),
            ReplyStatus::BadCrc => false,
            // A reply of the board that came back to it and was answered.
            ReplyStatus::UnknownKind if is_known(self.kind) => false,
            _ => length == 0,
        }
    }

    pub(super) fn waits(&self) -> bool {
        self.reply.is_none()
    }

    /// Sent, not answered, and not about to be sent again.
    pub(super) fn under_way(&self) -> bool {
        self.waits() && !self.queued
    }

    /// Whether it must not be repeated, unless the board says that it did not get it.
    pub(super) fn once(&self) -> bool {
        matches!(self.kind, KIND_RUN | KIND_RATE)
    }

    /// Bytes of a good reply, as far as its length is known.
    pub(super) fn reply_bytes(&self) -> usize {
        HEADER_BYTES + self.length.unwrap_or(0) + CRC_BYTES
    }

    /// The longest of request, execution and reply.
    pub(super) fn weight(&self) -> usize {
        self.bytes.len().max(self.reply_bytes()).max(self.work)
    }
}

/// Whether there is such a request.
fn is_known(kind: u8) -> bool {
    !matches!(
        Request::decode(kind, &[]),
        Err(FrameError::UnknownKind { .. })
    )
}

/// What [`Flight::work`] is.
fn work(kind: u8, payload: &[u8]) -> usize {
    match (kind, payload) {
        (KIND_CHECKSUM, &[_, _, _, _, low, high, ..]) => {
            usize::from(u16::from_le_bytes([low, high])) / SUMMED
        }
        _ => 0,
    }
}

/// Bytes of a good reply's payload; `None` if this host cannot know.
pub(super) fn reply_length(kind: u8, payload: &[u8]) -> Option<usize> {
    match (kind, payload) {
        (KIND_WRITE | KIND_RUN | KIND_ABORT | KIND_RATE, _) => Some(0),
        (KIND_STATUS, _) => Some(Status::BYTES),
        (KIND_CHECKSUM, _) => Some(CHECKSUM_BYTES),
        (KIND_READ, &[_, _, _, _, low, high, ..]) => {
            Some(usize::from(u16::from_le_bytes([low, high])))
        }
        // A board of another contract may say more of itself.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rowfuse_spec::frame::KIND_INFO;

    fn flight(kind: u8, payload: &[u8]) -> Flight {
        Flight::new(kind, 1, payload.to_vec()).unwrap()
    }

    #[test]
    fn a_reply_fits_if_it_can_be_one() {
        let read = flight(KIND_READ, &[0, 0, 0, 0, 6, 0, 0, 0]);
        assert!(read.fits(ReplyStatus::Ok, 6) && !read.fits(ReplyStatus::Ok, 4));
        for refused in [
            ReplyStatus::BadLength,
            ReplyStatus::Busy,
            ReplyStatus::BadAddress,
        ] {
            assert!(read.fits(refused, 0) && !read.fits(refused, 6));
        }
        assert!(!read.fits(ReplyStatus::BadCrc, 0));
        // Of what it says of itself, the length is the board's affair.
        let info = flight(KIND_INFO, &[]);
        assert!(info.fits(ReplyStatus::Ok, 16) && info.fits(ReplyStatus::Ok, 20));
    }

    /// Every board knows the requests of the contract: who says otherwise has answered something else.
    #[test]
    fn only_an_unknown_request_is_answered_as_unknown() {
        assert!(!flight(KIND_STATUS, &[]).fits(ReplyStatus::UnknownKind, 0));
        assert!(flight(0x55, &[]).fits(ReplyStatus::UnknownKind, 0));
        assert!(!flight(0x55, &[]).fits(ReplyStatus::UnknownKind, 2));
    }

    #[test]
    fn what_runs_must_not_run_twice() {
        for (kind, once) in [
            (KIND_RUN, true),
            (KIND_RATE, true),
            (KIND_WRITE, false),
            (KIND_ABORT, false),
        ] {
            assert_eq!(flight(kind, &[0; 8]).once(), once, "{kind}");
        }
    }

    /// A checksum's work outweighs its frames, a read's reply its request.
    #[test]
    fn a_request_weighs_what_it_keeps_the_line_or_the_board_from() {
        let read = flight(KIND_READ, &[0, 0, 0, 0, 0, 4, 0, 0]);
        assert_eq!(read.weight(), HEADER_BYTES + 1024 + CRC_BYTES);
        let checksum = flight(KIND_CHECKSUM, &[0, 0, 0, 0, 0, 128, 0, 0]);
        assert_eq!(checksum.weight(), 32_768 / SUMMED);
        let write = flight(KIND_WRITE, &[0; 104]);
        assert_eq!(write.weight(), HEADER_BYTES + 104 + CRC_BYTES);
    }
}
