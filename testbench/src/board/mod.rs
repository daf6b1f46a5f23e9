//! Boards: whatever answers the link's frames, simulated or real, behind one trait.
//!
//! A [`Board`] exchanges one request for one reply. [`Client`] puts typed operations on top of any
//! board. What a board itself must provide is a [`Wire`], a stream of bytes each way; [`Exchange`] turns
//! it into requests and replies with sequence numbers, CRC and retries.

mod checksum;
mod client;
mod device;
mod error;
mod exchange;
pub mod functional;
#[cfg(feature = "opal-kelly")]
pub mod opal_kelly;
pub mod simulated;

pub use client::{Client, Limits};
pub use device::Device;
pub use error::BoardError;
pub use exchange::{Exchange, Wire};
pub use functional::{FunctionalBoard, FunctionalDevice, Schedule};
pub use simulated::{
    Compiled, Gateware, Simulated, SimulatedDevice, TileCycles, TileWindow, Traced, Tracing,
    Verilated,
};

use std::ops::ControlFlow;

use rowfuse_spec::frame::{ReplyStatus, Request};

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

    /// Sends requests that are independent of each other and may be repeated (so no RUN and no RATE), as many at a time as the board
    /// can have under way; one after another unless it can do better. `each` gets every reply with its request's place, in order; a break
    /// is [`BoardError::Interrupted`], and requests behind that reply may have been executed.
    fn requests(
        &mut self,
        requests: &mut dyn Iterator<Item = Request>,
        each: &mut dyn FnMut(usize, Reply) -> ControlFlow<()>,
    ) -> Result<(), BoardError> {
        for (place, request) in requests.enumerate() {
            let reply = self.request(request.kind(), &request.payload()?)?;
            if each(place, reply).is_break() {
                return Err(BoardError::Interrupted);
            }
        }
        Ok(())
    }

    /// What went over the line so far, by name, if there is one: for programs and for people who look for a fault.
    fn line_counters(&self) -> Vec<(&'static str, u64)> {
        Vec::new()
    }

    /// Whether the board's memory outlives the process, so that what an earlier one wrote may still be there.
    fn keeps_memory(&self) -> bool {
        false
    }

    /// Waits between two STATUS requests while a program runs. Boards that advance only when they are asked
    /// do not.
    fn pause(&mut self) {}

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

    fn requests(
        &mut self,
        requests: &mut dyn Iterator<Item = Request>,
        each: &mut dyn FnMut(usize, Reply) -> ControlFlow<()>,
    ) -> Result<(), BoardError> {
        (**self).requests(requests, each)
    }

    fn line_counters(&self) -> Vec<(&'static str, u64)> {
        (**self).line_counters()
    }

    fn keeps_memory(&self) -> bool {
        (**self).keeps_memory()
    }

    fn pause(&mut self) {
        (**self).pause();
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
