//! What requests and replies carry.

use super::{
    Frame, ReplyStatus, KIND_ABORT, KIND_CHECKSUM, KIND_INFO, KIND_RATE, KIND_READ, KIND_RUN,
    KIND_STATUS, KIND_WRITE, MAX_CHECKSUM, MAX_DATA,
};
use crate::config::EngineConfig;
use crate::counters::{Counters, NUM_COUNTERS};
use crate::error::FrameError;
use crate::uart::is_rate;
use crate::{CONTRACT_VERSION, MAX_MEMORY_BYTES};

/// A request to a board. Addresses are byte addresses and even.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Who are you.
    Info,
    /// Write data (2..=1024 bytes, an even number).
    Write {
        /// Where to.
        address: u32,
        /// What.
        data: Vec<u8>,
    },
    /// Read data.
    Read {
        /// Where from.
        address: u32,
        /// Bytes, 2..=1024, even.
        length: u16,
    },
    /// Start a program; clears the counters.
    Run {
        /// Where it lies.
        address: u32,
    },
    /// How far is it.
    Status,
    /// Reset engine, semaphores and program.
    Abort,
    /// Change the serial port's rate once the reply is out.
    Rate {
        /// Increment of the phase accumulator, [`crate::uart::MIN_INCREMENT`]..=[`crate::uart::MAX_INCREMENT`].
        increment: u32,
    },
    /// What does the memory hold: the reply is the [`crate::crc32::crc32`] of its bytes, little-endian.
    Checksum {
        /// Where from.
        address: u32,
        /// Bytes, 2..=65,534, even.
        length: u16,
    },
}

impl Request {
    /// The request's kind.
    pub fn kind(&self) -> u8 {
        match self {
            Request::Info => KIND_INFO,
            Request::Write { .. } => KIND_WRITE,
            Request::Read { .. } => KIND_READ,
            Request::Run { .. } => KIND_RUN,
            Request::Status => KIND_STATUS,
            Request::Abort => KIND_ABORT,
            Request::Rate { .. } => KIND_RATE,
            Request::Checksum { .. } => KIND_CHECKSUM,
        }
    }

    /// The request's payload. Refuses what [`Request::decode`] would refuse.
    pub fn payload(&self) -> Result<Vec<u8>, FrameError> {
        let bytes = match self {
            Request::Info | Request::Status | Request::Abort => Vec::new(),
            Request::Write { address, data } => [&address.to_le_bytes()[..], data].concat(),
            Request::Read { address, length } | Request::Checksum { address, length } => {
                [&address.to_le_bytes()[..], &length.to_le_bytes(), &[0, 0]].concat()
            }
            Request::Run { address } => address.to_le_bytes().to_vec(),
            Request::Rate { increment } => increment.to_le_bytes().to_vec(),
        };
        Request::decode(self.kind(), &bytes)?;
        Ok(bytes)
    }

    /// The request as a frame.
    pub fn frame(&self, seq: u8) -> Result<Frame, FrameError> {
        Ok(Frame::request(self.kind(), seq, self.payload()?))
    }

    /// Reads a request. Refuses unknown kinds, wrong lengths, addresses that are odd or leave the
    /// 32 MiB a board can have at most, and rates no board has.
    pub fn decode(kind: u8, payload: &[u8]) -> Result<Request, FrameError> {
        let name = match kind {
            KIND_INFO => "INFO",
            KIND_WRITE => "WRITE",
            KIND_READ => "READ",
            KIND_RUN => "RUN",
            KIND_STATUS => "STATUS",
            KIND_ABORT => "ABORT",
            KIND_RATE => "RATE",
            KIND_CHECKSUM => "CHECKSUM",
            _ => return Err(FrameError::UnknownKind { kind }),
        };
        let wrong_length = || FrameError::PayloadLength {
            kind: name,
            found: payload.len(),
        };
        if matches!(kind, KIND_INFO | KIND_STATUS | KIND_ABORT) {
            return match (payload.is_empty(), kind) {
                (false, _) => Err(wrong_length()),
                (true, KIND_INFO) => Ok(Request::Info),
                (true, KIND_STATUS) => Ok(Request::Status),
                (true, _) => Ok(Request::Abort),
            };
        }
        let (first, rest) = payload.split_first_chunk::<4>().ok_or_else(wrong_length)?;
        let address = u32::from_le_bytes(*first);
        let fits = |length: usize| {
            if address.is_multiple_of(2) && u64::from(address) + length as u64 <= MAX_MEMORY_BYTES {
                Ok(())
            } else {
                Err(FrameError::Address {
                    kind: name,
                    address,
                })
            }
        };
        let is_length = |n: usize, max: usize| (2..=max).contains(&n) && n.is_multiple_of(2);
        match (kind, rest) {
            (KIND_WRITE, data) if is_length(data.len(), MAX_DATA) => {
                fits(data.len())?;
                Ok(Request::Write {
                    address,
                    data: data.to_vec(),
                })
            }
            (KIND_READ | KIND_CHECKSUM, &[low, high, 0, 0]) => {
                let length = u16::from_le_bytes([low, high]);
                let max = if kind == KIND_READ {
                    MAX_DATA
                } else {
                    MAX_CHECKSUM
                };
                if !is_length(usize::from(length), max) {
                    return Err(wrong_length());
                }
                fits(usize::from(length))?;
                Ok(match kind {
                    KIND_READ => Request::Read { address, length },
                    _ => Request::Checksum { address, length },
                })
            }
            (KIND_RUN, []) => {
                fits(crate::command::COMMAND_BYTES)?;
                Ok(Request::Run { address })
            }
            // What is an address elsewhere is the increment here.
            (KIND_RATE, []) if is_rate(address.into()) => Ok(Request::Rate { increment: address }),
            (KIND_RATE, []) => Err(FrameError::Rate { increment: address }),
            _ => Err(wrong_length()),
        }
    }
}

