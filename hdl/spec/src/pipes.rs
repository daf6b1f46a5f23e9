//! The link over an Opal Kelly host interface: which endpoints there are, what the wires mean, and how frames lie in blocks.
//!
//! Both pipes carry the very bytes that a serial port would. They move whole blocks, so what is between two frames is filled
//! with [`FILL`], which no receiver takes for the beginning of a frame. Nothing is filled in within a frame.
//! Endpoint ranges and the width of 16 bits are FrontPanel's for modules on USB 2.0.

use crate::frame::SYNC;

/// Bytes of a block of either pipe: a bulk packet of USB 2.0.
pub const BLOCK_BYTES: usize = 512;

/// Words of 16 bits of a block; a word's low byte comes first.
pub const BLOCK_WORDS: usize = BLOCK_BYTES / 2;

/// What fills a block behind the last frame; any number of them.
pub const FILL: u8 = 0;
const _: () = assert!(FILL != SYNC);

/// Block-throttled pipe with requests, host to board.
pub const PIPE_REQUESTS: u8 = 0x80;

/// Block-throttled pipe with replies, board to host.
pub const PIPE_REPLIES: u8 = 0xA0;

/// Wire to the board: [`CONTROL_RESET`].
pub const WIRE_CONTROL: u8 = 0x00;

/// Rising, it resets the engine as ABORT does, as soon as no request is being executed.
pub const CONTROL_RESET: u16 = 1;

/// Wire to the host: [`IDENTITY`].
pub const WIRE_IDENTITY: u8 = 0x20;

/// What the wire [`WIRE_IDENTITY`] says: the letters "rf". A module with another design in it says something else.
pub const IDENTITY: u16 = 0x6672;

/// Wires to the host: lower and upper half of [`crate::EngineConfig::id`].
pub const WIRES_CONFIG: [u8; 2] = [0x21, 0x22];

/// Wire to the host: [`STATUS_BUSY`], [`STATUS_FAILED`] and [`STATUS_MEMORY`].
pub const WIRE_STATUS: u8 = 0x23;

/// A program runs.
pub const STATUS_BUSY: u16 = 1;

/// The last program ended with an error; until the next begins.
pub const STATUS_FAILED: u16 = 2;

/// The memory can be used: its controller has found the chip's timing. Requests for it wait until then.
pub const STATUS_MEMORY: u16 = 4;

/// Wire to the host: whole blocks of replies that wait to be read.
pub const WIRE_BLOCKS: u8 = 0x24;

/// Blocks of requests that the board takes at the least while it cannot execute any. FrontPanel moves one way at a time, so a host that
/// is still writing reads no reply: what is under way must fit here, or its replies into [`REPLY_ROOM`].
pub const REQUEST_ROOM: usize = 4;

/// Blocks of replies that the board keeps at the least before it stops executing requests. A reply may take blocks of its own.
pub const REPLY_ROOM: usize = 4;

/// Whole blocks that so many bytes take.
pub const fn blocks(bytes: usize) -> usize {
    bytes.div_ceil(BLOCK_BYTES)
}

/// Fills the last block, so that `bytes` can go through a pipe.
pub fn fill(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(BLOCK_BYTES), FILL);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Decoder, Frame};

    #[test]
    fn frames_in_blocks_are_read_like_frames_in_a_row() {
        for length in [0usize, 2, 500, 502, 504, 1024] {
            let frame = Frame {
                kind: 1,
                seq: 7,
                status: 0,
                payload: vec![FILL; length],
            };
            let mut bytes = frame.encode().unwrap();
            fill(&mut bytes);
            bytes.extend(frame.encode().unwrap());
            fill(&mut bytes);
            assert!(bytes.len().is_multiple_of(BLOCK_BYTES));
            let found = Decoder::new().push_all(&bytes);
            assert_eq!(found.len(), 2);
            assert!(found.into_iter().all(|found| found == Ok(frame.clone())));
        }
        let mut nothing = Vec::new();
        fill(&mut nothing);
        assert!(nothing.is_empty());
    }
}
