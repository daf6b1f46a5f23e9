//! Images back to back: while the board computes one, the last one's output is read and the next one is written.

use std::ops::ControlFlow;
use std::time::Instant;

use ndarray::Array3;
use rowfuse_spec::counters::{Counter, Counters};
use rowfuse_spec::frame::MAX_DATA;
use rowfuse_spec::layout::FeatureMap;
use rowfuse_testbench::board::{Board, BoardError, Client};

use super::{packed, unpacked, RunError};
use crate::plan::{constants, stream, Plan, Stream};
use crate::quantise::QuantisedConv;

/// Something that happened while images are streamed.
#[derive(Debug)]
pub enum StreamEvent {
    /// So many of all bytes that come before the first image's run are written.
    Upload {
        /// Bytes written.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
    /// Some bytes of another image's input or output were moved while an image is being computed.
    Moved,
    /// An image is being computed.
    Running {
        /// Its place in the batch.
        index: usize,
        /// Tiles computed so far.
        tiles: u64,
        /// Tiles in all.
        total: u64,
        /// Cycles counted so far; 0 on a board without a clock.
        cycles: u64,
    },
    /// An image's output is there; the next image is being computed already.
    Output {
        /// Its place in the batch.
        index: usize,
        /// The output as the board gave it: channels × rows × columns.
        output: Array3<u8>,
    },
}

/// Receives events; a break stops the stream.
pub type StreamEvents<'a> = &'a mut dyn FnMut(StreamEvent) -> ControlFlow<()>;

/// What came of one image of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameResult {
    /// The board's counters. A board without a clock leaves those that depend on timing at zero.
    pub counters: Counters,
    /// Cycles that the board stood idle between this image and the next; `None` after the last image, or if
    /// the board does not count them.
    pub idle_cycles: Option<u64>,
}

impl FrameResult {
    /// Cycles the board counted, or nothing if it has no clock.
    pub fn cycles(&self) -> Option<u64> {
        let cycles = self.counters.get(Counter::Cycles);
        (cycles > 0).then_some(cycles.into())
    }
}

/// What came of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamResult {
    /// Every image, in order.
    pub frames: Vec<FrameResult>,
    /// Cycles that the planner predicted for each of them.
    pub predicted_cycles: u64,
    /// Bytes written to the board's memory.
    pub written_bytes: u64,
    /// Bytes read from it.
    pub read_bytes: u64,
    /// Seconds in all.
    pub wall_seconds: f64,
}

/// Runs a plan on one image after the other (each channels × rows × columns), one program an image. Programs and constants are
/// written once. Outputs are handed to `events`, one image behind the one that is computed; [`super::compare_beside`] compares them there.
///
/// # Errors
/// As [`super::run_plan`]; also if the memory has no room for two frames.
pub fn run_stream<B: Board>(
    client: &mut Client<B>,
    plan: &Plan,
    layers: &[QuantisedConv],
    images: &[Array3<u8>],
    events: StreamEvents<'_>,
) -> Result<StreamResult, RunError> {
    plan.check(client.info().config_id)?;
    let stream = stream(plan)?;
    let inputs = images.iter().map(|image| packed(&plan.input, image));
    let inputs: Vec<Vec<u8>> = inputs.collect::<Result<_, _>>()?;
    let mut streamer = Streamer {
        client: &mut *client,
        stream: &stream,
        inputs: &inputs,
        written: 0,
        read: 0,
    };
    let started = Instant::now();
    let frames = streamer
        .upload(plan, layers, events)
        .and_then(|()| streamer.frames(events));
    let (written_bytes, read_bytes) = (streamer.written, streamer.read);
    if matches!(frames, Err(RunError::Board(BoardError::Interrupted))) {
        client.abort()?;
    }
    Ok(StreamResult {
        frames: frames?,
        predicted_cycles: stream.prediction.cycles,
        written_bytes,
        read_bytes,
        wall_seconds: started.elapsed().as_secs_f64(),
    })
}

/// A break as an error.
fn goes_on(flow: ControlFlow<()>) -> Result<(), RunError> {
    match flow {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(BoardError::Interrupted.into()),
    }
}

struct Streamer<'a, B: Board> {
    client: &'a mut Client<B>,
    stream: &'a Stream,
    /// Images as they lie in memory.
    inputs: &'a [Vec<u8>],
    written: u64,
    read: u64,
}

