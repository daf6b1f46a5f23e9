//! From a schedule to commands.
//!
//! For each block, strip and layer: WEIGHTS, CONV. The loads of a strip follow the first layer's CONV of the
//! strip before, in at most two commands: the first may run while that CONV computes, the second waits
//! for it. So whatever a command waits for comes before it in the program, no queue fills up between
//! a WEIGHTS and the CONV that empties the ring for it, and the program cannot deadlock.

use std::ops::Range;

use rowfuse_spec::command::{ConvLayer, Destination};
use rowfuse_spec::layout::{entry_bytes, FeatureMap};
use rowfuse_spec::{Command, Conv, End, EngineConfig, Load, Params, Tokens, Weights};

use super::schedule::{waits, Schedule, Strip};
use super::{channels, ConvShape};

/// Semaphore: loads tell the first layer that a strip's rows are there.
const ROWS_READY: u8 = 1;
/// Semaphore: the first layer tells loads that rows are free.
pub(super) const ROWS_FREE: u8 = 2;
/// Semaphore: the parameters are in their table.
const PARAMETERS_READY: u8 = 4;
/// Semaphore: the first rows are loaded, so that weights not needed at once may use the memory.
pub(super) const FIRST_ROWS: u8 = 8;
/// Entries of a WEIGHTS at most.
const MAX_ENTRIES: u32 = 65_535;
/// WEIGHTS before the CONV that uses them: with more, the weight unit's queue would be full, and the fetcher would never get to the CONV that
/// makes room in the ring.
const WEIGHTS_AHEAD: usize = 2;

/// Where a group's data lies in memory.
#[derive(Clone, Debug)]
pub(super) struct Addresses {
    /// The group's input.
    pub input: FeatureMap,
    /// Its output.
    pub output: FeatureMap,
    /// Byte address of each layer's weights.
    pub weights: Vec<u32>,
    /// Byte address of the parameters of all layers.
    pub parameters: u32,
}

/// A program, and for each command the layer of the group on whose account it is.
#[derive(Clone, Debug, Default)]
pub(super) struct Program {
    pub commands: Vec<Command>,
    pub stages: Vec<usize>,
}

/// The program of a group.
pub(super) fn emit(
    shapes: &[ConvShape],
    schedule: &Schedule,
    addresses: &Addresses,
    config: &EngineConfig,
) -> Program {
    let mut emitter = Emitter {
        shapes,
        schedule,
        addresses,
        config,
        program: Program::default(),
        starts: Vec::new(),
        convs: Vec::new(),
        waited: None,
        first_load: 0,
        first_weights: FirstWeights::Urgent,
    };
    let strips = &schedule.strips;
    let mut computing = strips.iter().filter(|s| !s.rows[0].is_empty());
    emitter.loads(computing.next());
    emitter.parameters();
    for strip in strips {
        for (stage, rows) in strip.rows.iter().enumerate() {
            if rows.is_empty() {
                continue;
            }
            let streamed = emitter.weights(stage, 0, WEIGHTS_AHEAD);
            emitter.conv(stage, strip);
            // Before the loads: they may wait for this CONV, which waits for its weights.
            emitter.weights(stage, streamed, usize::MAX);
            if stage == 0 {
                emitter.loads(computing.next());
            }
        }
    }
    emitter.push(shapes.len() - 1, Command::End(End::default()));
    emitter.program
}

/// Which weights come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FirstWeights {
    /// Those of the very first output channels: nothing can start without them.
    Urgent,
    /// The first that can wait for the first rows.
    Patient,
    /// All others.
    Others,
}

struct Emitter<'a> {
    shapes: &'a [ConvShape],
    schedule: &'a Schedule,
    addresses: &'a Addresses,
    config: &'a EngineConfig,
    program: Program,
    /// First rows of pixels, as the input's ring counts them, that the first layer's strips read whose loads are emitted.
    starts: Vec<u32>,
    /// Places of the first layer's CONVs in the program.
    convs: Vec<usize>,
    /// The latest of these strips that a load waits for.
    waited: Option<usize>,
    /// Place of the last LOAD of the first strip.
    first_load: usize,
    first_weights: FirstWeights,
}

