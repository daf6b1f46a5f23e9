//! A module as a line: what the link and the library's thread hand each other.

use super::watch::Watch;
use crate::serial::Line;
use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes of requests that wait at most until no more are taken: the link has fewer under way.
const ROOM: usize = 64 * 1024;
/// How long the end of the library's thread is waited for, so that the module is closed before it is opened again.
const FAREWELL: Duration = Duration::from_millis(1500);

/// Both sides of a line.
#[derive(Default)]
pub(super) struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Whole frames that are to be written.
    requests: Vec<u8>,
    /// Bytes of frames that were read.
    replies: VecDeque<u8>,
    /// Who waits for bytes, and for room.
    reader: Option<Waker>,
    writer: Option<Waker>,
    /// Why nothing more comes.
    failed: Option<String>,
    /// Nobody uses the line any more.
    closed: bool,
    /// The thread has let go of the module.
    ended: bool,
}

/// What there is for the thread to do.
pub(super) enum Work {
    /// Nothing to write.
    None,
    /// Whole frames to write.
    Requests(Vec<u8>),
    /// Nothing any more.
    Closed,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What there is to do, now or at the latest after so long.
    pub(super) fn wait(&self, pause: Duration) -> Work {
        let idle = |state: &mut State| !state.closed && state.requests.is_empty();
        let waited = self.changed.wait_timeout_while(self.lock(), pause, idle);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            return Work::Closed;
        }
        let requests = std::mem::take(&mut state.requests);
        if requests.is_empty() {
            return Work::None;
        }
        if let Some(waker) = state.writer.take() {
            waker.wake();
        }
        Work::Requests(requests)
    }

    /// Hands over what was read.
    pub(super) fn give(&self, bytes: Vec<u8>) {
        let mut state = self.lock();
        state.replies.extend(bytes);
        if let Some(waker) = state.reader.take() {
            waker.wake();
        }
    }

    /// Says why nothing more comes.
    pub(super) fn fail(&self, reason: String) {
        let mut state = self.lock();
        state.failed = Some(reason);
        for waker in [state.reader.take(), state.writer.take()]
            .into_iter()
            .flatten()
        {
            waker.wake();
        }
    }

    /// Whether [`Shared::end`] was called.
    pub(super) fn has_ended(&self) -> bool {
        self.lock().ended
    }

    /// The thread has let go of the module.
    pub(super) fn end(&self) {
        self.lock().ended = true;
        self.changed.notify_all();
    }
}

/// A module that is open. It takes whole frames only: what a write gives it goes into one block as it begins.
pub(super) struct ModuleLine {
    shared: Arc<Shared>,
    watch: Arc<Watch>,
}

impl ModuleLine {
    /// A line whose other side is on the thread that this watches.
    pub(super) fn new(shared: &Arc<Shared>, watch: &Arc<Watch>) -> ModuleLine {
        ModuleLine {
            shared: shared.clone(),
            watch: watch.clone(),
        }
    }

    /// The failure of a line of which nothing is to be expected any more.
    fn failed(&self, state: &State) -> Option<io::Error> {
        let overdue = || self.watch.overdue().map(|error| error.to_string());
        let reason = state.failed.clone().or_else(overdue)?;
        Some(io::Error::other(reason))
    }
}

impl Line for ModuleLine {}

impl AsyncRead for ModuleLine {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut state = self.shared.lock();
        if state.replies.is_empty() {
            if let Some(error) = self.failed(&state) {
                return Poll::Ready(Err(error));
            }
            state.reader = Some(context.waker().clone());
            return Poll::Pending;
        }
        let count = state.replies.len().min(buffer.remaining());
        let (front, back) = state.replies.as_slices();
        let first = count.min(front.len());
        buffer.put_slice(&front[..first]);
        buffer.put_slice(&back[..count - first]);
        state.replies.drain(..count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for ModuleLine {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        frames: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut state = self.shared.lock();
        if let Some(error) = self.failed(&state) {
            return Poll::Ready(Err(error));
        }
        if state.requests.len() >= ROOM {
            state.writer = Some(context.waker().clone());
            return Poll::Pending;
        }
        state.requests.extend_from_slice(frames);
        self.shared.changed.notify_all();
        Poll::Ready(Ok(frames.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Drop for ModuleLine {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.closed = true;
        self.shared.changed.notify_all();
        let until = Instant::now() + FAREWELL;
        while !state.ended && self.watch.overdue().is_none() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                tracing::debug!("the FrontPanel library is still busy");
                return;
            }
            let waited = self.shared.changed.wait_timeout(state, left);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }
}
