//! How long a program takes, burst by burst.
//!
//! The planner chooses by [`super::timeline`], which is fast. What it has chosen is played again here, with every burst of the
//! memory in its turn, as arbiter, controller and units do it: from one event to the next, in whole cycles. Latencies are those of
//! the hardware description, register by register.

mod compute;
mod ddr3;
mod memory;
mod readers;
mod sdram;

use std::collections::VecDeque;

use rowfuse_spec::command::{Unit, COMMAND_WORDS, NUM_SEMAPHORES};
use rowfuse_spec::{Command, EngineConfig};

use super::emit::Program;
use super::timeline::Timing;
use super::tracks::Work;
use compute::Compute;
use memory::{Burst, Memory, Served};
use readers::{Loader, WeightLoader};

/// A cycle that does not come, as far as is known.
const NEVER: u64 = u64::MAX;
/// Clients of the memory in the order of their turns; behind them comes the writer.
const FETCH: usize = 0;
const WEIGHTS: usize = 1;
const FEATURES: usize = 2;
const CLIENTS: usize = 4;
/// Units.
const LOAD: usize = 0;
const WEIGHT: usize = 1;
const COMPUTE: usize = 2;

/// Cycles from a command's first word to its unit's taking it in, and from a command's end to the next request.
const TO_UNIT: u64 = 2;
const NEXT_FETCH: u64 = 2;
/// Cycles in which a unit empties a command from its queue, and in which it has all of it.
const EMPTIED: u64 = COMMAND_WORDS as u64;
const TAKEN_IN: u64 = EMPTIED + 2;
/// Cycles from a command's end to its semaphores' being seen, and to the unit's next command.
const GIVEN: u64 = 2;
const NEXT_COMMAND: u64 = 1;

/// Plays a program that lies at a byte address, and whose own addresses are final; the timing of each of its layers, or nothing if it would never end.
pub(super) fn replay(
    program: &Program,
    address: u32,
    layers: usize,
    config: &EngineConfig,
) -> Option<Vec<Timing>> {
    let mut player = Player::new(program, address, layers, config)?;
    player.play().then_some(player.timings)
}

/// When a command was executed, or its results written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Busy {
    /// Its place in the program.
    pub command: usize,
    /// What was done.
    pub work: Work,
    /// First cycle, and the first behind the last.
    pub cycles: [u64; 2],
}

/// Plays the same for what each unit does when, in the order in which it ends, and for the cycles of the whole.
pub(super) fn busy(
    program: &Program,
    address: u32,
    config: &EngineConfig,
) -> Option<(Vec<Busy>, u64)> {
    let layers = program.stages.iter().max()? + 1;
    let mut player = Player::new(program, address, layers, config)?;
    let ended = player.play();
    let cycles = player.layer_from;
    ended.then_some((player.busy, cycles))
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Takes the next command from that cycle on.
    Idle(u64),
    /// Has a command and waits for semaphores, since that cycle.
    Waiting(u64),
    Running,
}

struct Front {
    /// Commands, and when each can be taken in.
    queue: VecDeque<(usize, u64)>,
    /// When the command taken in last has left the queue.
    emptied: u64,
    command: usize,
    /// When the command began to run.
    started: u64,
    state: State,
}

struct Player<'a> {
    program: &'a Program,
    /// Word address of the next command.
    address: u32,
    config: &'a EngineConfig,
    memory: Memory,
    owner: usize,
    next: usize,
    fetch_from: u64,
    units: [Front; 3],
    loader: Loader,
    weights: WeightLoader,
    compute: Compute,
    /// When each of what was given can be taken.
    semaphores: [VecDeque<u64>; NUM_SEMAPHORES],
    layer: usize,
    layer_from: u64,
    timings: Vec<Timing>,
    busy: Vec<Busy>,
    /// Place of the latest there that is of results.
    store: usize,
}

