//! The contract's RATE, and what comes of rates that differ.

use crate::support::*;
use rowfuse::serve::Rates;
use rowfuse_spec::frame::{ReplyStatus, Request, MAX_DATA};
use rowfuse_spec::uart::{increment, BYTE_BITS, DEFAULT_BAUD, RATE_HOLD_CLOCKS};
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::Instant;

const FAST: u32 = 921_600;

fn clocks(count: u32) -> Duration {
    Duration::from_micros(u64::from(count) / u64::from(config().clock_mhz))
}

fn fast() -> Request {
    let increment = increment(FAST, config().clock_mhz).unwrap();
    Request::Rate { increment }
}

#[tokio::test(start_paused = true)]
async fn the_board_follows_rate_behind_its_reply_and_goes_back_after_a_silence() {
    let mut far = far_end(Rates::Board, "", 1);
    let host = Rc::new(Cell::new(DEFAULT_BAUD));
    let rate = host.clone();
    session(&mut far, &host, |mut client| async move {
        assert!(client.ask(&Request::Info).await.is_some());
        rate.set(FAST);
        assert!(client.ask(&Request::Info).await.is_none(), "garbage");
        rate.set(DEFAULT_BAUD);
        client.rest().await;
        // The reply still comes at the old rate.
        let reply = client.ask(&fast()).await.unwrap();
        assert_eq!(reply.status, ReplyStatus::Ok as u8);
        tokio::time::sleep(Duration::from_millis(5)).await;
        rate.set(FAST);
        assert!(client.ask(&Request::Info).await.is_some());
        rate.set(DEFAULT_BAUD);
        assert!(client.ask(&Request::Info).await.is_none(), "garbage");
        rate.set(FAST);
        client.rest().await;
        assert!(client.ask(&Request::Info).await.is_some());
        // Good frames keep it there.
        for _ in 0..4 {
            tokio::time::sleep(clocks(RATE_HOLD_CLOCKS) - Duration::from_millis(500)).await;
            assert!(client.ask(&Request::Info).await.is_some());
        }
        tokio::time::sleep(clocks(RATE_HOLD_CLOCKS) + Duration::from_millis(5)).await;
        assert!(client.ask(&Request::Info).await.is_none(), "it is back");
        rate.set(DEFAULT_BAUD);
        client.rest().await;
        assert!(client.ask(&Request::Info).await.is_some());
    })
    .await;
    assert_eq!(far.baud(), Some(DEFAULT_BAUD));
}

#[tokio::test(start_paused = true)]
async fn a_rate_outlives_a_client_but_not_the_button() {
    let mut far = far_end(Rates::Board, "", 1);
    let host = Rc::new(Cell::new(DEFAULT_BAUD));
    session(&mut far, &host, |mut client| async move {
        assert!(client.ask(&fast()).await.is_some());
    })
    .await;
    host.set(FAST);
    tokio::time::sleep(Duration::from_millis(5)).await;
    session(&mut far, &host, |mut client| async move {
        assert!(client.ask(&Request::Info).await.is_some());
    })
    .await;
    let place = far.traffic().requests;
    far.faults()
        .add(format!("reset.request@{place}").parse().unwrap());
    session(&mut far, &host, |mut client| async move {
        client.ask(&Request::Info).await;
    })
    .await;
    assert_eq!(far.baud(), Some(DEFAULT_BAUD));
}

/// A line that is never empty carries as many bytes as its rate says.
#[tokio::test(start_paused = true)]
async fn throughput_is_that_of_the_rate() {
    for baud in [DEFAULT_BAUD, 1_000_000, 3_000_000] {
        let mut far = far_end(Rates::Fixed(baud), "", 1);
        let start = Instant::now();
        let (count, bytes) = session(&mut far, &unknown(), |mut client| async move {
            let write = Request::Write {
                address: 0,
                data: noise(1, MAX_DATA),
            };
            let frame = write.frame(1).unwrap().encode().unwrap();
            let count = 100;
            client.send(&frame.repeat(count)).await;
            let replies = client.frames().await;
            assert!(replies.iter().all(|frame| frame.status == 0));
            assert_eq!(replies.len(), count);
            (count, count * frame.len())
        })
        .await;
        assert_eq!(far.traffic().requests, bytes as u64);
        // The last reply comes behind the last request, and its end is recognised by a silence.
        let ideal = Duration::from_secs(1) * bytes as u32 * BYTE_BITS / baud;
        let taken = start.elapsed() - PATIENCE;
        let late = taken.checked_sub(ideal);
        assert!(
            late.is_some_and(|late| late < Duration::from_millis(20)),
            "{count} frames at {baud}: {taken:?} rather than {ideal:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_line_without_rates_answers_rate_and_stays() {
    let mut far = far_end(Rates::Unlimited, "", 1);
    session(&mut far, &unknown(), |mut client| async move {
        assert_eq!(client.ask(&fast()).await.unwrap().status, 0);
        assert!(client.ask(&Request::Info).await.is_some());
    })
    .await;
    assert_eq!(far.baud(), None);
}
