//! Runs a plan on a board and compares every group's output with the golden model.

mod again;
mod beside;
mod boards;
mod error;
mod result;
mod stream;
mod stream_events;
mod upload;
mod verify;
mod work;

pub use beside::compare_beside;
pub use boards::run_boards;
pub use error::RunError;
pub use result::{GroupResult, RunResult};
pub use stream::run_stream;
pub use stream_events::{FrameResult, StreamEvent, StreamEvents, StreamResult};
pub use verify::{golden_output, Differences, Verify};

use std::ops::ControlFlow;
use std::time::Instant;

use ndarray::Array3;
use rowfuse_spec::counters::{Counter, Counters};
use rowfuse_spec::layout::FeatureMap;
use rowfuse_testbench::board::{Board, BoardError, Client};

use crate::plan::{constants, Group, Plan, Segment};
use crate::quantise::QuantisedConv;
use again::{begins_again, check_counters, given_up, stopped, ATTEMPTS};
use upload::{confirm, upload, Uploaded};
use verify::Reference;

/// How a plan is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunOptions {
    /// Only the groups of the first so many layers, which must end with a group; all if `None`.
    pub layers: Option<usize>,
    /// What is compared with the golden model.
    pub verify: Verify,
    /// Whether programs, parameters and weights are written first. Not needed again for the next
    /// image on the same board. What a board holds from an earlier run is not written again.
    pub upload: bool,
}

impl Default for RunOptions {
    /// All layers, compared, everything written.
    fn default() -> RunOptions {
        RunOptions {
            layers: None,
            verify: Verify::Layers,
            upload: true,
        }
    }
}

