//! The board's end of a stream of bytes.

mod moves;

use super::adapter::Adapter;
use super::board::{Power, PowerUp};
use super::faults::Item;
use super::receiver::Receiver;
use super::resample::heard;
use super::watch::Watch;
use super::{Direction, Faults, Line, ServeError};
use rowfuse_spec::frame::SILENCE_CLOCKS;
use rowfuse_testbench::board::Device;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::Instant;

/// Tells the host's bits a second, if they can be known.
pub type HostRate = Box<dyn Fn() -> Option<u32>>;

/// How far the line is filled ahead of time: the runtime's timer is no finer than a millisecond.
const AHEAD: Duration = Duration::from_millis(4);
/// Rates closer than one in so many are the same to a receiver.
const TOLERANCE: u32 = 50;

/// Bytes that moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// From the host, as it sent them.
    pub requests: u64,
    /// To the host, as the board sent them.
    pub replies: u64,
    /// Bytes that the board or the host's side had no room for.
    pub overrun: u64,
}

/// A board with its end of the line. It outlives its clients.
pub struct FarEnd<P: Power = PowerUp> {
    power: P,
    device: P::Device,
    line: Line,
    faults: Arc<Mutex<Faults>>,
    receiver: Receiver,
    watch: Watch,
    adapter: Adapter,
    /// What is on its way to the board, by the time at which it is there.
    coming: VecDeque<(Instant, Item)>,
    /// When the line to the board has room for the next byte.
    free: Instant,
    /// What the board has given, by the time at which it has left, and the rate at which it leaves.
    going: VecDeque<(Instant, Item, Option<u32>)>,
    cut: Option<Instant>,
    stopped: Option<Instant>,
    echoing: Option<Instant>,
    /// When a program is to be advanced again.
    resume: Instant,
    /// Nothing had come when this was looked for: for the first time since the last byte, and lately.
    empty: Option<(Instant, Instant)>,
    traffic: Traffic,
}

/// Serves one client of a board that has just got its power, until the client leaves. [`FarEnd`] is for several, one after the other.
///
/// # Errors
/// If the board cannot be simulated.
pub async fn far_end<S: AsyncRead + AsyncWrite, P: Power>(
    stream: S,
    power: P,
    line: Line,
    faults: Faults,
) -> Result<FarEnd<P>, ServeError> {
    let mut far = FarEnd::new(power, line, faults)?;
    far.client(stream, &|| None).await?;
    Ok(far)
}

impl<P: Power> FarEnd<P> {
    /// Powers a board up at the end of that line.
    ///
    /// # Errors
    /// If the board cannot be simulated.
    pub fn new(mut power: P, line: Line, mut faults: Faults) -> Result<FarEnd<P>, ServeError> {
        let now = Instant::now();
        Ok(FarEnd {
            device: power.up(faults.number())?,
            power,
            line,
            faults: Arc::new(Mutex::new(faults)),
            receiver: Receiver::default(),
            watch: Watch::default(),
            adapter: Adapter::default(),
            coming: VecDeque::new(),
            free: now,
            going: VecDeque::new(),
            cut: None,
            stopped: None,
            echoing: None,
            resume: now,
            empty: None,
            traffic: Traffic::default(),
        })
    }

    /// The board.
    pub fn device(&self) -> &dyn Device {
        &self.device
    }

    /// What goes wrong, to be looked at and changed between clients.
    pub fn faults(&self) -> MutexGuard<'_, Faults> {
        // What a panic left is no worse than another fault.
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same, to be changed while a client is served.
    pub fn shared_faults(&self) -> Arc<Mutex<Faults>> {
        self.faults.clone()
    }

    /// What is injected so far.
    pub fn counts(&self) -> super::Counts {
        *self.faults().counts()
    }

    /// The board's bits a second, if it has a rate.
    pub fn baud(&self) -> Option<u32> {
        self.line.baud()
    }

    /// Bytes so far.
    pub fn traffic(&self) -> Traffic {
        let overrun = self.traffic.overrun + self.adapter.overrun;
        Traffic {
            overrun,
            ..self.traffic
        }
    }

