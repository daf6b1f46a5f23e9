//! Runs on boards whose memory outlives the host, whose link fails and that are reset.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use ndarray::Array3;
use rowfuse_spec::frame::{Request, KIND_CHECKSUM, KIND_RUN, KIND_STATUS, KIND_WRITE};
use rowfuse_spec::EngineConfig;
use rowfuse_testbench::board::{Board, BoardError, Client, FunctionalBoard, Reply};

use super::*;
use crate::fault::{Exit, Fault};
use crate::network::Shape;
use crate::plan::testing::{image, random};
use crate::plan::{plan, PlanOptions};
use crate::progress::Silent;
use crate::quantise::QuantisedNetwork;
use rowfuse_spec::config::preset;

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Happens {
    /// It is answered.
    Nothing,
    /// The link was lost and is back.
    LinkBack,
    /// The board is reset and stands still; nobody is told.
    Reset,
    /// The memory loses its content; nobody is told.
    MemoryLost,
    /// The link is lost for good.
    Gone,
}

type Script = Box<dyn FnMut(u8) -> Happens + Send>;

/// A board that is shared by hosts, one after the other, and what happens to it.
struct Flaky {
    board: Arc<Mutex<FunctionalBoard>>,
    config: EngineConfig,
    script: Script,
    gone: bool,
    writes: usize,
}

impl Flaky {
    fn new(board: &Arc<Mutex<FunctionalBoard>>, config: &EngineConfig, script: Script) -> Flaky {
        Flaky {
            board: board.clone(),
            config: config.clone(),
            script,
            gone: false,
            writes: 0,
        }
    }
}

impl Board for Flaky {
    fn describe(&self) -> String {
        "flaky".into()
    }

    fn request(&mut self, kind: u8, payload: &[u8]) -> Result<Reply, BoardError> {
        self.writes += usize::from(kind == KIND_WRITE);
        let mut board = self.board.lock().unwrap();
        match (self.script)(kind) {
            _ if self.gone => {}
            Happens::Nothing => {}
            Happens::LinkBack => return Err(BoardError::Restarted("pulled out".into())),
            Happens::Reset => drop(board.request(Request::Abort.kind(), &[])?),
            Happens::MemoryLost => *board = FunctionalBoard::new(self.config.clone()).unwrap(),
            Happens::Gone => self.gone = true,
        }
        if self.gone {
            return Err(BoardError::Link("gone".into()));
        }
        board.request(kind, payload)
    }

    fn keeps_memory(&self) -> bool {
        true
    }
}

struct Case {
    network: QuantisedNetwork,
    plan: Plan,
    config: EngineConfig,
    images: Vec<Array3<u8>>,
    board: Arc<Mutex<FunctionalBoard>>,
}

fn case(images: u64) -> Case {
    let network = random(
        Shape::new(3, 12, 13),
        &[(6, false), (9, true), (7, false)],
        5,
    );
    let config = preset("small-2").unwrap();
    let plan = plan(&network, &config, &PlanOptions::default()).unwrap();
    Case {
        images: (0..images)
            .map(|seed| image(network.network.input, seed))
            .collect(),
        board: Arc::new(Mutex::new(FunctionalBoard::new(config.clone()).unwrap())),
        network,
        plan,
        config,
    }
}

impl Case {
    fn client(&self, script: impl FnMut(u8) -> Happens + Send + 'static) -> Client<Flaky> {
        let board = Flaky::new(&self.board, &self.config, Box::new(script));
        Client::connect(board, &self.config).unwrap()
    }

    fn expected(&self, index: usize) -> Array3<u8> {
        golden_output(&self.network.layers, &self.images[index], None, &Silent).unwrap()
    }

    fn run(&self, client: &mut Client<Flaky>) -> Result<RunResult, RunError> {
        let (layers, image) = (&self.network.layers, &self.images[0]);
        let options = RunOptions::default();
        run_plan(client, &self.plan, layers, image, &options, &mut |_| {
            ControlFlow::Continue(())
        })
    }

