//! The master's side of a pseudo-terminal as a stream of bytes.

use rustix::io::{read, write};
use std::io::Result;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::task::{ready, Context, Poll};
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream that fails once nobody has the terminal open any more.
///
/// The runtime never forgets that an end was hung up, though a terminal can be opened again before that is looked at. As it would call such
/// an end ready for ever, the stream then goes on with a descriptor of its own that the runtime does not know yet.
pub(super) struct Master(AsyncFd<OwnedFd>);

impl Master {
    /// The stream of a terminal that somebody has open. Its descriptor must not block.
    pub(super) fn new(terminal: &OwnedFd) -> Result<Master> {
        let terminal = terminal.try_clone()?;
        // SAFETY: the stream owns the descriptor and gives it to nobody who could close or replace it.
        #[allow(unsafe_code)]
        let registered = unsafe { AsyncFd::register(terminal) };
        Ok(Master(registered?))
    }

    /// Forgets a hang-up that is over, and whom to wake: whoever waits must ask again.
    fn renew(&mut self, context: &Context<'_>) -> Result<()> {
        *self = Master::new(self.0.get_ref())?;
        context.waker().wake_by_ref();
        Ok(())
    }
}

impl AsyncRead for Master {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        loop {
            let mut guard = ready!(self.0.poll_read_ready(context))?;
            let hung_up = guard.ready().is_read_closed();
            let bytes = buffer.initialize_unfilled();
            match guard.try_io(|terminal| Ok(read(terminal, bytes)?)) {
                Ok(Ok(count)) => {
                    buffer.advance(count);
                    return Poll::Ready(Ok(()));
                }
                Ok(Err(error)) => return Poll::Ready(Err(error)),
                Err(_) if hung_up => self.renew(context)?,
                Err(_) => {}
            }
        }
    }
}

impl AsyncWrite for Master {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        loop {
            let mut guard = ready!(self.0.poll_write_ready(context))?;
            let hung_up = guard.ready().is_write_closed();
            match guard.try_io(|terminal| Ok(write(terminal, bytes)?)) {
                Ok(written) => return Poll::Ready(written),
                Err(_) if hung_up => self.renew(context)?,
                Err(_) => {}
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }
}
