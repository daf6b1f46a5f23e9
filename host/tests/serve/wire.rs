//! A `serial` board whose far end is a task in the board's own time, which is simulated.

use crate::support::config;
use rowfuse::serial::{Connect, Line, Opening, Options, SerialBoard, SerialError};
use rowfuse::serve::{FarEnd, Faults, Rates};
use rowfuse_spec::uart::DEFAULT_BAUD;
use rowfuse_testbench::board::{BoardError, FunctionalDevice};
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::runtime::{Handle, Runtime};
use tokio::time::Instant;

/// What powers a board up, as it may be moved to another thread.
type Power = fn(u64) -> Result<FunctionalDevice, BoardError>;

fn power(seed: u64) -> Result<FunctionalDevice, BoardError> {
    use rowfuse_testbench::board::Device;
    let device = FunctionalDevice::new(config()).map_err(|e| BoardError::Build(e.to_string()))?;
    // A program takes a few milliseconds, so that something can happen in its middle.
    let mut device = device.with_source_id(1).with_work(2_000);
    device.scramble(seed);
    Ok(device)
}

/// What the connection has of a socket.
#[derive(Default)]
struct Socket {
    /// The board, while nobody is connected to it.
    far: Option<FarEnd<Power>>,
    /// The line is cut when so many bytes have gone over it, for so long.
    hang_up: Option<(u64, Duration)>,
    bytes: u64,
    hang_ups: u64,
    /// Nobody can connect before.
    away: Option<Instant>,
    /// When whatever is done must be over.
    end: Duration,
    /// The far end has failed, which its task does not say.
    failed: bool,
}

/// A port behind which a board is. A copy is the same port.
#[derive(Clone)]
pub struct Wire {
    socket: Arc<Mutex<Socket>>,
    /// What goes wrong on the line.
    faults: Arc<Mutex<Faults>>,
    handle: Handle,
    began: Instant,
}

impl Wire {
    /// A board that has just got its power, and what its time is that of.
    pub fn new(rates: Rates, seed: u64) -> (Wire, Runtime) {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_time().start_paused(true).build().unwrap();
        let within = runtime.enter();
        let line = rowfuse::serve::Line::new(rates, config().clock_mhz, Duration::from_millis(1));
        let far = FarEnd::new(power as Power, line, Faults::new(&[], seed)).unwrap();
        let wire = Wire {
            faults: far.shared_faults(),
            socket: Arc::new(Mutex::new(Socket {
                far: Some(far),
                ..Socket::default()
            })),
            handle: runtime.handle().clone(),
            began: Instant::now(),
        };
        drop(within);
        (wire, runtime)
    }

    /// The `serial` board.
    pub fn open(&self, runtime: Runtime, options: Options) -> Result<SerialBoard, SerialError> {
        let wire = self.clone();
        let stop = move || wire.time() > wire.socket.lock().unwrap().end;
        let options = Options {
            stop: Arc::new(stop),
            ..options
        };
        SerialBoard::open_on(runtime, Box::new(self.clone()), &config(), options)
    }

    /// Simulated time so far.
    pub fn time(&self) -> Duration {
        let _within = self.handle.enter();
        self.began.elapsed()
    }

    /// Whatever is done must be over in so much time, or is stopped.
    pub fn allow(&self, time: Duration) {
        let end = self.time() + time;
        let mut socket = self.socket.lock().unwrap();
        assert!(!socket.failed, "the far end has failed");
        socket.end = end;
    }

    /// What goes wrong on the line.
    pub fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap()
    }

    /// Cuts the connection when so many more bytes have gone over it; for so long nobody can connect. Nothing cuts it if that is `None`.
    pub fn hang_up(&self, ahead: Option<(u64, Duration)>) {
        let mut socket = self.socket.lock().unwrap();
        socket.hang_up = ahead.map(|(ahead, time)| (socket.bytes + ahead, time));
    }

    /// How often the connection was cut.
    pub fn hang_ups(&self) -> u64 {
        self.socket.lock().unwrap().hang_ups
    }
}

impl Connect for Wire {
    fn name(&self) -> String {
        "the wire".into()
    }

    fn connect(&mut self) -> Opening<'_> {
        let refused = |reason: &str| SerialError::Open {
            port: self.name(),
            reason: reason.into(),
        };
        let mut socket = self.socket.lock().unwrap();
        if socket.away.is_some_and(|away| Instant::now() < away) {
            let error = refused("nobody is there");
            return Box::pin(async move { Err(error) });
        }
        socket.away = None;
        let Some(far) = socket.far.take() else {
            // It sees only when it is polled that the last client has left.
            let error = refused("it is in use");
            return Box::pin(async move { Err(error) });
        };
        drop(socket);
        let (near, end) = tokio::io::duplex(4096);
        let baud = Arc::new(AtomicU32::new(DEFAULT_BAUD));
        let host = baud.clone();
        let mut serving = Serving {
            far: Some(far),
            socket: self.socket.clone(),
        };
        tokio::spawn(async move {
            let rate = || Some(host.load(Ordering::Relaxed));
            let far = serving.far.as_mut().unwrap();
            far.client(end, &rate).await.unwrap();
        });
        let socket = self.socket.clone();
        let line = Near { near, baud, socket };
        Box::pin(async move { Ok(Box::new(line) as Box<dyn Line>) })
    }
}

/// A board while it serves a client; afterwards it waits for the next.
struct Serving {
    far: Option<FarEnd<Power>>,
    socket: Arc<Mutex<Socket>>,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let mut socket = self.socket.lock().unwrap();
        socket.failed |= std::thread::panicking();
        socket.far = self.far.take();
    }
}

/// The host's end of a line.
struct Near {
    near: DuplexStream,
    baud: Arc<AtomicU32>,
    socket: Arc<Mutex<Socket>>,
}

impl Near {
    /// Counts bytes, and fails if the line is to be cut behind them.
    fn count(&self, bytes: usize) -> io::Result<()> {
        let mut socket = self.socket.lock().unwrap();
        socket.bytes += bytes as u64;
        if let Some((_, time)) = socket.hang_up.filter(|(at, _)| *at <= socket.bytes) {
            socket.hang_up = None;
            socket.hang_ups += 1;
            socket.away = Some(Instant::now() + time);
        }
        match socket.away {
            Some(_) => Err(io::ErrorKind::BrokenPipe.into()),
            None => Ok(()),
        }
    }
}

impl AsyncRead for Near {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let done = Pin::new(&mut self.near).poll_read(context, buffer);
        self.count(buffer.filled().len() - before)?;
        done
    }
}

impl AsyncWrite for Near {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.near).poll_write(context, bytes);
        if let Poll::Ready(Ok(count)) = done {
            self.count(count)?;
        }
        done
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.near).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.near).poll_shutdown(context)
    }
}

impl Line for Near {
    fn set_baud(&mut self, baud: u32) -> io::Result<()> {
        self.baud.store(baud, Ordering::Relaxed);
        Ok(())
    }
}
