//! Boards that run the hardware description cycle by cycle: the rust-hdl simulation and the emitted Verilog.
//!
//! Both are cut at the same pins, and share the model of what is outside them ([`Outside`]), so that they see the same stimulus in the same cycle. For a
//! board with a serial port that is the byte stream behind the UART and the memory chip's pins. The memory checks how it is used: hardware that
//! breaks a rule fails the run.

mod device;
mod gateware;
mod outside;
mod tile_window;
mod traced;
mod verilated;

pub use device::SimulatedDevice;
#[cfg(feature = "opal-kelly")]
pub(super) use gateware::settle;
pub use gateware::Gateware;
pub use outside::{Chip, Inputs, Outputs, Outside};
pub use tile_window::{TileCycles, TileWindow};
pub use traced::{Traced, Tracing};
pub use verilated::{Compiled, Verilated};

use super::{Board, BoardError, Exchange, Reply, Wire};
use rowfuse_spec::frame::{KIND_STATUS, MAX_CHECKSUM};
use rowfuse_spec::EngineConfig;
use std::collections::VecDeque;

/// A simulation of the accelerator with its memory controller, one clock at a time.
pub trait Core {
    /// What is at its pins.
    type Outside: Outside;

    /// The kind of simulation, for people.
    fn kind(&self) -> &'static str;

    /// Applies the inputs, lets the logic settle, returns the outputs and clocks.
    ///
    /// # Errors
    /// If the logic does not settle.
    fn cycle(
        &mut self,
        inputs: &<Self::Outside as Outside>::Inputs,
    ) -> Result<<Self::Outside as Outside>::Outputs, BoardError>;

    /// Cycles to run between two looks at a program's status.
    fn cycles_per_poll(&self) -> u64;
}

/// Cycles without a byte after which no reply is to be expected: a reply may wait for the longest burst of every client, and that
/// for each burst of the longest CHECKSUM.
const PATIENCE: u64 = 20_000 + 4 * MAX_CHECKSUM as u64;

/// A simulated core with what is at its pins and a host before its link.
pub struct Simulated<C: Core> {
    core: C,
    exchange: Exchange,
    side: Side<C::Outside>,
    name: String,
    /// Cycles that a running program goes on before STATUS is answered.
    poll: u64,
}

/// Everything outside the core.
struct Side<O> {
    outside: O,
    to_board: VecDeque<u8>,
    from_board: Vec<u8>,
    /// The button is pressed in the next cycle.
    reset: bool,
    cycles: u64,
    idle_cycles: u64,
    busy: bool,
}

impl<C: Core> Simulated<C> {
    /// Puts `core`, built for `config`, on a board.
    ///
    /// # Errors
    /// If the memory does not run at the configuration's clock.
    pub fn new(core: C, config: &EngineConfig) -> Result<Self, BoardError> {
        Ok(Self {
            name: format!("{} simulation of {}", core.kind(), config.name),
            poll: core.cycles_per_poll(),
            core,
            exchange: Exchange::new(),
            side: Side {
                outside: C::Outside::new(config)?,
                to_board: VecDeque::new(),
                from_board: Vec::new(),
                reset: false,
                cycles: 0,
                idle_cycles: 0,
                busy: false,
            },
        })
    }

    /// Lets a running program go on for so many cycles before STATUS is answered, whatever suits the simulation. Two boards see
    /// requests in the same cycle, and so count the same, only if both wait alike.
    #[must_use]
    pub fn polled_every(mut self, cycles: u64) -> Self {
        self.poll = cycles;
        self
    }

    /// Clock cycles simulated so far, link traffic included.
    pub fn cycles(&self) -> u64 {
        self.side.cycles
    }

    /// Presses the board's button in the next cycle; whether a program runs now.
    #[cfg(all(test, feature = "opal-kelly"))]
    pub(super) fn press(&mut self) -> bool {
        self.side.reset = true;
        self.side.busy
    }

    fn step(&mut self) -> Result<(), BoardError> {
        let side = &mut self.side;
        let (to_board, from_board) = (&mut side.to_board, &mut side.from_board);
        let reset = std::mem::take(&mut side.reset);
        let inputs = side.outside.inputs(reset, to_board, from_board)?;
        let outputs = self.core.cycle(&inputs)?;
        side.busy = side
            .outside
            .outputs(&inputs, &outputs, to_board, from_board)?;
        side.cycles += 1;
        side.idle_cycles += u64::from(!side.busy);
        Ok(())
    }
}

impl<C: Core> Wire for Simulated<C> {
    fn send(&mut self, bytes: &[u8]) -> Result<(), BoardError> {
        self.side.to_board.extend(bytes);
        Ok(())
    }

    fn receive(&mut self) -> Result<Vec<u8>, BoardError> {
        let mut waited = 0;
        while waited < PATIENCE {
            let before = self.side.to_board.len() + self.side.from_board.len();
            self.step()?;
            if !self.side.from_board.is_empty() && self.side.to_board.is_empty() {
                break;
            }
            let after = self.side.to_board.len() + self.side.from_board.len();
            waited = if before == after { waited + 1 } else { 0 };
        }
        Ok(std::mem::take(&mut self.side.from_board))
    }

    fn resynchronise(&mut self) -> Result<(), BoardError> {
        self.side.to_board.clear();
        for _ in 0..=rowfuse_spec::frame::SILENCE_CLOCKS {
            self.step()?;
        }
        self.side.from_board.clear();
        Ok(())
    }
}

impl<C: Core> Board for Simulated<C> {
    fn describe(&self) -> String {
        self.name.clone()
    }

    fn request(&mut self, kind: u8, payload: &[u8]) -> Result<Reply, BoardError> {
        if kind == KIND_STATUS {
            // Who asks this has nothing else to do: let it run first.
            let until = self.side.cycles + self.poll;
            while self.side.busy && self.side.cycles < until {
                self.step()?;
            }
        }
        let mut exchange = std::mem::take(&mut self.exchange);
        let reply = exchange.request(self, kind, payload);
        self.exchange = exchange;
        reply
    }

    fn idle_cycles(&self) -> Option<u64> {
        Some(self.side.idle_cycles)
    }
}

#[cfg(test)]
mod post_synthesis;
#[cfg(test)]
pub(super) mod power_on;
#[cfg(test)]
pub(super) mod tests;
