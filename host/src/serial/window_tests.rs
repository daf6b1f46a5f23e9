//! The window against its adversary.

use super::adversary::{adversary, Adversary, Fault, DELAY};
use super::room::FRAMES;
use super::testing::seed;
use super::timing::{Timing, Wire};
use super::window::{Window, ATTEMPTS};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rowfuse_spec::frame::*;
use rowfuse_spec::pipes::{REPLY_ROOM, REQUEST_ROOM};
use rowfuse_testbench::board::{BoardError, Reply};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Sends all requests through the window; the replies, in order.
fn run(
    window: &mut Window,
    line: &mut Adversary<'_>,
    now: &mut Duration,
    requests: &[Request],
) -> Result<Vec<Reply>, BoardError> {
    let mut next = requests.iter().peekable();
    let mut replies = Vec::new();
    let bound = 4000 * (requests.len() + 1);
    for _ in 0..bound {
        replies.extend(std::iter::from_fn(|| window.reply()));
        while let Some(request) = next.peek() {
            let payload = request.payload().unwrap();
            if !window.room(request.kind(), &payload) {
                break;
            }
            window.push(request.kind(), payload).unwrap();
            next.next();
        }
        if replies.len() == requests.len() {
            return Ok(replies);
        }
        let timing = window.timing();
        if let Some(frame) = window.transmit(*now) {
            line.carry(frame, *now, true, timing);
            continue;
        }
        let wake = [window.deadline(), line.next()].into_iter().flatten().min();
        *now = wake.expect("something is awaited").max(*now);
        line.deliver(*now, timing);
        while let Some(bytes) = line.back.due(*now) {
            window.receive(&bytes, *now);
        }
        if let Err(error) = window.expire(*now) {
            window.abandon();
            return Err(error);
        }
    }
    panic!("no end after {bound} steps");
}

fn fast() -> Timing {
    Timing {
        baud: 3_000_000,
        ..Timing::new(80)
    }
}

/// WRITEs of random pieces, and READs of the same ones.
fn pieces(rng: &mut ChaCha8Rng, count: usize, longest: usize) -> (Vec<Request>, Vec<Request>) {
    let mut address = 0;
    let mut piece = || {
        let length = 2 * rng.gen_range(1..=longest / 2);
        let data: Vec<u8> = (0..length).map(|_| rng.gen()).collect();
        let both = (
            Request::Write { address, data },
            Request::Read {
                address,
                length: length as u16,
            },
        );
        address += length as u32;
        both
    };
    (0..count).map(|_| piece()).unzip()
}

fn data(request: &Request) -> &[u8] {
    match request {
        Request::Write { data, .. } => data,
        _ => &[],
    }
}

/// Whether every reply to the READs has what was written.
fn check(writes: &[Request], replies: &[Reply]) {
    assert_eq!(writes.len(), replies.len());
    for (write, reply) in writes.iter().zip(replies) {
        assert_eq!(reply.status, ReplyStatus::Ok);
        assert_eq!(reply.payload, data(write));
    }
}

#[test]
fn every_way_in_which_the_first_frames_suffer() {
    let mut rng = ChaCha8Rng::seed_from_u64(seed());
    let (writes, reads) = pieces(&mut rng, 2, 8);
    let kinds = Fault::ALL.len();
    let mut repeated = 0;
    for case in 0..kinds.pow(4) {
        let faults: Vec<Fault> = (0..4)
            .map(|n| Fault::ALL[case / kinds.pow(n) % kinds])
            .collect();
        let mut fault =
            |n: usize, _: &mut ChaCha8Rng| faults.get(n).copied().unwrap_or(Fault::None);
        let mut line = adversary(case as u64, &mut fault);
        let mut window = Window::new(fast(), case as u8);
        let mut now = Duration::ZERO;
        let requests = [&writes[..1], &reads[..1]].concat();
        // One after another, as these two depend on each other.
        for request in &requests {
            let reply = run(
                &mut window,
                &mut line,
                &mut now,
                std::slice::from_ref(request),
            );
            let reply = reply.unwrap_or_else(|error| panic!("{faults:?}: {error}"));
            assert_eq!(reply[0].status, ReplyStatus::Ok, "{faults:?}");
            if let Request::Read { .. } = request {
                assert_eq!(reply[0].payload, data(&writes[0]), "{faults:?}");
            }
        }
        // Together, as these do not.
        let both = run(
            &mut window,
            &mut line,
            &mut now,
            &[writes[1].clone(), reads[0].clone()],
        );
        let both = both.unwrap_or_else(|error| panic!("{faults:?}: {error}"));
        assert_eq!(both[1].payload, data(&writes[0]), "{faults:?}");
        repeated += window.stats().frames_repeated;
    }
    assert!(repeated > 1000, "the faults were no faults: {repeated}");
}

