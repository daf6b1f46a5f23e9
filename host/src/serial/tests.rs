//! The link over lines: on paused time with every byte slot counted, over TCP and over a pty.

use super::link::{Link, Stop};
use super::rate::{find, raise, Event, Tell, RATES};
use super::testing::Far;
use super::timing::Timing;
use super::*;
use rowfuse_spec::config::preset;
use rowfuse_spec::frame::{ReplyStatus, Request, KIND_INFO, KIND_RATE, MAX_DATA, REPLY};
use rowfuse_spec::uart::{baud as baud_of, DEFAULT_BAUD};
use rowfuse_testbench::board::{Board, BoardError, Client};
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

fn never() -> Stop {
    Arc::new(|| false)
}

fn silent() -> Tell {
    Arc::new(|_| {})
}

/// A current-thread runtime whose time goes on when everybody waits.
fn paused<T>(work: impl std::future::Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(work)
}

/// Byte slots of a line from the host to the board.
#[derive(Default)]
struct Slots {
    all: AtomicU64,
    used: AtomicU64,
}

/// A line of that rate whose bytes arrive `latency` milliseconds later, each way, with a board at its end.
async fn slow_line(mut end: DuplexStream, baud: u32, latency: u64, slots: Arc<Slots>) {
    let mut far = Far::new("ulx3s-85f");
    let timing = Timing {
        clock_mhz: 80,
        baud,
    };
    let per_tick = timing.carried(Duration::from_millis(1));
    // Slots without a byte, which alone are silence for the board.
    let mut idle = 0;
    let mut there: VecDeque<(u64, Vec<u8>)> = VecDeque::new();
    let mut back: VecDeque<(u64, Vec<u8>)> = VecDeque::new();
    let mut replies: VecDeque<u8> = VecDeque::new();
    let mut buffer = vec![0; per_tick];
    for tick in 0.. {
        tokio::time::sleep(Duration::from_millis(1)).await;
        // What the port has by now: no more than fits the slots of one tick.
        let read = tokio::select! {
            biased;
            read = end.read(&mut buffer) => read.unwrap(),
            _ = std::future::ready(()) => 0,
        };
        slots.all.fetch_add(per_tick as u64, Ordering::Relaxed);
        slots.used.fetch_add(read as u64, Ordering::Relaxed);
        there.push_back((tick + latency, buffer[..read].to_vec()));
        while there.front().is_some_and(|(at, _)| *at <= tick) {
            let (_, bytes) = there.pop_front().unwrap();
            if !bytes.is_empty() {
                replies.extend(far.take(&bytes, timing.bytes(idle)));
            }
            idle += per_tick - bytes.len();
        }
        let now = replies.len().min(per_tick);
        back.push_back((tick + latency, replies.drain(..now).collect()));
        while back.front().is_some_and(|(at, _)| *at <= tick) {
            let (_, bytes) = back.pop_front().unwrap();
            if end.write_all(&bytes).await.is_err() {
                return;
            }
        }
    }
}

/// The share of the line's byte slots that carried data of WRITEs while so many bytes were uploaded.
fn upload_share(bytes: usize, baud: u32, latency: u64) -> f64 {
    paused(async move {
        let slots = Arc::new(Slots::default());
        // What a port of Linux takes ahead.
        let (near, end) = tokio::io::duplex(4096);
        let line = tokio::spawn(slow_line(end, baud, latency, slots.clone()));
        let mut link = Link::new(Box::new(near), Timing::new(80), 7, never());
        link.set_baud(baud).unwrap();
        let data = vec![0x5A; MAX_DATA];
        let mut requests = (0..bytes).step_by(MAX_DATA).map(|address| {
            let write = Request::Write {
                address: address as u32,
                data: data[..MAX_DATA.min(bytes - address)].to_vec(),
            };
            (write.kind(), write.payload().unwrap())
        });
        let mut answered = 0;
        let mut each = |place: usize, reply: rowfuse_testbench::board::Reply| {
            assert_eq!((place, reply.status), (answered, ReplyStatus::Ok));
            answered += 1;
            ControlFlow::Continue(())
        };
        link.requests(&mut requests, &mut each, true).await.unwrap();
        line.abort();
        let stats = link.window().stats();
        assert_eq!(
            (stats.payload_sent, stats.frames_repeated),
            (bytes as u64, 0)
        );
        let (all, used) = (&slots.all, &slots.used);
        assert_eq!(used.load(Ordering::Relaxed), stats.bytes_sent);
        bytes as f64 / all.load(Ordering::Relaxed) as f64
    })
}

