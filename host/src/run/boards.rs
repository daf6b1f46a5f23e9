//! One batch on several boards.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::mpsc::{channel, Receiver, Sender};
use std::thread;
use std::time::Instant;

use ndarray::Array3;
use rowfuse_testbench::board::{Board, BoardError, Client};

use super::stream::{share, Batch, Part};
use super::{RunError, StreamEvent, StreamEvents, StreamResult};
use crate::plan::Plan;
use crate::quantise::QuantisedConv;

/// Runs a plan on images as [`super::run_stream`] does, on several boards at once: each takes the next image that nobody has begun.
/// The images of a board that fails go to the others, and [`StreamEvent::Lost`] says so. Outputs are handed to `events` in order.
///
/// # Errors
/// As [`super::run_stream`]; a board's failure only if no board is left, or if answers that it gave cannot be trusted.
pub fn run_boards<B: Board + Send>(
    clients: &mut [Client<B>],
    plan: &Plan,
    layers: &[QuantisedConv],
    images: &[Array3<u8>],
    events: StreamEvents<'_>,
) -> Result<StreamResult, RunError> {
    for client in clients.iter() {
        plan.check(client.info().config_id)?;
    }
    let batch = Batch::new(plan, layers, images)?;
    let started = Instant::now();
    let (parts, failed) = thread::scope(|scope| {
        let (sender, receiver) = channel();
        let boards = clients.len();
        for (board, client) in clients.iter_mut().enumerate() {
            let (sender, batch) = (sender.clone(), &batch);
            scope.spawn(move || run_board(board, client, batch, &sender));
        }
        drop(sender);
        Gather::new(&batch, boards).all(receiver, events)
    });
    match failed {
        Some(error) => Err(error),
        None => Ok(batch.result(parts, started)),
    }
}

/// What a board's thread says.
enum Said {
    Event(StreamEvent),
    End {
        board: usize,
        part: Part,
        done: Result<(), RunError>,
    },
}

fn run_board<B: Board>(board: usize, client: &mut Client<B>, batch: &Batch, sender: &Sender<Said>) {
    // Who listens stops the batch before it stops listening.
    let mut events = |event| {
        let _ = sender.send(Said::Event(event));
        match batch.work.is_stopped() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    };
    let (part, done) = share(board, client, batch, &mut events);
    let _ = sender.send(Said::End { board, part, done });
}

/// Puts together what the boards say.
struct Gather<'a> {
    batch: &'a Batch,
    /// Boards at work.
    left: usize,
    parts: Vec<Part>,
    /// Outputs that came before those of earlier images.
    early: BTreeMap<usize, Array3<u8>>,
    next: usize,
    failed: Option<RunError>,
}

impl<'a> Gather<'a> {
    fn new(batch: &'a Batch, boards: usize) -> Self {
        Gather {
            batch,
            left: boards,
            parts: Vec::new(),
            early: BTreeMap::new(),
            next: 0,
            failed: None,
        }
    }

    fn all(
        mut self,
        receiver: Receiver<Said>,
        events: StreamEvents<'_>,
    ) -> (Vec<Part>, Option<RunError>) {
        for said in receiver {
            let flow = match said {
                Said::Event(StreamEvent::Output { index, output }) => {
                    self.early.insert(index, output);
                    self.in_order(events)
                }
                Said::Event(event) => events(event),
                Said::End { board, part, done } => self.end(board, part, done, events),
            };
            if flow.is_break() && !self.batch.work.is_stopped() {
                self.batch.work.stop();
                self.failed = Some(BoardError::Interrupted.into());
            }
        }
        (self.parts, self.failed)
    }

    /// Hands on the outputs whose turn it is.
    fn in_order(&mut self, events: StreamEvents<'_>) -> ControlFlow<()> {
        while let Some(output) = self.early.remove(&self.next) {
            let index = self.next;
            self.next += 1;
            events(StreamEvent::Output { index, output })?;
        }
        ControlFlow::Continue(())
    }

    fn end(
        &mut self,
        board: usize,
        part: Part,
        done: Result<(), RunError>,
        events: StreamEvents<'_>,
    ) -> ControlFlow<()> {
        self.parts.push(part);
        self.left -= 1;
        let Err(error) = done else {
            return ControlFlow::Continue(());
        };
        if self.failed.is_some() {
            return ControlFlow::Continue(());
        }
        let reason = error.to_string();
        let needed = self.left == 0 && !self.batch.work.is_done();
        if needed || matches!(error, RunError::Memory { .. }) {
            self.batch.work.stop();
            self.failed = Some(error);
            return ControlFlow::Continue(());
        }
        events(StreamEvent::Lost { board, reason })
    }
}
