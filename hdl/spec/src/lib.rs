//! The contract between the hardware and the host.
//!
//! Everything both sides must agree on is defined here, once: what a configuration may be
//! ([`config`]), the commands of the engine ([`command`]), the frames of the link ([`frame`]), the
//! integer arithmetic ([`numerics`]), where bytes lie in memory and in the line buffer ([`layout`]),
//! the performance counters ([`counters`]), the rates of a serial port ([`uart`]) and the endpoints of an Opal Kelly module
//! ([`pipes`]). The crate knows neither rust-hdl nor files nor ports.
#![warn(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod command;
pub mod config;
pub mod counters;
pub mod crc32;
pub mod error;
pub mod frame;
pub mod layout;
pub mod numerics;
pub mod pipes;
pub mod uart;

pub use command::{Command, Conv, End, Load, Params, Tokens, Weights};
pub use config::{Device, EngineConfig};
pub use error::{CommandError, ConfigError, FrameError, LayoutError, RequantError};

/// Version of everything in this crate; a board and a host that differ in it refuse each other.
pub const CONTRACT_VERSION: u16 = 4;

/// Bits of a word address of the external memory.
pub const WORD_ADDRESS_BITS: u32 = 24;

/// Largest external memory in bytes: 2^24 words of two bytes.
pub const MAX_MEMORY_BYTES: u64 = 2 << WORD_ADDRESS_BITS;
