//! The link over an Opal Kelly host interface: two clocks, of which the engine's is the harness' and the host's an input that the stimulus moves.

pub mod crossing;
mod golden;
pub mod parts;
pub mod pipes;
pub mod system;
mod world;
