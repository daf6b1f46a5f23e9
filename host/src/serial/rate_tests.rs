//! Finding boards and agreeing on rates, on paused time.

use super::link::{Link, Stop};
use super::picky::{serve, Picky, Rated};
use super::rate::{find, raise, Event, Tell, RATES};
use super::testing::{never, paused, silent};
use super::timing::Timing;
use super::SerialError;
use rowfuse_spec::config::preset;
use rowfuse_spec::frame::{ReplyStatus, KIND_INFO};
use rowfuse_spec::uart::DEFAULT_BAUD;
use rowfuse_testbench::board::BoardError;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

/// Finds a board that is at `baud` and agrees on a rate; that rate and the events.
fn negotiated(baud: u32, bad: &[u32], max: u32) -> (u32, Vec<Event>) {
    paused(async move {
        let host = Arc::new(AtomicU64::new(0));
        let (near, end) = tokio::io::duplex(1 << 16);
        let board = Picky::new(baud);
        board.bad.lock().unwrap().extend(bad);
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