#[test]
fn an_upload_fills_the_line() {
    for latency in [0, 1, 16] {
        let share = upload_share(14_700_000, 3_000_000, latency);
        println!("latency {latency} ms each way: {share:.4} of the slots carry data");
        assert!(share >= 0.95, "{share}");
    }
    let share = upload_share(100_000, DEFAULT_BAUD, 16);
    assert!(share >= 0.95, "{share}");
}

/// A board behind a pipe that follows RATE as a real one does: at another rate than the host's nothing is understood.
struct Picky {
    far: Far,
    baud: u32,
    /// Rates at which every second frame is damaged.
    bad: Vec<u32>,
    frames: u32,
}

/// The rate that the host's end of a pipe is set to.
struct Rated {
    pipe: DuplexStream,
    baud: Arc<AtomicU64>,
}

impl tokio::io::AsyncRead for Rated {
    fn poll_read(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::pin::Pin::new(&mut self.pipe).poll_read(context, buffer)
    }
}

impl tokio::io::AsyncWrite for Rated {
    fn poll_write(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
        bytes: &[u8],
    ) -> std::task::Poll<std::io::Result<usize>> {
        std::pin::Pin::new(&mut self.pipe).poll_write(context, bytes)
    }
    fn poll_flush(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::pin::Pin::new(&mut self.pipe).poll_flush(context)
    }
    fn poll_shutdown(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::pin::Pin::new(&mut self.pipe).poll_shutdown(context)
    }
}

impl Line for Rated {
    fn set_baud(&mut self, baud: u32) -> std::io::Result<()> {
        self.baud.store(baud.into(), Ordering::Relaxed);
        Ok(())
    }
}

/// Serves a pipe until it is closed. After the hold time without a good frame the board is back at its first rate.
async fn serve(mut end: DuplexStream, mut board: Picky, host: Arc<AtomicU64>) {
    let hold = Timing::new(preset("tiny-1").unwrap().clock_mhz).hold();
    let began = tokio::time::Instant::now();
    let mut buffer = vec![0; 4096];
    let mut good = began;
    loop {
        let read = match end.read(&mut buffer).await {
            Ok(read) if read > 0 => read,
            _ => return,
        };
        if good.elapsed() > hold {
            board.baud = DEFAULT_BAUD;
        }
        let said = host.load(Ordering::Relaxed) as u32;
        if said.abs_diff(board.baud) > board.baud / 50 {
            continue;
        }
        let rate = buffer[..read]
            .windows(10)
            .find(|frame| frame[0] == rowfuse_spec::frame::SYNC && frame[1] == KIND_RATE);
        let increment =
            rate.map(|frame| u32::from_le_bytes([frame[6], frame[7], frame[8], frame[9]]));
        board.frames += 1;
        if board.bad.contains(&said) && board.frames.is_multiple_of(2) {
            buffer[read / 2] ^= 0x40;
        }
        let replies = board.far.take(&buffer[..read], began.elapsed());
        good = tokio::time::Instant::now();
        if end.write_all(&replies).await.is_err() {
            return;
        }
        let executed = replies.get(1) == Some(&(KIND_RATE | REPLY)) && replies[3] == 0;
        if let (Some(increment), true) = (increment, executed) {
            board.baud = baud_of(increment, preset("tiny-1").unwrap().clock_mhz);
        }
    }
}

/// Finds a board that is at `baud` and agrees on a rate; that rate and the events.
fn negotiated(baud: u32, bad: &[u32], max: u32) -> (u32, Vec<Event>) {
    paused(async move {
        let host = Arc::new(AtomicU64::new(0));
        let (near, end) = tokio::io::duplex(1 << 16);
        let board = Picky {
            far: Far::new("tiny-1"),
            baud,
            bad: bad.to_vec(),
            frames: 0,
        };
        tokio::spawn(serve(end, board, host.clone()));
        let config = preset("tiny-1").unwrap();
        let line = Rated {
            pipe: near,
            baud: host,
        };
        let mut link = Link::new(Box::new(line), Timing::new(config.clock_mhz), 200, never());
        let events = Arc::new(Mutex::new(Vec::new()));
        let heard = events.clone();
        let tell: Tell = Arc::new(move |event| heard.lock().unwrap().push(event));
        find(&mut link, "pipe", &tell).await.unwrap();
        raise(&mut link, &config, max, "pipe", &tell).await.unwrap();
        let reply = link.request(KIND_INFO, &[], true).await.unwrap();
        assert_eq!(reply.status, ReplyStatus::Ok);
        let told = events.lock().unwrap().clone();
        (link.window().timing().baud, told)
    })
}

