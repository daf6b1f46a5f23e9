//! When a run that failed is begun again.

use rowfuse_spec::counters::{Counter, Counters};
use rowfuse_spec::frame::KIND_RUN;
use rowfuse_testbench::board::{Board, BoardError, Client};

use super::RunError;
use crate::plan::Prediction;

/// How often an image is begun at most.
pub(super) const ATTEMPTS: u32 = 4;

/// Whether the board and its link may be all right now, so that the same run may succeed. A board that can lose its memory may have run
/// what was no program any more.
pub(super) fn begins_again<B: Board>(client: &mut Client<B>, error: &RunError) -> bool {
    match error {
        RunError::Board(BoardError::Restarted(_) | BoardError::RunUnknown(_))
        | RunError::Counted { .. } => true,
        RunError::Board(BoardError::Program { .. } | BoardError::Stalled { .. }) => {
            client.board().keeps_memory()
        }
        // Another host's program, which the next upload ends.
        RunError::Board(BoardError::Refused { kind, .. }) => {
            *kind == KIND_RUN && client.board().keeps_memory()
        }
        _ => false,
    }
}

/// The last error of a run that was begun [`ATTEMPTS`] times: a real board whose program fails each time is not in order, as the program
/// is right.
pub(super) fn given_up<B: Board>(client: &mut Client<B>, error: RunError) -> RunError {
    match error {
        RunError::Board(error @ (BoardError::Program { .. } | BoardError::Stalled { .. }))
            if client.board().keeps_memory() =>
        {
            let attempts = ATTEMPTS;
            RunError::Program { attempts, error }
        }
        error => error,
    }
}

/// Ends the board's program if the user stopped the work that gave that result.
///
/// # Errors
/// The result's own, or that the program cannot be ended.
pub(super) fn stopped<B: Board, T>(
    client: &mut Client<B>,
    result: Result<T, RunError>,
) -> Result<T, RunError> {
    if matches!(result, Err(RunError::Board(BoardError::Interrupted))) {
        client.abort()?;
    }
    result
}

/// Refuses counters of a program that cannot have run to its end: a board that was reset meanwhile stands still, too.
///
/// # Errors
/// If a counter that does not depend on timing is not what the plan says.
pub(super) fn check_counters(counters: &Counters, planned: &Prediction) -> Result<(), RunError> {
    match miscounted(counters, planned).first() {
        None => Ok(()),
        Some(&(counter, found, expected)) => Err(RunError::Counted {
            counter: counter.name(),
            found,
            expected,
        }),
    }
}

/// The counters that do not depend on timing and are not what was predicted: their values counted and
/// predicted. There are none unless something is wrong.
pub(super) fn miscounted(counters: &Counters, planned: &Prediction) -> Vec<(Counter, u64, u64)> {
    let all = Counter::ALL.into_iter().filter(|c| !c.depends_on_timing());
    all.map(|c| (c, u64::from(counters.get(c)), planned.get(c)))
        .filter(|(_, counted, predicted)| counted != predicted)
        .collect()
}
