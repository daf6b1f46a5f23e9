//! The incremental decoder.

use super::{Frame, CRC_BYTES, HEADER_BYTES, MAX_PAYLOAD, SYNC};
use crate::crc32::crc32;
use crate::error::FrameError;

/// Finds frames in a stream of bytes.
///
/// Bytes before a sync are skipped. A frame that is too long is refused as soon as its length is
/// known, one with a wrong CRC at its end; either way the hunt for the next sync begins with the byte
/// that follows. It never holds more than one frame.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    /// The frame so far, its sync first; empty while hunting.
    bytes: Vec<u8>,
}

impl Decoder {
    /// A decoder that hunts for sync.
    pub fn new() -> Decoder {
        Decoder::default()
    }

    /// Takes a byte; returns a frame when it completes one, an error when it spoils one.
    pub fn push(&mut self, byte: u8) -> Option<Result<Frame, FrameError>> {
        if self.bytes.is_empty() && byte != SYNC {
            return None;
        }
        self.bytes.push(byte);
        let length = self.length()?;
        if length > MAX_PAYLOAD {
            self.reset();
            return Some(Err(FrameError::TooLong {
                length,
                max: MAX_PAYLOAD,
            }));
        }
        if self.missing() > 0 {
            return None;
        }
        let result = self.finish(length);
        self.reset();
        Some(result)
    }

    /// Takes bytes; returns what they completed or spoiled, in order.
    pub fn push_all(&mut self, bytes: &[u8]) -> Vec<Result<Frame, FrameError>> {
        bytes.iter().filter_map(|&byte| self.push(byte)).collect()
    }

    /// Whether no frame has begun.
    pub fn is_idle(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Bytes kept of the frame that has begun: fewer than the longest frame has.
    pub fn pending(&self) -> usize {
        self.bytes.len()
    }

    /// Drops a frame that has begun, as a board does after silence.
    pub fn reset(&mut self) {
        self.bytes.clear();
    }

    /// Bytes known to be missing from the frame that has begun.
    pub(super) fn missing(&self) -> usize {
        let needed = HEADER_BYTES + self.length().unwrap_or(0) + CRC_BYTES;
        needed.saturating_sub(self.bytes.len())
    }

    /// Length of the payload, once the header is complete.
    fn length(&self) -> Option<usize> {
        let header = self.bytes.get(..HEADER_BYTES)?;
        Some(usize::from(u16::from_le_bytes([header[4], header[5]])))
    }

    fn finish(&self, length: usize) -> Result<Frame, FrameError> {
        let (body, crc) = self.bytes.split_at(HEADER_BYTES + length);
        let found = u32::from_le_bytes([crc[0], crc[1], crc[2], crc[3]]);
        let computed = crc32(&body[1..]);
        if found != computed {
            return Err(FrameError::BadCrc { found, computed });
        }
        let (kind, seq, status) = (body[1], body[2], body[3]);
        Ok(Frame {
            kind,
            seq,
            status,
            payload: body[HEADER_BYTES..].to_vec(),
        })
    }
}
