//! A board behind an Opal Kelly host interface, simulated: models of the host with its pipes and of the memory's controller, round the hardware description
//! in rust-hdl's simulation and in Verilator.
//!
//! What is simulated is [`rowfuse_hdl::top::opal_kelly::OkSystem`]; the vendors' modules beyond it are models of ours, written from their documentation.

mod clock;
mod gateware;
mod host;
mod outside;
mod verilated;

pub use clock::SecondClock;
pub use gateware::{drive, read, OkGateware};
pub use host::{FromHost, HostPace, PipeHost, PipeViolation, ToHost};
pub use outside::{Inputs, Module, Outputs};
pub use verilated::OkVerilated;

#[cfg(test)]
mod tests;