#[test]
fn every_reply_is_right_whatever_the_line_does() {
    let seed = seed();
    let (mut done, mut failed) = (0, 0);
    for case in 0..200 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ (case << 32));
        // From an almost good line to one on which hardly a frame survives.
        let rate = [0.01, 0.05, 0.2, 0.5, 0.9][case as usize % 5];
        let longest = if case % 2 == 0 { 64 } else { MAX_DATA };
        let mut fault = |_: usize, rng: &mut ChaCha8Rng| match rng.gen_bool(rate) {
            true => Fault::ALL[rng.gen_range(1..Fault::ALL.len())],
            false => Fault::None,
        };
        let mut line = adversary(rng.gen(), &mut fault);
        let mut window = Window::new(fast(), rng.gen());
        let mut now = Duration::ZERO;
        for _ in 0..3 {
            let (writes, reads) = pieces(&mut rng, 60, longest);
            let written = run(&mut window, &mut line, &mut now, &writes);
            let read = written.and_then(|replies| {
                assert!(replies.iter().all(|reply| reply.status == ReplyStatus::Ok));
                run(&mut window, &mut line, &mut now, &reads)
            });
            match read {
                Ok(replies) => {
                    check(&writes, &replies);
                    done += 1;
                }
                Err(error) => {
                    assert!(matches!(error, BoardError::NoReply { .. }), "{error}");
                    assert!(rate > 0.2, "given up at {rate}: {error}");
                    failed += 1;
                }
            }
            // What is late by then would be from another time: no line keeps frames that long.
            now += Duration::from_millis(DELAY) + window.timing().bytes(200_000);
            line.deliver(now, fast());
            line.back.0.clear();
            line.out.0.clear();
        }
    }
    println!("{done} batches right, {failed} given up");
    assert!(done > 400, "{done}");
}

#[test]
fn a_run_is_never_started_twice() {
    let program =
        rowfuse_spec::command::encode_program(&[rowfuse_spec::Command::End(rowfuse_spec::End {
            status: 0,
            header: Default::default(),
        })])
        .unwrap();
    let write = Request::Write {
        address: 0,
        data: program,
    };
    let (mut ran, mut unknown) = (0, 0);
    // A line does not duplicate or reorder by itself.
    let faults = Fault::ALL.map(|fault| match fault {
        Fault::Duplicate | Fault::Delay => Fault::None,
        fault => fault,
    });
    for case in 0..10 * 10 * 10 * 8 {
        let chosen = [case / 8 % 10, case / 80 % 10, case / 800].map(|n: usize| faults[n]);
        let mut fault = |n: usize, _: &mut ChaCha8Rng| match n {
            0 | 1 => Fault::None,
            n => chosen.get(n - 2).copied().unwrap_or(Fault::None),
        };
        let mut line = adversary(case as u64, &mut fault);
        let mut window = Window::new(fast(), case as u8);
        let mut now = Duration::ZERO;
        run(
            &mut window,
            &mut line,
            &mut now,
            std::slice::from_ref(&write),
        )
        .unwrap();
        let run = run(
            &mut window,
            &mut line,
            &mut now,
            &[Request::Run { address: 0 }],
        );
        match run {
            Ok(_) => {
                let runs = line.far.seen.runs.load(Ordering::Relaxed);
                assert_eq!(runs, 1, "{chosen:?}");
                ran += 1;
            }
            Err(BoardError::RunUnknown(_)) => {
                let runs = line.far.seen.runs.load(Ordering::Relaxed);
                assert!(runs <= 1, "{chosen:?}");
                unknown += 1;
            }
            Err(error) => panic!("{chosen:?}: {error}"),
        }
    }
    assert!(ran > 1000 && unknown > 1000, "{ran} {unknown}");
}

