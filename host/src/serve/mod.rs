//! The far end of a wire: a simulated board behind a line with a rate, a latency and faults.
//!
//! [`FarEnd`] joins a [`Device`](rowfuse_testbench::board::Device) to any asynchronous stream of bytes: a pseudo-terminal, a TCP
//! connection, or one half of a [`tokio::io::duplex`] in a test with paused time. [`Line`] knows the rates of the contract,
//! [`Faults`] what goes wrong and when, [`serve`] waits for clients, one at a time.

mod adapter;
mod board;
mod error;
mod far_end;
mod faults;
mod line;
#[cfg(unix)]
mod master;
#[cfg(unix)]
mod pty;
mod receiver;
mod resample;
mod server;
mod watch;

pub use board::{power_up, Power, PowerUp};
pub use error::ServeError;
pub use far_end::{far_end, FarEnd, HostRate, Traffic};
pub use faults::{Counts, Direction, Faults, Kind, Length, Rule, SpecError, When};
pub use line::{Line, Rates};
#[cfg(unix)]
pub use pty::Pty;
pub use server::{serve, Door, Ended, Event, Tcp};
