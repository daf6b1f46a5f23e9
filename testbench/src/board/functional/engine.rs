//! The fetcher, the three units with their queues, and the semaphores between them.

use std::collections::VecDeque;

use rowfuse_spec::command::{
    Unit, COMMAND_BYTES, COMMAND_WORDS, NUM_SEMAPHORES, STATUS_DEADLOCK, STATUS_INVALID,
    STATUS_TOKENS, STATUS_WEIGHTS, UNIT_QUEUE_DEPTH,
};
use rowfuse_spec::counters::{Counter, Counters};
use rowfuse_spec::frame::{ReplyStatus, Status};
use rowfuse_spec::{Command, EngineConfig, Load, Tokens};

use super::compute::{ComputeUnit, ConvState, ConvStep, Surroundings};
use super::line_buffer::{LineBuffer, RowCursor};
use super::memory::Memory;
use super::weights::{ParameterTable, WeightRing};

/// Which unit goes first where the semaphores leave it open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Schedule {
    /// Loads run ahead as far as they may: a program that lacks a wait for room spoils its input.
    #[default]
    LoadFirst,
    /// Convolutions start as soon as they may: a program that lacks a wait for data reads stale rows.
    ComputeFirst,
}

/// What a unit is executing.
#[derive(Debug)]
enum Active {
    Load(Load),
    Weights(rowfuse_spec::Weights, u32),
    Params(rowfuse_spec::Params),
    Conv(ConvState),
}

/// A unit: what it is executing or about to, and what comes next.
#[derive(Debug, Default)]
struct UnitState {
    active: Option<(Active, Tokens)>,
    /// The command that waits for its semaphores.
    waiting: Option<Command>,
    queue: VecDeque<Command>,
}

impl UnitState {
    fn is_idle(&self) -> bool {
        self.active.is_none() && self.waiting.is_none() && self.queue.is_empty()
    }

    /// Takes the next command from the queue if there is none at work or waiting.
    fn take_next(&mut self) {
        if self.active.is_none() && self.waiting.is_none() {
            self.waiting = self.queue.pop_front();
        }
    }
}

/// The engine with its memory.
#[derive(Debug)]
pub(super) struct Engine {
    pub(super) memory: Memory,
    lanes: u32,
    line_buffer: LineBuffer,
    ring: WeightRing,
    table: ParameterTable,
    compute: ComputeUnit,
    schedule: Schedule,
    semaphores: [u8; NUM_SEMAPHORES],
    units: [UnitState; 3],
    /// Word address of the next command.
    next: u32,
    /// The program status to report once all units are idle: the fetcher has met END or an illegal
    /// command.
    ending: Option<u16>,
    status: Status,
}

/// Whether a unit could do something, and how much it did in multiplications or words.
type Progress = Option<u64>;

impl Engine {
    pub(super) fn new(config: &EngineConfig) -> Engine {
        Engine {
            memory: Memory::new(config.memory_bytes),
            lanes: config.lanes,
            line_buffer: LineBuffer::new(config.lane_depth),
            ring: WeightRing::new(config),
            table: ParameterTable::new(config),
            compute: ComputeUnit::new(config),
            schedule: Schedule::default(),
            semaphores: [0; NUM_SEMAPHORES],
            units: Default::default(),
            next: 0,
            ending: None,
            status: Status::default(),
        }
    }

    pub(super) fn set_schedule(&mut self, schedule: Schedule) {
        self.schedule = schedule;
    }

    pub(super) fn status(&self) -> Status {
        self.status
    }

    /// Starts the program at a byte address.
    pub(super) fn start(&mut self, address: u32) -> Result<(), ReplyStatus> {
        let program = self.memory.slice_mut(address, COMMAND_BYTES);
        program.ok_or(ReplyStatus::BadAddress)?;
        self.abort();
        self.next = address / 2;
        self.status = Status {
            busy: true,
            program_status: 0,
            counters: Counters::default(),
        };
        Ok(())
    }

    /// Stops at once. What lies in memory, line buffer and parameter table stays.
    pub(super) fn abort(&mut self) {
        self.units = Default::default();
        self.ending = None;
        self.semaphores = [0; NUM_SEMAPHORES];
        self.ring.clear();
        self.status.busy = false;
    }

    /// Executes until the program ends or about that much work is done.
    pub(super) fn advance(&mut self, work: u64) {
        let mut done = 0;
        while self.status.busy && done < work {
            done += 1;
            self.fetch();
            let order = match self.schedule {
                Schedule::LoadFirst => [Unit::Load, Unit::Weight, Unit::Compute],
                Schedule::ComputeFirst => [Unit::Compute, Unit::Weight, Unit::Load],
            };
            match order
                .into_iter()
                .map(|unit| self.step(unit))
                .find(|p| *p != Ok(None))
            {
                Some(Ok(progress)) => done += progress.unwrap_or(0),
                Some(Err(status)) => self.finish(status),
                None => self.rest(),
            }
        }
    }

    /// All units wait: the program has ended, or never will.
    fn rest(&mut self) {
        let status = match self.ending {
            Some(status) if self.units.iter().all(UnitState::is_idle) => status,
            _ => STATUS_DEADLOCK,
        };
        self.finish(match status {
            0 if self.semaphores != [0; NUM_SEMAPHORES] => STATUS_TOKENS,
            0 if self.ring.len() != 0 => STATUS_WEIGHTS,
            status => status,
        });
    }

    fn finish(&mut self, status: u16) {
        self.abort();
        self.status.program_status = status;
    }

    fn count(&mut self, counter: Counter, amount: u32) {
        self.status.counters.add(counter, amount);
    }

