//! The window's frames over a line.

use super::stream::Line;
use super::timing::Timing;
use super::window::Window;
use rowfuse_spec::frame::KIND_RUN;
use rowfuse_testbench::board::{BoardError, Reply};
use std::future::{poll_fn, Future};
use std::io;
use std::ops::ControlFlow;
use std::pin::{pin, Pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::io::ReadBuf;
use tokio::time::Instant;

/// Whether to stop; asked often, from any thread.
pub type Stop = Arc<dyn Fn() -> bool + Send + Sync>;

/// How long a wait may last before it is asked again whether to stop.
pub(super) const POLL: Duration = Duration::from_millis(50);
/// Bytes taken from the line at a time.
const CHUNK: usize = 4096;

/// Why an exchange failed.
#[derive(Debug)]
pub enum LinkError {
    /// The line is gone.
    Cut(String),
    /// The line is there.
    Board(BoardError),
}

impl From<BoardError> for LinkError {
    fn from(error: BoardError) -> LinkError {
        LinkError::Board(error)
    }
}

/// What happened on the line while it was waited for.
#[derive(Default)]
struct Happened {
    read: Option<io::Result<usize>>,
    written: Option<io::Result<usize>>,
}

/// A line with the frames that are under way on it.
pub struct Link {
    line: Box<dyn Line>,
    window: Window,
    /// What the line did not take yet of a frame.
    out: Vec<u8>,
    /// When it took something last.
    moved: Instant,
    epoch: Instant,
    stop: Stop,
    /// What was repeated or damaged when the line was last known to be empty.
    troubles: u64,
}

impl Link {
    /// A link over a line at a board's first rate, to which every frame is handed whole. `seq` is where its sequence numbers begin.
    pub fn new(line: Box<dyn Line>, timing: Timing, seq: u8, stop: Stop) -> Link {
        let now = Instant::now();
        Link {
            line,
            window: Window::new(timing, seq),
            out: Vec::new(),
            moved: now,
            epoch: now,
            stop,
            troubles: 0,
        }
    }

    /// The frames under way.
    pub fn window(&self) -> &Window {
        &self.window
    }

    /// The same, to change.
    pub fn window_mut(&mut self) -> &mut Window {
        &mut self.window
    }

    /// Lets go of the line, which may be opened by one at a time; whatever is asked before [`Link::replace`] is cut.
    pub fn close(&mut self) {
        self.line = Box::new(tokio::io::duplex(1).0);
    }

    /// Goes on over another line of the same kind, at a board's first rate.
    pub fn replace(&mut self, line: Box<dyn Line>) {
        self.line = line;
        self.out.clear();
        self.window.abandon();
        let Timing {
            clock_mhz, wire, ..
        } = self.window.timing();
        self.window.set_timing(Timing::on(wire, clock_mhz));
    }

    /// Changes the line's rate, and what the times are reckoned by.
    ///
    /// # Errors
    /// If the port cannot have it.
    pub fn set_baud(&mut self, baud: u32) -> Result<(), LinkError> {
        self.line.set_baud(baud).map_err(cut)?;
        let timing = Timing {
            baud,
            ..self.window.timing()
        };
        self.window.set_timing(timing);
        Ok(())
    }

    /// Sends a request and waits for its reply. `heed` says whether it is given up when the user wants to stop.
    ///
    /// # Errors
    /// If the line is cut, there is no reply, or on a stop.
    pub async fn request(
        &mut self,
        kind: u8,
        payload: &[u8],
        heed: bool,
    ) -> Result<Reply, LinkError> {
        if kind == KIND_RUN {
            self.empty().await?;
        }
        let mut replies = Vec::new();
        let mut one = std::iter::once((kind, payload.to_vec()));
        let each = &mut |_: usize, reply: Reply| {
            replies.push(reply);
            ControlFlow::Continue(())
        };
        self.requests(&mut one, each, heed).await?;
        let none = || BoardError::Link("a request ended without a reply".into());
        Ok(replies.pop().ok_or_else(none)?)
    }

    /// Sends requests that may be repeated, several at a time, and hands their replies on in order; a break ends it.
    ///
    /// # Errors
    /// If the line is cut, a reply is missing, or on a stop or a break.
    pub async fn requests(
        &mut self,
        requests: &mut dyn Iterator<Item = (u8, Vec<u8>)>,
        each: &mut dyn FnMut(usize, Reply) -> ControlFlow<()>,
        heed: bool,
    ) -> Result<(), LinkError> {
        let result = self.exchange(requests, each, heed).await;
        if result.is_err() {
            self.window.abandon();
        }
        result
    }

    async fn exchange(
        &mut self,
        requests: &mut dyn Iterator<Item = (u8, Vec<u8>)>,
        each: &mut dyn FnMut(usize, Reply) -> ControlFlow<()>,
        heed: bool,
    ) -> Result<(), LinkError> {
        let mut next = requests.next();
        let mut place = 0;
        loop {
            while let Some((kind, payload)) =
                next.take_if(|(kind, payload)| self.window.room(*kind, payload))
            {
                self.window.push(kind, payload)?;
                next = requests.next();
            }
            while let Some(reply) = self.window.reply() {
                if each(place, reply).is_break() {
                    return Err(BoardError::Interrupted.into());
                }
                place += 1;
            }
            if next.is_none() && self.window.is_empty() {
                return Ok(());
            }
            if next
                .as_ref()
                .is_some_and(|(kind, payload)| self.window.room(*kind, payload))
            {
                continue;
            }
            if heed && (self.stop)() {
                return Err(BoardError::Interrupted.into());
            }
            if self.out.is_empty() {
                if let Some(frame) = self.window.transmit(self.now()) {
                    self.out = frame;
                    self.moved = Instant::now();
                }
            }
            let wake = match self.window.deadline() {
                // What is due to be sent waits for the line to take what is before it.
                Some(deadline) if self.out.is_empty() || deadline > self.now() => deadline,
                _ => self.now() + POLL,
            };
            self.wait(wake.min(self.now() + POLL)).await?;
            let now = self.now();
            self.window.expire(now)?;
        }
    }

    /// Waits until that time, or until something was read or written.
    async fn wait(&mut self, until: Duration) -> Result<(), LinkError> {
        let mut buffer = [0; CHUNK];
        let mut timer = pin!(tokio::time::sleep_until(self.epoch + until));
        let happened = poll_fn(|context| {
            let mut happened = Happened::default();
            let mut room = ReadBuf::new(&mut buffer);
            let line = &mut *self.line;
            if let Poll::Ready(read) = Pin::new(&mut *line).poll_read(context, &mut room) {
                happened.read = Some(read.map(|()| room.filled().len()));
            }
            if !self.out.is_empty() {
                if let Poll::Ready(written) = Pin::new(line).poll_write(context, &self.out) {
                    happened.written = Some(written);
                }
            }
            let nothing = happened.read.is_none() && happened.written.is_none();
            match timer.as_mut().poll(context) {
                Poll::Pending if nothing => Poll::Pending,
                _ => Poll::Ready(happened),
            }
        })
        .await;
        if let Some(written) = happened.written {
            let count = written.map_err(cut)?;
            self.out.drain(..count);
            self.moved = Instant::now();
        } else if !self.out.is_empty() && self.moved.elapsed() > self.window.timing().hold() {
            return Err(LinkError::Cut("the port takes no more bytes".into()));
        }
        match happened.read {
            Some(Ok(0)) => Err(LinkError::Cut("the other end closed it".into())),
            Some(Ok(count)) => {
                let now = self.now();
                self.window.receive(&buffer[..count], now);
                Ok(())
            }
            Some(Err(error)) => Err(cut(error)),
            None => Ok(()),
        }
    }

    /// Sends nothing for that long and skips what comes.
    ///
    /// # Errors
    /// If the line is cut, or on a stop that is heeded.
    pub async fn pause(&mut self, time: Duration, heed: bool) -> Result<(), LinkError> {
        let end = self.now().max(self.window.out_free()) + time;
        while self.now() < end {
            if heed && (self.stop)() {
                return Err(BoardError::Interrupted.into());
            }
            self.wait(end.min(self.now() + POLL)).await?;
        }
        self.window.reset_decoder();
        Ok(())
    }

    /// Before a request that must not be repeated: replies to what was sent twice must not be taken for its own.
    async fn empty(&mut self) -> Result<(), LinkError> {
        let troubles = self.troubles_so_far();
        if troubles != self.troubles {
            let time = self.window.timing().silence() + self.window.margin();
            self.pause(time, true).await?;
            self.troubles = troubles;
        }
        Ok(())
    }

    /// How often something was repeated, damaged or refused.
    pub fn troubles_so_far(&self) -> u64 {
        let stats = self.window.stats();
        stats.frames_repeated + stats.damaged + stats.refused
    }

    fn now(&self) -> Duration {
        self.epoch.elapsed()
    }
}

fn cut(error: io::Error) -> LinkError {
    LinkError::Cut(error.to_string())
}
