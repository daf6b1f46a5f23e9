//! Images that wait for a board, shared by all boards of a batch.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Which images are still to be run.
#[derive(Debug)]
pub struct Work {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    /// Images that nobody has begun, in order.
    waiting: VecDeque<usize>,
    /// Images whose output has not been delivered.
    open: usize,
    stopped: bool,
}

impl Work {
    /// So many images, none begun.
    pub fn new(images: usize) -> Work {
        Work {
            state: Mutex::new(State {
                waiting: (0..images).collect(),
                open: images,
                stopped: false,
            }),
            changed: Condvar::new(),
        }
    }

    /// An image, if one waits.
    pub fn take(&self) -> Option<usize> {
        let mut state = self.lock();
        match state.stopped {
            true => None,
            false => state.waiting.pop_front(),
        }
    }

    /// An image; waits as long as another board may give one back. Nothing when all are delivered, or the batch was stopped.
    pub fn wait(&self) -> Option<usize> {
        let mut state = self.lock();
        loop {
            if state.stopped || state.open == 0 {
                return None;
            }
            if let Some(index) = state.waiting.pop_front() {
                return Some(index);
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Images that were begun and will not be finished by who took them; they are the next.
    pub fn give_back(&self, mut images: Vec<usize>) {
        images.sort_unstable();
        let mut state = self.lock();
        for index in images.into_iter().rev() {
            state.waiting.push_front(index);
        }
        self.changed.notify_all();
    }

    /// An image's output is delivered.
    pub fn delivered(&self) {
        self.lock().open -= 1;
        self.changed.notify_all();
    }

    /// Nobody begins another image.
    pub fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_all();
    }

    /// Whether every output is delivered.
    pub fn is_done(&self) -> bool {
        self.lock().open == 0
    }

    /// Whether it was stopped.
    pub fn is_stopped(&self) -> bool {
        self.lock().stopped
    }

    // Nothing is done under the lock that could leave it half done, so what a panic left is good.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_back_comes_next_and_in_order() {
        let work = Work::new(4);
        assert_eq!(
            [work.take(), work.wait(), work.take()],
            [Some(0), Some(1), Some(2)]
        );
        work.give_back(vec![2, 1]);
        let rest: Vec<_> = std::iter::from_fn(|| work.take()).collect();
        assert_eq!(rest, [1, 2, 3]);
    }

    #[test]
    fn who_waits_gets_what_another_gives_back_or_hears_of_the_end() {
        let work = Work::new(1);
        assert_eq!(work.take(), Some(0));
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| (work.wait(), work.wait()));
            work.give_back(vec![0]);
            // Either this thread or the waiting one could deliver it.
            work.delivered();
            let (first, second) = waiting.join().unwrap();
            assert!(first == Some(0) || first.is_none());
            assert_eq!(second, None);
        });
        let stopped = Work::new(2);
        stopped.stop();
        assert_eq!((stopped.take(), stopped.wait()), (None, None));
        assert!(stopped.is_stopped());
    }
}
