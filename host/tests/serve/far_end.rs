//! Clients, torn frames, and what befalls the board.

use crate::support::*;
use rowfuse::serve::{Kind, Rates};
use rowfuse_spec::frame::{Info, ReplyStatus, Request, Status, KIND_NAK, MAX_DATA};
use std::time::Duration;

const WRITE: u32 = 0x4000;

fn write(data: &[u8]) -> Request {
    Request::Write {
        address: WRITE,
        data: data.to_vec(),
    }
}

fn read(length: u16) -> Request {
    Request::Read {
        address: WRITE,
        length,
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_mid_frame_leaves_a_board_that_the_next_can_use() {
    let frame = write(&noise(9, 64)).frame(1).unwrap().encode().unwrap();
    for rates in [Rates::Board, Rates::Unlimited] {
        let mut far = far_end(rates, "", 1);
        for cut in 1..frame.len() {
            let data = noise(cut as u64, 64);
            session(&mut far, &unknown(), |mut client| async move {
                assert!(client.ask(&write(&data)).await.is_some());
                client.send(&frame_of(cut)).await;
            })
            .await;
            session(&mut far, &unknown(), |mut client| async move {
                let reply = client.ask(&read(64)).await.unwrap();
                assert_eq!(reply.payload, noise(cut as u64, 64), "cut at {cut}");
            })
            .await;
        }
    }

    fn frame_of(cut: usize) -> Vec<u8> {
        let frame = write(&noise(9, 64)).frame(1).unwrap().encode().unwrap();
        frame[..cut].to_vec()
    }
}

#[tokio::test(start_paused = true)]
async fn only_silence_drops_a_torn_frame() {
    let frame = Request::Info.frame(9).unwrap().encode().unwrap();
    for rates in [Rates::Board, Rates::Unlimited, Rates::Fixed(3_000_000)] {
        let mut far = far_end(rates, "", 1);
        let frame = frame.clone();
        session(&mut far, &unknown(), |mut client| async move {
            for cut in 1..frame.len() {
                client.send(&frame[..cut]).await;
                tokio::time::sleep(Duration::from_millis(20)).await;
                assert!(client.ask(&Request::Status).await.is_some(), "cut at {cut}");
                client.send(&frame[..cut]).await;
                client.send(&frame[cut..]).await;
                let found = client.frames().await;
                assert_eq!(found.len(), 1, "cut at {cut}");
                assert_eq!(found[0].seq, 9);
            }
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn noise_and_impossible_lengths_are_survived() {
    let seed = seed();
    let mut far = far_end(Rates::Board, "", 1);
    session(&mut far, &unknown(), |mut client| async move {
        client.send(&[0xA5, 1, 2, 0, 0xFF, 0xFF]).await;
        let refused = client.frames().await;
        assert_eq!((refused.len(), refused[0].kind), (1, KIND_NAK));
        assert_eq!(refused[0].status, ReplyStatus::BadLength as u8);
        assert!(client.ask(&Request::Status).await.is_some());
        for round in 0..50 {
            client.send(&noise(seed + round, 700)).await;
            client.rest().await;
            let info = client.ask(&Request::Info).await.unwrap();
            let info = Info::decode(&info.payload).unwrap();
            assert_eq!(info.config_id, config().id(), "round {round}");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_host_that_does_not_wait_for_replies_loses_requests() {
    let mut far = far_end(Rates::Fixed(1_000_000), "", 1);
    session(&mut far, &unknown(), |mut client| async move {
        let request = read(MAX_DATA as u16).frame(1).unwrap().encode().unwrap();
        client.send(&request.repeat(400)).await;
        let replies = client.frames().await;
        assert!((60..400).contains(&replies.len()), "{}", replies.len());
        // What was torn by it is dropped in the silence since.
        assert!(client.ask(&Request::Info).await.is_some());
        // Two at a time never are.
        for _ in 0..50 {
            client.send(&request.repeat(2)).await;
            assert_eq!(client.frames().await.len(), 2);
        }
    })
    .await;
    assert!(far.traffic().overrun > 0);
}

/// Runs a long program, has a fault happen at the first byte of a STATUS, and gives what STATUS then says, and the memory.
async fn in_the_middle(kind: &str) -> (Option<Status>, Vec<u8>, u64) {
    let mut far = far_end(Rates::Unlimited, "", 3);
    let program = program(400);
    session(&mut far, &unknown(), |mut client| async move {
        for (index, data) in program.chunks(MAX_DATA).enumerate() {
            let address = (MAX_DATA * index) as u32;
            let data = data.to_vec();
            client.ask(&Request::Write { address, data }).await.unwrap();
        }
        // Behind the program.
        let data = noise(5, MAX_DATA);
        let address = 0x8000;
        client.ask(&Request::Write { address, data }).await.unwrap();
        client.ask(&Request::Run { address: 0 }).await.unwrap();
        let status = client.ask(&Request::Status).await.unwrap();
        assert!(Status::decode(&status.payload).unwrap().busy);
    })
    .await;
    assert!(far.device().busy());
    let place = far
        .faults()
        .place(Kind::Reset, rowfuse::serve::Direction::Request);
    let rule = format!("{kind}.request@{place}").parse().unwrap();
    far.faults().add(rule);
    let found = session(&mut far, &unknown(), |mut client| async move {
        let status = client.ask(&Request::Status).await;
        let read = Request::Read {
            address: 0x8000,
            length: MAX_DATA as u16,
        };
        let memory = client.ask(&read).await.unwrap().payload;
        let status = status.map(|frame| Status::decode(&frame.payload).unwrap());
        (status, memory)
    })
    .await;
    (found.0, found.1, far.counts().total())
}

#[tokio::test(start_paused = true)]
async fn the_button_and_the_power_in_the_middle_of_a_program() {
    let (status, memory, count) = in_the_middle("delay").await;
    assert!(status.unwrap().busy && memory == noise(5, MAX_DATA) && count == 1);
    let (status, memory, count) = in_the_middle("reset").await;
    assert!(!status.unwrap().busy && memory == noise(5, MAX_DATA) && count == 1);
    let (status, memory, count) = in_the_middle("power").await;
    let status = status.unwrap();
    assert!(!status.busy && memory != noise(5, MAX_DATA) && count == 1);
    assert_eq!(status, Status::default());
}

#[tokio::test(start_paused = true)]
async fn a_link_that_is_cut_a_board_that_stops_and_one_that_echoes() {
    for (fault, echoed) in [
        ("cut.request@0:300ms", 0),
        ("stop.request@0:300ms", 0),
        ("echo.request@0:300ms", 10),
    ] {
        let mut far = far_end(Rates::Board, fault, 1);
        session(&mut far, &unknown(), |mut client| async move {
            let frame = Request::Info.frame(1).unwrap().encode().unwrap();
            client.send(&frame).await;
            let found = client.rest().await;
            assert_eq!(found.len(), echoed, "{fault}");
            assert!(client.ask(&Request::Info).await.is_some(), "{fault}");
        })
        .await;
        assert_eq!(far.counts().total(), 1);
    }
    let mut far = far_end(Rates::Board, "stop.request@0", 1);
    session(&mut far, &unknown(), |mut client| async move {
        for _ in 0..10 {
            assert!(client.ask(&Request::Info).await.is_none());
        }
    })
    .await;
}
