//! A simulated board behind its link, for a line and a host that are elsewhere.

use std::time::Duration;

use rand::RngCore;
use rowfuse_spec::frame::{Decoder, SILENCE_CLOCKS};

use super::{Core, Outside, Simulated, PATIENCE};
use crate::board::device::noise;
use crate::board::{BoardError, Device};

/// Cycles simulated between two looks at the line.
const SLICE: u64 = 2_000;

/// Cycles after which a board whose requests are all answered is at rest.
const REST: u64 = 64;

/// A simulated board that rests when nothing runs and nothing is in flight: its clock stands still then.
pub struct SimulatedDevice<C: Core> {
    board: Simulated<C>,
    /// Follows the board's deframer, to know whether it holds a frame that has begun.
    begun: Decoder,
    replies: Decoder,
    /// Requests that are not answered yet.
    asked: u64,
    /// Cycles in a row without a byte in or out, and without a program.
    quiet: u64,
}

impl<C: Core> SimulatedDevice<C> {
    /// Offers a board's bytes.
    pub fn new(board: Simulated<C>) -> SimulatedDevice<C> {
        SimulatedDevice {
            board,
            begun: Decoder::new(),
            replies: Decoder::new(),
            asked: 0,
            quiet: PATIENCE,
        }
    }

    fn step(&mut self) -> Result<(), BoardError> {
        let side = &self.board.side;
        let before = (side.to_board.len(), side.from_board.len());
        self.board.step()?;
        let side = &self.board.side;
        let given = side.from_board.get(before.1..).unwrap_or_default();
        let answered = self.replies.push_all(given).len() as u64;
        self.asked = self.asked.saturating_sub(answered);
        let still = before == (side.to_board.len(), side.from_board.len()) && !side.busy;
        self.quiet = if still { self.quiet + 1 } else { 0 };
        Ok(())
    }
}

impl<C: Core> Device for SimulatedDevice<C> {
    fn describe(&self) -> String {
        self.board.name.clone()
    }

    fn accept(&mut self, bytes: &[u8]) -> Result<(), BoardError> {
        self.asked += self.begun.push_all(bytes).len() as u64;
        self.board.side.to_board.extend(bytes);
        self.quiet = 0;
        Ok(())
    }

    fn advance(&mut self) -> Result<Duration, BoardError> {
        for _ in 0..SLICE {
            if self.idle() {
                break;
            }
            self.step()?;
        }
        Ok(Duration::ZERO)
    }

    fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.board.side.from_board)
    }

    fn busy(&self) -> bool {
        self.board.side.busy
    }

    fn idle(&self) -> bool {
        let rest = if self.asked == 0 { REST } else { PATIENCE };
        self.quiet >= rest && self.board.side.to_board.is_empty()
    }

    fn silence(&mut self) -> Result<(), BoardError> {
        if self.begun.is_idle() {
            return Ok(());
        }
        while !self.board.side.to_board.is_empty() {
            self.step()?;
        }
        for _ in 0..=SILENCE_CLOCKS {
            self.step()?;
        }
        self.begun.reset();
        Ok(())
    }

    fn reset(&mut self) -> Result<(), BoardError> {
        // What the UART has not handed over is lost; the link goes on hunting in the frame it was in.
        let side = &mut self.board.side;
        side.to_board.clear();
        side.reset = true;
        // Whether they are answered nobody can tell.
        self.asked = 0;
        self.step()?;
        self.silence()
    }

    fn scramble(&mut self, seed: u64) {
        let mut noise = noise(seed);
        let memory = &mut self.board.side.outside;
        let mut address = 0;
        while memory.peek(address).is_some() {
            memory.poke(address, noise.next_u32() as u16);
            address += 1;
        }
    }
}
