//! Random networks on random engines, on all simulated boards at once: a search for values that differ.
//!
//! A [`Case`] is a small text from which everything follows: engine, network, weights, image, plan. [`check`] runs it and compares every group's output
//! with the golden model and every board with every other. [`search`] draws cases until its time is over; a case that fails is made as small as it can be
//! ([`shrink`]) and written to a file, which `host/tests/regressions` keeps and the tests replay.

mod case;
mod check;
mod draw;
mod error;
pub mod extremes;
mod fill;
mod scaling;
mod search;
mod shrink;

pub use case::{Case, Grouping, Stage, VERSION};
pub use check::{
    check, Boards, Figures, Simulations, Verdict, Which, GATEWARE_CYCLES, VERILATED_CYCLES,
};
pub use draw::{configuration, draw};
pub use error::CampaignError;
pub use fill::Filling;
pub use scaling::Scaling;
pub use search::{search, Search, Summary};
pub use shrink::shrink;
