//! About how long a program takes: its commands played through the three units, which share one memory. Fast enough to weigh many
//! candidates; what is chosen is predicted by [`super::replay`].
//!
//! Work flows at steady rates between two events: a command or a group of output channels ends, the
//! weight ring is full or holds enough. While several clients want the memory they take turns, one
//! burst each; a client that wants less than its turn gets what it wants.

use std::collections::VecDeque;

use rowfuse_spec::command::{Unit, NUM_SEMAPHORES, UNIT_QUEUE_DEPTH};
use rowfuse_spec::{Command, Conv, EngineConfig};

use super::cost::{
    drain_cycles, read_bursts, row_costs, tile_interval, turnaround, write_bursts, write_count,
    Bursts, GROUP_GAP, ISSUE_CYCLES, SETTLE_CYCLES, START_CYCLES, WRITER_TILES,
};
use super::emit::Program;

/// Below this, a remainder of cycles or entries is a matter of rounding.
const EPSILON: f64 = 1e-6;

/// Cycles, and those in which the array stands still, by cause.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Timing {
    pub cycles: f64,
    pub weights: f64,
    pub tokens: f64,
    pub output: f64,
    pub interval: f64,
}

/// Plays a program; the timing of each of its layers, or nothing if it would never end.
pub(super) fn play(program: &Program, layers: usize, config: &EngineConfig) -> Option<Vec<Timing>> {
    let mut player = Player::new(program, layers, config);
    player.play().then_some(player.timings)
}

/// What a unit is doing.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Idle,
    /// Takes its command in; cycles left.
    Issue(f64),
    /// Waits for semaphores.
    Wait,
    /// Moves data; cycles of the memory left.
    Transfer(f64),
    /// Fills the weight ring; entries left.
    Fill(f64),
    /// Waits for the weights of a group; groups left.
    Weights(u32),
    /// Computes a group; groups left and cycles left.
    Compute(u32, f64),
    /// Waits until all results are written.
    Flush,
    /// Comes to rest; cycles left.
    Settle(f64),
}

struct UnitState {
    queue: VecDeque<usize>,
    command: usize,
    state: State,
    bursts: Bursts,
}

struct Player<'a> {
    program: &'a Program,
    config: &'a EngineConfig,
    /// Of the configuration's memory.
    turnaround: f64,
    next: usize,
    semaphores: [u32; NUM_SEMAPHORES],
    units: [UnitState; 3],
    /// Entries in the weight ring.
    entries: f64,
    /// Tiles that wait for the writer.
    pending: f64,
    /// Layer on whose account time passes.
    layer: usize,
    timings: Vec<Timing>,
}

/// How fast the units move while nothing happens.
struct Rates {
    load: f64,
    weight: f64,
    compute: f64,
    /// Tiles a cycle that the writer gains on, or loses to, the array.
    pending: f64,
}