impl Emitter<'_> {
    /// Adds a command on the account of a layer.
    fn push(&mut self, stage: usize, command: Command) {
        self.program.commands.push(command);
        self.program.stages.push(stage);
    }

    /// Lets the command at a place of the program signal more semaphores.
    fn signal(&mut self, place: usize, semaphores: u8) {
        match &mut self.program.commands[place] {
            Command::Load(load) => load.header.signal |= semaphores,
            Command::Conv(conv) => conv.header.signal |= semaphores,
            _ => {}
        }
    }

    /// Loads what the first layer needs for its next strip.
    fn loads(&mut self, strip: Option<&Strip>) {
        let Some(strip) = strip else {
            return;
        };
        let from = self.schedule.blocks[strip.block].from;
        let start = 2 * from + strip.first_rows[0];
        self.starts.push(start);
        let loads = from + strip.loads.start..from + strip.loads.end;
        let parts = waits(&self.schedule.rings[0], &self.starts, &loads);
        let last = parts.len().saturating_sub(1);
        for (part, (sub_rows, after)) in parts.into_iter().enumerate() {
            let mut header = Tokens::NONE;
            // Loads run in order: none need wait for a strip that an earlier one has waited for.
            if let Some(after) = after.filter(|after| self.waited.is_none_or(|w| w < *after)) {
                header.wait = ROWS_FREE;
                self.waited = Some(after);
                self.signal(self.convs[after], ROWS_FREE);
            }
            if part == last {
                header.signal = ROWS_READY;
            }
            self.load(header, strip.block, sub_rows);
        }
        if self.starts.len() == 1 {
            self.first_load = self.program.commands.len() - 1;
        }
    }

    /// Loads sub-rows of a block, as the input's ring counts them.
    fn load(&mut self, header: Tokens, block: usize, sub_rows: Range<u32>) {
        let (map, ring) = (&self.addresses.input, &self.schedule.rings[0]);
        let block = &self.schedule.blocks[block];
        let top = block.row / 2;
        let rows = top + sub_rows.start - block.from..top + sub_rows.end - block.from;
        let cols = block.col / 2..block.col / 2 + block.sub_cols;
        let load = Load {
            header,
            ..Load::part(map, ring, rows, cols, sub_rows.start)
        };
        self.push(0, Command::Load(load));
    }

    fn parameters(&mut self) {
        let params = Params {
            header: Tokens::new(0, PARAMETERS_READY),
            address: self.addresses.parameters / 2,
            index: 0,
            count: channels(self.shapes),
        };
        self.push(0, Command::Params(params));
    }

    /// Streams weights of a layer from an entry on, by so many commands at most; the first entry that is left.
    fn weights(&mut self, stage: usize, from: u32, most: usize) -> u32 {
        let ConvShape { cin, cout, .. } = &self.shapes[stage];
        let (cin, cout) = (*cin, *cout);
        let all = cin * self.config.groups(cout);
        let base = self.addresses.weights[stage];
        let mut done = from;
        for _ in 0..most {
            if done == all {
                break;
            }
            let mut header = Tokens::NONE;
            let mut entries = (all - done).min(MAX_ENTRIES);
            match self.first_weights {
                FirstWeights::Urgent => {
                    entries = cin;
                    self.first_weights = FirstWeights::Patient;
                }
                FirstWeights::Patient => {
                    header.wait = FIRST_ROWS;
                    self.signal(self.first_load, FIRST_ROWS);
                    self.first_weights = FirstWeights::Others;
                }
                FirstWeights::Others => {}
            }
            let start = base + done * entry_bytes(self.config.lanes);
            let weights = Weights {
                header,
                address: start / 2,
                entries,
            };
            self.push(stage, Command::Weights(weights));
            done += entries;
        }
        done
    }

    fn conv(&mut self, stage: usize, strip: &Strip) {
        let rows = &strip.rows[stage];
        let mut header = Tokens::NONE;
        if stage == 0 {
            if self.convs.is_empty() {
                header.wait |= PARAMETERS_READY;
            }
            if !strip.loads.is_empty() {
                header.wait |= ROWS_READY;
            }
            self.convs.push(self.program.commands.len());
        }
        let (shapes, rings) = (self.shapes, &self.schedule.rings);
        let shape = &shapes[stage];
        let block = &self.schedule.blocks[strip.block];
        let (height, width) = block.extents(shapes)[stage];
        let layer = ConvLayer {
            cin: shape.cin,
            groups: self.config.groups(shape.cout),
            height,
            width,
            pad_value: shape.pad_value,
            pool: shape.pool,
            parameter_index: channels(&shapes[..stage]),
            inset: block.insets(shapes)[stage],
        };
        let output = match rings.get(stage + 1) {
            Some(ring) => Destination::LineBuffer(ring),
            None => {
                let (sub_row, sub_col) = block.output(shapes);
                Destination::Part {
                    map: &self.addresses.output,
                    sub_row,
                    sub_col,
                }
            }
        };
        let ring_row = if stage == 0 { block.from } else { 0 };
        let conv = Conv {
            header,
            tag: stage as u32 % 16,
            ..Conv::new(&layer, &rings[stage], ring_row, rows.clone(), output)
        };
        self.push(stage, Command::Conv(conv));
    }
}
