//! The board behind a port.

use super::error::SerialError;
use super::keeper::Keeper;
use super::link::{Link, LinkError, Stop};
use super::port::Connect;
use super::rate::{of_port, raise, Event, Tell, MAX_BAUD, RATES};
use super::restart::{come_back, meet, unless_stopped};
use super::stats::Stats;
use super::timing::{Timing, Wire};
use rowfuse_spec::frame::{
    Info, ReplyStatus, Request, Status, KIND_ABORT, KIND_INFO, KIND_RUN, KIND_STATUS,
};
use rowfuse_spec::EngineConfig;
use rowfuse_testbench::board::{Board, BoardError, Reply};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::time::Instant;

/// Between two STATUS requests.
const POLL: Duration = Duration::from_millis(10);
/// Frames of a batch by which a rate is judged.
const JUDGED: u64 = 64;
/// One frame in so many may be repeated before a lower rate is better.
const TOLERATED: u64 = 20;

/// How a board is reached.
#[derive(Clone)]
pub struct Options {
    /// Highest rate in bits a second.
    pub max_baud: u32,
    /// How long a board may be away.
    pub timeout: Duration,
    /// Where sequence numbers begin; random is best.
    pub seq: u8,
    /// Whether to stop.
    pub stop: Stop,
    /// Who is told of what happens on the line.
    pub tell: Tell,
}

impl Default for Options {
    /// The highest rate, a minute, and nobody who wants to stop or to know.
    fn default() -> Options {
        Options {
            max_baud: MAX_BAUD,
            timeout: Duration::from_secs(60),
            seq: rand::random(),
            stop: Arc::new(|| false),
            tell: Arc::new(|_| {}),
        }
    }
}

/// A board behind a port. If it has a rate, its connection is kept alive while nobody asks it anything, as it would go back to its first one.
pub struct SerialBoard {
    pub(super) state: Arc<Mutex<State>>,
    _keeper: Option<Keeper>,
}

/// What a request and the keeper share.
pub(super) struct State {
    // Before the runtime that it belongs to.
    link: Link,
    runtime: Runtime,
    connect: Box<dyn Connect>,
    config: EngineConfig,
    options: Options,
    info: Info,
    /// A program may be running.
    running: bool,
    used: Instant,
    /// Why the line is not to be trusted, if it is not.
    lost: Option<LinkError>,
}

