//! Why no controller can be built.

use super::settings::MAX_CAPTURE_DELAY;
use super::timing::MIN_CLOCK_MHZ;

/// Settings that no controller can serve.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SdramError {
    /// The chip has no such CAS latency.
    #[error("CAS latency {0}: an SDRAM has 2 or 3")]
    CasLatency(u32),
    /// The chip does not run at that clock.
    #[error(
        "{clock_mhz} MHz: {part} at CAS latency {cas_latency} runs at {MIN_CLOCK_MHZ} to {max} MHz"
    )]
    Clock {
        /// The part.
        part: &'static str,
        /// What was asked for.
        clock_mhz: u32,
        /// At this latency.
        cas_latency: u32,
        /// Highest clock at this latency.
        max: u32,
    },
    /// Words come back later than the controller can wait.
    #[error("capture delay {0}: at most {MAX_CAPTURE_DELAY} clocks")]
    CaptureDelay(u32),
    /// A figure of the part does not fit the controller's counters.
    #[error("{name} of {clocks} clocks: the controller counts {least} to {most}")]
    Figure {
        /// Which.
        name: &'static str,
        /// Its value.
        clocks: u32,
        /// Least value.
        least: u32,
        /// Greatest value.
        most: u32,
    },
}
