//! Frames a second, and what binds them: arithmetic on cycles and bytes, nothing that is measured by a clock on the wall.
//!
//! Three things take time: the array, the external memory behind it, and the link. [`Throughput::of`] gives each its own
//! figure, so that none hides behind another.

mod error;
mod line;
mod totals;

pub use error::ThroughputError;
pub use line::Traffic;
pub use totals::{seconds, Totals};

use rowfuse_hdl::memory::External;
use rowfuse_spec::{uart, EngineConfig};
use serde::Serialize;

use crate::plan::cost::tile_interval;
use crate::plan::{constants, Plan, PlanError, Stream};
use crate::quantise::QuantisedConv;

/// How fast images go through a plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Throughput {
    /// The clock of engine and memory in MHz.
    pub clock_mhz: u32,
    /// The array alone, as if every word were there in time.
    pub engine: Rate,
    /// The engine with its memory, as the planner predicts it.
    pub predicted: Rate,
    /// The same, as a board counts it.
    pub counted: Option<Rate>,
    /// The serial line, and images over it.
    pub link: Link,
    /// What is written once, before the first image.
    pub upload: Upload,
}

/// So many cycles an image.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Rate {
    /// Cycles of an image.
    pub cycles: u64,
    /// Seconds of an image.
    pub seconds: f64,
    /// Images a second.
    pub fps: f64,
}

/// Images over a serial line. The times of data are those of [`Traffic::seconds_together`], those of `control` of [`Traffic::seconds`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Link {
    /// Bits a second; a byte takes [`uart::BYTE_BITS`].
    pub baud: u32,
    /// Bytes of an image as it lies in the board's memory.
    pub input_bytes: u64,
    /// Bytes of the last map as it lies there.
    pub output_bytes: u64,
    /// The image's way in.
    pub input: Traffic,
    /// The last map's way out.
    pub output: Traffic,
    /// RUN, and the STATUS that says that it is over, of each program of an image.
    pub control: Traffic,
    /// Maps that the host prepares between two groups: out, and in again.
    pub between_groups: Traffic,
    /// Seconds of `input`.
    pub input_seconds: f64,
    /// Seconds of `output`.
    pub output_seconds: f64,
    /// Seconds of all four: what the line needs for an image.
    pub seconds: f64,
    /// Images streamed: while one is computed, the last one's map is read and the next image written. None without a stream.
    pub overlapped: Option<Pace>,
    /// One image at a time: written, computed, read.
    pub one_at_a_time: Pace,
}

/// Images over the link.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Pace {
    /// Seconds from one image to the next.
    pub seconds: f64,
    /// Images a second.
    pub fps: f64,
    /// What takes longer.
    pub bound: Binding,
}

/// What takes longer for an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Binding {
    /// The engine with its memory.
    Board,
    /// The line.
    Link,
}

/// What is written before the first image: programs, parameters and weights.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Upload {
    /// Bytes of it.
    pub bytes: u64,
    /// Their way in.
    pub traffic: Traffic,
    /// Seconds that it takes.
    pub seconds: f64,
}

/// What a plan is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The network's convolutions, from the plan's first on.
    pub layers: &'a [QuantisedConv],
    /// Its stream; none if the memory has no room for two images or the host is needed between groups: images are then run group by group.
    pub stream: Option<&'a Stream>,
    /// Cycles of an image that a board counted, if one did.
    pub counted: Option<u64>,
    /// Bits a second of the line.
    pub baud: u32,
}

impl Throughput {
    /// Answers it. With the link go the cycles counted, or else those predicted.
    ///
    /// # Errors
    /// If no board has that rate at the plan's clock, or the layers are not those that the plan was made for.
    pub fn of(question: &Question<'_>) -> Result<Throughput, ThroughputError> {
        let Question { plan, stream, .. } = *question;
        let clock_mhz = plan.config.clock_mhz;
        let rate = |cycles| Rate::new(cycles, clock_mhz);
        let predicted = stream.map_or(plan.prediction(), |stream| stream.prediction);
        let cycles = question.counted.unwrap_or(predicted.cycles);
        Ok(Throughput {
            clock_mhz,
            engine: rate(array_cycles(plan)),
            predicted: rate(predicted.cycles),
            counted: question.counted.map(rate),
            link: Link::of(question, seconds(cycles, clock_mhz))?,
            upload: Upload::of(question)?,
        })
    }

    /// Cycles of an image with memory: counted, or else predicted.
    pub fn board(&self) -> Rate {
        self.counted.unwrap_or(self.predicted)
    }
}