impl<'a> Player<'a> {
    fn new(
        program: &'a Program,
        address: u32,
        layers: usize,
        config: &'a EngineConfig,
    ) -> Option<Player<'a>> {
        let front = || Front {
            queue: VecDeque::new(),
            emptied: 0,
            command: 0,
            started: 0,
            state: State::Idle(0),
        };
        Some(Player {
            program,
            address: address / 2,
            config,
            memory: Memory::new(config).ok()?,
            owner: FETCH,
            next: 0,
            fetch_from: 1,
            units: [front(), front(), front()],
            loader: Loader::new(config.lanes),
            weights: WeightLoader::new(config.weight_depth, config.lanes),
            compute: Compute::new(config.lanes),
            semaphores: Default::default(),
            layer: 0,
            layer_from: 0,
            timings: vec![Timing::default(); layers],
            busy: Vec::new(),
            store: 0,
        })
    }

    fn play(&mut self) -> bool {
        let mut last = 0;
        loop {
            let units = [LOAD, WEIGHT, COMPUTE].map(|unit| (self.unit_time(unit), unit));
            let (at, unit) = units.into_iter().min().unwrap_or((NEVER, LOAD));
            let (accept, client) = self.next_accept();
            if at.min(accept) == NEVER {
                break;
            }
            last = last.max(at.min(accept));
            match at <= accept {
                true => self.unit_event(unit, at),
                false => self.accept(client, accept),
            }
        }
        let idle = |front: &Front| matches!(front.state, State::Idle(_)) && front.queue.is_empty();
        let ends = self.units.iter().map(|front| match front.state {
            State::Idle(from) => from,
            _ => last,
        });
        let end = ends.fold(self.fetch_from, u64::max);
        self.account(end, 0);
        self.units.iter().all(idle) && self.next == self.program.commands.len()
    }

    /// Books the cycles so far, and those to come on a layer's account.
    fn account(&mut self, at: u64, layer: usize) {
        self.timings[self.layer].cycles += (at - self.layer_from) as f64;
        (self.layer, self.layer_from) = (layer, at);
    }

    /// First cycle of each client's request.
    fn requests(&self) -> [u64; CLIENTS] {
        let mut fetch = self.fetch_from;
        for unit in &self.units {
            match unit.queue.len() {
                0 => {}
                1 => fetch = fetch.max(unit.emptied),
                _ => fetch = NEVER,
            }
        }
        if self.next == self.program.commands.len() {
            fetch = NEVER;
        }
        [
            fetch,
            self.weights.request(),
            self.loader.request(),
            self.compute.writer.request(),
        ]
    }

    /// Those behind a client in their turns.
    fn behind(client: usize) -> impl Iterator<Item = usize> {
        (1..CLIENTS).map(move |n| (client + n) % CLIENTS)
    }

    /// When the memory takes the next request, and whose: the owner's, or else, a cycle later, that of the first behind it who asks.
    fn next_accept(&self) -> (u64, usize) {
        let (requests, room) = (self.requests(), self.memory.room_from());
        let own = requests[self.owner].max(room);
        let others = Self::behind(self.owner).map(|client| requests[client]);
        let other = others.min().unwrap_or(NEVER).max(room);
        let free = self.memory.free_from();
        if own <= other {
            return (own.max(free), self.owner);
        }
        let next = Self::behind(self.owner).find(|client| requests[*client] <= other);
        ((other + 1).max(free), next.unwrap_or(self.owner))
    }

    fn accept(&mut self, client: usize, at: u64) {
        let requests = self.requests();
        let next = Self::behind(client).find(|client| requests[*client] <= at);
        self.owner = next.unwrap_or(client);
        let burst = match client {
            FETCH => Burst {
                address: self.address,
                words: COMMAND_WORDS as u32,
                write: false,
            },
            WEIGHTS => self.weights.burst(at),
            FEATURES => self.loader.burst(),
            _ => self.compute.writer.burst(),
        };
        let served = self.memory.accept(at, burst);
        match client {
            FETCH => self.fetched(served),
            WEIGHTS => self.weights.take(at, burst, served),
            FEATURES => {
                let quad = self.compute.load_quad();
                self.loader.take(at, burst, served, quad);
            }
            _ => {
                self.stored(at, served);
                if self.compute.writer.take(at, served) {
                    self.compute.written();
                }
            }
        }
    }

    /// Books a burst of results with those of the same command.
    fn stored(&mut self, at: u64, served: Served) {
        let command = self.units[COMPUTE].command;
        // A CONV does not end before its results are written.
        match self.busy.get_mut(self.store) {
            Some(busy) if busy.command == command && busy.work == Work::Store => {
                busy.cycles[1] = served.last + 1;
            }
            _ => {
                self.store = self.busy.len();
                self.busy.push(Busy {
                    command,
                    work: Work::Store,
                    cycles: [at, served.last + 1],
                });
            }
        }
    }

    /// A command is on its way to its unit.
    fn fetched(&mut self, served: Served) {
        let unit = match self.program.commands[self.next].unit() {
            Unit::Load => Some(LOAD),
            Unit::Weight => Some(WEIGHT),
            Unit::Compute => Some(COMPUTE),
            Unit::Fetcher => None,
        };
        if let Some(unit) = unit {
            let queue = &mut self.units[unit].queue;
            queue.push_back((self.next, served.first + TO_UNIT));
        }
        self.next += 1;
        self.address += COMMAND_WORDS as u32;
        self.fetch_from = served.last + NEXT_FETCH;
    }

    /// Semaphores of a mask.
    fn chosen(mask: u8) -> impl Iterator<Item = usize> {
        (0..NUM_SEMAPHORES).filter(move |n| mask >> n & 1 == 1)
    }

    /// Cycle of a unit's next event.
    fn unit_time(&self, unit: usize) -> u64 {
        let front = &self.units[unit];
        match front.state {
            State::Idle(from) => front.queue.front().map_or(NEVER, |(_, at)| from.max(*at)),
            State::Waiting(since) => {
                let wait = self.program.commands[front.command].header().wait;
                let given = |n: usize| self.semaphores[n].front().copied().unwrap_or(NEVER);
                let all = Self::chosen(wait).map(given).fold(since, u64::max);
                all.saturating_add(1)
            }
            State::Running => match unit {
                LOAD => self.loader.finish,
                WEIGHT => self.weights.finish,
                _ => self.compute.next(&self.weights),
            },
        }
    }

    fn unit_event(&mut self, unit: usize, at: u64) {
        match self.units[unit].state {
            State::Idle(_) => {
                let front = &mut self.units[unit];
                let Some((command, _)) = front.queue.pop_front() else {
                    return;
                };
                front.command = command;
                front.emptied = at + EMPTIED;
                front.state = State::Waiting(at + TAKEN_IN);
                if unit == COMPUTE {
                    self.account(at, self.program.stages[command]);
                }
            }
            State::Waiting(since) => {
                let command = &self.program.commands[self.units[unit].command];
                for n in Self::chosen(command.header().wait) {
                    self.semaphores[n].pop_front();
                }
                self.units[unit].started = at;
                self.units[unit].state = State::Running;
                match command {
                    Command::Load(load) => self.loader.start(at, load),
                    Command::Weights(weights) => self.weights.start_weights(at, weights),
                    Command::Params(params) => self.weights.start_parameters(at, params),
                    Command::Conv(conv) => {
                        self.timings[self.layer].tokens += (at + 1 - since) as f64;
                        self.compute.start(at, conv, self.config);
                    }
                    Command::End(_) => {}
                }
            }
            State::Running if unit == COMPUTE && at != self.compute.finish => {
                let timing = &mut self.timings[self.layer];
                self.compute.step(at, &mut self.weights, timing);
                self.compute.written();
            }
            State::Running => {
                match unit {
                    LOAD => self.loader.finish = NEVER,
                    WEIGHT => self.weights.finish = NEVER,
                    _ => self.compute.rest(),
                }
                let front = &self.units[unit];
                self.busy.push(Busy {
                    command: front.command,
                    work: [Work::Load, Work::Weights, Work::Compute][unit],
                    cycles: [front.started, at],
                });
                let command = &self.program.commands[front.command];
                for n in Self::chosen(command.header().signal) {
                    self.semaphores[n].push_back(at + GIVEN);
                }
                self.units[unit].state = State::Idle(at + NEXT_COMMAND);
            }
        }
    }
}

#[cfg(test)]
mod tests;
