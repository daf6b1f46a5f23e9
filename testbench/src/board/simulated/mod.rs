//! Boards that run the hardware description cycle by cycle: the rust-hdl simulation and the emitted Verilog.
//!
//! Both are cut at the same pins, the byte stream behind the UART and the memory chip's pins, and share the model of what is behind them, so
//! that they see the same stimulus in the same cycle. The chip checks its timing: hardware that breaks a rule fails the run.

mod device;
mod gateware;
mod tile_window;
mod traced;
mod verilated;

pub use device::SimulatedDevice;
pub use gateware::Gateware;
pub use tile_window::{TileCycles, TileWindow};
pub use traced::{Traced, Tracing};
pub use verilated::Verilated;

use super::{Board, BoardError, Exchange, Reply, Wire};
use crate::sdram::{Pins, Sdram};
use rowfuse_hdl::system;
use rowfuse_spec::frame::{KIND_STATUS, MAX_CHECKSUM};
use rowfuse_spec::EngineConfig;
use std::collections::VecDeque;

/// What the system's inputs are in one cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inputs {
    /// A byte from the host.
    pub rx: Option<u8>,
    /// The host takes a byte.
    pub tx_ready: bool,
    /// The board's button: the running program ends.
    pub reset: bool,
    /// What stands on the memory's data pins.
    pub dq: u16,
}

/// What the system's outputs are in one cycle, settled, before the clock edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outputs {
    /// The byte from the host is taken.
    pub rx_ready: bool,
    /// A byte for the host.
    pub tx: Option<u8>,
    /// The memory chip's pins.
    pub memory: Pins,
    /// A program runs.
    pub busy: bool,
}

/// A simulation of the accelerator with its SDRAM controller, one clock at a time.
pub trait Core {
    /// The kind of simulation, for people.
    fn kind(&self) -> &'static str;

    /// Applies the inputs, lets the logic settle, returns the outputs and clocks.
    ///
    /// # Errors
    /// If the logic does not settle.
    fn cycle(&mut self, inputs: &Inputs) -> Result<Outputs, BoardError>;

    /// Cycles to run between two looks at a program's status.
    fn cycles_per_poll(&self) -> u64;
}

/// Cycles without a byte after which no reply is to be expected: a reply may wait for the longest burst of every client, and that
/// for each burst of the longest CHECKSUM.
const PATIENCE: u64 = 20_000 + 4 * MAX_CHECKSUM as u64;

/// A simulated core with a memory chip at its pins and a host before its link.
pub struct Simulated<C: Core> {
    core: C,
    exchange: Exchange,
    side: Side,
    name: String,
    /// Cycles that a running program goes on before STATUS is answered.
    poll: u64,
}

/// Everything outside the core.
struct Side {
    memory: Sdram,
    /// What the chip drives the data pins with in the next cycle.
    dq: Option<u16>,
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
        let clocks = system::memory(config)
            .clocks()
            .map_err(|error| BoardError::Build(error.to_string()))?;
        Ok(Self {
            name: format!("{} simulation of {}", core.kind(), config.name),
            poll: core.cycles_per_poll(),
            core,
            exchange: Exchange::new(),
            side: Side {
                memory: Sdram::new(clocks, config.memory_words() as usize),
                dq: None,
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

    fn step(&mut self) -> Result<(), BoardError> {
        let side = &mut self.side;
        let inputs = Inputs {
            rx: side.to_board.front().copied(),
            tx_ready: true,
            reset: std::mem::take(&mut side.reset),
            dq: side.dq.unwrap_or(0),
        };
        let outputs = self.core.cycle(&inputs)?;
        if outputs.rx_ready && inputs.rx.is_some() {
            side.to_board.pop_front();
        }
        side.from_board.extend(outputs.tx);
        side.dq = side.memory.clock(&outputs.memory)?;
        side.busy = outputs.busy;
        side.cycles += 1;
        side.idle_cycles += u64::from(!outputs.busy);
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
mod power_on;
#[cfg(test)]
mod tests;
