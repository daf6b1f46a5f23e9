//! How long things take on the line.

use rowfuse_spec::frame::SILENCE_CLOCKS;
use rowfuse_spec::uart::{BYTE_BITS, DEFAULT_BAUD, RATE_HOLD_CLOCKS, RATE_SETTLE_CLOCKS};
use std::time::Duration;

/// What an adapter and an operating system may add to a pause: the line is silent later than its last byte was handed over.
pub const GUARD: Duration = Duration::from_millis(4);

/// Bits a second that pipes over USB 2.0 are reckoned to carry, about half of what they can.
const PIPES_BAUD: u32 = 160_000_000;

/// What carries the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// A serial port, or what is like one: its rate is agreed on with the board.
    Serial,
    /// Pipes of whole blocks ([`rowfuse_spec::pipes`]): no rate to agree on, and either side waits for the other.
    Pipes,
}

/// The figures that times follow from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// The board's clock in MHz, at least 1.
    pub clock_mhz: u32,
    /// Bits a second on the line, at least 1.
    pub baud: u32,
    /// What the line is.
    pub wire: Wire,
}

impl Timing {
    /// A board with that clock (in MHz) behind a serial port, that was told no rate yet.
    pub fn new(clock_mhz: u32) -> Timing {
        Timing::on(Wire::Serial, clock_mhz)
    }

    /// A board with that clock (in MHz) on that wire, at its first rate.
    pub fn on(wire: Wire, clock_mhz: u32) -> Timing {
        Timing {
            clock_mhz: clock_mhz.max(1),
            baud: match wire {
                Wire::Serial => DEFAULT_BAUD,
                Wire::Pipes => PIPES_BAUD,
            },
            wire,
        }
    }

    /// The time of so many bytes on the line.
    pub fn bytes(&self, count: usize) -> Duration {
        let bits = count as u64 * u64::from(BYTE_BITS);
        Duration::from_nanos(bits.saturating_mul(1_000_000_000) / u64::from(self.baud))
    }

    /// Bytes that the line carries in that time.
    pub fn carried(&self, time: Duration) -> usize {
        (time.as_nanos() * u128::from(self.baud) / u128::from(BYTE_BITS) / 1_000_000_000) as usize
    }

    /// So many of the board's clocks.
    pub fn clocks(&self, count: u32) -> Duration {
        Duration::from_nanos(u64::from(count) * 1000 / u64::from(self.clock_mhz))
    }

    /// Silence after which the board has dropped a frame that was torn.
    pub fn silence(&self) -> Duration {
        self.clocks(SILENCE_CLOCKS) + GUARD
    }

    /// Silence after the reply to RATE until the board follows it.
    pub fn settle(&self) -> Duration {
        self.clocks(RATE_SETTLE_CLOCKS) + GUARD
    }

    /// Time without a good frame after which the board is back at its first rate.
    pub fn hold(&self) -> Duration {
        self.clocks(RATE_HOLD_CLOCKS) + GUARD
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_contract() {
        let mut timing = Timing::new(80);
        assert_eq!(timing.bytes(1152).as_millis(), 100);
        assert_eq!(timing.silence(), Duration::from_nanos(819_200) + GUARD);
        assert_eq!(timing.hold().as_millis(), 1681);
        timing.baud = 3_000_000;
        assert_eq!(timing.bytes(300).as_micros(), 1000);
        assert_eq!(timing.carried(Duration::from_millis(1)), 300);
        assert_eq!(Timing::new(0).clock_mhz, 1);
        let pipes = Timing::on(Wire::Pipes, 100);
        assert_eq!(pipes.bytes(1024).as_micros(), 64);
    }
}