impl<'a, B: Board> Streamer<'a, B> {
    /// Writes constants, both programs and the first image.
    fn upload(
        &mut self,
        plan: &Plan,
        layers: &[QuantisedConv],
        events: StreamEvents<'_>,
    ) -> Result<(), RunError> {
        let constants = constants(plan, layers, plan.groups.len())?.into_iter();
        // The groups' own programs are not run.
        let mut segments: Vec<(u32, Vec<u8>)> = constants
            .filter(|segment| !plan.has_program_at(segment.address))
            .map(|segment| (segment.address, segment.bytes))
            .collect();
        for frame in &self.stream.frames {
            segments.push((frame.program_address, frame.program.clone()));
        }
        if let Some(first) = self.inputs.first() {
            segments.push((self.stream.frames[0].input.base, first.clone()));
        }
        let total = segments.iter().map(|segment| segment.1.len() as u64).sum();
        for (address, bytes) in segments {
            let before = self.written;
            self.client.write_with(address, &bytes, &mut |now| {
                let done = before + now as u64;
                events(StreamEvent::Upload { done, total })
            })?;
            self.written += bytes.len() as u64;
        }
        Ok(())
    }

    fn frames(&mut self, events: StreamEvents<'_>) -> Result<Vec<FrameResult>, RunError> {
        let mut frames: Vec<FrameResult> = Vec::with_capacity(self.inputs.len());
        let mut idle_before = None;
        for index in 0..self.inputs.len() {
            let frame = &self.stream.frames[index % 2];
            self.client.start(frame.program_address)?;
            // Between two starts the board stands still only from one frame's end to the next one's start.
            let idle = self.client.idle_cycles();
            if let Some(last) = frames.last_mut() {
                last.idle_cycles = idle.zip(idle_before).map(|(now, then)| now - then);
            }
            idle_before = idle;
            frames.push(FrameResult {
                counters: self.frame(index, events)?,
                idle_cycles: None,
            });
        }
        // The last image's output, which no frame is left to be read beside.
        let mut transfers = self.transfers(self.inputs.len());
        transfers.complete(self.client, events)?;
        self.read += transfers.read;
        Ok(frames)
    }

    /// What is to be moved while image `index` is computed.
    fn transfers(&self, index: usize) -> Transfers<'a> {
        let frame = |index: usize| &self.stream.frames[index % 2];
        let last = index.checked_sub(1);
        let next = self.inputs.get(index + 1);
        Transfers {
            output: last.map(|last| (last, frame(last).output)),
            arrived: Vec::new(),
            input: next.map(|next| (frame(index + 1).input.base, next.as_slice())),
            written: 0,
            read: 0,
        }
    }

    /// Does all transfers beside the running frame, and waits for its end.
    fn frame(&mut self, index: usize, events: StreamEvents<'_>) -> Result<Counters, RunError> {
        let total = self.stream.prediction.tiles;
        // The next frame cannot start before they are done, so nobody needs to know meanwhile whether this one is.
        let mut transfers = self.transfers(index);
        transfers.complete(self.client, events)?;
        self.written += transfers.written;
        self.read += transfers.read;
        let status = self.client.finish(&mut |status| {
            events(StreamEvent::Running {
                index,
                tiles: status.counters.get(Counter::Tiles).into(),
                total,
                cycles: status.counters.get(Counter::Cycles).into(),
            })
        })?;
        Ok(status.counters)
    }
}

/// What is to be moved: first an output, which the classifier waits for, then an input.
struct Transfers<'a> {
    /// Which image's output, and where it is.
    output: Option<(usize, FeatureMap)>,
    /// As much of it as is read.
    arrived: Vec<u8>,
    /// The rest of an input, and where that goes.
    input: Option<(u32, &'a [u8])>,
    written: u64,
    read: u64,
}

impl Transfers<'_> {
    fn done(&self) -> bool {
        self.output.is_none() && self.input.is_none()
    }

    /// Moves all that is left.
    fn complete<B: Board>(
        &mut self,
        client: &mut Client<B>,
        events: StreamEvents<'_>,
    ) -> Result<(), RunError> {
        while !self.done() {
            self.step(client, events)?;
        }
        Ok(())
    }

    /// Moves one frame of the link, and hands on an output that is complete.
    fn step<B: Board>(
        &mut self,
        client: &mut Client<B>,
        events: StreamEvents<'_>,
    ) -> Result<(), RunError> {
        if let Some((index, map)) = self.output {
            let done = self.arrived.len();
            let length = (map.bytes() as usize - done).min(MAX_DATA);
            let bytes = client.read(map.base + done as u32, length)?;
            self.read += bytes.len() as u64;
            self.arrived.extend(bytes);
            if self.arrived.len() == map.bytes() as usize {
                self.output = None;
                let output = unpacked(&map, &self.arrived)?;
                goes_on(events(StreamEvent::Output { index, output }))?;
            }
        } else if let Some((address, bytes)) = self.input {
            let (now, later) = bytes.split_at(bytes.len().min(MAX_DATA));
            client.write(address, now)?;
            self.written += now.len() as u64;
            let rest = (address + now.len() as u32, later);
            self.input = (!later.is_empty()).then_some(rest);
        }
        goes_on(events(StreamEvent::Moved))
    }
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
