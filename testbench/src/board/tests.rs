//! The link: what is damaged on the wire is detected, retried where safe, and otherwise reported.
#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;
use std::time::Duration;

use rowfuse_spec::command::{encode_program, COMMAND_BYTES};
use rowfuse_spec::config::preset;
use rowfuse_spec::frame::{Frame, ReplyStatus, Request, KIND_INFO, KIND_NAK, KIND_RATE, KIND_RUN};
use rowfuse_spec::uart::MIN_INCREMENT;
use rowfuse_spec::{Command, End, EngineConfig};

use super::functional::FunctionalBoard;
use super::*;

/// What happens to the n-th frame sent or received.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    LoseRequest,
    DamageRequest,
    LoseReply,
    DamageReply,
    OldReply,
}

/// A functional board behind a faulty wire.
struct Faulty {
    exchange: Exchange,
    wire: FaultyWire,
}

struct FaultyWire {
    board: FunctionalBoard,
    faults: Vec<Fault>,
    replies: Vec<u8>,
    requests: usize,
}

impl Faulty {
    fn new(faults: &[Fault]) -> Faulty {
        let board = FunctionalBoard::new(preset("tiny-1").unwrap()).unwrap();
        let faults = faults.iter().rev().copied().collect();
        let wire = FaultyWire {
            board,
            faults,
            replies: Vec::new(),
            requests: 0,
        };
        Faulty {
            exchange: Exchange::new(),
            wire,
        }
    }
}

impl Board for Faulty {
    fn describe(&self) -> String {
        "faulty".into()
    }

    fn request(&mut self, kind: u8, payload: &[u8]) -> Result<Reply, BoardError> {
        self.exchange.request(&mut self.wire, kind, payload)
    }
}

impl Wire for FaultyWire {
    fn send(&mut self, bytes: &[u8]) -> Result<(), BoardError> {
        self.requests += 1;
        let fault = self.faults.pop().unwrap_or(Fault::None);
        let mut bytes = bytes.to_vec();
        match fault {
            Fault::LoseRequest => return Ok(()),
            Fault::DamageRequest => bytes[2] ^= 0x10,
            Fault::OldReply => {
                let old = Frame::request(bytes[1], bytes[2].wrapping_sub(1), vec![]);
                self.replies = old.reply(ReplyStatus::Busy, vec![]).encode().unwrap();
            }
            _ => {}
        }
        let mut reply = self.board.exchange_bytes(&bytes);
        match fault {
            Fault::LoseReply => reply.clear(),
            Fault::DamageReply => reply[2] ^= 1,
            _ => {}
        }
        self.replies.extend(reply);
        Ok(())
    }

    fn receive(&mut self) -> Result<Vec<u8>, BoardError> {
        Ok(std::mem::take(&mut self.replies))
    }

    fn resynchronise(&mut self) -> Result<(), BoardError> {
        self.replies.clear();
        Ok(())
    }
}

#[test]
fn every_single_fault_is_retried() {
    for fault in [
        Fault::None,
        Fault::LoseRequest,
        Fault::DamageRequest,
        Fault::LoseReply,
        Fault::DamageReply,
        Fault::OldReply,
    ] {
        let mut board = Faulty::new(&[fault, fault]);
        let reply = board.request(KIND_INFO, &[]).unwrap();
        assert_eq!(
            (reply.status, reply.payload.len()),
            (ReplyStatus::Ok, 16),
            "{fault:?}"
        );
        let clean = matches!(fault, Fault::None | Fault::OldReply);
        assert_eq!(board.wire.requests, if clean { 1 } else { 3 }, "{fault:?}");
    }
}

