//! What is before the pipes: a host on USB and the vendor's host interface with its endpoints, as their documentation has them.

use std::collections::VecDeque;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rowfuse_spec::pipes::{BLOCK_BYTES, BLOCK_WORDS, CONTROL_RESET, FILL};

/// What the endpoints give to the design, in one period of the host interface's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FromHost {
    /// `ep_write` of the pipe with requests.
    pub in_write: bool,
    /// Its `ep_blockstrobe`.
    pub in_blockstrobe: bool,
    /// Its `ep_dataout`.
    pub in_dataout: u16,
    /// `ep_read` of the pipe with replies.
    pub out_read: bool,
    /// Its `ep_blockstrobe`.
    pub out_blockstrobe: bool,
    /// `ep_dataout` of the wire with control bits.
    pub control: u16,
}

/// What the design gives to the endpoints, settled before a rising edge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ToHost {
    /// `ep_ready` of the pipe with requests.
    pub in_ready: bool,
    /// `ep_ready` of the pipe with replies.
    pub out_ready: bool,
    /// Its `ep_datain`.
    pub out_datain: u16,
    /// `ep_datain` of the wire with the state.
    pub status: u16,
    /// `ep_datain` of the wire with the number of blocks.
    pub blocks: u16,
}

/// A rule that the design has broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PipeViolation {
    /// The wire said that a block waits, and the pipe was not ready.
    #[error("{0} more blocks were announced on the wire, but the pipe with replies was not ready for {PROMISE} clocks")]
    NotReady(u16),
}

/// Clocks within which a block that was announced must be ready.
const PROMISE: u32 = 16;

/// How long the host waits where it may.
#[derive(Clone, Copy, Debug)]
pub struct HostPace {
    /// Most clocks between two blocks.
    pub between: u32,
    /// Probability of a clock without a word within a block. The vendor's host has none.
    pub gaps: f64,
}

impl HostPace {
    /// One block behind the other.
    pub const FULL: HostPace = HostPace {
        between: 0,
        gaps: 0.0,
    };
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Between two blocks, for so many clocks more.
    Pause(u32),
    /// A block of requests; words to come.
    Write(usize),
    /// A block of replies; words to be read.
    Read(usize),
}

/// A host that sends what is in its queue and reads what is announced, a block at a time, each in turn.
#[derive(Debug)]
pub struct PipeHost {
    pace: HostPace,
    random: ChaCha8Rng,
    state: State,
    /// The other direction is next.
    replies_next: bool,
    /// Blocks that were announced and are not read.
    announced: u16,
    waited: u32,
    now: FromHost,
    /// A word was asked for in the last clock but one: it stands on `ep_datain` since the last edge.
    reading: bool,
    block: VecDeque<u8>,
    control_clocks: u32,
}

impl PipeHost {
    /// A host whose pauses are drawn from a seed.
    pub fn new(pace: HostPace, seed: u64) -> PipeHost {
        PipeHost {
            pace,
            random: ChaCha8Rng::seed_from_u64(seed),
            state: State::Pause(0),
            replies_next: false,
            announced: 0,
            waited: 0,
            now: FromHost::default(),
            reading: false,
            block: VecDeque::new(),
            control_clocks: 0,
        }
    }

    /// Raises the reset bit for so many clocks.
    pub fn press(&mut self, clocks: u32) {
        self.control_clocks = clocks;
    }

    /// What the endpoints give now, until the next rising edge.
    pub fn outputs(&self) -> FromHost {
        self.now
    }

    /// A rising edge: sees what the design gave before it. A block is made of up to 512 bytes of `to_board` and filled; bytes of replies go to `from_board`,
    /// with what they are filled with.
    ///
    /// # Errors
    /// If the design breaks a rule.
    pub fn clock(
        &mut self,
        seen: &ToHost,
        to_board: &mut VecDeque<u8>,
        from_board: &mut Vec<u8>,
    ) -> Result<(), PipeViolation> {
        if self.reading {
            from_board.extend(seen.out_datain.to_le_bytes());
        }
        self.reading = self.now.out_read;
        let mut next = FromHost::default();
        if self.control_clocks > 0 {
            self.control_clocks -= 1;
            next.control = CONTROL_RESET;
        }
        let word = !self.random.gen_bool(self.pace.gaps);
        self.state = match self.state {
            State::Pause(0) => self.begin(seen, to_board, &mut next)?,
            State::Pause(clocks) => State::Pause(clocks - 1),
            State::Write(words) if word => {
                let [low, high] = [0; 2].map(|_| self.block.pop_front().unwrap_or(FILL));
                next.in_write = true;
                next.in_dataout = u16::from_le_bytes([low, high]);
                self.behind(words, State::Write)
            }
            State::Read(words) if word => {
                next.out_read = true;
                self.behind(words, State::Read)
            }
            state => state,
        };
        self.now = next;
        Ok(())
    }

    /// Begins a block, if there is one and the design is ready for it.
    fn begin(
        &mut self,
        seen: &ToHost,
        to_board: &mut VecDeque<u8>,
        next: &mut FromHost,
    ) -> Result<State, PipeViolation> {
        // What the wire says is old while a block is being taken; so it is only asked when all it said is read.
        if self.announced == 0 {
            self.announced = seen.blocks;
            self.waited = 0;
        }
        let writes = !to_board.is_empty() && seen.in_ready;
        let reads = self.announced > 0 && seen.out_ready;
        if self.announced > 0 && !seen.out_ready {
            self.waited += 1;
            if self.waited > PROMISE {
                return Err(PipeViolation::NotReady(self.announced));
            }
        }
        if reads && (self.replies_next || !writes) {
            self.replies_next = false;
            self.announced -= 1;
            self.waited = 0;
            next.out_blockstrobe = true;
            return Ok(State::Read(BLOCK_WORDS));
        }
        if writes {
            self.replies_next = true;
            self.block = to_board.drain(..to_board.len().min(BLOCK_BYTES)).collect();
            next.in_blockstrobe = true;
            return Ok(State::Write(BLOCK_WORDS));
        }
        Ok(State::Pause(0))
    }

    /// What follows a word.
    fn behind(&mut self, words: usize, more: fn(usize) -> State) -> State {
        match words {
            1 => State::Pause(2 + self.random.gen_range(0..=self.pace.between)),
            _ => more(words - 1),
        }
    }
}
