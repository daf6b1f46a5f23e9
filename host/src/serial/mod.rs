//! A real board behind a serial port, behind TCP as if it were one, or behind the pipes of [`crate::frontpanel`].
//!
//! [`Window`] is the protocol without I/O, [`Link`] joins it to a [`Line`], [`SerialBoard`] finds the board, agrees on a rate
//! and gets it back when the line was lost.

mod board;
mod error;
mod flight;
mod keeper;
mod link;
mod lock;
mod port;
mod rate;
mod restart;
mod room;
mod stats;
mod stream;
mod timing;
mod window;

pub use board::{Options, SerialBoard};
pub use error::SerialError;
pub use link::{Link, LinkError, Stop};
pub use port::{found, Connect, Opening, Port, PRODUCT, VENDOR};
pub use rate::{find, raise, Event, Tell, MAX_BAUD, RATES};
pub use room::FRAMES;
pub use stats::Stats;
pub use stream::Line;
pub use timing::{Timing, Wire};
pub use window::Window;

#[cfg(test)]
mod adversary;
#[cfg(test)]
mod board_tests;
#[cfg(test)]
mod picky;
#[cfg(test)]
mod rate_tests;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod upload_tests;
#[cfg(test)]
mod window_tests;