#[test]
fn a_dead_link_is_reported() {
    for (fault, last) in [
        (Fault::LoseRequest, "silence"),
        (Fault::DamageRequest, "the board received a damaged frame"),
        (Fault::LoseReply, "silence"),
    ] {
        let error = Faulty::new(&[fault; 9])
            .request(KIND_INFO, &[])
            .unwrap_err();
        let expected = format!("no valid reply after 4 attempts; the last one: {last}");
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn run_is_repeated_only_if_it_was_refused() {
    let address = [0; 4];
    let mut board = Faulty::new(&[Fault::DamageRequest]);
    assert_eq!(
        board.request(KIND_RUN, &address).unwrap().status,
        ReplyStatus::Ok
    );
    assert_eq!(board.wire.requests, 2);
    for fault in [Fault::LoseRequest, Fault::LoseReply, Fault::DamageReply] {
        let mut board = Faulty::new(&[fault]);
        assert!(matches!(
            board.request(KIND_RUN, &address),
            Err(BoardError::NoReply { attempts: 1, .. })
        ));
        assert_eq!(board.wire.requests, 1, "{fault:?}");
    }
}

#[test]
fn a_board_answers_damage_and_nonsense() {
    let mut board = FunctionalBoard::new(preset("tiny-1").unwrap()).unwrap();
    let mut ask = |bytes: &[u8]| {
        let reply = board.exchange_bytes(bytes);
        if reply.is_empty() {
            None
        } else {
            Some(Frame::decode(&reply).unwrap())
        }
    };
    let good = Request::Info.frame(5).unwrap().encode().unwrap();
    for cut in 0..good.len() {
        assert_eq!(ask(&good[..cut]), None);
        // The rest completes the frame: nothing was lost by waiting.
        assert_eq!(ask(&good[cut..]).unwrap().seq, 5);
    }
    let mut bad = good.clone();
    bad[3] ^= 4;
    let nak = ask(&bad).unwrap();
    assert_eq!(
        (nak.kind, nak.status),
        (KIND_NAK, ReplyStatus::BadCrc as u8)
    );
    let unknown = Frame::request(0x77, 1, vec![]).encode().unwrap();
    assert_eq!(
        ask(&unknown).unwrap().status,
        ReplyStatus::UnknownKind as u8
    );
    let long = Frame::request(KIND_INFO, 1, vec![0]).encode().unwrap();
    assert_eq!(ask(&long).unwrap().status, ReplyStatus::BadLength as u8);
    let odd = Frame::request(KIND_RUN, 1, vec![1, 0, 0, 0])
        .encode()
        .unwrap();
    assert_eq!(ask(&odd).unwrap().status, ReplyStatus::BadAddress as u8);
    // There is no serial port, but the rules are the same.
    for (increment, status) in [
        (MIN_INCREMENT, ReplyStatus::Ok),
        (MIN_INCREMENT - 1, ReplyStatus::BadRate),
    ] {
        let rate = Frame::request(KIND_RATE, 1, increment.to_le_bytes().to_vec());
        let reply = ask(&rate.encode().unwrap()).unwrap();
        assert_eq!((reply.status, reply.payload.len()), (status as u8, 0));
    }
}

#[test]
fn the_client_refuses_another_board() {
    let board = || FunctionalBoard::new(preset("small-2").unwrap()).unwrap();
    assert!(Client::connect(board(), &preset("small-2").unwrap()).is_ok());
    let error = Client::connect(board(), &preset("small-4").unwrap()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the board's number of lanes is 2, but 4 is needed"
    );
    let mut other = preset("small-2").unwrap();
    other.weight_depth = 64;
    let error = Client::connect(board(), &other).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("the board's configuration is 0x"),
        "{error}"
    );
}

#[test]
fn memory_is_written_and_read_in_pieces() {
    let config = preset("tiny-1").unwrap();
    memory_in_pieces(FunctionalBoard::new(config.clone()).unwrap(), &config);
}

/// Any board's memory, zero at first, to its end.
pub(super) fn memory_in_pieces(board: impl Board, config: &EngineConfig) {
    let mut client = Client::connect(board, config).unwrap();
    let bytes: Vec<u8> = (0..2500u32).map(|n| ((n * 7) >> 2) as u8).collect();
    client.write(0x1234, &bytes).unwrap();
    assert_eq!(client.read(0x1234, 2500).unwrap(), bytes);
    assert_eq!(client.read(0x1232, 2).unwrap(), [0, 0]);
    assert!(matches!(
        client.write(1, &[0; 2]),
        Err(BoardError::Odd { .. })
    ));
    assert!(matches!(client.read(0, 3), Err(BoardError::Odd { .. })));
    let end = config.memory_bytes as u32 - 2;
    client.write(end, &[1, 2]).unwrap();
    assert!(client.write(end, &[1, 2, 3, 4]).is_err());
    let mut seen = Vec::new();
    let mut second_frame = |done| {
        seen.push(done);
        if done > 1024 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let stop = client.write_with(0, &bytes, &mut second_frame);
    assert!(matches!(stop, Err(BoardError::Interrupted)));
    let stop = client.read_with(0, 4096, &mut second_frame);
    assert!(matches!(stop, Err(BoardError::Interrupted)));
    assert_eq!(seen, [1024, 2048, 1024, 2048]);
}

/// A board whose program never ends.
struct Endless(FunctionalBoard);

impl Board for Endless {
    fn describe(&self) -> String {
        "endless".into()
    }

    fn request(&mut self, kind: u8, payload: &[u8]) -> Result<Reply, BoardError> {
        let mut reply = self.0.request(kind, payload)?;
        if kind == rowfuse_spec::frame::KIND_STATUS {
            reply.payload[0] = 1;
        }
        Ok(reply)
    }
}

/// A program that does nothing but end.
fn program(status: u32) -> Vec<u8> {
    encode_program(&[Command::End(End {
        status,
        ..End::default()
    })])
    .unwrap()
}

/// Programs that end well, with a status of their own, and because they are none, on any board.
pub(super) fn programs_end(board: impl Board, config: &EngineConfig) {
    let go_on = &mut |_: &_| ControlFlow::Continue(());
    let mut client = Client::connect(board, config).unwrap();
    client.write(64, &program(0)).unwrap();
    let status = client.run(64, go_on).unwrap();
    assert_eq!(status.counters.0[6..], [32, 0, 0, 0, 1]);
    client.write(64, &program(9)).unwrap();
    assert!(matches!(
        client.run(64, go_on),
        Err(BoardError::Program { status: 9 })
    ));
    let empty = client.run(64 + COMMAND_BYTES as u32, go_on).unwrap_err();
    assert_eq!(
        empty.to_string(),
        "the program ended with status 0xffff: an invalid opcode or an illegal command"
    );
}

#[test]
fn programs_are_run_interrupted_and_given_up() {
    let config = preset("tiny-1").unwrap();
    let board = || FunctionalBoard::new(config.clone()).unwrap();
    let go_on = &mut |_: &_| ControlFlow::Continue(());
    programs_end(board(), &config);

    let mut client = Client::connect(Endless(board()), &config).unwrap();
    client.write(0, &program(0)).unwrap();
    let mut seen = 0;
    let stop = client.run(0, &mut |_| {
        seen += 1;
        if seen == 3 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    assert!(matches!(stop, Err(BoardError::Interrupted)));
    assert_eq!(seen, 3);
    let mut client = client.with_limits(Limits {
        stall: Duration::ZERO,
    });
    assert!(matches!(
        client.run(0, go_on),
        Err(BoardError::Stalled { .. })
    ));
}
