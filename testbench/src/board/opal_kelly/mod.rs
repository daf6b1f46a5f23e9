//! A board behind an Opal Kelly host interface: models of the host with its pipes.

mod clock;
mod host;

pub use clock::SecondClock;
pub use host::{FromHost, HostPace, PipeHost, PipeViolation, ToHost};