impl SerialBoard {
    /// Opens the port, finds the board and agrees on a rate with it. A board of another configuration stays at its first rate.
    ///
    /// # Errors
    /// If the port cannot be opened or no board answers behind it.
    pub fn open(
        connect: Box<dyn Connect>,
        config: &EngineConfig,
        options: Options,
    ) -> Result<SerialBoard, SerialError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| SerialError::Open {
                port: connect.name(),
                reason: error.to_string(),
            })?;
        SerialBoard::open_on(runtime, connect, config, options)
    }

    /// [`SerialBoard::open`] on a runtime of the caller, which must be of one thread. All times are those of its clock, which a test may
    /// have paused; tasks on it, such as a far end, go on while the board is asked something.
    ///
    /// # Errors
    /// As [`SerialBoard::open`].
    pub fn open_on(
        runtime: Runtime,
        mut connect: Box<dyn Connect>,
        config: &EngineConfig,
        options: Options,
    ) -> Result<SerialBoard, SerialError> {
        let opened = runtime.block_on(async {
            let line = unless_stopped(&options.stop, connect.connect()).await?;
            let timing = Timing::on(connect.wire(), config.clock_mhz);
            let mut link = Link::new(line, timing, options.seq, options.stop.clone());
            let info = meet(&mut link, config, &options, &connect.name()).await?;
            Ok::<_, SerialError>((link, info))
        });
        let (link, info) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                // A name that is still looked up would be waited for.
                runtime.shutdown_background();
                return Err(error);
            }
        };
        let timing = link.window().timing();
        let used = now(&runtime);
        let state = Arc::new(Mutex::new(State {
            link,
            runtime,
            connect,
            config: config.clone(),
            options,
            info,
            running: false,
            used,
            lost: None,
        }));
        let keeper =
            (timing.wire == Wire::Serial).then(|| Keeper::start(&state, timing.hold() / 4));
        Ok(SerialBoard {
            state,
            _keeper: keeper,
        })
    }

    /// What the board said of itself when it was found.
    pub fn info(&self) -> Info {
        self.state().info
    }

    /// What went over the line so far.
    pub fn stats(&self) -> Stats {
        self.state().link.window().stats()
    }

    /// Bits a second that were agreed on; of a line that has no rate, those reckoned with.
    pub fn baud(&self) -> u32 {
        self.state().link.window().timing().baud
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

/// What a panic elsewhere left is no worse than a lost line.
pub(super) fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// The time by that runtime's clock.
fn now(runtime: &Runtime) -> Instant {
    let _within = runtime.enter();
    Instant::now()
}

impl State {
    /// Asks the board something, so that it stays at its rate, if nobody asked for that long.
    pub(super) fn keep_alive(&mut self, idle: Duration) {
        if self.lost.is_some() || now(&self.runtime) - self.used < idle {
            return;
        }
        let asked = self
            .runtime
            .block_on(self.link.request(KIND_INFO, &[], true));
        self.lost = match asked {
            // Whoever asks next sees that by itself.
            Err(LinkError::Board(BoardError::Interrupted)) => None,
            asked => asked.err(),
        };
        self.used = now(&self.runtime);
    }

    fn exchange(
        &mut self,
        requests: &mut dyn Iterator<Item = (u8, Vec<u8>)>,
        each: &mut dyn FnMut(usize, Reply) -> ControlFlow<()>,
    ) -> Result<(), BoardError> {
        if let Some(error) = self.lost.take() {
            return Err(self.recover(error));
        }
        let before = self.link.window().stats();
        let done = self
            .runtime
            .block_on(self.link.requests(requests, each, true));
        self.used = now(&self.runtime);
        self.done(done)?;
        let now = self.link.window().stats();
        let sent = now.frames_sent - before.frames_sent;
        let repeated = now.frames_repeated - before.frames_repeated;
        if sent >= JUDGED && repeated * TOLERATED > sent {
            self.slow_down()?;
        }
        Ok(())
    }

    fn ask(&mut self, kind: u8, payload: &[u8]) -> Result<Reply, BoardError> {
        if let Some(error) = self.lost.take() {
            return Err(self.recover(error));
        }
        self.running |= kind == KIND_RUN;
        // Who wants to stop still wants the program to.
        let heed = kind != KIND_ABORT;
        let reply = self
            .runtime
            .block_on(self.link.request(kind, payload, heed));
        self.used = now(&self.runtime);
        let reply = self.done(reply)?;
        if reply.status == ReplyStatus::Ok {
            self.running = match kind {
                KIND_ABORT => false,
                KIND_STATUS => Status::decode(&reply.payload)?.busy,
                _ => self.running,
            };
        }
        Ok(reply)
    }

    /// A lost line is got back, if it can be, and is an error all the same.
    fn done<T>(&mut self, result: Result<T, LinkError>) -> Result<T, BoardError> {
        match result {
            Ok(value) => Ok(value),
            Err(error @ (LinkError::Cut(_) | LinkError::Board(BoardError::NoReply { .. }))) => {
                Err(self.recover(error))
            }
            Err(LinkError::Board(error)) => Err(error),
        }
    }

    /// Too many frames are damaged: agrees on the next lower rate.
    fn slow_down(&mut self) -> Result<(), BoardError> {
        let timing = self.link.window().timing();
        let mut lower = RATES.into_iter().filter(|&baud| baud < timing.baud);
        let (Wire::Serial, Some(max)) = (timing.wire, lower.next()) else {
            return Ok(());
        };
        let port = self.connect.name();
        let tell = self.options.tell.clone();
        self.options.max_baud = max;
        let raised = raise(&mut self.link, &self.config, max, &port, &tell);
        let raised = self.runtime.block_on(raised);
        raised.map_err(SerialError::into_board_error)
    }

    /// Gets the board back. It may have lost its memory, so this is never a success.
    fn recover(&mut self, error: LinkError) -> BoardError {
        // What comes of blocks that were not moved is unknown, so pipes are always opened again.
        let pipes = self.connect.wire() == Wire::Pipes;
        let cut = pipes || matches!(error, LinkError::Cut(_));
        let reason = of_port(&self.connect.name(), error).to_string();
        (self.options.tell)(Event::Lost(reason.clone()));
        let back = self.runtime.block_on(come_back(
            &mut self.link,
            &mut *self.connect,
            &self.config,
            &self.options,
            cut,
        ));
        self.used = now(&self.runtime);
        match back {
            Ok(info) if info == self.info => {
                self.running = false;
                self.link.window_mut().stats_mut().restarts += 1;
                (self.options.tell)(Event::Back);
                BoardError::Restarted(reason)
            }
            Ok(info) => BoardError::Mismatch {
                what: "bitstream after the line was lost",
                expected: format!("{:#010x}", self.info.source_id),
                found: format!("{:#010x}", info.source_id),
            },
            Err(SerialError::Board(BoardError::Interrupted)) => BoardError::Interrupted,
            Err(error) => {
                // The next request tries again.
                self.lost = Some(LinkError::Cut(reason));
                error.into_board_error()
            }
        }
    }
}

impl Board for SerialBoard {
    fn describe(&self) -> String {
        let state = self.state();
        let (name, timing) = (state.connect.name(), state.link.window().timing());
        match timing.wire {
            Wire::Serial => format!("serial ({name} at {} baud)", timing.baud),
            Wire::Pipes => format!("{name} (pipes of FrontPanel)"),
        }
    }

    fn request(&mut self, kind: u8, payload: &[u8]) -> Result<Reply, BoardError> {
        self.state().ask(kind, payload)
    }

    fn requests(
        &mut self,
        requests: &mut dyn Iterator<Item = Request>,
        each: &mut dyn FnMut(usize, Reply) -> ControlFlow<()>,
    ) -> Result<(), BoardError> {
        let mut malformed = None;
        let mut frames = requests.map_while(|request| match request.payload() {
            Ok(payload) => Some((request.kind(), payload)),
            Err(error) => {
                malformed = Some(error);
                None
            }
        });
        self.state().exchange(&mut frames, each)?;
        malformed.map_or(Ok(()), |error| Err(error.into()))
    }

    fn pause(&mut self) {
        // By the line's clock, which need not be the world's.
        let state = self.state();
        let sleep = async { tokio::time::sleep(POLL).await };
        state.runtime.block_on(sleep);
    }

    fn line_counters(&self) -> Vec<(&'static str, u64)> {
        let state = self.state();
        let window = state.link.window();
        let mut counters = window.stats().named();
        let timing = window.timing();
        if timing.wire == Wire::Serial {
            counters.push(("baud", timing.baud.into()));
        }
        counters
    }

    fn keeps_memory(&self) -> bool {
        true
    }
}

impl Drop for SerialBoard {
    /// Leaves no program running: the next host needs no replug.
    fn drop(&mut self) {
        let mut state = self.state();
        if state.running && state.lost.is_none() {
            let State { runtime, link, .. } = &mut *state;
            link.window_mut().set_tries(2);
            if runtime
                .block_on(link.request(KIND_ABORT, &[], false))
                .is_err()
            {
                tracing::warn!("the board may still run a program");
            }
        }
    }
}
