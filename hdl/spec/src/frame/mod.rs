//! Frames of the link: bytes with a length, a sequence number and a CRC.
//!
//! `sync 0xA5 | kind | seq | status | length (u16, little-endian) | payload | CRC-32 (little-endian)`;
//! the CRC covers everything from kind to the payload's end. The host sends requests, the board
//! answers each with one reply of the same sequence number, kind with [`REPLY`] set.

mod decoder;
mod payload;

pub use decoder::Decoder;
pub use payload::{Info, Request, Status};

use crate::crc32::crc32;
use crate::error::FrameError;

/// First byte of every frame.
pub const SYNC: u8 = 0xA5;
/// Bytes before the payload.
pub const HEADER_BYTES: usize = 6;
/// Bytes after the payload.
pub const CRC_BYTES: usize = 4;
/// Largest payload in bytes.
pub const MAX_PAYLOAD: usize = 1032;
/// Most data bytes of a READ or a WRITE.
pub const MAX_DATA: usize = 1024;
/// Most bytes of a CHECKSUM.
pub const MAX_CHECKSUM: usize = 65_534;
/// Payload bytes of the reply to CHECKSUM.
pub const CHECKSUM_BYTES: usize = 4;
/// Clocks of silence within a frame after which a board drops it.
pub const SILENCE_CLOCKS: u32 = 65_536;

/// Request: who are you. Empty payload; the reply is [`Info`].
pub const KIND_INFO: u8 = 0x01;
/// Request: address and data to write.
pub const KIND_WRITE: u8 = 0x02;
/// Request: address and length to read; the reply is the data.
pub const KIND_READ: u8 = 0x03;
/// Request: byte address of a program to start.
pub const KIND_RUN: u8 = 0x04;
/// Request: empty payload; the reply is [`Status`].
pub const KIND_STATUS: u8 = 0x05;
/// Request: empty payload; resets the engine, its semaphores and the program.
pub const KIND_ABORT: u8 = 0x06;
/// Request: the increment of the serial port's rate ([`crate::uart`]). Boards without such a port answer and do nothing.
pub const KIND_RATE: u8 = 0x07;
/// Request: address and length; the reply is the CRC-32 of that piece of memory.
pub const KIND_CHECKSUM: u8 = 0x08;
/// Set in the kind of a reply.
pub const REPLY: u8 = 0x80;
/// Kind of the reply to a frame that was damaged.
pub const KIND_NAK: u8 = 0xFF;

/// The status byte of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ReplyStatus {
    /// Done.
    Ok = 0,
    /// The request's CRC was wrong.
    BadCrc = 1,
    /// The request's payload has the wrong length for its kind.
    BadLength = 2,
    /// There is no such request.
    UnknownKind = 3,
    /// A program is running.
    Busy = 4,
    /// The address is odd or the transfer exceeds the memory.
    BadAddress = 5,
    /// The serial port cannot have that rate.
    BadRate = 6,
}

impl ReplyStatus {
    /// The status of that byte, if there is one.
    pub fn from_byte(byte: u8) -> Option<ReplyStatus> {
        use ReplyStatus::*;
        [
            Ok,
            BadCrc,
            BadLength,
            UnknownKind,
            Busy,
            BadAddress,
            BadRate,
        ]
        .get(usize::from(byte))
        .copied()
    }
}

/// A frame: what lies between sync and CRC.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// What is asked or answered.
    pub kind: u8,
    /// Sequence number; a reply repeats its request's.
    pub seq: u8,
    /// [`ReplyStatus`] of a reply, zero in a request.
    pub status: u8,
    /// At most [`MAX_PAYLOAD`] bytes.
    pub payload: Vec<u8>,
}

impl Frame {
    /// A request.
    pub fn request(kind: u8, seq: u8, payload: Vec<u8>) -> Frame {
        Frame {
            kind,
            seq,
            status: 0,
            payload,
        }
    }

    /// The reply to this request.
    pub fn reply(&self, status: ReplyStatus, payload: Vec<u8>) -> Frame {
        Frame {
            kind: self.kind | REPLY,
            seq: self.seq,
            status: status as u8,
            payload,
        }
    }

    /// The frame on the wire. Refuses a payload above [`MAX_PAYLOAD`].
    pub fn encode(&self) -> Result<Vec<u8>, FrameError> {
        let length = self.payload.len();
        if length > MAX_PAYLOAD {
            return Err(FrameError::TooLong {
                length,
                max: MAX_PAYLOAD,
            });
        }
        let [low, high] = (length as u16).to_le_bytes();
        let mut bytes = vec![SYNC, self.kind, self.seq, self.status, low, high];
        bytes.extend_from_slice(&self.payload);
        let crc = crc32(&bytes[1..]);
        bytes.extend_from_slice(&crc.to_le_bytes());
        Ok(bytes)
    }

    /// Reads exactly one frame; anything missing, damaged or left over is an error.
    pub fn decode(bytes: &[u8]) -> Result<Frame, FrameError> {
        let found = bytes.len();
        match bytes.first() {
            Some(&SYNC) => {}
            Some(&found) => return Err(FrameError::NoSync { found }),
            None => {
                return Err(FrameError::Truncated {
                    found,
                    needed: HEADER_BYTES + CRC_BYTES,
                })
            }
        }
        let mut decoder = Decoder::new();
        for (place, &byte) in bytes.iter().enumerate() {
            if let Some(result) = decoder.push(byte) {
                let extra = found - place - 1;
                return match result {
                    Ok(_) if extra > 0 => Err(FrameError::Trailing { extra }),
                    result => result,
                };
            }
        }
        Err(FrameError::Truncated {
            found,
            needed: found + decoder.missing(),
        })
    }
}

#[cfg(test)]
mod tests;
