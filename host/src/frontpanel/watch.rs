//! Work that a foreign library may never come back from.

use super::FrontPanelError;
use std::sync::mpsc::{channel, Receiver, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A function that was called and has not come back.
#[derive(Clone, Copy)]
struct Call {
    function: &'static str,
    since: Instant,
    limit: Duration,
}

/// Which function of the library is being called, for others to see that it takes too long.
#[derive(Default)]
pub(super) struct Watch(Mutex<Option<Call>>);

impl Watch {
    /// Does a call that should not take longer than `limit`.
    pub(super) fn call<T>(
        &self,
        function: &'static str,
        limit: Duration,
        call: impl FnOnce() -> T,
    ) -> T {
        let set = |call| *self.0.lock().unwrap_or_else(PoisonError::into_inner) = call;
        set(Some(Call {
            function,
            since: Instant::now(),
            limit,
        }));
        let result = call();
        set(None);
        result
    }

    /// Why whoever makes the calls is given up, if it should be.
    pub(super) fn overdue(&self) -> Option<FrontPanelError> {
        let call = (*self.0.lock().unwrap_or_else(PoisonError::into_inner))?;
        (call.since.elapsed() > call.limit).then_some(FrontPanelError::Stuck {
            function: call.function,
            seconds: call.limit.as_secs(),
        })
    }
}

/// Work on a thread of its own. Dropped or given up, the thread goes on until the library comes back, which may be never.
pub(super) struct Task<T> {
    watch: Arc<Watch>,
    done: Receiver<T>,
}

impl<T: Send + 'static> Task<T> {
    /// Begins work. It may hand something over by its second argument, once, and go on.
    pub(super) fn begin(
        work: impl FnOnce(&Arc<Watch>, &dyn Fn(T)) + Send + 'static,
    ) -> Result<Task<T>, FrontPanelError> {
        let watch = Arc::<Watch>::default();
        let (sender, done) = channel();
        let watched = watch.clone();
        let thread = std::thread::Builder::new().name("FrontPanel".into());
        thread
            .spawn(move || {
                // Nobody may be left who wants it.
                work(&watched, &|result| drop(sender.send(result)));
            })
            .map_err(|error| FrontPanelError::Broken {
                reason: error.to_string(),
            })?;
        Ok(Task { watch, done })
    }

    /// What it has handed over, if it has.
    ///
    /// # Errors
    /// If it takes too long, or came to its end without.
    pub(super) fn poll(&self) -> Result<Option<T>, FrontPanelError> {
        match self.done.try_recv() {
            Ok(done) => Ok(Some(done)),
            Err(TryRecvError::Empty) => self.watch.overdue().map_or(Ok(None), Err),
            Err(TryRecvError::Disconnected) => Err(FrontPanelError::Broken {
                reason: "its thread has ended".into(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_does_not_come_back_is_seen() {
        let (sender, never) = channel::<()>();
        let task = Task::<u8>::begin(move |watch, _| {
            watch.call("okFrontPanel_Construct", Duration::ZERO, || {
                never.recv().ok()
            });
        });
        let task = task.unwrap();
        let error = loop {
            match task.poll() {
                Ok(_) => std::thread::yield_now(),
                Err(error) => break error,
            }
        };
        let function = "okFrontPanel_Construct";
        assert_eq!(
            error,
            FrontPanelError::Stuck {
                function,
                seconds: 0
            }
        );
        drop(sender);
    }

    #[test]
    fn work_hands_its_result_over_or_ends() {
        let result = |work: fn(&dyn Fn(u8))| {
            let task = Task::begin(move |_, done| work(done)).unwrap();
            loop {
                match task.poll() {
                    Ok(None) => std::thread::yield_now(),
                    Ok(Some(done)) => return Ok(done),
                    Err(error) => return Err(error),
                }
            }
        };
        assert_eq!(result(|done| done(7)), Ok(7));
        assert!(matches!(
            result(|_| {}),
            Err(FrontPanelError::Broken { .. })
        ));
    }
}
