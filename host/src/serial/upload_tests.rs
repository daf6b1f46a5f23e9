//! Every byte slot of a line, counted on paused time.

use super::link::Link;
use super::testing::{never, paused, Far};
use super::timing::Timing;
use crate::throughput::Traffic;
use rowfuse_spec::frame::{ReplyStatus, Request, MAX_DATA};
use rowfuse_spec::uart::{BYTE_BITS, DEFAULT_BAUD};
use rowfuse_testbench::board::Reply;
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

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
        baud,
        ..Timing::new(80)
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

/// The share of the line's byte slots that carried data of WRITEs while so many bytes were uploaded, and the seconds of all slots.
fn upload_share(bytes: usize, baud: u32, latency: u64) -> (f64, f64) {
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
        let mut each = |place: usize, reply: Reply| {
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
        let all = all.load(Ordering::Relaxed) as f64;
        let bits = all * f64::from(BYTE_BITS);
        (bytes as f64 / all, bits / f64::from(baud))
    })
}

#[test]
fn an_upload_fills_the_line_as_is_calculated() {
    let bytes = 14_700_000;
    let baud = 3_000_000;
    let calculated = Traffic::write(bytes).unwrap().seconds_together(baud);
    for latency in [0, 1, 16] {
        let (share, seconds) = upload_share(bytes as usize, baud, latency);
        println!("latency {latency} ms each way: {share:.4} of the slots carry data, {seconds:.3} s; {calculated:.3} s calculated");
        assert!(share >= 0.95, "{share}");
        // The line is looked at once a millisecond.
        let late = seconds - calculated - 2e-3 * latency as f64;
        assert!((-0.002..0.005).contains(&late), "{late}");
    }
    let (share, _) = upload_share(100_000, DEFAULT_BAUD, 16);
    assert!(share >= 0.95, "{share}");
}
