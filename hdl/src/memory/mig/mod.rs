//! The external memory of Artix-7 boards: DDR3 behind the vendor's controller (Memory Interface Generator, MIG 7), reached by its
//! user interface, the signals `app_`.
//!
//! Source of the interface: Xilinx UG586, "Zynq-7000 AP SoC and 7 Series Devices Memory Interface Solutions", chapter "DDR3 and DDR2
//! SDRAM Memory Interface Solution", section "User Interface".

mod controller;
mod line_buffer;
mod line_collector;
mod reads;
mod writes;

pub use controller::MigController;
pub use line_buffer::LineBuffer;
pub use line_collector::LineCollector;
pub use reads::MigReads;
pub use writes::MigWrites;

pub use super::ddr3::{LATENCY, LINE_WORDS, RETURN_LATENCY};

/// Width of `app_addr`: words of 16 bits, of which an access moves [`LINE_WORDS`].
pub const APP_ADDRESS_BITS: usize = 29;
/// Width of `app_cmd`.
pub const APP_COMMAND_BITS: usize = 3;
/// `app_cmd` of a write.
pub const APP_WRITE: u64 = 0;
/// `app_cmd` of a read.
pub const APP_READ: u64 = 1;
/// Bits of a line.
pub const LINE_BITS: usize = 128;
/// Bytes of a line, each with its bit in a mask.
pub const LINE_BYTES: usize = 16;
/// Bits of a line's number.
pub const LINE_NUMBER_BITS: usize = super::port::ADDRESS_BITS - 3;
/// Lines that may be asked for and not yet be handed on.
pub const LINES: usize = 32;
