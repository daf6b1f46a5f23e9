//! Faults of a line and of a board, seeded.

mod frames;
mod inject;
mod rule;

pub use inject::{Counts, Faults};
pub(super) use inject::{Happening, Item};
pub use rule::{Kind, Length, Rule, SpecError, When};

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the host to the board.
    Request,
    /// From the board to the host.
    Reply,
}

impl Direction {
    /// Both.
    pub const ALL: [Direction; 2] = [Direction::Request, Direction::Reply];

    /// Its name in descriptions of faults.
    pub const fn name(self) -> &'static str {
        match self {
            Direction::Request => "request",
            Direction::Reply => "reply",
        }
    }
}

#[cfg(test)]
mod tests;