#[test]
fn the_highest_rate_that_works_is_agreed_on() {
    for max in [DEFAULT_BAUD, 500_000, 1_234_567, 3_000_000] {
        let (baud, events) = negotiated(DEFAULT_BAUD, &[], max);
        assert_eq!(baud, max);
        assert_eq!(events, [Event::Rate(max)]);
    }
    let (baud, _) = negotiated(DEFAULT_BAUD, &[3_000_000, 2_000_000], 3_000_000);
    assert_eq!(baud, 1_000_000);
}

#[test]
fn a_board_that_another_host_left_is_found() {
    for left in RATES {
        let (baud, events) = negotiated(left, &[], 3_000_000);
        assert_eq!(baud, 3_000_000);
        assert!(
            !events.iter().any(|e| matches!(e, Event::Waiting(_))),
            "{left}"
        );
    }
    // At a rate that no list has only its own return helps.
    let (baud, events) = negotiated(777_777, &[], 3_000_000);
    assert_eq!(baud, 3_000_000);
    assert!(events.iter().any(|e| matches!(e, Event::Waiting(_))));
}

/// What finding a board says if `far` is at the other end.
fn misfound<F>(far: impl FnOnce(DuplexStream) -> F) -> SerialError
where
    F: std::future::Future<Output = ()> + Send + 'static,
{
    paused(async move {
        let (near, end) = tokio::io::duplex(1 << 16);
        tokio::spawn(far(end));
        let mut link = Link::new(Box::new(near), Timing::new(80), 0, never());
        find(&mut link, "pipe", &silent()).await.unwrap_err()
    })
}

#[test]
fn what_is_no_board_is_named() {
    let echo = misfound(|mut end| async move {
        let mut buffer = [0; 100];
        while let Ok(read @ 1..) = end.read(&mut buffer).await {
            end.write_all(&buffer[..read]).await.unwrap();
        }
    });
    assert!(matches!(echo, SerialError::Echo { .. }), "{echo}");
    let noise = misfound(|mut end| async move {
        let mut byte = 1_u8;
        loop {
            byte = byte.wrapping_mul(37).wrapping_add(11);
            tokio::time::sleep(Duration::from_millis(1)).await;
            if end.write_all(&[byte; 100]).await.is_err() {
                return;
            }
        }
    });
    assert!(matches!(noise, SerialError::Noise { .. }), "{noise}");
    let silence = misfound(|mut end| async move {
        let mut buffer = [0; 100];
        while let Ok(1..) = end.read(&mut buffer).await {}
    });
    assert!(matches!(silence, SerialError::Silent { .. }), "{silence}");
    let closed = misfound(|end| async move { drop(end) });
    assert!(matches!(closed, SerialError::Cut { .. }), "{closed}");
    let stranger = misfound(|mut end| async move {
        let mut decoder = rowfuse_spec::frame::Decoder::new();
        let mut buffer = [0; 100];
        while let Ok(read @ 1..) = end.read(&mut buffer).await {
            for frame in decoder.push_all(&buffer[..read]) {
                let reply = frame.unwrap().reply(ReplyStatus::Ok, vec![99, 0, 1, 2]);
                end.write_all(&reply.encode().unwrap()).await.unwrap();
            }
        }
    });
    assert_eq!(
        stranger.to_string(),
        format!(
            "the board's contract version is 99, but {} is needed",
            rowfuse_spec::CONTRACT_VERSION
        )
    );
}

#[test]
fn a_stop_ends_every_wait() {
    paused(async {
        let (near, _end) = tokio::io::duplex(1 << 16);
        let stopped = Arc::new(AtomicBool::new(false));
        let asked = stopped.clone();
        let stop: Stop = Arc::new(move || asked.load(Ordering::Relaxed));
        let mut link = Link::new(Box::new(near), Timing::new(80), 0, stop);
        let later = async {
            tokio::time::sleep(Duration::from_millis(1000)).await;
            stopped.store(true, Ordering::Relaxed);
            tokio::time::Instant::now()
        };
        let tell = silent();
        let (found, since) = tokio::join!(
            async {
                let found = find(&mut link, "pipe", &tell).await;
                (found, tokio::time::Instant::now())
            },
            later
        );
        let (found, at) = found;
        assert!(matches!(
            found,
            Err(SerialError::Board(BoardError::Interrupted))
        ));
        // Of the paused clock, which depends on nothing outside.
        assert!(at - since <= Duration::from_millis(100));
    });
}

