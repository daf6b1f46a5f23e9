//! The controller's states.
use rust_hdl::prelude::*;

/// What is being done for the next burst's bank.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum Step {
    /// The chip's power is not stable yet.
    PowerUp,
    /// Banks are closed; refreshes, and at first the mode register.
    Refresh,
    /// There is no next burst.
    Idle,
    /// Its bank's state is looked up.
    Check,
    /// The bank has another row open, which must be closed.
    Close,
    /// The row is closing.
    Precharge,
    /// The row is opening.
    Activate,
    /// The row is open.
    Ready,
}
