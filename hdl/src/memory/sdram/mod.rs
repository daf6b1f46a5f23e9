//! The external memory: a 16-bit single data rate SDRAM of 32 MB behind the memory port.

mod bank;
mod banks;
mod controller;
mod error;
mod pads;
mod pins;
mod refresh;
mod return_path;
mod settings;
mod step;
mod timing;

pub use bank::Bank;
pub use banks::Banks;
pub use controller::SdramController;
pub use error::SdramError;
pub use pads::SdramPads;
pub use pins::SdramPins;
pub use refresh::{RefreshTimer, URGENT};
pub use return_path::ReturnPath;
pub use settings::{SdramSettings, MAX_CAPTURE_DELAY};
pub use step::Step;
pub use timing::{SdramClocks, SdramTiming, AS4C16M16SA_7, MAX_POSTPONED, MIN_CLOCK_MHZ};

/// Clocks from a request's acceptance to its first column command (for a write: to the first `wr_next`), if its row
/// is open and nothing is before it. See [`SdramSettings::read_latency`] for the words read.
pub const LATENCY: u32 = 3;
