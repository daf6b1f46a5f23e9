//! What is round the design on an Opal Kelly module: a host before the pipes, MIG behind the memory's adapter, and the second clock.

use std::collections::VecDeque;

use rowfuse_hdl::link::opal_kelly::HOST_MHZ;
use rowfuse_spec::EngineConfig;

use super::clock::SecondClock;
use super::host::{FromHost, HostPace, PipeHost, PipeViolation, ToHost};
use crate::board::simulated::Outside;
use crate::board::BoardError;
use crate::mig::{Mig, MigInputs, MigOutputs, MigSettings, Violation};

/// Clocks of the host interface for which the reset bit stays up.
const PRESS: u32 = 4;
/// Seed of the host's and the memory's pauses: two simulations see the same.
const SEED: u64 = 7010;

/// What the system's inputs are in one cycle of the engine's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inputs {
    /// Level of the host interface's clock.
    pub ti_clk: bool,
    /// What the endpoints give.
    pub host: FromHost,
    /// What MIG gives.
    pub memory: MigOutputs,
}

/// What its outputs are, settled, before the clock edge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outputs {
    /// What the endpoints get.
    pub host: ToHost,
    /// What MIG gets.
    pub memory: MigInputs,
    /// A program runs.
    pub busy: bool,
}

/// A host on USB, its interface with 48 MHz, and a DDR3 behind MIG with the engine's clock.
pub struct Module {
    clock: SecondClock,
    host: PipeHost,
    /// What the endpoints give since the clock fell.
    given: FromHost,
    seen: ToHost,
    mig: Mig,
}

impl From<PipeViolation> for BoardError {
    fn from(violation: PipeViolation) -> BoardError {
        BoardError::Link(violation.to_string())
    }
}

impl From<Violation> for BoardError {
    fn from(violation: Violation) -> BoardError {
        BoardError::Memory(violation.to_string())
    }
}

impl Outside for Module {
    type Inputs = Inputs;
    type Outputs = Outputs;

    fn new(config: &EngineConfig) -> Result<Self, BoardError> {
        let settings = MigSettings {
            words: config.memory_words() as usize,
            ..MigSettings::BOARD
        };
        Ok(Module {
            clock: SecondClock::new(HOST_MHZ, config.clock_mhz),
            host: PipeHost::new(HostPace::FULL, SEED),
            given: FromHost::default(),
            seen: ToHost::default(),
            mig: Mig::new(settings, SEED),
        })
    }

    fn inputs(
        &mut self,
        reset: bool,
        to_board: &mut VecDeque<u8>,
        from_board: &mut Vec<u8>,
    ) -> Result<Inputs, BoardError> {
        if reset {
            self.host.press(PRESS);
        }
        // The host's registers change with the rising edge. The design sees that half a clock later, which to registers of the same clock is the same.
        match self.clock.tick() {
            Some(true) => self.host.clock(&self.seen, to_board, from_board)?,
            Some(false) => self.given = self.host.outputs(),
            None => {}
        }
        Ok(Inputs {
            ti_clk: self.clock.level(),
            host: self.given,
            memory: self.mig.outputs(),
        })
    }

    fn outputs(
        &mut self,
        _inputs: &Inputs,
        outputs: &Outputs,
        _to_board: &mut VecDeque<u8>,
        _from_board: &mut Vec<u8>,
    ) -> Result<bool, BoardError> {
        self.seen = outputs.host;
        self.mig.clock(&outputs.memory)?;
        Ok(outputs.busy)
    }

    fn peek(&self, address: usize) -> Option<u16> {
        self.mig.peek(address)
    }

    fn poke(&mut self, address: usize, word: u16) {
        self.mig.poke(address, word);
    }
}