    /// Hands out commands as long as every queue has room for one.
    fn fetch(&mut self) {
        while self.ending.is_none() {
            self.units.iter_mut().for_each(UnitState::take_next);
            if self
                .units
                .iter()
                .any(|unit| unit.queue.len() >= UNIT_QUEUE_DEPTH)
            {
                return;
            }
            let bytes: [u8; COMMAND_BYTES] = self.memory.read(self.next);
            self.next = (self.next + COMMAND_WORDS as u32) & 0xFF_FFFF;
            self.count(Counter::ReadWords, COMMAND_WORDS as u32);
            self.count(Counter::Commands, 1);
            match Command::from_bytes(&bytes) {
                Ok(Command::End(end)) => self.ending = Some(end.status as u16),
                Ok(command) => self.units[unit_index(command.unit())]
                    .queue
                    .push_back(command),
                Err(_) => self.ending = Some(STATUS_INVALID),
            }
        }
        self.units.iter_mut().for_each(UnitState::take_next);
    }

    /// Takes one from each semaphore of a mask, if all are above zero.
    fn take(&mut self, mask: u8) -> bool {
        let chosen = |n: &usize| mask >> n & 1 == 1;
        let ready = (0..NUM_SEMAPHORES)
            .filter(chosen)
            .all(|n| self.semaphores[n] > 0);
        if ready {
            (0..NUM_SEMAPHORES)
                .filter(chosen)
                .for_each(|n| self.semaphores[n] -= 1);
        }
        ready
    }

    /// Adds one to each semaphore of a mask.
    fn signal(&mut self, mask: u8) -> Result<(), u16> {
        for n in (0..NUM_SEMAPHORES).filter(|n| mask >> n & 1 == 1) {
            self.semaphores[n] = self.semaphores[n].checked_add(1).ok_or(STATUS_TOKENS)?;
        }
        Ok(())
    }

    /// Lets a unit start or continue; an error is a program status.
    fn step(&mut self, unit: Unit) -> Result<Progress, u16> {
        let index = unit_index(unit);
        let (mut active, tokens) = match self.units[index].active.take() {
            Some(active) => active,
            None => {
                let Some(command) = self.units[index].waiting else {
                    return Ok(None);
                };
                if !self.take(command.header().wait) {
                    return Ok(None);
                }
                self.units[index].waiting = None;
                let active = match command {
                    Command::Load(load) => Active::Load(load),
                    Command::Weights(weights) => Active::Weights(weights, 0),
                    Command::Params(params) => Active::Params(params),
                    Command::Conv(conv) => Active::Conv(ConvState::new(conv)),
                    Command::End(_) => return Err(STATUS_INVALID), // END has no queue
                };
                (active, command.header())
            }
        };
        let (progress, finished) = self.execute(&mut active);
        if finished {
            self.signal(tokens.signal)?;
        } else {
            self.units[index].active = Some((active, tokens));
        }
        Ok(progress)
    }

    /// Does a step of a command; returns what it did and whether the command is finished.
    fn execute(&mut self, active: &mut Active) -> (Progress, bool) {
        match active {
            Active::Load(load) => (Some(self.load(load)), true),
            Active::Params(params) => {
                self.table.fill(&self.memory, params);
                self.count(Counter::ReadWords, 4 * params.count);
                (Some(u64::from(params.count)), true)
            }
            Active::Weights(weights, done) => {
                let now = self.ring.fill(&self.memory, weights, *done);
                *done += now;
                self.count(Counter::ReadWords, now * (9 * self.lanes).div_ceil(2));
                ((now > 0).then_some(now.into()), *done == weights.entries)
            }
            Active::Conv(state) => {
                let Engine {
                    memory,
                    line_buffer,
                    ring,
                    table,
                    compute,
                    ..
                } = self;
                let around = Surroundings {
                    memory,
                    line_buffer,
                    ring,
                    table,
                };
                let step = compute.step(state, around);
                if step == ConvStep::NeedsWeights {
                    return (None, false);
                }
                self.count(Counter::Tiles, state.command.tile_cols);
                self.count(Counter::WriteWords, state.words_per_step(self.lanes));
                (
                    Some(state.work_per_step(self.lanes)),
                    step == ConvStep::Finished,
                )
            }
        }
    }

    /// Executes LOAD; returns the words read.
    fn load(&mut self, load: &Load) -> u64 {
        let mut row = RowCursor::new(
            load.row_address,
            load.row_bank,
            load.base,
            load.row_pitch,
            load.ring_end,
        );
        let mut address = load.address;
        for _ in 0..load.sub_rows {
            for group in 0..load.groups {
                for q in 0..load.sub_cols {
                    for lane in 0..self.lanes {
                        let quad = self.memory.read(address & 0xFF_FFFF);
                        let channel = (group * self.lanes + lane) as usize;
                        let stride = load.channel_stride;
                        self.line_buffer
                            .write_quad(row, q as usize, stride, channel, quad);
                        address = address.wrapping_add(2);
                    }
                }
                address = address.wrapping_add(load.gap);
            }
            row = row.next();
        }
        let words = load.sub_rows * load.groups * load.sub_cols * self.lanes * 2;
        self.count(Counter::ReadWords, words);
        self.count(Counter::SubRowsLoaded, load.sub_rows);
        words.into()
    }
}

/// The place of a unit with a queue.
fn unit_index(unit: Unit) -> usize {
    match unit {
        Unit::Load => 0,
        Unit::Weight => 1,
        Unit::Compute | Unit::Fetcher => 2,
    }
}
