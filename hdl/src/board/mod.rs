//! Boards: pins, clocks and limits, no logic.
pub mod floorplan;
pub mod harness;
