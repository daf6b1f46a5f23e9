//! Real doors: a TCP port, a pseudo-terminal. Nothing here depends on how long anything takes.

use crate::support::*;
use rowfuse::fault::{Exit, Fault};
use rowfuse::serve::{serve, Door, Ended, Event, Rates, ServeError, Tcp};
use rowfuse_spec::frame::{Decoder, Frame, Request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn info(stream: &mut TcpStream) -> Option<Frame> {
    let frame = Request::Info.frame(3).unwrap().encode().unwrap();
    stream.write_all(&frame).await.ok()?;
    let mut decoder = Decoder::new();
    loop {
        let byte = stream.read_u8().await.ok()?;
        if let Some(found) = decoder.push(byte) {
            return Some(found.unwrap());
        }
    }
}

#[tokio::test]
async fn a_second_client_is_turned_away_and_the_first_stays() {
    let tcp = Tcp::listen("0").await.unwrap();
    let address = tcp.address();
    assert!(address.ip().is_loopback());
    let door = Door::Tcp(tcp);
    let mut far = far_end(Rates::Board, "", 1);
    let mut events = Vec::new();
    let clients = async {
        let mut first = TcpStream::connect(address).await.unwrap();
        assert!(info(&mut first).await.is_some());
        for _ in 0..3 {
            let mut second = TcpStream::connect(address).await.unwrap();
            assert!(info(&mut second).await.is_none());
            assert!(info(&mut first).await.is_some());
        }
    };
    let stop = || false;
    let mut tell = |event| events.push(event);
    let (ended, ()) = tokio::join!(serve(&door, &mut far, true, &stop, &mut tell), clients);
    assert_eq!(ended.unwrap(), Ended::Left);
    let refused = |event: &&Event| matches!(event, Event::Refused(_));
    assert_eq!(events.iter().filter(refused).count(), 3);
    assert!(matches!(events[0], Event::Came(Some(_))));
    assert_eq!(events.last(), Some(&Event::Left));
}

#[tokio::test]
async fn clients_come_one_after_the_other_until_it_is_stopped() {
    let tcp = Tcp::listen("127.0.0.1:0").await.unwrap();
    let address = tcp.address();
    let door = Door::Tcp(tcp);
    let mut far = far_end(Rates::Unlimited, "", 1);
    let done = std::cell::Cell::new(false);
    let clients = async {
        for _ in 0..3 {
            let mut client = TcpStream::connect(address).await.unwrap();
            // A client is known to have left once the next is not turned away.
            while info(&mut client).await.is_none() {
                client = TcpStream::connect(address).await.unwrap();
            }
            client.write_all(&[0xA5, 1]).await.unwrap();
        }
        done.set(true);
    };
    let stop = || done.get();
    let mut tell = |_| {};
    let (ended, ()) = tokio::join!(serve(&door, &mut far, false, &stop, &mut tell), clients);
    assert_eq!(ended.unwrap(), Ended::Interrupted);
}

#[tokio::test]
async fn addresses_that_cannot_be_had_are_refused_with_a_reason() {
    let taken = Tcp::listen("0").await.unwrap();
    for address in [
        taken.address().to_string().as_str(),
        "nowhere",
        "127.0.0.1:99999",
        "",
    ] {
        let Err(error) = Tcp::listen(address).await else {
            panic!("{address:?} is listened at");
        };
        assert_eq!((error.code(), error.exit()), ("serve.listen", Exit::Input));
        assert!(error.to_string().contains(address) && !error.help().is_empty());
    }
}

#[cfg(unix)]
mod terminal {
    use super::*;
    use rowfuse::serve::Pty;
    use rustix::event::{poll, PollFd, PollFlags, Timespec};
    use rustix::termios::{tcgetattr, tcsetattr, LocalModes, OptionalActions};
    use std::fs::File;
    use std::io::{Read, Write};
    use std::path::Path;

    fn open(path: &Path) -> File {
        let mut options = File::options();
        options.read(true).write(true).open(path).unwrap()
    }

    fn set_speed(terminal: &File, speed: u32) {
        let mut settings = tcgetattr(terminal).unwrap();
        settings.set_speed(speed).unwrap();
        tcsetattr(terminal, OptionalActions::Now, &settings).unwrap();
    }

    /// Asks for INFO; none if nothing comes for a while.
    fn ask(terminal: &mut File) -> Option<Frame> {
        let frame = Request::Info.frame(3).unwrap().encode().unwrap();
        terminal.write_all(&frame).unwrap();
        let mut decoder = Decoder::new();
        loop {
            let mut wait = [PollFd::new(&*terminal, PollFlags::IN)];
            let second = Timespec {
                tv_sec: 1,
                tv_nsec: 0,
            };
            if poll(&mut wait, Some(&second)).unwrap() == 0 {
                return None;
            }
            let mut bytes = [0; 256];
            let read = terminal.read(&mut bytes).unwrap();
            let found = decoder.push_all(&bytes[..read]);
            if let Some(Ok(frame)) = found.into_iter().find(Result::is_ok) {
                return Some(frame);
            }
        }
    }

    #[tokio::test]
    async fn it_is_raw_survives_its_clients_and_has_a_rate() {
        let directory = tempfile::tempdir().unwrap();
        let link = directory.path().join("board");
        let pty = Pty::open(Some(&link)).unwrap();
        assert_eq!(std::fs::read_link(&link).unwrap(), pty.path());
        let door = Door::Pty(pty);
        let mut far = far_end(Rates::Board, "", 1);
        let done = std::sync::atomic::AtomicBool::new(false);
        let path = link.clone();
        let clients = async {
            let client = tokio::task::spawn_blocking(move || {
                for _ in 0..3 {
                    let mut terminal = open(&path);
                    let settings = tcgetattr(&terminal).unwrap();
                    let cooked = LocalModes::ICANON | LocalModes::ECHO;
                    assert!(!settings.local_modes.intersects(cooked));
                    assert!(ask(&mut terminal).is_some());
                    // Another rate than the board's, and a frame that is left unfinished.
                    set_speed(&terminal, 921_600);
                    assert!(ask(&mut terminal).is_none());
                    terminal.write_all(&[0xA5, 1, 2]).unwrap();
                    drop(terminal);
                    let mut terminal = open(&path);
                    set_speed(&terminal, 115_200);
                    let found = (0..5).find_map(|_| ask(&mut terminal));
                    assert!(found.is_some());
                }
            });
            client.await.unwrap();
            done.store(true, std::sync::atomic::Ordering::Relaxed);
        };
        let stop = || done.load(std::sync::atomic::Ordering::Relaxed);
        let mut tell = |_| {};
        let (ended, ()) = tokio::join!(serve(&door, &mut far, false, &stop, &mut tell), clients);
        assert_eq!(ended.unwrap(), Ended::Interrupted);
        drop(door);
        assert!(!link.is_symlink());
    }

    #[tokio::test]
    async fn a_client_that_comes_before_the_last_one_is_missed_is_answered() {
        let pty = Pty::open(None).unwrap();
        let path = pty.path().to_owned();
        let door = Door::Pty(pty);
        let mut far = far_end(Rates::Unlimited, "", 1);
        let done = std::sync::atomic::AtomicBool::new(false);
        let clients = async {
            let client = tokio::task::spawn_blocking(move || {
                let spin = |micros: u64| {
                    let start = std::time::Instant::now();
                    while start.elapsed() < std::time::Duration::from_micros(micros) {}
                };
                for number in 0..100 {
                    let mut terminal = open(&path);
                    assert!(ask(&mut terminal).is_some(), "client {number}");
                    for pause in 0..40 {
                        drop(terminal);
                        spin(pause % 20);
                        terminal = open(&path);
                        spin(60);
                    }
                    assert!(ask(&mut terminal).is_some(), "client {number}, reopened");
                }
            });
            let ended = client.await;
            done.store(true, std::sync::atomic::Ordering::Relaxed);
            ended.unwrap();
        };
        let stop = || done.load(std::sync::atomic::Ordering::Relaxed);
        let mut tell = |_| {};
        let (ended, ()) = tokio::join!(serve(&door, &mut far, false, &stop, &mut tell), clients);
        assert_eq!(ended.unwrap(), Ended::Interrupted);
    }

    /// A client that has it open before the server first looks finds it raw, too, and is answered.
    #[tokio::test]
    async fn a_client_that_is_there_before_the_server_looks_is_answered() {
        let pty = Pty::open(None).unwrap();
        let mut terminal = open(pty.path());
        let settings = tcgetattr(&terminal).unwrap();
        let cooked = LocalModes::ICANON | LocalModes::ECHO;
        assert!(!settings.local_modes.intersects(cooked));
        let door = Door::Pty(pty);
        let mut far = far_end(Rates::Unlimited, "", 1);
        let client = async {
            let client = tokio::task::spawn_blocking(move || ask(&mut terminal).is_some());
            assert!(client.await.unwrap());
        };
        let stop = || false;
        let mut tell = |_| {};
        let (ended, ()) = tokio::join!(serve(&door, &mut far, true, &stop, &mut tell), client);
        assert_eq!(ended.unwrap(), Ended::Left);
    }

    #[tokio::test]
    async fn only_links_to_nowhere_are_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("there");
        std::fs::write(&path, "kept").unwrap();
        let missing = directory.path().join("no/where");
        for path in [&path, &missing] {
            let Err(error) = Pty::open(Some(path)) else {
                panic!("{} is linked to", path.display());
            };
            assert!(matches!(error, ServeError::Link { .. }));
            assert_eq!((error.code(), error.exit()), ("serve.link", Exit::Input));
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "kept");
        let dangling = directory.path().join("dangling");
        std::os::unix::fs::symlink("/no/such/terminal", &dangling).unwrap();
        let pty = Pty::open(Some(&dangling)).unwrap();
        assert_eq!(std::fs::read_link(&dangling).unwrap(), pty.path());
    }
}