/// A configuration at another clock in MHz, or at its own. The memory's timing goes with it.
///
/// # Errors
/// If the memory chip does not run at that clock.
pub fn at_clock(
    mut config: EngineConfig,
    clock_mhz: Option<u32>,
) -> Result<EngineConfig, ThroughputError> {
    config.clock_mhz = clock_mhz.unwrap_or(config.clock_mhz);
    if let External::Sdram(settings) = External::of(&config) {
        settings.clocks()?;
    }
    Ok(config)
}

impl Rate {
    fn new(cycles: u64, clock_mhz: u32) -> Rate {
        let seconds = seconds(cycles, clock_mhz);
        Rate {
            cycles,
            seconds,
            fps: seconds.recip(),
        }
    }
}

impl Link {
    /// `board` is the seconds that the board takes for an image.
    fn of(question: &Question<'_>, board: f64) -> Result<Link, ThroughputError> {
        let Question {
            plan, stream, baud, ..
        } = *question;
        let clock_mhz = plan.config.clock_mhz;
        if uart::increment(baud, clock_mhz).is_none() {
            let limits = [uart::MIN_INCREMENT, uart::MAX_INCREMENT];
            let [least, most] = limits.map(|increment| uart::baud(increment, clock_mhz));
            return Err(ThroughputError::Rate {
                baud,
                clock_mhz,
                least,
                most,
            });
        }
        let last = plan.groups.last().ok_or_else(|| PlanError::Layers {
            network: plan.network.clone(),
            asked: 0..0,
            found: 0,
        })?;
        let [input_bytes, output_bytes] =
            [plan.input, last.output].map(|map| u64::from(map.bytes()));
        let programs = stream.map_or(plan.groups.len() as u64, |_| 1);
        let (input, output) = (Traffic::write(input_bytes)?, Traffic::read(output_bytes)?);
        let control = Traffic::program()? * programs;
        let mut moved = 0.0;
        let mut between_groups = Traffic::default();
        for pair in plan.groups.windows(2) {
            if pair[1].host().is_some() {
                let (read, write) = (pair[0].output.bytes(), pair[1].input.bytes());
                for traffic in [Traffic::read(read.into())?, Traffic::write(write.into())?] {
                    between_groups = between_groups + traffic;
                    moved += traffic.seconds_together(baud);
                }
            }
        }
        // One transfer begins when the other is done.
        let [input_seconds, output_seconds] = [input, output].map(|t| t.seconds_together(baud));
        let data = input_seconds + output_seconds + moved;
        // Between two images the board stands still for the last STATUS and the next RUN, whatever else goes on beside it.
        let between = control.seconds(baud);
        let bound = match data > board {
            true => Binding::Link,
            false => Binding::Board,
        };
        let pace = |seconds: f64| Pace {
            seconds,
            fps: seconds.recip(),
            bound,
        };
        Ok(Link {
            baud,
            input_bytes,
            output_bytes,
            input,
            output,
            control,
            between_groups,
            input_seconds,
            output_seconds,
            seconds: data + between,
            overlapped: stream.map(|_| pace(data.max(board) + between)),
            one_at_a_time: pace(data + between + board),
        })
    }
}

impl Upload {
    fn of(question: &Question<'_>) -> Result<Upload, ThroughputError> {
        let Question { plan, stream, .. } = *question;
        let mut lengths: Vec<usize> = Vec::new();
        for segment in constants(plan, question.layers, plan.groups.len())? {
            // A stream has programs of its own.
            if stream.is_none() || !plan.has_program_at(segment.address) {
                lengths.push(segment.bytes.len());
            }
        }
        let frames = stream.iter().flat_map(|stream| &stream.frames);
        lengths.extend(frames.map(|frame| frame.program.len()));
        let (mut traffic, mut seconds) = (Traffic::default(), 0.0);
        for &length in &lengths {
            let one = Traffic::write(length as u64)?;
            traffic = traffic + one;
            seconds += one.seconds_together(question.baud);
        }
        Ok(Upload {
            bytes: lengths.iter().map(|&length| length as u64).sum(),
            traffic,
            seconds,
        })
    }
}

/// Cycles in which the array takes an input, or waits for the least interval between tiles, which no memory shortens. Beginnings
/// and ends of commands are not in it.
fn array_cycles(plan: &Plan) -> u64 {
    let layers = plan.groups.iter().flat_map(|group| &group.layers);
    let cycles = |tiles: u64, cin| tiles * u64::from(tile_interval(cin, &plan.config));
    layers
        .map(|layer| cycles(layer.prediction.tiles, layer.shape.cin))
        .sum()
}

#[cfg(test)]
mod tests;