/// The reply status a refused request gets.
impl From<&FrameError> for ReplyStatus {
    fn from(error: &FrameError) -> ReplyStatus {
        match error {
            FrameError::UnknownKind { .. } => ReplyStatus::UnknownKind,
            FrameError::Address { .. } => ReplyStatus::BadAddress,
            FrameError::Rate { .. } => ReplyStatus::BadRate,
            FrameError::BadCrc { .. } | FrameError::NoSync { .. } => ReplyStatus::BadCrc,
            _ => ReplyStatus::BadLength,
        }
    }
}

/// Who a board is: 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Info {
    /// Version of the contract it was built to.
    pub contract_version: u16,
    /// Output-channel lanes.
    pub lanes: u16,
    /// [`EngineConfig::id`].
    pub config_id: u32,
    /// Hash of the sources it was built from.
    pub source_id: u32,
    /// External memory in KiB.
    pub memory_kib: u32,
}

impl Info {
    /// Bytes of the payload.
    pub const BYTES: usize = 16;

    /// What a board of this configuration says.
    pub fn of(config: &EngineConfig, source_id: u32) -> Info {
        Info {
            contract_version: CONTRACT_VERSION,
            lanes: config.lanes as u16,
            config_id: config.id(),
            source_id,
            memory_kib: (config.memory_bytes / 1024) as u32,
        }
    }

    /// The payload.
    pub fn encode(&self) -> [u8; Info::BYTES] {
        let mut bytes = [0; Info::BYTES];
        bytes[0..2].copy_from_slice(&self.contract_version.to_le_bytes());
        bytes[2..4].copy_from_slice(&self.lanes.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.config_id.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.source_id.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.memory_kib.to_le_bytes());
        bytes
    }

    /// Reads the payload; refuses any other length than 16.
    pub fn decode(payload: &[u8]) -> Result<Info, FrameError> {
        let [a, b, config_id, source_id, memory_kib] = match payload.len() {
            16 => [0, 2, 4, 8, 12].map(|at| u32_at(payload, at)),
            found => {
                return Err(FrameError::PayloadLength {
                    kind: "INFO reply",
                    found,
                })
            }
        };
        let (contract_version, lanes) = (a as u16, b as u16);
        Ok(Info {
            contract_version,
            lanes,
            config_id,
            source_id,
            memory_kib,
        })
    }
}

/// How far a board is: 4 + 4·[`NUM_COUNTERS`] bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Whether a program is running.
    pub busy: bool,
    /// END's status, or one of the `STATUS_…` errors of [`crate::command`].
    pub program_status: u16,
    /// Every counter.
    pub counters: Counters,
}

impl Status {
    /// Bytes of the payload.
    pub const BYTES: usize = 4 + 4 * NUM_COUNTERS;

    /// The payload.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Status::BYTES);
        bytes.extend_from_slice(&u16::from(self.busy).to_le_bytes());
        bytes.extend_from_slice(&self.program_status.to_le_bytes());
        for counter in self.counters.0 {
            bytes.extend_from_slice(&counter.to_le_bytes());
        }
        bytes
    }

    /// Reads the payload; refuses any other length than [`Status::BYTES`], and a `busy` that is neither 0 nor 1.
    pub fn decode(payload: &[u8]) -> Result<Status, FrameError> {
        if payload.len() != Status::BYTES {
            let found = payload.len();
            return Err(FrameError::PayloadLength {
                kind: "STATUS reply",
                found,
            });
        }
        let head = u32_at(payload, 0);
        let counters = Counters(std::array::from_fn(|n| u32_at(payload, 4 + 4 * n)));
        let busy = match head as u16 {
            0 => false,
            1 => true,
            found => return Err(FrameError::Busy { found }),
        };
        Ok(Status {
            busy,
            program_status: (head >> 16) as u16,
            counters,
        })
    }
}

/// The little-endian 32 bits at `at`, which the callers have checked to exist.
fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