impl<'a> Player<'a> {
    fn new(program: &'a Program, layers: usize, config: &'a EngineConfig) -> Player<'a> {
        let unit = || UnitState {
            queue: VecDeque::new(),
            command: 0,
            state: State::Idle,
            bursts: Bursts {
                each: 0.0,
                all: 0.0,
            },
        };
        let mut timings = vec![Timing::default(); layers];
        timings[0].cycles = START_CYCLES;
        Player {
            program,
            config,
            turnaround: turnaround(config),
            next: 0,
            semaphores: [0; NUM_SEMAPHORES],
            units: [unit(), unit(), unit()],
            entries: 0.0,
            pending: 0.0,
            layer: 0,
            timings,
        }
    }

    fn play(&mut self) -> bool {
        loop {
            while self.fetch() | (0..3).fold(false, |any, unit| self.start(unit) | any) {}
            let rates = self.rates();
            let until = [0, 1, 2].map(|unit| self.time_left(unit, &rates));
            let step = until.into_iter().fold(self.backlog_time(&rates), f64::min);
            if step.is_infinite() {
                let rest = self.units.iter().all(|u| u.state == State::Idle);
                return rest && self.next == self.program.commands.len();
            }
            self.account(step, &rates);
            (0..3).for_each(|unit| self.advance(unit, step, &rates));
            self.pending = (self.pending + step * rates.pending).clamp(0.0, WRITER_TILES);
        }
    }

    /// Hands out a command if every queue has room for one.
    fn fetch(&mut self) -> bool {
        let room = |unit: &UnitState| unit.queue.len() < UNIT_QUEUE_DEPTH;
        let Some(command) = self.program.commands.get(self.next) else {
            return false;
        };
        if !self.units.iter().all(room) {
            return false;
        }
        match command.unit() {
            Unit::Load => self.units[0].queue.push_back(self.next),
            Unit::Weight => self.units[1].queue.push_back(self.next),
            Unit::Compute => self.units[2].queue.push_back(self.next),
            Unit::Fetcher => {}
        }
        self.next += 1;
        true
    }

    /// Does what takes no time; whether there was any.
    fn start(&mut self, unit: usize) -> bool {
        let index = self.units[unit].command;
        let state = match self.units[unit].state {
            State::Idle => {
                let Some(command) = self.units[unit].queue.pop_front() else {
                    return false;
                };
                self.units[unit].command = command;
                if unit == 2 {
                    self.layer = self.program.stages[command];
                }
                State::Issue(ISSUE_CYCLES)
            }
            State::Wait => {
                let wait = self.program.commands[index].header().wait;
                let chosen = |n: &usize| wait >> n & 1 == 1;
                if (0..NUM_SEMAPHORES)
                    .filter(chosen)
                    .any(|n| self.semaphores[n] == 0)
                {
                    return false;
                }
                (0..NUM_SEMAPHORES)
                    .filter(chosen)
                    .for_each(|n| self.semaphores[n] -= 1);
                self.work(unit)
            }
            State::Weights(left) => {
                let conv = self.conv();
                if self.entries < f64::from(conv.cin) - EPSILON {
                    return false;
                }
                State::Compute(left, self.group_cycles(&conv, left == 1))
            }
            State::Flush if self.pending < EPSILON => {
                State::Settle(drain_cycles(&self.conv()) + f64::from(6 * self.config.lanes))
            }
            _ => return false,
        };
        self.units[unit].state = state;
        true
    }

    /// What a unit does once its command may start.
    fn work(&mut self, unit: usize) -> State {
        let command = &self.program.commands[self.units[unit].command];
        self.units[unit].bursts = read_bursts(command, self.config);
        match command {
            Command::Weights(weights) => State::Fill(weights.entries.into()),
            Command::Conv(conv) => {
                self.units[unit].bursts = match conv.to_line_buffer() {
                    true => self.units[unit].bursts,
                    false => write_bursts(conv, self.config),
                };
                State::Weights(conv.groups)
            }
            _ => State::Transfer(self.units[unit].bursts.all),
        }
    }

    /// The CONV of the compute unit.
    fn conv(&self) -> Conv {
        match self.program.commands[self.units[2].command] {
            Command::Conv(conv) => conv,
            _ => Conv::default(),
        }
    }

    /// Behind a group's last channel comes the gap, behind a CONV's its end, whatever is left of the interval.
    fn group_cycles(&self, conv: &Conv, last: bool) -> f64 {
        let tiles = f64::from(conv.tile_rows * conv.tile_cols);
        let interval = f64::from(tile_interval(conv.cin, self.config));
        let end = f64::from(conv.cin) + GROUP_GAP;
        (tiles - 1.0) * interval + if last { end } else { end.max(interval) }
    }

    /// Whether loads, weights and results want the memory.
    fn wants(&self) -> [bool; 3] {
        let load = matches!(self.units[0].state, State::Transfer(_));
        let weight = match self.units[1].state {
            State::Transfer(_) => true,
            State::Fill(_) => self.entries < f64::from(self.config.weight_depth) - EPSILON,
            _ => false,
        };
        [
            load,
            weight,
            self.pending > EPSILON || self.production() > 0.0,
        ]
    }

    /// Tiles a cycle that the array would give the writer.
    fn production(&self) -> f64 {
        match self.units[2].state {
            State::Compute(..) if self.units[2].bursts.all > 0.0 => {
                1.0 / f64::from(tile_interval(self.conv().cin, self.config))
            }
            _ => 0.0,
        }
    }

    fn rates(&self) -> Rates {
        let wants = self.wants();
        let mut sizes = [0, 1, 2].map(|unit| match wants[unit] {
            true => self.units[unit].bursts.each,
            false => 0.0,
        });
        let mut cost = self.units[2].bursts.all.max(EPSILON);
        if wants[2] {
            let conv = self.conv();
            let more = match wants[0] || wants[1] {
                true => self.turnaround,
                false => row_costs(&conv, self.config),
            };
            sizes[2] += more;
            cost += more * write_count(&conv);
        }
        let turn = sizes[2] / sizes.iter().sum::<f64>().max(EPSILON);
        let production = self.production();
        let mut written = turn / cost;
        let mut compute = 1.0;
        if self.pending < EPSILON {
            written = written.min(production);
        } else if self.pending > WRITER_TILES - EPSILON && written < production {
            compute = written / production;
        }
        let rest = (1.0 - written * cost) / (sizes[0] + sizes[1]).max(EPSILON);
        let weight = match self.units[1].state {
            State::Fill(_) => self.entries_per_cycle(),
            _ => 1.0,
        };
        Rates {
            load: rest * sizes[0],
            weight: rest * sizes[1] * weight,
            compute,
            pending: production * compute - written,
        }
    }

    /// Cycles until the writer's room is full or empty.
    fn backlog_time(&self, rates: &Rates) -> f64 {
        match rates.pending {
            rate if rate > EPSILON * EPSILON => (WRITER_TILES - self.pending) / rate,
            rate if rate < -EPSILON * EPSILON => self.pending / -rate,
            _ => f64::INFINITY,
        }
    }

    /// Entries of the running WEIGHTS that the memory gives in a cycle.
    fn entries_per_cycle(&self) -> f64 {
        match self.program.commands[self.units[1].command] {
            Command::Weights(weights) => f64::from(weights.entries) / self.units[1].bursts.all,
            _ => 1.0,
        }
    }

    /// Cycles until a unit's state changes by itself.
    fn time_left(&self, unit: usize, rates: &Rates) -> f64 {
        let rate = [rates.load, rates.weight, rates.compute][unit];
        let left = match self.units[unit].state {
            State::Issue(left) | State::Settle(left) => return left,
            State::Transfer(left) | State::Compute(_, left) => left,
            State::Fill(left) => left.min(f64::from(self.config.weight_depth) - self.entries),
            // The ring gets there while the weight unit fills it.
            State::Weights(_) => {
                let missing = f64::from(self.conv().cin) - self.entries;
                return match self.units[1].state {
                    State::Fill(left) if rates.weight > 0.0 => missing.min(left) / rates.weight,
                    _ => f64::INFINITY,
                };
            }
            State::Idle | State::Wait | State::Flush => return f64::INFINITY,
        };
        if rate > 0.0 {
            left / rate
        } else {
            f64::INFINITY
        }
    }

    /// Books the time on the layer that the compute unit is at.
    fn account(&mut self, step: f64, rates: &Rates) {
        let conv = self.conv();
        let timing = &mut self.timings[self.layer];
        timing.cycles += step;
        match self.units[2].state {
            State::Weights(_) => timing.weights += step,
            State::Wait => timing.tokens += step,
            State::Compute(..) => {
                timing.output += step * (1.0 - rates.compute);
                let interval = f64::from(tile_interval(conv.cin, self.config));
                let idle = (interval - f64::from(conv.cin)) / interval;
                timing.interval += step * rates.compute * idle;
            }
            _ => {}
        }
    }

    fn advance(&mut self, unit: usize, step: f64, rates: &Rates) {
        let done = step * [rates.load, rates.weight, rates.compute][unit];
        let over = |left: f64| left < EPSILON;
        let state = match self.units[unit].state {
            State::Issue(left) if over(left - step) => State::Wait,
            State::Issue(left) => State::Issue(left - step),
            State::Transfer(left) if over(left - done) => State::Settle(SETTLE_CYCLES),
            State::Transfer(left) => State::Transfer(left - done),
            State::Fill(left) => {
                self.entries += done;
                match over(left - done) {
                    true => State::Settle(SETTLE_CYCLES),
                    false => State::Fill(left - done),
                }
            }
            State::Compute(groups, left) if over(left - done) => {
                let conv = self.conv();
                self.entries -= f64::from(conv.cin);
                match groups {
                    1 => State::Flush,
                    _ => State::Weights(groups - 1),
                }
            }
            State::Compute(groups, left) => State::Compute(groups, left - done),
            State::Settle(left) if over(left - step) => {
                let signal = self.program.commands[self.units[unit].command]
                    .header()
                    .signal;
                for (n, semaphore) in self.semaphores.iter_mut().enumerate() {
                    *semaphore += u32::from(signal >> n & 1);
                }
                State::Idle
            }
            State::Settle(left) => State::Settle(left - step),
            state => state,
        };
        self.units[unit].state = state;
    }
}