    /// Serves a client until it leaves. The board stays as it is then; a frame that the client left unfinished is dropped.
    ///
    /// # Errors
    /// If the simulation of the board fails. Whatever happens to the stream is a client that leaves.
    pub async fn client<S: AsyncRead + AsyncWrite>(
        &mut self,
        stream: S,
        host_rate: &impl Fn() -> Option<u32>,
    ) -> Result<(), ServeError> {
        self.begin()?;
        let (mut reader, mut writer) = tokio::io::split(stream);
        let mut buffer = [0; 4096];
        loop {
            let now = Instant::now();
            self.advance(now, host_rate)?;
            let room = self.room(now);
            let wake = self.wake(now);
            let working = !self.device.idle() && now >= self.resume;
            let ready = self.adapter.ready.as_slices().0;
            tokio::select! {
                biased;
                read = reader.read(&mut buffer[..room]), if room > 0 => {
                    let Ok(bytes @ 1..) = read else {
                        return self.end();
                    };
                    self.read(&buffer[..bytes], now, host_rate)?;
                    continue;
                }
                written = writer.write(ready), if !ready.is_empty() => {
                    let Ok(bytes @ 1..) = written else {
                        return self.end();
                    };
                    self.adapter.ready.drain(..bytes);
                }
                () = tokio::task::yield_now(), if working => {}
                () = sleep_until(wake), if wake.is_some() => {}
            }
            if room > 0 {
                let first = self.empty.map_or(now, |(first, _)| first);
                self.empty = Some((first, now));
            }
        }
    }

    /// A client comes: nothing of the last one's is left on the line.
    fn begin(&mut self) -> Result<(), ServeError> {
        self.adapter.clear();
        self.going.clear();
        self.faults().restart();
        self.free = self.free.max(Instant::now());
        self.empty = None;
        self.silence()
    }

    /// The client has left: what it sent still reaches the board.
    fn end(&mut self) -> Result<(), ServeError> {
        while let Some((at, item)) = self.coming.pop_front() {
            self.arrive(item, at)?;
        }
        self.feed()?;
        self.collect(Instant::now());
        Ok(())
    }

    /// Lets the board go on while there is no client. It never ends by itself.
    ///
    /// # Errors
    /// If the simulation of the board fails.
    pub async fn alone(&mut self) -> Result<Infallible, ServeError> {
        let nobody = || None;
        loop {
            let now = Instant::now();
            self.advance(now, &nobody)?;
            self.adapter.clear();
            if !self.device.idle() && now >= self.resume {
                tokio::task::yield_now().await;
            } else {
                sleep_until(self.wake(now)).await;
            }
        }
    }

    /// Bytes that may be read now: as many as the line takes in the next milliseconds.
    fn room(&self, now: Instant) -> usize {
        let Some(baud) = self.line.baud() else {
            return 4096;
        };
        if self.free > now + AHEAD {
            return 0;
        }
        let bytes = AHEAD.as_nanos() / Line::byte(Some(baud)).as_nanos().max(1);
        bytes.clamp(16, 4096) as usize
    }

    /// Takes bytes from the host. `before` is when the stream was looked at.
    fn read(
        &mut self,
        bytes: &[u8],
        before: Instant,
        host_rate: &dyn Fn() -> Option<u32>,
    ) -> Result<(), ServeError> {
        let now = Instant::now();
        // Bytes that were there at once may have come at any time since nothing was there.
        let waited = now.duration_since(before) > Duration::from_micros(50);
        let last_empty = self.empty.map(|(_, last)| last);
        let arrived = if waited { Some(now) } else { last_empty };
        let first = self.empty.map_or(before, |(first, _)| first);
        let silence = arrived.and_then(|at| at.checked_duration_since(first.max(self.free)));
        self.empty = None;
        self.line.settle(now);
        if silence.is_some_and(|silence| silence > self.line.clocks(SILENCE_CLOCKS)) {
            self.deliver(now)?;
            self.silence()?;
        }
        self.traffic.requests += bytes.len() as u64;
        let host = host_rate().filter(|_| self.line.has_rate());
        let damaged;
        let bytes = match (host, self.line.baud()) {
            (Some(host), Some(board)) if differ(host, board) => {
                damaged = heard(bytes, host, board);
                &damaged
            }
            _ => bytes,
        };
        let items = self.faults().pass(Direction::Request, bytes, now);
        self.send_to_board(items, host.or(self.line.baud()), now);
        Ok(())
    }

    /// When something is due next.
    fn wake(&self, now: Instant) -> Option<Instant> {
        let room = self.free.checked_sub(AHEAD).filter(|&at| at > now);
        let [of_request, of_reply] = Direction::ALL.map(|way| self.faults().due(way));
        [
            self.coming.front().map(|(at, _)| *at),
            self.going.front().map(|(at, ..)| *at),
            self.adapter.due(self.line.latency()),
            of_request,
            of_reply,
            (!self.device.idle()).then_some(self.resume),
            room,
        ]
        .into_iter()
        .flatten()
        .min()
    }
}

/// Whether two rates are different to a receiver.
fn differ(one: u32, other: u32) -> bool {
    one.abs_diff(other) > one.max(other) / TOLERANCE
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
