//! What a board answers, after `rowfuse_spec::frame`: the golden model of the link.

use std::collections::HashMap;

use rowfuse_spec::counters::{Counters, NUM_COUNTERS};
use rowfuse_spec::crc32::crc32;
use rowfuse_spec::frame::{
    Frame, Info, ReplyStatus, Request, Status, CRC_BYTES, HEADER_BYTES, KIND_NAK, MAX_PAYLOAD,
    SILENCE_CLOCKS, SYNC,
};
use rowfuse_spec::CONTRACT_VERSION;

use super::bench::Input;

/// Who the board under test is. The memory is not a power of two, so that its end is tested as such.
pub const INFO: Info = Info {
    contract_version: CONTRACT_VERSION,
    lanes: 4,
    config_id: 0x89AB_CDEF,
    source_id: 0x1357_9BDF,
    memory_kib: 20_000,
};
/// The status its programs end with.
pub const PROGRAM_STATUS: u16 = 0xBEA7;
/// Its counters.
pub const COUNTERS: [u32; NUM_COUNTERS] = {
    let mut counters = [0; NUM_COUNTERS];
    let mut n = 0;
    while n < NUM_COUNTERS {
        counters[n] = (n as u32 + 1).wrapping_mul(0x9E37_79B9);
        n += 1;
    }
    counters
};

/// A board that executes each request at once; a program ends in the first pause that is long enough.
pub struct Golden {
    program: usize,
    frame: Vec<u8>,
    busy: bool,
    /// Every byte it answers.
    pub replies: Vec<u8>,
    /// Memory words that were written.
    pub memory: HashMap<u32, u16>,
    /// Byte address of every program started.
    pub runs: Vec<u32>,
    /// Number of aborts and resets.
    pub aborts: usize,
    /// Increment of every rate set.
    pub rates: Vec<u32>,
    /// For every frame, whether it was executed.
    pub frames: Vec<bool>,
}

impl Golden {
    /// An idle board whose programs take that many cycles.
    pub fn new(program: usize) -> Golden {
        Golden {
            program,
            frame: Vec::new(),
            busy: false,
            replies: Vec::new(),
            memory: HashMap::new(),
            runs: Vec::new(),
            aborts: 0,
            rates: Vec::new(),
            frames: Vec::new(),
        }
    }

    /// What the host does next.
    pub fn input(&mut self, input: &Input) {
        match input {
            Input::Pause(cycles) => {
                if *cycles >= SILENCE_CLOCKS as usize {
                    self.frame.clear();
                }
                self.busy &= *cycles < self.program;
            }
            Input::Reset => {
                self.busy = false;
                self.aborts += 1;
            }
            Input::Byte(byte) if self.frame.is_empty() && *byte != SYNC => {}
            Input::Byte(byte) => {
                self.frame.push(*byte);
                self.look();
            }
        }
    }

    /// Answers the frame if it is complete.
    fn look(&mut self) {
        let Some(&[_, _, seq, _, low, high]) = self.frame.get(..HEADER_BYTES) else {
            return;
        };
        let length = usize::from(u16::from_le_bytes([low, high]));
        let reply = if length > MAX_PAYLOAD {
            Frame {
                kind: KIND_NAK,
                seq,
                status: ReplyStatus::BadLength as u8,
                payload: vec![],
            }
        } else if self.frame.len() < HEADER_BYTES + length + CRC_BYTES {
            return;
        } else {
            match Frame::decode(&self.frame) {
                Ok(frame) => match self.execute(&frame) {
                    Ok(payload) => frame.reply(ReplyStatus::Ok, payload),
                    Err(status) => frame.reply(status, vec![]),
                },
                Err(_) => {
                    let status = ReplyStatus::BadCrc as u8;
                    Frame {
                        kind: KIND_NAK,
                        seq,
                        status,
                        payload: vec![],
                    }
                }
            }
        };
        self.frames.push(reply.status == ReplyStatus::Ok as u8);
        self.replies.extend(reply.encode().expect("a reply fits"));
        self.frame.clear();
    }

    fn execute(&mut self, frame: &Frame) -> Result<Vec<u8>, ReplyStatus> {
        let request = Request::decode(frame.kind, &frame.payload)
            .map_err(|error| ReplyStatus::from(&error))?;
        let fits = |address: u32, bytes: usize| {
            let end = u64::from(address) + bytes as u64;
            let inside = end <= 1024 * u64::from(INFO.memory_kib);
            inside.then_some(address / 2).ok_or(ReplyStatus::BadAddress)
        };
        match request {
            Request::Info => return Ok(INFO.encode().to_vec()),
            Request::Write { address, data } => {
                let words = data
                    .chunks(2)
                    .map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
                self.memory
                    .extend((fits(address, data.len())?..).zip(words));
            }
            Request::Read { address, length } => {
                let first = fits(address, usize::from(length))?;
                let word = |at| self.memory.get(&at).copied().unwrap_or(0);
                return Ok((first..first + u32::from(length) / 2)
                    .flat_map(|at| word(at).to_le_bytes())
                    .collect());
            }
            Request::Run { address } => {
                fits(address, rowfuse_spec::command::COMMAND_BYTES)?;
                if self.busy {
                    return Err(ReplyStatus::Busy);
                }
                self.busy = true;
                self.runs.push(address);
            }
            Request::Status => {
                let (program_status, counters) = (PROGRAM_STATUS, Counters(COUNTERS));
                return Ok(Status {
                    busy: self.busy,
                    program_status,
                    counters,
                }
                .encode());
            }
            Request::Abort => {
                self.busy = false;
                self.aborts += 1;
            }
            Request::Checksum { address, length } => {
                let first = fits(address, usize::from(length))?;
                let word = |at| self.memory.get(&at).copied().unwrap_or(0);
                let bytes: Vec<u8> = (first..first + u32::from(length) / 2)
                    .flat_map(|at| word(at).to_le_bytes())
                    .collect();
                return Ok(crc32(&bytes).to_le_bytes().to_vec());
            }
            Request::Rate { increment } => self.rates.push(increment),
        }
        Ok(vec![])
    }
}