    /// Streams all images over these boards; every output must be right and come in order.
    fn stream(
        &self,
        clients: &mut [Client<Flaky>],
    ) -> (Result<StreamResult, RunError>, Vec<usize>) {
        let mut lost = Vec::new();
        let mut next = 0;
        let layers = &self.network.layers;
        let result = run_boards(clients, &self.plan, layers, &self.images, &mut |event| {
            match event {
                StreamEvent::Output { index, output } => {
                    assert_eq!(index, next, "in order");
                    assert!(output == self.expected(index), "image {index} differs");
                    next += 1;
                }
                StreamEvent::Lost { board, .. } => lost.push(board),
                _ => {}
            }
            ControlFlow::Continue(())
        });
        if let Ok(result) = &result {
            assert_eq!(
                (next, result.frames.len()),
                (self.images.len(), self.images.len())
            );
        }
        (result, lost)
    }
}

/// Something that happens once, to the `n`th request of a kind.
fn once(kind: u8, n: usize, happens: Happens) -> impl FnMut(u8) -> Happens + Send {
    let mut seen = 0;
    move |found| {
        seen += usize::from(found == kind);
        match found == kind && seen == n {
            true => {
                seen += 1;
                happens
            }
            false => Happens::Nothing,
        }
    }
}

fn nothing(_: u8) -> Happens {
    Happens::Nothing
}

#[test]
fn an_upload_survives_between_runs_and_is_taken_up_where_it_was_interrupted() {
    let case = case(1);
    let first = case.run(&mut case.client(nothing)).unwrap();
    assert_eq!((first.kept_bytes, first.mismatches()), (0, Some(0)));
    let second = case.run(&mut case.client(nothing)).unwrap();
    assert_eq!(second.written_bytes, u64::from(case.plan.input.bytes()));
    assert_eq!(
        second.kept_bytes + second.written_bytes,
        first.written_bytes
    );
    assert_eq!(second.mismatches(), Some(0));

    // A byte of the first program is another one now: that piece alone is written.
    let address = case.plan.groups[0].program_address;
    case.client(nothing).write(address, &[1, 2]).unwrap();
    let mut client = case.client(nothing);
    let third = case.run(&mut client).unwrap();
    assert_eq!(third.mismatches(), Some(0));
    let program = case.plan.groups[0].program.len() as u64;
    assert_eq!(third.written_bytes, second.written_bytes + program);

    // Interrupted in the middle.
    *case.board.lock().unwrap() = FunctionalBoard::new(case.config.clone()).unwrap();
    let mut client = case.client(once(KIND_WRITE, 4, Happens::Gone));
    assert!(case.run(&mut client).is_err());
    let resumed = case.run(&mut case.client(nothing)).unwrap();
    assert!(resumed.kept_bytes > 0 && resumed.mismatches() == Some(0));
}

#[test]
fn whatever_happens_at_whichever_request_the_answer_is_right_or_there_is_an_error() {
    let case = case(1);
    let mut outcomes = [0; 2];
    for happens in [
        Happens::LinkBack,
        Happens::Reset,
        Happens::MemoryLost,
        Happens::Gone,
    ] {
        for kind in [KIND_WRITE, KIND_RUN, KIND_STATUS, KIND_CHECKSUM] {
            for n in 1..9 {
                *case.board.lock().unwrap() = FunctionalBoard::new(case.config.clone()).unwrap();
                let mut client = case.client(once(kind, n, happens));
                match case.run(&mut client) {
                    Ok(result) => {
                        assert!(result.output == case.expected(0), "{happens:?} {kind} {n}");
                        assert_eq!(result.mismatches(), Some(0));
                        outcomes[0] += 1;
                    }
                    Err(error) => {
                        let silent = [Happens::MemoryLost, Happens::Gone].contains(&happens);
                        assert!(silent, "{happens:?} {kind} {n}: {error}");
                        outcomes[1] += 1;
                    }
                }
            }
        }
    }
    println!("{} right, {} reported", outcomes[0], outcomes[1]);
    assert!(outcomes[0] > 0 && outcomes[1] > 0);
}

