//! What is at the pins of a simulated core.

use std::collections::VecDeque;

use rowfuse_hdl::system;
use rowfuse_spec::EngineConfig;

use crate::board::BoardError;
use crate::sdram::{Pins, Sdram};

/// The host's end of the link and the memory, as a core's pins see them.
pub trait Outside: Sized {
    /// What the core's inputs are in one cycle.
    type Inputs;
    /// What its outputs are, settled, before the clock edge.
    type Outputs;

    /// As it is when the power has come.
    ///
    /// # Errors
    /// If the memory does not run at the configuration's clock.
    fn new(config: &EngineConfig) -> Result<Self, BoardError>;

    /// The inputs of the next cycle. With `reset` the running program is to end, as by the board's button.
    ///
    /// # Errors
    /// If the hardware has broken a rule.
    fn inputs(
        &mut self,
        reset: bool,
        to_board: &mut VecDeque<u8>,
        from_board: &mut Vec<u8>,
    ) -> Result<Self::Inputs, BoardError>;

    /// Sees the outputs for these inputs: bytes that are taken leave `to_board`, bytes that are given come to `from_board`. Whether a program runs.
    ///
    /// # Errors
    /// If the hardware has broken a rule.
    fn outputs(
        &mut self,
        inputs: &Self::Inputs,
        outputs: &Self::Outputs,
        to_board: &mut VecDeque<u8>,
        from_board: &mut Vec<u8>,
    ) -> Result<bool, BoardError>;

    /// The memory's word at that address, if there is one.
    fn peek(&self, address: usize) -> Option<u16>;

    /// Changes the memory's word at that address, if there is one.
    fn poke(&mut self, address: usize, word: u16);
}

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

/// A host at the byte stream and an SDRAM chip at the pins.
pub struct Chip {
    memory: Sdram,
    /// What the chip drives the data pins with in the next cycle.
    dq: Option<u16>,
}

impl Outside for Chip {
    type Inputs = Inputs;
    type Outputs = Outputs;

    fn new(config: &EngineConfig) -> Result<Self, BoardError> {
        let clocks = system::memory(config)
            .clocks()
            .map_err(|error| BoardError::Build(error.to_string()))?;
        Ok(Self {
            memory: Sdram::new(clocks, config.memory_words() as usize),
            dq: None,
        })
    }

    fn inputs(
        &mut self,
        reset: bool,
        to_board: &mut VecDeque<u8>,
        _from_board: &mut Vec<u8>,
    ) -> Result<Inputs, BoardError> {
        Ok(Inputs {
            rx: to_board.front().copied(),
            tx_ready: true,
            reset,
            dq: self.dq.unwrap_or(0),
        })
    }

    fn outputs(
        &mut self,
        inputs: &Inputs,
        outputs: &Outputs,
        to_board: &mut VecDeque<u8>,
        from_board: &mut Vec<u8>,
    ) -> Result<bool, BoardError> {
        if outputs.rx_ready && inputs.rx.is_some() {
            to_board.pop_front();
        }
        from_board.extend(outputs.tx);
        self.dq = self.memory.clock(&outputs.memory)?;
        Ok(outputs.busy)
    }

    fn peek(&self, address: usize) -> Option<u16> {
        self.memory.peek(address)
    }

    fn poke(&mut self, address: usize, word: u16) {
        self.memory.poke(address, word);
    }
}