#[test]
fn in_pipes_no_more_is_under_way_than_a_board_keeps() {
    let write = Request::Write {
        address: 0,
        data: vec![0; MAX_DATA],
    };
    let read = Request::Read {
        address: 0,
        length: MAX_DATA as u16,
    };
    // Pushes one kind of request for as long as there is room, and says whether there is any for the others then.
    let filled = |request: &Request, others: &[&Request]| {
        let mut window = Window::new(Timing::on(Wire::Pipes, 100), 0);
        let payload = |request: &Request| request.payload().unwrap();
        let mut count = 0;
        while window.room(request.kind(), &payload(request)) {
            window.push(request.kind(), payload(request)).unwrap();
            count += 1;
        }
        let mut others = others.iter();
        (
            count,
            others.any(|other| window.room(other.kind(), &payload(other))),
        )
    };
    // Requests of three blocks each are executed as they come: what fits are their replies, of one.
    let full = filled(&write, &[&read, &Request::Status]);
    assert_eq!(full, (REPLY_ROOM, false));
    // Their replies, of three blocks each, do not fit: what does are the requests.
    let full = filled(&read, &[&write, &Request::Status]);
    assert_eq!(full, (REQUEST_ROOM, false));
}

#[test]
fn what_is_under_way_is_bounded() {
    for baud in [115_200, 500_000, 3_000_000, 12_000_000] {
        let timing = Timing {
            baud,
            ..Timing::new(80)
        };
        for length in [2_u16, 64, MAX_DATA as u16] {
            let mut window = Window::new(timing, 0);
            let read = Request::Read { address: 0, length };
            let payload = read.payload().unwrap();
            let mut queued = 0;
            while window.room(KIND_READ, &payload) {
                window.push(KIND_READ, payload.clone()).unwrap();
                queued += HEADER_BYTES + payload.len() + CRC_BYTES;
            }
            assert!(
                (1..=1024).contains(&queued),
                "{queued} bytes in the board's queue"
            );
            assert!(!window.room(KIND_RUN, &[0; 4]) && !window.room(KIND_RATE, &[0; 4]));
            let long = [0; MAX_PAYLOAD - 4];
            assert!(!window.room(KIND_WRITE, &long), "a WRITE behind READs");
        }
        let mut window = Window::new(timing, 0);
        let mut frames = 0;
        while window.room(KIND_WRITE, &[0; 6]) {
            window.push(KIND_WRITE, vec![0; 6]).unwrap();
            frames += 1;
        }
        assert_eq!(frames, FRAMES);
    }
}

#[test]
fn a_dead_line_is_given_up() {
    let mut fault = |_: usize, _: &mut ChaCha8Rng| Fault::Lose;
    let mut line = adversary(1, &mut fault);
    let mut window = Window::new(fast(), 0);
    let mut now = Duration::ZERO;
    let (writes, _) = pieces(&mut ChaCha8Rng::seed_from_u64(1), 100, MAX_DATA);
    let error = run(&mut window, &mut line, &mut now, &writes).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no valid reply after 5 attempts; the last one: silence"
    );
    assert!(window.is_empty());
    let sent = window.stats().frames_sent;
    assert!(sent <= u64::from(ATTEMPTS) * FRAMES as u64, "{sent}");
}

#[test]
fn an_echo_is_counted_and_is_no_reply() {
    let mut window = Window::new(fast(), 41);
    window.push(KIND_INFO, vec![]).unwrap();
    let frame = window.transmit(Duration::ZERO).unwrap();
    window.receive(&frame, Duration::from_millis(1));
    assert_eq!(window.stats().echoed, 1);
    assert!(window.reply().is_none());
}
