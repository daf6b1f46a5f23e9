//! Keeps a board at its rate while the host computes.

use super::board::{lock, State};
use std::sync::mpsc::{channel, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// A thread that asks the board something when nobody else does; ends when dropped.
pub(super) struct Keeper {
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Asks as soon as nobody asked for `idle`. Without a thread the board is found again at each request, which is slow but right.
    pub(super) fn start(state: &Arc<Mutex<State>>, idle: Duration) -> Keeper {
        let (end, ended) = channel();
        let state = state.clone();
        let thread = std::thread::Builder::new()
            .name("serial keeper".into())
            .spawn(move || {
                while ended.recv_timeout(idle) == Err(RecvTimeoutError::Timeout) {
                    lock(&state).keep_alive(idle);
                }
            });
        Keeper {
            end: Some(end),
            thread: thread.ok(),
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.end = None;
        if let Some(thread) = self.thread.take() {
            // A panic there was printed; the line is closed either way.
            let _ = thread.join();
        }
    }
}
