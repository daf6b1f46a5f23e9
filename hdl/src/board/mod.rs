//! Boards: pins, clocks and limits, no logic.
pub mod harness;
