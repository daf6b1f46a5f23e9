//! The module: a board behind pipes with little room.

use crate::SOURCE_ID;
use rowfuse_spec::config::preset;
use rowfuse_spec::frame::SILENCE_CLOCKS;
use rowfuse_spec::pipes::{
    fill, BLOCK_BYTES, CONTROL_RESET, FILL, REPLY_ROOM, REQUEST_ROOM, STATUS_BUSY, STATUS_MEMORY,
    WIRES_CONFIG, WIRE_BLOCKS, WIRE_CONTROL, WIRE_IDENTITY, WIRE_STATUS,
};
use rowfuse_testbench::board::{BoardError, Device, FunctionalDevice};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How often a running program is advanced when the host looks at the wires.
const SLICES: usize = 16;

/// A module with a board in it.
pub struct Module {
    board: FunctionalDevice,
    config_id: u32,
    /// Time without a byte after which a frame that has begun is dropped.
    silence: Duration,
    heard: Instant,
    requests: VecDeque<u8>,
    /// What is left of the reply that is being sent; the next request waits for it.
    sending: VecDeque<u8>,
    replies: VecDeque<u8>,
    /// Blocks of filling that come before the next reply.
    filling: usize,
    filler: usize,
    ready: bool,
    control: u16,
}

impl Module {
    /// A module with a board of the configuration of that name, so many blocks of filling before every reply, and a memory that is ready or
    /// never will be.
    ///
    /// # Errors
    /// If there is no such configuration.
    pub fn new(config: &str, filler: usize, ready: bool) -> Result<Module, String> {
        let config = preset(config).map_err(|error| error.to_string())?;
        let board = FunctionalDevice::new(config.clone()).map_err(|error| error.to_string())?;
        let clocks = Duration::from_secs(1) / (1_000_000 * config.clock_mhz);
        Ok(Module {
            board: board.with_source_id(SOURCE_ID),
            config_id: config.id(),
            silence: clocks * SILENCE_CLOCKS,
            heard: Instant::now(),
            requests: VecDeque::new(),
            sending: VecDeque::new(),
            replies: VecDeque::new(),
            filling: 0,
            filler,
            ready,
            control: 0,
        })
    }

    /// Executes requests for as long as there is room for their replies.
    fn execute(&mut self) -> Result<(), BoardError> {
        loop {
            while self.replies.len() < REPLY_ROOM * BLOCK_BYTES {
                let Some(byte) = self.sending.pop_front() else {
                    break;
                };
                self.replies.push_back(byte);
            }
            if !self.sending.is_empty() {
                return Ok(());
            }
            let Some(byte) = self.requests.pop_front() else {
                return Ok(());
            };
            self.board.accept(&[byte])?;
            let mut reply = self.board.take();
            if !reply.is_empty() {
                fill(&mut reply);
                self.sending.extend(reply);
                if self.replies.is_empty() {
                    // Not within the reply of which a part is still to be read.
                    self.filling += self.filler;
                }
            }
        }
    }

    /// Takes blocks; how many bytes of them, which are fewer if the board cannot go on.
    ///
    /// # Errors
    /// If the board fails.
    pub fn write(&mut self, blocks: &[u8]) -> Result<usize, BoardError> {
        self.execute()?;
        if self.heard.elapsed() > self.silence && self.requests.is_empty() {
            self.board.silence()?;
        }
        let mut taken = 0;
        for block in blocks.chunks(BLOCK_BYTES) {
            if self.requests.len() + block.len() > REQUEST_ROOM * BLOCK_BYTES {
                break;
            }
            self.requests.extend(block);
            taken += block.len();
            self.execute()?;
        }
        self.heard = Instant::now();
        Ok(taken)
    }

