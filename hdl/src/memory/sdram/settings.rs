//! What a controller is built for.

use super::error::SdramError;
use super::timing::{SdramClocks, SdramTiming};

/// Longest capture delay, clocks.
pub const MAX_CAPTURE_DELAY: u32 = 4;
/// Longest waiting time between two commands that the controller counts, clocks.
const MAX_WAIT: u32 = 16;

/// A part, its clock, and the way to it and back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SdramSettings {
    /// The part.
    pub timing: SdramTiming,
    /// The clock of controller and chip, MHz.
    pub clock_mhz: u32,
    /// CAS latency of the mode register: 2 or 3.
    pub cas_latency: u32,
    /// Clocks beyond the CAS latency until the word of a command that stands on the pins in cycle *c* can be captured
    /// at the end of cycle *c* + CAS latency + delay: 0 if the chip's clock edge lies at the end of the cycle or before.
    pub capture_delay: u32,
    /// Signals pass a register in the pins' cells on either way: a clock more to the chip, and a clock more back.
    pub pin_registers: bool,
}

impl SdramSettings {
    /// `timing` at `clock_mhz` MHz with the least CAS latency and no further delay.
    pub fn new(timing: SdramTiming, clock_mhz: u32) -> Self {
        let cas_latency = timing.fastest_cas_latency(clock_mhz);
        Self {
            timing,
            clock_mhz,
            cas_latency,
            capture_delay: 0,
            pin_registers: false,
        }
    }

    /// The part's figures in clocks, all within what the controller can count.
    ///
    /// # Errors
    /// If the part does not run like that, or a figure is beyond the controller.
    pub fn clocks(&self) -> Result<SdramClocks, SdramError> {
        let clocks = self.timing.clocks(self.clock_mhz, self.cas_latency)?;
        if self.capture_delay > MAX_CAPTURE_DELAY {
            return Err(SdramError::CaptureDelay(self.capture_delay));
        }
        let waits = [
            ("tRCD", clocks.rcd),
            ("tRP", clocks.rp),
            ("tRAS", clocks.ras),
            ("tRC", clocks.rc),
            ("tWR", clocks.wr),
            ("tRFC", clocks.rfc),
            ("tMRD", clocks.mrd),
        ];
        // Two banks are never activated closer than tRCD and two clocks.
        let others = [
            ("tRRD", clocks.rrd, 0, clocks.rcd + 2),
            ("initial refreshes", clocks.initial_refreshes, 1, 15),
            ("power-up wait", clocks.power_up, 0, 0xFFFE),
            // Below it a burst of 255 words would outlast several intervals; above it the counter overflows.
            ("refresh interval", clocks.refresh_interval(), 300, 2047),
        ];
        let waits = waits.map(|(name, wait)| (name, wait, 1, MAX_WAIT));
        for (name, clocks, least, most) in waits.into_iter().chain(others) {
            if !(least..=most).contains(&clocks) {
                return Err(SdramError::Figure {
                    name,
                    clocks,
                    least,
                    most,
                });
            }
        }
        Ok(clocks)
    }

    /// Clocks from a read's acceptance to its first word, if its row is open and nothing is before it.
    pub fn read_latency(&self) -> u32 {
        super::LATENCY + self.flight()
    }

    /// Clocks from the decision to read a word to its capture. In these no word may be written: bursts end in the order in which they began.
    pub fn flight(&self) -> u32 {
        self.cas_latency + self.capture_delay + if self.pin_registers { 4 } else { 2 }
    }
}
