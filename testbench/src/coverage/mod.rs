//! What a suite has exercised of a design: Verilator's counts of every model it ran, merged.
//!
//! The tests collect them in the directory that [`crate::verilator::COVERAGE`] names. A module of the design is covered by
//! whatever model holds the same module text, in a test of one block or of the whole system. Two kinds of points:
//! *lines*, the basic blocks of the text (a branch has one for each side), and *toggles*, two for each bit of each signal, up
//! and down.

mod error;
mod exceptions;
mod points;
mod report;

pub use error::CoverageError;
pub(crate) use exceptions::is_of;
pub use exceptions::{Exception, Exceptions};
pub use points::{Collected, Count, Kind, Point};
pub use report::{Missed, Report, Row, LIMIT};

#[cfg(test)]
mod tests;
