//! Boards: whatever answers the link's frames, simulated or real, behind one trait.
//!
//! A [`Board`] exchanges one request for one reply. [`Client`] puts typed operations on top of any
//! board. What a board itself must provide is a [`Wire`], a stream of bytes each way; [`Exchange`] turns
//! it into requests and replies with sequence numbers, CRC and retries.

mod client;
mod device;
mod error;
mod exchange;
pub mod functional;
pub mod simulated;

pub use client::{Client, Limits};
pub use device::Device;
pub use error::BoardError;
pub use exchange::{Exchange, Wire};
pub use functional::{FunctionalBoard, FunctionalDevice, Schedule};
pub use simulated::{
    Gateware, Simulated, SimulatedDevice, TileCycles, TileWindow, Traced, Tracing, Verilated,
};

use std::time::Duration;

use rowfuse_spec::frame::ReplyStatus;

/// A board's answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Whether it was done, or why not.
    pub status: ReplyStatus,
    /// What was asked for.
    pub payload: Vec<u8>,
}

/// Something that answers the link's frames.
pub trait Board {
    /// What it is, for people: the kind of board, its configuration, its port.
    fn describe(&self) -> String;

    /// Sends a request of that kind (see [`rowfuse_spec::frame`]) and waits for its reply. A reply with a
    /// status other than OK is a reply; an error means that there was none to be had.
    fn request(&mut self, kind: u8, payload: &[u8]) -> Result<Reply, BoardError>;

    /// How long to pause between two STATUS requests while a program runs. Boards that advance only when
    /// they are asked need none.
    fn poll_interval(&self) -> Duration {
        Duration::ZERO
    }

    /// Clock cycles so far in which no program ran, if the board counts them.
    fn idle_cycles(&self) -> Option<u64> {
        None
    }
}

impl<B: Board + ?Sized> Board for Box<B> {
    fn describe(&self) -> String {
        (**self).describe()
    }

    fn request(&mut self, kind: u8, payload: &[u8]) -> Result<Reply, BoardError> {
        (**self).request(kind, payload)
    }

    fn poll_interval(&self) -> Duration {
        (**self).poll_interval()
    }

    fn idle_cycles(&self) -> Option<u64> {
        (**self).idle_cycles()
    }
}

#[cfg(test)]
mod test_layer;
#[cfg(test)]
mod test_plan;
#[cfg(test)]
mod tests;
