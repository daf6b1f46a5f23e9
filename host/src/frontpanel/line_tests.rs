//! The link over pipes that a test has in its hand, with a board behind them that has no more room than it must.

use super::line::{ModuleLine, Shared};
use super::pump::{pump, Pipes, Replies};
use super::watch::Task;
use crate::serial::{Connect, Line, Opening, Options, SerialBoard, SerialError, Wire};
use proptest::prelude::*;
use rowfuse_spec::config::preset;
use rowfuse_spec::frame::{Frame, MAX_PAYLOAD};
use rowfuse_spec::pipes::{fill, BLOCK_BYTES, FILL, WIRE_BLOCKS};
use rowfuse_stand_in::Module;
use rowfuse_testbench::board::{Board, BoardError, Client};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A module, and the number of the transfer that goes wrong; the transfers so far.
struct Far {
    module: Module,
    fails: u64,
    transfers: u64,
}

impl Far {
    fn transfer(&mut self) -> Result<(), String> {
        self.transfers += 1;
        match self.transfers == self.fails {
            true => Err("it fails".into()),
            false => Ok(()),
        }
    }
}

/// Its pipes.
struct FarPipes(Arc<Mutex<Far>>);

impl Pipes for FarPipes {
    fn write(&mut self, blocks: &mut [u8]) -> Result<(), String> {
        let mut far = self.0.lock().unwrap();
        far.transfer()?;
        assert!(!blocks.is_empty() && blocks.len().is_multiple_of(BLOCK_BYTES));
        match far.module.write(blocks).unwrap() == blocks.len() {
            true => Ok(()),
            false => Err("the board does not go on".into()),
        }
    }

    fn waiting(&mut self) -> usize {
        let mut far = self.0.lock().unwrap();
        far.module.update().unwrap();
        far.module.wire(WIRE_BLOCKS).into()
    }

    fn read(&mut self, blocks: &mut [u8]) -> Result<(), String> {
        let mut far = self.0.lock().unwrap();
        far.transfer()?;
        match far.module.read(blocks).unwrap() == blocks.len() {
            true => Ok(()),
            false => Err("more is read than waits".into()),
        }
    }

    fn is_there(&mut self) -> bool {
        true
    }
}

#[derive(Clone)]
struct FarPort(Arc<Mutex<Far>>);

impl FarPort {
    fn new(filler: usize, fails: u64) -> FarPort {
        let module = Module::new("tiny-1", filler, true).unwrap();
        FarPort(Arc::new(Mutex::new(Far {
            module,
            fails,
            transfers: 0,
        })))
    }

    fn open(&self) -> Client<SerialBoard> {
        let config = preset("tiny-1").unwrap();
        let options = Options {
            timeout: Duration::from_secs(20),
            ..Options::default()
        };
        let board = SerialBoard::open(Box::new(self.clone()), &config, options).unwrap();
        Client::connect(board, &config).unwrap()
    }
}

impl Connect for FarPort {
    fn name(&self) -> String {
        "ok:TEST".into()
    }

    fn wire(&self) -> Wire {
        Wire::Pipes
    }

    fn connect(&mut self) -> Opening<'_> {
        let mut pipes = FarPipes(self.0.clone());
        let shared = Arc::<Shared>::default();
        let there = shared.clone();
        let task = Task::begin(move |watch, done| {
            done(ModuleLine::new(&there, watch));
            pump(&mut pipes, &there);
            there.end();
        });
        Box::pin(async move {
            let task = task?;
            loop {
                if let Some(line) = task.poll()? {
                    return Ok::<Box<dyn Line>, SerialError>(Box::new(line));
                }
                tokio::task::yield_now().await;
            }
        })
    }
}

fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|n| (n * 7 % 251) as u8).collect()
}

#[test]
fn a_board_with_no_more_room_than_it_must_have_is_never_stuck() {
    for filler in [0, 3] {
        let mut client = FarPort::new(filler, 0).open();
        assert_eq!(client.board().describe(), "ok:TEST (pipes of FrontPanel)");
        let written = bytes(30_000);
        client.write(1000, &written).unwrap();
        assert_eq!(client.read(1000, written.len()).unwrap(), written);
        let sums = client.checksums(&[(1000, 30_000), (1000, 2)]).unwrap();
        assert_eq!(sums.len(), 2);
        client.abort().unwrap();
        let counters = client.board().line_counters();
        assert!(counters.iter().all(|(name, _)| *name != "baud"));
        let stats = client.board().stats();
        // Filling is not counted as anything.
        assert_eq!((stats.restarts, stats.skipped, stats.damaged), (0, 0, 0));
        assert_eq!(stats.payload_sent, written.len() as u64);
    }
}

#[test]
fn a_transfer_that_fails_ends_in_a_restart_and_nothing_else() {
    // The first transfers are those of opening, where a failure is the answer.
    for fails in (5..40).step_by(7) {
        let port = FarPort::new(0, fails);
        let mut client = port.open();
        // At most four frames are under way, so this takes forty transfers at the least.
        let written = bytes(40_000);
        let mut restarted = 0;
        let mut again = |done: Result<Vec<u8>, BoardError>| match done {
            Err(BoardError::Restarted(reason)) => {
                assert_eq!(reason, "the line to ok:TEST was cut: it fails");
                restarted += 1;
                None
            }
            done => Some(done.unwrap()),
        };
        let read = loop {
            let done = client.write(0, &written);
            if again(done.map(|()| Vec::new())).is_none() {
                continue;
            }
            if let Some(read) = again(client.read(0, written.len())) {
                break read;
            }
        };
        assert_eq!(read, written);
        assert_eq!(restarted, 1, "transfer {fails}");
        assert_eq!(client.board().stats().restarts, 1);
    }
}

#[test]
fn a_failure_while_it_is_opened_is_told() {
    let config = preset("tiny-1").unwrap();
    let port = FarPort::new(0, 1);
    let error = SerialBoard::open(Box::new(port), &config, Options::default()).err();
    let error = error.unwrap();
    assert!(matches!(error, SerialError::Cut { .. }), "{error}");
}

proptest! {
    #[test]
    fn filling_is_dropped_between_frames_and_kept_within(
        frames in prop::collection::vec((0..MAX_PAYLOAD, any::<u8>(), 0..3usize), 1..6),
        step in 1..5usize,
    ) {
        let mut blocks = Vec::new();
        let mut expected = Vec::new();
        for (length, seq, filler) in frames {
            let frame = Frame { kind: 1, seq, status: 0, payload: vec![FILL; length] };
            let encoded = frame.encode().unwrap();
            expected.extend_from_slice(&encoded);
            blocks.extend(encoded);
            if filler > 0 {
                fill(&mut blocks);
                blocks.extend(vec![FILL; (filler - 1) * BLOCK_BYTES]);
            }
        }
        fill(&mut blocks);
        let mut replies = Replies::default();
        let pieces = blocks.chunks(step * BLOCK_BYTES);
        let found: Vec<u8> = pieces.flat_map(|piece| replies.without_filling(piece)).collect();
        prop_assert_eq!(found, expected);
    }
}
