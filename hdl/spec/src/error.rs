//! What can be wrong, one sentence each.

use thiserror::Error;

use crate::uart::{MAX_INCREMENT, MIN_INCREMENT};

/// Why a configuration is illegal.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[allow(missing_docs)] // each field is named in its sentence
pub enum ConfigError {
    #[error("{lanes} lanes are not possible: the engine has 1, 2 or 4 output-channel lanes")]
    Lanes { lanes: u32 },
    #[error("{name} is {value}, but must be a power of two from {min} to {max}")]
    Depth {
        name: &'static str,
        value: u32,
        min: u32,
        max: u32,
    },
    #[error("clock_mhz is {clock_mhz}, but must be from 1 to 250")]
    Clock { clock_mhz: u32 },
    #[error(
        "memory_bytes is {memory_bytes}, but must be a multiple of 1024 from 65536 to 33554432"
    )]
    Memory { memory_bytes: u64 },
    #[error("the configuration needs {needed} multipliers, but {device} has {available}")]
    Dsp {
        needed: u32,
        available: u32,
        device: String,
    },
    #[error("the configuration needs {needed} block memories, but {device} has {available}")]
    Ebr {
        needed: u32,
        available: u32,
        device: String,
    },
    #[error("the configuration needs a name of 1 to 32 letters, digits or hyphens, not '{name}'")]
    Name { name: String },
    #[error("there is no configuration '{name}'; there are: {known}")]
    Unknown { name: String, known: String },
}

/// Why a command cannot be encoded or decoded.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[allow(missing_docs)]
pub enum CommandError {
    #[error("{command}: {field} is {value}, but must be from {min} to {max}")]
    OutOfRange {
        command: &'static str,
        field: &'static str,
        value: u32,
        min: u32,
        max: u32,
    },
    #[error("{command}: {field} in word {word} is {value:#06x}, which has more than {bits} bits")]
    TooWide {
        command: &'static str,
        field: &'static str,
        word: usize,
        value: u16,
        bits: u32,
    },
    #[error("{command}: word {word} is {value:#06x}, but is reserved and must be zero")]
    Reserved {
        command: &'static str,
        word: usize,
        value: u16,
    },
    #[error("{opcode:#04x} is not the opcode of a command")]
    Opcode { opcode: u8 },
    #[error("{command}: the {which} mask is {value:#x}, but there are only four semaphores")]
    Tokens {
        command: &'static str,
        which: &'static str,
        value: u8,
    },
    #[error("END waits for all units and can neither wait for semaphores nor signal them")]
    EndTokens,
    #[error("semaphore {semaphore} is used by two units in the same way")]
    SharedSemaphore { semaphore: usize },
    #[error("a program of {bytes} bytes is not a whole number of 64-byte commands")]
    Length { bytes: usize },
    #[error("command {index}: {source}")]
    At {
        index: usize,
        source: Box<CommandError>,
    },
}

/// Why a frame or its payload is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[allow(missing_docs)]
pub enum FrameError {
    #[error("a frame's length of {length} bytes exceeds the limit of {max}")]
    TooLong { length: usize, max: usize },
    #[error("a frame's CRC is {found:#010x}, but its contents give {computed:#010x}")]
    BadCrc { found: u32, computed: u32 },
    #[error("a frame must start with 0xa5, not {found:#04x}")]
    NoSync { found: u8 },
    #[error("a frame ends after {found} bytes, but needs {needed}")]
    Truncated { found: usize, needed: usize },
    #[error("{extra} bytes follow the end of a frame")]
    Trailing { extra: usize },
    #[error("{kind}: a payload of {found} bytes is not possible")]
    PayloadLength { kind: &'static str, found: usize },
    #[error("{kind}: address {address:#x} is odd, or the transfer leaves the address space")]
    Address { kind: &'static str, address: u32 },
    #[error(
        "RATE: an increment of {increment} is not possible: it must be from {MIN_INCREMENT} to {MAX_INCREMENT}"
    )]
    Rate { increment: u32 },
    #[error("STATUS reply: busy is {found}, but must be 0 or 1")]
    Busy { found: u16 },
    #[error("{kind:#04x} is not the kind of a request")]
    UnknownKind { kind: u8 },
}

/// Why requantisation parameters are illegal.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[allow(missing_docs)]
pub enum RequantError {
    #[error("a bias of {bias} is beyond ±2^30")]
    Bias { bias: i64 },
    #[error("a multiplier of 0 is not possible: it must be from 1 to 65535")]
    Multiplier,
    #[error("a shift of {shift} is not possible: it must be from 16 to 47")]
    Shift { shift: u32 },
    #[error("{found} is not nine times a bias of 35 bits, or reserved bits are set")]
    Encoding { found: i64 },
}

/// Why a feature map or weights cannot be laid out.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[allow(missing_docs)]
pub enum LayoutError {
    #[error("{what} has {found} bytes, but its shape needs {needed}")]
    Length {
        what: &'static str,
        found: usize,
        needed: usize,
    },
    #[error("{what} is {found}, but must be from {min} to {max}")]
    Range {
        what: &'static str,
        found: u32,
        min: u32,
        max: u32,
    },
    #[error("the line buffer needs {needed} bytes a lane, but has {available}")]
    LineBuffer { needed: u32, available: u32 },
}
