//! The board over TCP, a pty and pipes, in real time.

use super::board::lock;
use super::picky::{serve, Picky, Rated};
use super::testing::{never, silent, Far, Seen};
use super::*;
use rowfuse_spec::config::preset;
use rowfuse_spec::uart::DEFAULT_BAUD;
use rowfuse_testbench::board::{Board, BoardError, Client};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

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
    let mut far = Far::new("tiny-1").awake();
    std::thread::spawn(move || {
        let began = std::time::Instant::now();
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
    let mut far = Far::new("tiny-1").awake();
    std::thread::spawn(move || {
        let began = std::time::Instant::now();
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

/// A port with a board that has a rate, and what the test has in hand of it.
#[derive(Clone, Default)]
struct PickyPort {
    bad: Arc<Mutex<Vec<u32>>>,
    reset: Arc<AtomicBool>,
    seen: Arc<Mutex<Option<Arc<Seen>>>>,
}

impl Connect for PickyPort {
    fn name(&self) -> String {
        "pipe".into()
    }

    fn connect(&mut self) -> Opening<'_> {
        let (near, end) = tokio::io::duplex(1 << 14);
        let host = Arc::new(AtomicU64::new(0));
        let mut board = Picky::new(DEFAULT_BAUD);
        // This test's threads may be kept waiting for longer than a board waits.
        board.hold = Duration::MAX;
        (board.bad, board.reset) = (self.bad.clone(), self.reset.clone());
        *self.seen.lock().unwrap() = Some(board.far.seen.clone());
        let baud = host.clone();
        std::thread::spawn(move || {
            let mut builder = tokio::runtime::Builder::new_current_thread();
            let runtime = builder.enable_time().build().unwrap();
            runtime.block_on(serve(end, board, host));
        });
        Box::pin(async move { Ok(Box::new(Rated { pipe: near, baud }) as Box<dyn Line>) })
    }
}

impl PickyPort {
    fn open(&self, options: Options) -> Client<SerialBoard> {
        let config = preset("tiny-1").unwrap();
        let board = SerialBoard::open(Box::new(self.clone()), &config, options).unwrap();
        assert_eq!(board.baud(), MAX_BAUD);
        Client::connect(board, &config).unwrap()
    }

    fn aborts(&self) -> u32 {
        let seen = self.seen.lock().unwrap();
        seen.as_ref().unwrap().aborts.load(Ordering::Relaxed)
    }
}

#[test]
fn a_reset_of_the_board_is_told_and_it_is_got_back() {
    let port = PickyPort::default();
    let mut client = port.open(options());
    client.write(0, &[1; 5000]).unwrap();
    port.reset.store(true, Ordering::Relaxed);
    let error = client.read(0, 5000).unwrap_err();
    assert!(matches!(error, BoardError::Restarted(_)), "{error}");
    assert_eq!(client.read(0, 5000).unwrap(), [1; 5000]);
    assert_eq!(client.board().baud(), MAX_BAUD);
    assert_eq!(port.aborts(), 1);
}

#[test]
fn a_rate_that_becomes_bad_is_left() {
    let port = PickyPort::default();
    let mut client = port.open(options());
    port.bad.lock().unwrap().push(MAX_BAUD);
    let bytes: Vec<u8> = (0..30_000).map(|n| (n % 253) as u8).collect();
    let mut address = 0;
    while client.board().baud() == MAX_BAUD {
        client.write(address, &[0; 64]).unwrap();
        let many = vec![0x33; 65 * 1024];
        client.write(0, &many).unwrap();
        address += 64;
        assert!(address < 6400, "the rate is never judged");
    }
    assert_eq!(client.board().baud(), RATES[1]);
    client.write(0, &bytes).unwrap();
    assert_eq!(client.read(0, bytes.len()).unwrap(), bytes);
    assert_eq!(client.board().stats().restarts, 0);
}

#[test]
fn a_stop_leaves_a_board_that_can_be_used() {
    let port = PickyPort::default();
    let stopped = Arc::new(AtomicBool::new(false));
    let asked = stopped.clone();
    let mut client = port.open(Options {
        stop: Arc::new(move || asked.load(Ordering::Relaxed)),
        ..options()
    });
    stopped.store(true, Ordering::Relaxed);
    let error = client.write(0, &[0; 20_000]).unwrap_err();
    assert!(matches!(error, BoardError::Interrupted), "{error}");
    client.abort().unwrap();
    stopped.store(false, Ordering::Relaxed);
    client.write(0, &[5; 20_000]).unwrap();
    assert_eq!(client.read(0, 20_000).unwrap(), [5; 20_000]);
}

#[test]
fn who_leaves_ends_the_program_that_runs() {
    use rowfuse_spec::{command::encode_program, Command, End};
    let port = PickyPort::default();
    let program = encode_program(&[Command::End(End::default())]).unwrap();
    let mut client = port.open(options());
    client.write(0, &program).unwrap();
    client.start(0).unwrap();
    drop(client);
    assert_eq!(port.aborts(), 1);
    let mut client = port.open(options());
    client.write(0, &program).unwrap();
    client.start(0).unwrap();
    while client.status().unwrap().busy {}
    drop(client);
    assert_eq!(port.aborts(), 0, "nothing ran any more");
}

#[test]
fn an_idle_board_is_kept_at_its_rate() {
    let port = PickyPort::default();
    let config = preset("tiny-1").unwrap();
    let board = SerialBoard::open(Box::new(port), &config, options()).unwrap();
    let before = board.stats().answered;
    lock(&board.state).keep_alive(Duration::ZERO);
    assert!(board.stats().answered > before);
}
