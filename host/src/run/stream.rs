//! Images back to back: while the board computes one, the last one's output is read and the next one is written.

use std::ops::ControlFlow;
use std::time::Instant;

use ndarray::Array3;
use rowfuse_spec::counters::{Counter, Counters};
use rowfuse_testbench::board::{Board, BoardError, Client};

use super::again::{begins_again, check_counters, given_up, stopped, ATTEMPTS};
use super::stream_events::{FrameResult, StreamEvent, StreamEvents, StreamResult};
use super::upload::{confirm, upload};
use super::work::Work;
use super::{packed, unpacked, RunError};
use crate::plan::mapping::Crop;
use crate::plan::{constants, stream, Group, Plan, Segment, Stream};
use crate::quantise::QuantisedConv;

/// Runs a plan on one image after the other (each channels × rows × columns), one program an image. Programs and constants are
/// written once. Outputs are handed to `events`, one image behind the one that is computed; [`super::compare_beside`] compares them there.
///
/// If the link is lost and comes back, images without an output begin again.
///
/// # Errors
/// As [`super::run_plan`]; also if the memory has no room for two frames, or the host is needed between two groups.
pub fn run_stream<B: Board>(
    client: &mut Client<B>,
    plan: &Plan,
    layers: &[QuantisedConv],
    images: &[Array3<u8>],
    events: StreamEvents<'_>,
) -> Result<StreamResult, RunError> {
    plan.check(client.info().config_id)?;
    let batch = Batch::new(plan, layers, images)?;
    let started = Instant::now();
    let (part, done) = share(0, client, &batch, events);
    done?;
    Ok(batch.result(vec![part], started))
}

/// Runs a board's share of a batch; what it did, and how that ended.
pub(super) fn share<B: Board>(
    board: usize,
    client: &mut Client<B>,
    batch: &Batch,
    events: StreamEvents<'_>,
) -> (Part, Result<(), RunError>) {
    let mut streamer = Streamer {
        board,
        client: &mut *client,
        batch,
        events,
        begun: Vec::new(),
        part: Part::default(),
    };
    let done = streamer.run();
    let part = streamer.part;
    (part, stopped(client, done))
}

/// What is the same for all boards.
pub(super) struct Batch {
    stream: Stream,
    /// Constants and both programs.
    segments: Vec<Segment>,
    /// How many constants come before the programs.
    programs: usize,
    /// Which of an output's results count, if not all do.
    crop: Option<Crop>,
    /// Images as they lie in memory.
    inputs: Vec<Vec<u8>>,
    pub(super) work: Work,
}

impl Batch {
    pub(super) fn new(
        plan: &Plan,
        layers: &[QuantisedConv],
        images: &[Array3<u8>],
    ) -> Result<Batch, RunError> {
        let stream = stream(plan)?;
        let inputs = images
            .iter()
            .map(|image| packed(&plan.input, &*plan.lay_out(image)?));
        // The groups' own programs are not run.
        let constants = constants(plan, layers, plan.groups.len())?.into_iter();
        let mut segments: Vec<Segment> = constants
            .filter(|segment| !plan.has_program_at(segment.address))
            .collect();
        let programs = segments.len();
        for frame in &stream.frames {
            segments.push(Segment {
                what: "program of an image".into(),
                address: frame.program_address,
                bytes: frame.program.clone(),
            });
        }
        Ok(Batch {
            inputs: inputs.collect::<Result<_, _>>()?,
            work: Work::new(images.len()),
            crop: plan.groups.last().and_then(Group::crop).copied(),
            programs,
            segments,
            stream,
        })
    }

    /// What came of all, of what each board did.
    pub(super) fn result(&self, parts: Vec<Part>, started: Instant) -> StreamResult {
        let sum = |of: fn(&Part) -> u64| parts.iter().map(of).sum();
        let (written_bytes, kept_bytes) = (sum(|part| part.written), sum(|part| part.kept));
        let read_bytes = sum(|part| part.read);
        let mut frames: Vec<_> = parts.into_iter().flat_map(|part| part.frames).collect();
        frames.sort_by_key(|&(index, _)| index);
        StreamResult {
            frames: frames.into_iter().map(|(_, frame)| frame).collect(),
            predicted_cycles: self.stream.prediction.cycles,
            written_bytes,
            kept_bytes,
            read_bytes,
            wall_seconds: started.elapsed().as_secs_f64(),
        }
    }
}

/// What one board did.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// Images whose output was delivered, with their places in the batch.
    frames: Vec<(usize, FrameResult)>,
    written: u64,
    kept: u64,
    read: u64,
}

/// One board's share of a batch.
struct Streamer<'a, B: Board> {
    board: usize,
    client: &'a mut Client<B>,
    batch: &'a Batch,
    events: StreamEvents<'a>,
    /// Images taken whose output is not delivered, with what is known of them, in order.
    begun: Vec<(usize, Option<FrameResult>)>,
    part: Part,
}

