//! The functional board: executes the very same frames and commands in plain Rust, for speed.
//!
//! It models what programs can get wrong: pixels are read from a modelled line buffer by lane address,
//! weights from a ring, parameters from a table, and three units work through their queues in order
//! with semaphores between them. It convolves directly, not by Winograd, and knows no cycles: the
//! counters that depend on timing stay zero. A deadlock is reported instead of suffered.

mod compute;
mod device;
mod engine;
mod kernel;
mod line_buffer;
mod memory;
mod weights;

pub use device::FunctionalDevice;
pub use engine::Schedule;

use rowfuse_spec::{ConfigError, EngineConfig};

use super::{Board, BoardError, Device, Exchange, Reply, Wire};

/// Multiplications a program is advanced by at most for each STATUS request: some hundredths of a
/// second, so that progress shows and an interruption is prompt.
const WORK_PER_STATUS: u64 = 1 << 27;

/// The functional board.
#[derive(Debug)]
pub struct FunctionalBoard {
    exchange: Exchange,
    device: FunctionalDevice,
}

impl FunctionalBoard {
    /// A board of that configuration with its memory zeroed. Refuses an illegal configuration.
    pub fn new(config: EngineConfig) -> Result<FunctionalBoard, ConfigError> {
        let mut device = FunctionalDevice::new(config)?;
        device.work_per_status = WORK_PER_STATUS;
        Ok(FunctionalBoard {
            exchange: Exchange::new(),
            device,
        })
    }

    /// Chooses among the orders of execution that the semaphores allow. A correct program gives the
    /// same bytes under all of them.
    pub fn with_schedule(mut self, schedule: Schedule) -> FunctionalBoard {
        self.device.set_schedule(schedule);
        self
    }

    /// The bytes the board sends in answer to these bytes on its wire, for tests of the link.
    pub fn exchange_bytes(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.device.feed(bytes);
        self.device.take()
    }
}

impl Board for FunctionalBoard {
    fn describe(&self) -> String {
        self.device.describe()
    }

    fn request(&mut self, kind: u8, payload: &[u8]) -> Result<Reply, BoardError> {
        self.exchange.request(&mut self.device, kind, payload)
    }
}

impl Wire for FunctionalDevice {
    fn send(&mut self, bytes: &[u8]) -> Result<(), BoardError> {
        self.feed(bytes);
        Ok(())
    }

    fn receive(&mut self) -> Result<Vec<u8>, BoardError> {
        Ok(self.take())
    }

    fn resynchronise(&mut self) -> Result<(), BoardError> {
        self.silence()?;
        self.take();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