fn options() -> Options {
    Options {
        max_baud: MAX_BAUD,
        timeout: Duration::from_secs(20),
        seq: 250,
        stop: never(),
        tell: silent(),
    }
}

/// Serves one host after another on a thread, over blocking reads and writes; the first `cut` bytes, then it hangs up once.
fn tcp_far_end(cut: Option<usize>) -> String {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let began = std::time::Instant::now();
        let mut far = Far::new("tiny-1");
        let mut left = cut;
        while let Ok((mut host, _)) = listener.accept() {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = host.read(&mut buffer) {
                if left.is_some_and(|left| left < read) {
                    left = None;
                    break;
                }
                left = left.map(|left| left - read);
                let replies = far.take(&buffer[..read], began.elapsed());
                if host.write_all(&replies).is_err() {
                    break;
                }
            }
        }
    });
    format!("tcp:{address}")
}

/// Uses a board as a client does.
fn use_board(board: SerialBoard) {
    assert!(board.keeps_memory());
    assert_eq!(board.baud(), MAX_BAUD);
    let config = preset("tiny-1").unwrap();
    let mut client = Client::connect(board, &config).unwrap();
    let bytes: Vec<u8> = (0..30_000).map(|n| (n * 7 % 251) as u8).collect();
    client.write(1000, &bytes).unwrap();
    assert_eq!(client.read(1000, bytes.len()).unwrap(), bytes);
    assert!(!client.status().unwrap().busy);
    client.abort().unwrap();
    let stats = client.board().stats();
    assert_eq!(stats.payload_sent, bytes.len() as u64);
    assert!(stats.payload_received >= bytes.len() as u64);
}

#[test]
fn a_board_over_tcp() {
    let port = Port::parse(&tcp_far_end(None)).unwrap();
    let config = preset("tiny-1").unwrap();
    let board = SerialBoard::open(Box::new(port), &config, options()).unwrap();
    assert!(board.describe().starts_with("serial (tcp:127.0.0.1:"));
    use_board(board);
}

#[test]
fn a_line_that_was_cut_comes_back_and_is_told() {
    let port = Port::parse(&tcp_far_end(Some(40_000))).unwrap();
    let config = preset("tiny-1").unwrap();
    let board = SerialBoard::open(Box::new(port), &config, options()).unwrap();
    let mut client = Client::connect(board, &config).unwrap();
    let bytes = vec![0x17; 60_000];
    let error = client.write(0, &bytes).unwrap_err();
    assert!(matches!(error, BoardError::Restarted(_)), "{error}");
    // From the beginning, as it says.
    client.write(0, &bytes).unwrap();
    assert_eq!(client.read(0, bytes.len()).unwrap(), bytes);
    assert_eq!(client.board().stats().restarts, 1);
}

#[test]
fn nobody_at_the_port() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let config = preset("tiny-1").unwrap();
    for port in [format!("tcp:{address}"), "/nonexistent/port".into()] {
        let port = Port::parse(&port).unwrap();
        let error = SerialBoard::open(Box::new(port), &config, options())
            .err()
            .unwrap();
        assert!(matches!(error, SerialError::Open { .. }), "{error}");
    }
}

/// A pty with a board at its far end; the path of the near one.
#[cfg(target_os = "linux")]
fn pty_far_end() -> String {
    use nix::fcntl::OFlag;
    use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};
    use std::io::{Read, Write};
    let mut far_end = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY).unwrap();
    grantpt(&far_end).unwrap();
    unlockpt(&far_end).unwrap();
    let path = ptsname_r(&far_end).unwrap();
    std::thread::spawn(move || {
        let began = std::time::Instant::now();
        let mut far = Far::new("tiny-1");
        let mut buffer = [0; 4096];
        loop {
            match far_end.read(&mut buffer) {
                Ok(read) => {
                    let replies = far.take(&buffer[..read], began.elapsed());
                    far_end.write_all(&replies).unwrap();
                }
                // Nobody has opened the near end.
                Err(_) => std::thread::sleep(Duration::from_millis(1)),
            }
        }
    });
    path
}

#[test]
#[cfg(target_os = "linux")]
fn a_board_over_a_pty_which_is_locked() {
    let path = pty_far_end();
    let config = preset("tiny-1").unwrap();
    let open = || SerialBoard::open(Box::new(Port::parse(&path).unwrap()), &config, options());
    let board = open().unwrap();
    let error = open().err().unwrap();
    match &error {
        SerialError::Busy { holder, .. } => assert_eq!(*holder, Some(std::process::id())),
        _ => panic!("{error}"),
    }
    use_board(board);
    // Free again.
    drop(open().unwrap());
}