impl<B: Board> Streamer<'_, B> {
    /// Runs images as long as there are any. Whatever goes wrong, images without an output are given back.
    fn run(&mut self) -> Result<(), RunError> {
        let mut failures = 0;
        loop {
            let before = self.part.frames.len();
            let Err(error) = self.attempt() else {
                return Ok(());
            };
            let begun = self.begun.drain(..).map(|(index, _)| index);
            self.batch.work.give_back(begun.collect());
            if self.part.frames.len() > before {
                failures = 0;
            }
            failures += 1;
            if !begins_again(self.client, &error) {
                return Err(error);
            }
            if failures == ATTEMPTS {
                return Err(given_up(self.client, error));
            }
            let reason = error.to_string();
            self.tell(StreamEvent::Again { reason })?;
        }
    }

    fn attempt(&mut self) -> Result<(), RunError> {
        let (segments, events) = (&self.batch.segments, &mut self.events);
        let total = segments.iter().map(|s| s.bytes.len() as u64).sum();
        let uploaded = upload(self.client, segments, &mut |done| {
            events(StreamEvent::Upload { done, total })
        })?;
        self.part.written += uploaded.written;
        self.part.kept += uploaded.kept;
        // It may have been lost while it was written.
        self.memory_stands(0)?;
        self.images()?;
        confirm(self.client, segments)
    }

    fn images(&mut self) -> Result<(), RunError> {
        let frames = &self.batch.stream.frames;
        let mut idle_before = None;
        let mut slot = 0;
        let mut next = self.take(Work::wait);
        if let Some(index) = next {
            self.prepare(index, slot)?;
        }
        while let Some(index) = next {
            self.client.start(frames[slot].program_address)?;
            // Between two starts the board stands still only from one frame's end to the next one's start.
            let idle = self.client.idle_cycles();
            let idle_cycles = idle.zip(idle_before).map(|(now, then)| now - then);
            if let Some((_, Some(last))) = self.begun.first_mut() {
                last.idle_cycles = idle_cycles;
            }
            idle_before = idle;
            let last = self.computed();
            next = self.take(Work::take);
            // The next frame cannot start before they are done, so nobody needs to know meanwhile whether this one is.
            // First the output, which the classifier waits for.
            if let Some(last) = last {
                self.deliver(last, 1 - slot)?;
            }
            if let Some(next) = next {
                self.prepare(next, 1 - slot)?;
            }
            let counters = self.finish(index)?;
            if let Some((_, result)) = self.begun.iter_mut().find(|(begun, _)| *begun == index) {
                *result = Some(FrameResult {
                    board: self.board,
                    counters,
                    idle_cycles: None,
                });
            }
            if next.is_none() {
                // No frame is left that the output could be read beside.
                self.deliver(index, slot)?;
                next = self.take(Work::wait);
                if let Some(next) = next {
                    self.prepare(next, 1 - slot)?;
                }
            }
            slot = 1 - slot;
        }
        Ok(())
    }

    /// Takes an image.
    fn take(&mut self, from: fn(&Work) -> Option<usize>) -> Option<usize> {
        let index = from(&self.batch.work)?;
        self.begun.push((index, None));
        Some(index)
    }

    /// The image that is computed and whose output is not delivered.
    fn computed(&self) -> Option<usize> {
        let mut begun = self.begun.iter();
        begun.find_map(|(index, result)| result.as_ref().map(|_| *index))
    }

    /// Reads an image's output from that one of the two frames, and hands it on.
    fn deliver(&mut self, index: usize, slot: usize) -> Result<(), RunError> {
        let (map, events) = (self.batch.stream.frames[slot].output, &mut self.events);
        let bytes = self
            .client
            .read_with(map.base, map.bytes() as usize, &mut |_| {
                events(StreamEvent::Moved)
            })?;
        let mut output = unpacked(&map, &bytes)?;
        if let Some(crop) = &self.batch.crop {
            output = crop.apply(&output)?;
        }
        // If the memory was lost meanwhile, so were the programs, which nothing restores.
        self.memory_stands(self.batch.programs)?;
        self.part.read += bytes.len() as u64;
        if let Some(place) = self.begun.iter().position(|(begun, _)| *begun == index) {
            if let (index, Some(result)) = self.begun.remove(place) {
                self.part.frames.push((index, result));
            }
        }
        self.batch.work.delivered();
        self.tell(StreamEvent::Output { index, output })
    }

    /// Writes an image's input into that one of the two frames.
    fn prepare(&mut self, index: usize, slot: usize) -> Result<(), RunError> {
        let (base, input) = (
            self.batch.stream.frames[slot].input.base,
            &self.batch.inputs[index],
        );
        let events = &mut self.events;
        self.client
            .write_with(base, input, &mut |_| events(StreamEvent::Moved))?;
        self.part.written += input.len() as u64;
        Ok(())
    }

    /// Makes sure that the memory has not been lost: from that segment on everything still stands there.
    fn memory_stands(&mut self, from: usize) -> Result<(), RunError> {
        match confirm(self.client, &self.batch.segments[from..]) {
            Err(error @ RunError::Memory { .. }) => {
                Err(BoardError::Restarted(error.to_string()).into())
            }
            done => done,
        }
    }

    /// Waits for the running frame's end.
    fn finish(&mut self, index: usize) -> Result<Counters, RunError> {
        let prediction = &self.batch.stream.prediction;
        let events = &mut self.events;
        let status = self.client.finish(&mut |status| {
            events(StreamEvent::Running {
                index,
                tiles: status.counters.get(Counter::Tiles).into(),
                total: prediction.tiles,
                cycles: status.counters.get(Counter::Cycles).into(),
            })
        })?;
        check_counters(&status.counters, prediction)?;
        Ok(status.counters)
    }

    /// Reports, and turns a break into an error.
    fn tell(&mut self, event: StreamEvent) -> Result<(), RunError> {
        match (self.events)(event) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(BoardError::Interrupted.into()),
        }
    }
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
