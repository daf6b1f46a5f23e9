//! The rates of the line, as the contract has them.

use rowfuse_spec::uart::{
    baud, increment, BYTE_BITS, DEFAULT_BAUD, RATE_HOLD_CLOCKS, RATE_SETTLE_CLOCKS,
};
use std::time::Duration;
use tokio::time::Instant;

/// How fast bytes move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rates {
    /// As fast as they can: RATE is answered and changes nothing.
    Unlimited,
    /// At that many bits a second, whatever RATE says.
    Fixed(u32),
    /// As a board's serial port: it begins at [`DEFAULT_BAUD`] and follows RATE.
    Board,
}

/// The board's end of the line.
#[derive(Clone, Debug)]
pub struct Line {
    rates: Rates,
    clock_mhz: u32,
    latency: Duration,
    /// Bits a second that hold, of a line that follows RATE.
    baud: u32,
    /// Bits a second that were asked for, and when.
    waiting: Option<(u32, Instant)>,
    /// When the last byte for the host has left.
    pub(super) sent: Instant,
    /// When the host was understood for the last time, or the rate last changed.
    good: Instant,
}

impl Line {
    /// A line of a board of that clock, in MHz. What the board sends reaches the host at most `latency` later, as behind a USB adapter that
    /// collects bytes.
    pub fn new(rates: Rates, clock_mhz: u32, latency: Duration) -> Line {
        let now = Instant::now();
        Line {
            rates,
            clock_mhz: clock_mhz.max(1),
            latency,
            baud: DEFAULT_BAUD,
            waiting: None,
            sent: now,
            good: now,
        }
    }

    /// How long bytes wait for company at most.
    pub fn latency(&self) -> Duration {
        self.latency
    }

    /// The board's bits a second; `None` if nothing limits them.
    pub fn baud(&self) -> Option<u32> {
        match self.rates {
            Rates::Unlimited => None,
            Rates::Fixed(baud) => Some(baud),
            Rates::Board => Some(self.baud),
        }
    }

    /// Whether bytes at another rate than the board's are garbage.
    pub(super) fn has_rate(&self) -> bool {
        self.rates == Rates::Board
    }

    /// How long so many of the board's clocks last.
    pub(super) fn clocks(&self, clocks: u32) -> Duration {
        Duration::from_nanos(u64::from(clocks) * 1_000 / u64::from(self.clock_mhz))
    }

    /// How long a byte lasts at a rate.
    pub(super) fn byte(baud: Option<u32>) -> Duration {
        baud.map_or(Duration::ZERO, |baud| {
            Duration::from_nanos(u64::from(BYTE_BITS) * 1_000_000_000 / u64::from(baud.max(1)))
        })
    }

    /// The host asked for an increment, and its request was executed.
    pub(super) fn ask(&mut self, wanted: u32, now: Instant) {
        self.waiting = Some((baud(wanted, self.clock_mhz), now));
    }

    /// The host was understood.
    pub(super) fn understood(&mut self, now: Instant) {
        self.good = self.good.max(now);
    }

    /// Lets a rate that waits hold once the board has been silent for long enough, and goes back to the default when the host
    /// has not been understood for too long.
    pub(super) fn settle(&mut self, now: Instant) {
        if let Some((wanted, asked)) = self.waiting {
            let holds = self.sent.max(asked) + self.clocks(RATE_SETTLE_CLOCKS);
            if now >= holds {
                tracing::debug!("the board's rate is {wanted}");
                (self.baud, self.waiting) = (wanted, None);
                self.good = self.good.max(holds);
            }
        }
        if self.baud != self.default() && now >= self.good + self.clocks(RATE_HOLD_CLOCKS) {
            tracing::debug!("the board is back at {DEFAULT_BAUD}");
            self.reset();
        }
    }

    /// The button, or power.
    pub(super) fn reset(&mut self) {
        (self.baud, self.waiting) = (DEFAULT_BAUD, None);
    }

    /// What asking for the default's increment gives; nearly the default.
    fn default(&self) -> u32 {
        if self.baud == DEFAULT_BAUD {
            return DEFAULT_BAUD;
        }
        increment(DEFAULT_BAUD, self.clock_mhz).map_or(DEFAULT_BAUD, |i| baud(i, self.clock_mhz))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rowfuse_spec::uart::MAX_INCREMENT;

    fn line() -> (Line, Instant) {
        let line = Line::new(Rates::Board, 80, Duration::ZERO);
        let now = line.sent;
        (line, now)
    }

    #[tokio::test(start_paused = true)]
    async fn a_rate_holds_after_the_boards_silence_and_no_earlier() {
        let (mut line, now) = line();
        line.ask(39_322, now);
        // The reply is under way.
        line.sent = now + Duration::from_millis(1);
        let settle = line.clocks(RATE_SETTLE_CLOCKS);
        for (at, expected) in [
            (line.sent, DEFAULT_BAUD),
            (line.sent + settle - Duration::from_nanos(1), DEFAULT_BAUD),
            (line.sent + settle, 3_000_031),
        ] {
            line.settle(at);
            assert_eq!(line.baud(), Some(expected));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_rate_falls_back_without_good_frames() {
        let (mut line, now) = line();
        let hold = line.clocks(RATE_HOLD_CLOCKS);
        line.settle(now + 10 * hold);
        assert_eq!(line.baud(), Some(DEFAULT_BAUD));
        line.ask(MAX_INCREMENT, now);
        line.settle(now + Duration::from_millis(1));
        let fast = line.baud();
        assert_eq!(fast, Some(10_000_000));
        let good = now + Duration::from_millis(500);
        line.understood(good);
        line.settle(good + hold - Duration::from_nanos(1));
        assert_eq!(line.baud(), fast);
        line.settle(good + hold);
        assert_eq!(line.baud(), Some(DEFAULT_BAUD));
        // The default that was asked for does not fall back: there is nowhere to fall.
        let usual = increment(DEFAULT_BAUD, 80).unwrap();
        line.ask(usual, good + hold);
        line.settle(good + 2 * hold);
        let held = line.baud();
        line.settle(good + 10 * hold);
        assert_eq!(line.baud(), held);
    }

    #[tokio::test(start_paused = true)]
    async fn other_lines_have_one_rate_or_none() {
        for (rates, expected) in [(Rates::Unlimited, None), (Rates::Fixed(9600), Some(9600))] {
            let mut line = Line::new(rates, 80, Duration::ZERO);
            line.ask(MAX_INCREMENT, line.sent);
            line.settle(line.sent + Duration::from_secs(1));
            assert_eq!(line.baud(), expected);
        }
        assert_eq!(Line::byte(None), Duration::ZERO);
        assert_eq!(Line::byte(Some(1_000_000)), Duration::from_micros(10));
    }
}
