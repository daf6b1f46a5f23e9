//! A library with the C interface of Opal Kelly's FrontPanel and a simulated module behind it, for tests on computers that have neither.
//!
//! The module holds the functional board of the test bench behind pipes of whole blocks, with no more room than
//! [`rowfuse_spec::pipes`] promises. What goes wrong is chosen by the environment variable [`VARIABLE`], see [`Faults`].
//! Whole modules are state of the process, and outlive the handles through which they are opened.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod faults;
mod interface;
mod module;

pub use faults::{Fault, Faults, VARIABLE};
pub use module::Module;

/// What the board behind the interface says that it was made of.
pub const SOURCE_ID: u32 = 0x57A2_D121;

/// What every bitstream of Vivado begins with, and so must a file that is loaded.
pub const BITSTREAM: [u8; 13] = [
    0x00, 0x09, 0x0F, 0xF0, 0x0F, 0xF0, 0x0F, 0xF0, 0x0F, 0xF0, 0x00, 0x00, 0x01,
];