#[test]
fn a_link_that_fails_every_time_is_an_error_in_the_end() {
    let case = case(1);
    let mut client = case.client(|kind| match kind {
        KIND_RUN => Happens::LinkBack,
        _ => Happens::Nothing,
    });
    let error = case.run(&mut client).unwrap_err();
    assert!(
        matches!(error, RunError::Board(BoardError::Restarted(_))),
        "{error}"
    );
}

#[test]
fn a_program_that_fails_every_time_is_the_boards_fault() {
    let case = case(2);
    let lost = |kind| match kind {
        KIND_RUN => Happens::MemoryLost,
        _ => Happens::Nothing,
    };
    let alone = case.run(&mut case.client(lost)).unwrap_err();
    let streamed = case.stream(&mut [case.client(lost)]).0.unwrap_err();
    for error in [alone, streamed] {
        assert!(
            matches!(error, RunError::Program { attempts: 4, .. }),
            "{error}"
        );
        assert_eq!((error.code(), error.exit()), ("run.program", Exit::Link));
    }
}

#[test]
fn boards_share_a_batch_and_take_over_from_one_that_fails() {
    let case = case(7);
    let other = FunctionalBoard::new(case.config.clone()).unwrap();
    let other = Arc::new(Mutex::new(other));
    for n in 1..7 {
        for happens in [Happens::Gone, Happens::LinkBack, Happens::Reset] {
            let script = Box::new(once(KIND_RUN, n, happens));
            let flaky = Flaky::new(&other, &case.config, script);
            let flaky = Client::connect(flaky, &case.config).unwrap();
            let mut clients = [case.client(nothing), flaky];
            let (result, lost) = case.stream(&mut clients);
            let result = result.unwrap();
            let of_first = result
                .frames
                .iter()
                .filter(|frame| frame.board == 0)
                .count();
            assert!(of_first > 0 || lost.is_empty());
            assert!(happens == Happens::Gone || lost.is_empty());
        }
    }
    // All of them fail.
    let mut clients = [
        case.client(once(KIND_RUN, 1, Happens::Gone)),
        case.client(once(KIND_RUN, 1, Happens::Gone)),
    ];
    let (result, lost) = case.stream(&mut clients);
    assert!(matches!(result, Err(RunError::Board(BoardError::Link(_)))));
    assert_eq!(lost.len(), 1);
}

#[test]
fn a_stream_hands_on_no_output_of_a_memory_that_was_lost() {
    let case = case(3);
    let mut right = 0;
    for n in 1..60 {
        *case.board.lock().unwrap() = FunctionalBoard::new(case.config.clone()).unwrap();
        let mut seen = 0;
        let script = move |_| {
            seen += 1;
            match seen == n {
                true => Happens::MemoryLost,
                false => Happens::Nothing,
            }
        };
        // Every output is compared there.
        let (result, _) = case.stream(&mut [case.client(script)]);
        match result {
            Ok(_) => right += 1,
            Err(RunError::Memory { .. }) => {}
            Err(error) => panic!("request {n}: {error}"),
        }
    }
    println!("{right} of 59 right in the end");
    assert!(right > 9);
}

#[test]
fn a_break_stops_all_boards() {
    let case = case(6);
    let other = Arc::new(Mutex::new(
        FunctionalBoard::new(case.config.clone()).unwrap(),
    ));
    let second = Flaky::new(&other, &case.config, Box::new(nothing));
    let second = Client::connect(second, &case.config).unwrap();
    let mut clients = [case.client(nothing), second];
    let mut outputs = 0;
    let layers = &case.network.layers;
    let result = run_boards(
        &mut clients,
        &case.plan,
        layers,
        &case.images,
        &mut |event| {
            outputs += usize::from(matches!(event, StreamEvent::Output { .. }));
            match outputs {
                2 => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        },
    );
    assert!(matches!(
        result,
        Err(RunError::Board(BoardError::Interrupted))
    ));
    for client in &mut clients {
        assert!(!client.status().unwrap().busy);
    }
}
