//! A board at the bytes of its link, without a host before it: what a real one is behind its serial port.
//!
//! [`Board`](super::Board) sends a request and waits for the reply. A [`Device`] only takes bytes, goes on and gives bytes, so that
//! a line that damages, delays and loses them fits between it and a host.

use std::time::Duration;

use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::BoardError;

/// What takes and gives the bytes of the link.
pub trait Device {
    /// What it is, for people.
    fn describe(&self) -> String;

    /// Takes bytes from the host, which follow each other without a silence that would matter.
    ///
    /// # Errors
    /// If the simulation fails.
    fn accept(&mut self, bytes: &[u8]) -> Result<(), BoardError>;

    /// Goes on for a moment if there is something to do, and says how much of the host's time has passed in it: zero for a device
    /// that goes on as fast as it is simulated.
    ///
    /// # Errors
    /// If the simulation fails.
    fn advance(&mut self) -> Result<Duration, BoardError>;

    /// Takes the bytes for the host that have been given since the last call.
    fn take(&mut self) -> Vec<u8>;

    /// Whether a program runs.
    fn busy(&self) -> bool;

    /// Whether nothing happens any more without further bytes: no program runs, no byte waits, no reply is to come.
    fn idle(&self) -> bool;

    /// Lets the silence pass after which a frame that has begun is dropped
    /// ([`SILENCE_CLOCKS`](rowfuse_spec::frame::SILENCE_CLOCKS)).
    ///
    /// # Errors
    /// If the simulation fails.
    fn silence(&mut self) -> Result<(), BoardError>;

    /// The board's button: the running program ends, bytes under way are forgotten, the memory stays.
    ///
    /// # Errors
    /// If the simulation fails.
    fn reset(&mut self) -> Result<(), BoardError>;

    /// Fills the memory with noise of that seed, as it is after its power has come.
    fn scramble(&mut self, seed: u64);
}

impl<D: Device + ?Sized> Device for Box<D> {
    fn describe(&self) -> String {
        (**self).describe()
    }

    fn accept(&mut self, bytes: &[u8]) -> Result<(), BoardError> {
        (**self).accept(bytes)
    }

    fn advance(&mut self) -> Result<Duration, BoardError> {
        (**self).advance()
    }

    fn take(&mut self) -> Vec<u8> {
        (**self).take()
    }

    fn busy(&self) -> bool {
        (**self).busy()
    }

    fn idle(&self) -> bool {
        (**self).idle()
    }

    fn silence(&mut self) -> Result<(), BoardError> {
        (**self).silence()
    }

    fn reset(&mut self) -> Result<(), BoardError> {
        (**self).reset()
    }

    fn scramble(&mut self, seed: u64) {
        (**self).scramble(seed);
    }
}

/// The noise of [`Device::scramble`], the same for every device.
pub(super) fn noise(seed: u64) -> impl RngCore {
    ChaCha8Rng::seed_from_u64(seed)
}

#[cfg(test)]
mod tests;
