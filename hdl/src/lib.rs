//! The rowfuse accelerator in rust-hdl.
#![warn(missing_docs)]

pub mod accelerator;
pub mod board;
pub mod dataflow;
pub mod engine;
pub mod identity;
pub mod link;
pub mod memory;
pub mod primitives;
pub mod system;
pub mod top;
