//! The far end of a wire, in time that is simulated too: the same bytes meet the same faults every time.
#![allow(clippy::unwrap_used)]

mod campaign;
mod far_end;
mod rates;
mod runs;
mod server;
mod support;
mod wire;