/// Something that happened while a plan runs.
#[derive(Debug)]
pub enum Event<'a> {
    /// So many of all bytes are in the board's memory.
    Upload {
        /// Bytes written, or found there.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
    /// The link failed; everything begins again.
    Again {
        /// What failed.
        reason: &'a str,
    },
    /// A group is about to start.
    Begin {
        /// Its place in the plan.
        index: usize,
        /// The group.
        group: &'a Group,
    },
    /// A group is running.
    Running {
        /// Its place in the plan.
        index: usize,
        /// Tiles computed so far.
        tiles: u64,
        /// Tiles in all.
        total: u64,
        /// Cycles counted so far; 0 on a board without a clock.
        cycles: u64,
    },
    /// So many of all bytes that the host has laid out for a group are written.
    LayOut {
        /// Its place in the plan.
        index: usize,
        /// Bytes written.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
    /// So many of all bytes of a group's output are read back.
    Download {
        /// Its place in the plan.
        index: usize,
        /// Bytes read.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
    /// A group is done, and compared if that was asked for.
    End {
        /// Its place in the plan.
        index: usize,
        /// What came of it.
        result: &'a GroupResult,
        /// Its output as the board gave it: channels × rows × columns.
        output: &'a Array3<u8>,
        /// What it should be, if that was computed.
        expected: Option<&'a Array3<u8>>,
    },
}

/// Receives events; a break stops the run.
pub type Events<'a> = &'a mut dyn FnMut(Event<'_>) -> ControlFlow<()>;

/// Runs a plan on a board: writes programs, constants and the input map (channels × rows × columns),
/// runs group after group, reads each group's output back and compares what [`RunOptions::verify`] asks for.
///
/// `layers` begins with the plan's first (see [`Plan::first_layer`]), and `image` is the map that this one reads;
/// [`golden_output`] gives it where that is not the network's input.
///
/// Outputs that differ are counted, not an error. A break from `events` aborts the board's program. If the link is lost and comes back,
/// the image begins again.
///
/// # Errors
/// If the board has another configuration than the plan, `layers` are not those that the plan was made for,
/// the image has another shape, the link or the program fails, or on a break.
pub fn run_plan<B: Board>(
    client: &mut Client<B>,
    plan: &Plan,
    layers: &[QuantisedConv],
    image: &Array3<u8>,
    options: &RunOptions,
    events: Events<'_>,
) -> Result<RunResult, RunError> {
    plan.check(client.info().config_id)?;
    let groups = groups_of(plan, options.layers)?;
    let mut runner = Runner {
        client: &mut *client,
        plan,
        layers,
        image,
        verify: options.verify,
        groups,
        events,
        constants: constants(plan, layers, groups)?,
    };
    let result = runner.run_again(options.upload);
    stopped(client, result)
}

/// How many groups the first `layers` layers are.
fn groups_of(plan: &Plan, layers: Option<usize>) -> Result<usize, RunError> {
    let found = plan.layer_count();
    let asked = layers.unwrap_or(found);
    let mut before = 0;
    for (index, group) in plan.groups.iter().enumerate() {
        before += group.layers.len();
        if before == asked {
            return Ok(index + 1);
        }
    }
    Err(RunError::Layers { asked, found })
}

struct Runner<'a, B: Board> {
    client: &'a mut Client<B>,
    plan: &'a Plan,
    layers: &'a [QuantisedConv],
    image: &'a Array3<u8>,
    verify: Verify,
    /// How many of the plan's groups.
    groups: usize,
    events: Events<'a>,
    constants: Vec<Segment>,
}

impl<B: Board> Runner<'_, B> {
    /// [`Runner::run`], as often as it is worth it. Nothing is handed on before the last one's end, so that a lost memory is no failure yet.
    fn run_again(&mut self, mut upload: bool) -> Result<RunResult, RunError> {
        for _ in 1..ATTEMPTS {
            match self.run(upload) {
                Err(error)
                    if begins_again(self.client, &error)
                        || matches!(error, RunError::Memory { .. }) =>
                {
                    let reason = &error.to_string();
                    self.tell(Event::Again { reason })?;
                    // What stood in the memory may be gone.
                    upload = true;
                }
                result => return result,
            }
        }
        let last = self.run(upload);
        last.map_err(|error| given_up(self.client, error))
    }

    fn run(&mut self, upload: bool) -> Result<RunResult, RunError> {
        let started = Instant::now();
        let uploaded = self.upload(upload)?;
        let mut result = RunResult {
            written_bytes: uploaded.written,
            kept_bytes: uploaded.kept,
            ..RunResult::default()
        };
        let compared = self.verify != Verify::None;
        let mut reference = compared.then(|| Reference::new(self.image, self.layers));
        for (index, group) in self.plan.groups.iter().take(self.groups).enumerate() {
            self.tell(Event::Begin { index, group })?;
            let began = Instant::now();
            if index > 0 {
                result.written_bytes += self.lay_out(index, group, &result.output)?;
            }
            let counters = self.execute(index, group)?;
            check_counters(&counters, &group.prediction)?;
            let (output, bytes) = self.read(index, group)?;
            result.read_bytes += bytes;
            let board_seconds = began.elapsed().as_secs_f64();
            let mut of_group = GroupResult {
                name: group.name(),
                layers: group.layers.len(),
                counters,
                predicted: group.prediction,
                values: output.len() as u64,
                mismatches: None,
                first_mismatch: None,
                board_seconds,
            };
            if let Some(reference) = &mut reference {
                reference.advance_by(&group.layers)?;
                if self.verify == Verify::Layers || index + 1 == self.groups {
                    let found = reference.compare(&output);
                    of_group.mismatches = Some(found.mismatches);
                    of_group.first_mismatch = found.first_mismatch;
                }
            }
            self.tell(Event::End {
                index,
                result: &of_group,
                output: &output,
                expected: reference.as_ref().map(Reference::map),
            })?;
            result.groups.push(of_group);
            result.output = output;
        }
        confirm(self.client, &self.constants)?;
        result.wall_seconds = started.elapsed().as_secs_f64();
        Ok(result)
    }

    /// Reports, and turns a break into an error.
    fn tell(&mut self, event: Event<'_>) -> Result<(), RunError> {
        match (self.events)(event) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(BoardError::Interrupted.into()),
        }
    }

    /// Has the input in the board's memory, and if wanted all that the groups need.
    fn upload(&mut self, whole: bool) -> Result<Uploaded, RunError> {
        let input = packed(&self.plan.input, &*self.plan.lay_out(self.image)?)?;
        let constants: &[Segment] = match whole {
            true => &self.constants,
            false => &[],
        };
        let bytes = constants.iter().map(|segment| segment.bytes.len() as u64);
        let total = bytes.sum::<u64>() + input.len() as u64;
        let events = &mut self.events;
        let mut uploaded = upload(self.client, constants, &mut |done| {
            events(Event::Upload { done, total })
        })?;
        let before = uploaded.written + uploaded.kept;
        self.client
            .write_with(self.plan.input.base, &input, &mut |now| {
                let done = before + now as u64;
                events(Event::Upload { done, total })
            })?;
        uploaded.written += input.len() as u64;
        Ok(uploaded)
    }

    /// Runs a group's program; its counters.
    fn execute(&mut self, index: usize, group: &Group) -> Result<Counters, RunError> {
        let total = group.prediction.tiles;
        let events = &mut self.events;
        let status = self.client.run(group.program_address, &mut |status| {
            events(Event::Running {
                index,
                tiles: status.counters.get(Counter::Tiles).into(),
                total,
                cycles: status.counters.get(Counter::Cycles).into(),
            })
        })?;
        Ok(status.counters)
    }

    /// Writes what a group reads, if the host makes it of the last group's results; how many bytes that took.
    fn lay_out(
        &mut self,
        index: usize,
        group: &Group,
        results: &Array3<u8>,
    ) -> Result<u64, RunError> {
        let Some(first) = group.host() else {
            return Ok(0);
        };
        let input = packed(&group.input, &*first.lay_out(results)?)?;
        let total = input.len() as u64;
        let events = &mut self.events;
        self.client
            .write_with(group.input.base, &input, &mut |now| {
                let done = now as u64;
                events(Event::LayOut { index, done, total })
            })?;
        Ok(total)
    }

    /// Reads a group's results, and how many bytes that took.
    fn read(&mut self, index: usize, group: &Group) -> Result<(Array3<u8>, u64), RunError> {
        let map = &group.output;
        let total = map.bytes().into();
        let events = &mut self.events;
        let mut report = |now: usize| {
            let done = now as u64;
            events(Event::Download { index, done, total })
        };
        let bytes = self
            .client
            .read_with(map.base, map.bytes() as usize, &mut report)?;
        let results = group.result(unpacked(map, &bytes)?)?;
        Ok((results, bytes.len() as u64))
    }
}

/// An image as it lies in memory.
fn packed(map: &FeatureMap, image: &Array3<u8>) -> Result<Vec<u8>, RunError> {
    let expected = [map.channels, map.height, map.width].map(|n| n as usize);
    if image.shape() != expected {
        return Err(RunError::Image {
            expected,
            found: <[usize; 3]>::from(image.dim()),
        });
    }
    let pixels: Vec<u8> = image.iter().copied().collect();
    Ok(map.pack(&pixels, 0)?)
}

/// The inverse of [`packed`].
fn unpacked(map: &FeatureMap, bytes: &[u8]) -> Result<Array3<u8>, RunError> {
    let shape = [map.channels, map.height, map.width].map(|n| n as usize);
    Array3::from_shape_vec(shape, map.unpack(bytes)?).map_err(|_| RunError::Map)
}

#[cfg(test)]
mod block_tests;
#[cfg(test)]
mod link_tests;
#[cfg(test)]
mod serial_tests;
#[cfg(test)]
mod shape_tests;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod timing_tests;
#[cfg(test)]
mod window_tests;