    /// Gives blocks; how many bytes of them, which are fewer if there are no more.
    ///
    /// # Errors
    /// If the board fails.
    pub fn read(&mut self, blocks: &mut [u8]) -> Result<usize, BoardError> {
        let mut given = 0;
        for block in blocks.chunks_mut(BLOCK_BYTES) {
            self.execute()?;
            if self.filling > 0 {
                self.filling -= 1;
                block.fill(FILL);
            } else if self.replies.len() >= block.len() {
                for (byte, reply) in block.iter_mut().zip(self.replies.drain(..BLOCK_BYTES)) {
                    *byte = reply;
                }
            } else {
                break;
            }
            given += block.len();
        }
        Ok(given)
    }

    /// Goes on with the program, as it does while nobody looks.
    ///
    /// # Errors
    /// If the board fails.
    pub fn update(&mut self) -> Result<(), BoardError> {
        for _ in 0..SLICES {
            if self.board.busy() {
                self.board.advance()?;
            }
        }
        self.execute()
    }

    /// The value of a wire to the host, but for the identity's.
    pub fn wire(&self, endpoint: u8) -> u16 {
        match endpoint {
            WIRE_STATUS => {
                let busy = if self.board.busy() { STATUS_BUSY } else { 0 };
                busy | if self.ready { STATUS_MEMORY } else { 0 }
            }
            WIRE_BLOCKS => (self.filling + self.replies.len() / BLOCK_BYTES) as u16,
            WIRE_IDENTITY => 0,
            _ if endpoint == WIRES_CONFIG[0] => self.config_id as u16,
            _ if endpoint == WIRES_CONFIG[1] => (self.config_id >> 16) as u16,
            _ => 0,
        }
    }

    /// A wire to the board takes a value.
    ///
    /// # Errors
    /// If the board fails.
    pub fn set_wire(&mut self, endpoint: u8, value: u16) -> Result<(), BoardError> {
        if endpoint != WIRE_CONTROL {
            return Ok(());
        }
        let rises = value & !self.control & CONTROL_RESET != 0;
        self.control = value;
        match rises {
            true => self.board.reset(),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rowfuse_spec::frame::{Decoder, Frame, KIND_READ, KIND_STATUS};

    fn written(kind: u8, payload: &[u8]) -> Vec<u8> {
        let frame = Frame::request(kind, 1, payload.to_vec());
        let mut blocks = frame.encode().unwrap();
        fill(&mut blocks);
        blocks
    }

    #[test]
    fn replies_come_in_blocks_between_filling() {
        let mut module = Module::new("tiny-1", 2, true).unwrap();
        let request = written(KIND_STATUS, &[]);
        assert_eq!(module.write(&request).unwrap(), BLOCK_BYTES);
        let blocks = usize::from(module.wire(WIRE_BLOCKS));
        assert_eq!(blocks, 3);
        let mut reply = vec![1; (blocks + 1) * BLOCK_BYTES];
        assert_eq!(module.read(&mut reply).unwrap(), blocks * BLOCK_BYTES);
        let frames = Decoder::new().push_all(&reply[..blocks * BLOCK_BYTES]);
        assert_eq!(frames.len(), 1);
    }

    #[test]
    fn a_host_that_does_not_read_is_stopped() {
        let mut module = Module::new("tiny-1", 0, true).unwrap();
        let read = written(KIND_READ, &[0, 0, 0, 0, 0, 4, 0, 0]);
        let mut taken = 0;
        while module.write(&read).unwrap() == BLOCK_BYTES {
            taken += 1;
        }
        // Two replies of three blocks do not fit: the second request's block is among those that wait.
        assert_eq!(taken, 1 + REQUEST_ROOM);
        let mut replies = vec![0; 64 * BLOCK_BYTES];
        let given = module.read(&mut replies).unwrap();
        let frames = Decoder::new().push_all(&replies[..given]);
        assert_eq!(frames.len(), taken);
        assert!(frames.iter().all(Result::is_ok));
        assert_eq!(module.write(&read).unwrap(), BLOCK_BYTES);
    }
}
