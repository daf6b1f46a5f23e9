//! The sequencer: addresses, masks and weight entries from `LineBufferRegion`, timing from a model of the stalls.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rowfuse_hdl::engine::pixel_buffer::WRITE_LATENCY;
use rowfuse_hdl::engine::sequencer::{Sequencer, FREE_DELAY, GROUP_HOLD, LATENCY};
use rowfuse_spec::layout::LineBufferRegion;
use rowfuse_testbench::dut::{Dut, Stimulus, Trace};
use rust_hdl::prelude::*;

use super::{column, region, LANES};
use crate::support::agree;

/// Clocks with `outputs_done` that end a command.
const SETTLE: u32 = WRITE_LATENCY + 3;

/// A CONV as far as the sequencer sees it.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    pub cin: u32,
    pub groups: u32,
    pub first_tile_row: u32,
    pub tile_rows: u32,
    pub height: u32,
    pub width: u32,
    /// The first row of tiles begins two rows above the map, the first column two columns left of it.
    pub inset: [bool; 2],
    pub ring: LineBufferRegion,
}

impl Command {
    pub fn random(random: &mut ChaCha8Rng, lanes: u32) -> Command {
        let inset = [(); 2].map(|()| random.gen_bool(0.4));
        let [height, width] = inset.map(|inset| random.gen_range(1..22) + 2 * u32::from(inset));
        let cin = random.gen_range(1..9);
        let all: u32 = height.div_ceil(4);
        let first_tile_row = random.gen_range(0..all);
        Command {
            cin,
            groups: random.gen_range(1..4),
            first_tile_row,
            tile_rows: random.gen_range(1..=all - first_tile_row),
            height,
            width,
            inset,
            ring: region(random, width.div_ceil(4), cin, lanes),
        }
    }

    /// One sub-row up, round the ring.
    pub fn rows_up(&self) -> u32 {
        match self.inset[0] {
            true => self.ring.sub_rows() - 1,
            false => 0,
        }
    }

    /// Every channel it issues, in order; weight entries from `weight` on.
    pub fn items(&self, weight: u32) -> Vec<Item> {
        let mut items = Vec::new();
        let tile_cols = self.ring.tile_cols;
        let [above, beside] = self.inset;
        let up = self.rows_up();
        for group in 0..self.groups {
            for ty in self.first_tile_row..self.first_tile_row + self.tile_rows {
                for tx in 0..tile_cols {
                    let last_tile =
                        tx == tile_cols - 1 && ty == self.first_tile_row + self.tile_rows - 1;
                    let masked = |yes: bool| if yes { 0b111_000 } else { 0b111_111 };
                    let rows = masked(above && ty == self.first_tile_row);
                    let cols = masked(beside && tx == 0);
                    for c in 0..self.cin {
                        let mut item = Item {
                            tile_start: c == 0,
                            col_start: tx == 0,
                            last: c == self.cin - 1,
                            row_bank: (2 * ty + up) % 3,
                            col_bank: (2 * tx + if beside { 2 } else { 0 }) % 3,
                            row_inside: rows & inside(4 * ty, self.height),
                            col_inside: cols & inside(4 * tx, self.width),
                            weight: (weight + group * self.cin + c) & 0xFFFF,
                            group_end: last_tile && c == self.cin - 1,
                            ..Item::default()
                        };
                        item.group_start = item.tile_start && tx == 0 && ty == self.first_tile_row;
                        for row in 2 * ty..2 * ty + 3 {
                            let slot = self.ring.slot(row + up);
                            for col in 2 * tx..2 * tx + 3 {
                                let (offset, bank) = match beside {
                                    true => left_of(&self.ring, col),
                                    false => column(&self.ring, col),
                                };
                                let lane = 3 * slot.bank + bank;
                                let address = (slot.address + c).wrapping_add(offset);
                                item.address[lane as usize] = address & 0xFFFF;
                            }
                        }
                        items.push(item);
                    }
                }
            }
        }
        items
    }
}

/// Lane offset and bank of the sub-column left of `col`; that left of the first has a slot of its own before the row.
fn left_of(ring: &LineBufferRegion, col: u32) -> (u32, u32) {
    match col.checked_sub(1) {
        Some(left) => column(ring, left),
        None => (ring.channel_stride.wrapping_neg(), 2),
    }
}

/// Which of the six rows (or columns) of the window of a tile at `first` are pixels.
fn inside(first: u32, size: u32) -> u32 {
    (0..6)
        .filter(|i| (1..=size).contains(&(first + i)))
        .fold(0, |mask, i| mask | 1 << i)
}

/// One channel of one tile.
#[derive(Clone, Debug, Default)]
pub struct Item {
    pub address: [u32; 9],
    pub weight: u32,
    pub row_bank: u32,
    pub col_bank: u32,
    pub row_inside: u32,
    pub col_inside: u32,
    pub tile_start: bool,
    /// The tile is its row's first.
    pub col_start: bool,
    pub group_start: bool,
    pub last: bool,
    pub group_end: bool,
}

#[derive(Debug)]
enum Phase {
    Idle,
    Prepare,
    Run,
    Drain(u32),
}

/// What must be seen [`LATENCY`] after a clock.
enum Issued {
    Nothing,
    Channel(Item),
    /// The empty last channel of `clear`.
    Flush,
}

struct Bench {
    random: ChaCha8Rng,
    lanes: u32,
    /// Probabilities of a clock.
    full: f64,
    ready: f64,
    clear: f64,
    running: bool,
    commands: Vec<(usize, Command)>,
    finished: usize,
}

impl Stimulus<Sequencer> for &mut Bench {
    fn drive(&mut self, block: &mut Sequencer, cycle: usize) {
        block.start.next = false;
        if !self.running && self.random.gen_bool(0.3) {
            let command = Command::random(&mut self.random, self.lanes);
            let row = 2 * command.first_tile_row + command.rows_up();
            let slot = command.ring.slot(row);
            let [above, beside] = command.inset.map(u32::from);
            block.start.next = true;
            block.cin.next = command.cin.to_bits();
            block.groups.next = command.groups.to_bits();
            block.tile_rows.next = command.tile_rows.to_bits();
            block.tile_cols.next = command.ring.tile_cols.to_bits();
            block.in_base.next = command.ring.base.to_bits();
            block.in_row_pitch.next = command.ring.row_pitch().to_bits();
            block.in_channel_stride.next = command.ring.channel_stride.to_bits();
            block.in_ring_end.next = command.ring.ring_end().to_bits();
            block.in_row_address.next = slot.address.to_bits();
            block.in_row_bank.next = slot.bank.to_bits();
            block.first_row.next = (4 * command.first_tile_row).to_bits();
            block.height.next = command.height.to_bits();
            block.width.next = command.width.to_bits();
            block.inset.next = (above | beside << 1).to_bits();
            self.commands.push((cycle, command));
            self.running = true;
        }
        block.clear.next = self.random.gen_bool(self.clear);
        block.outputs_done.next = self.random.gen_bool(0.7);
        block.output_full.next = self.random.gen_bool(self.full);
        block.weights_ready.next = self.random.gen_bool(self.ready);
    }

    fn observe(&mut self, block: &Sequencer, _cycle: usize) {
        self.finished += usize::from(block.finished.val());
        if block.finished.val() || block.clear.val() {
            self.running = false;
        }
    }
}

/// Follows the trace clock by clock; returns how often each stall was seen.
fn check(trace: &Trace, bench: &Bench, context: &str) -> [u32; 3] {
    let mut commands = bench.commands.iter();
    let mut phase = Phase::Idle;
    let mut items = Vec::new().into_iter().peekable();
    let (mut weight, mut next_tile, mut cin) = (0, 0, 0);
    // Whether the group is open, and the last clock of the hold.
    let (mut open, mut held) = (false, 0);
    let latency = LATENCY as usize;
    let mut expected = Vec::new();
    let mut group_ends = Vec::new();
    let mut stalls = [0; 3];
    for t in 0..trace.cycles() {
        let flag = |port: &str| trace.u64(port, t) == 1;
        let [mut stall_interval, mut stall_output, mut stall_weights] = [false; 3];
        let (mut issued, mut finished, mut tile, mut group_end) = (None, false, false, false);
        let mut opens = open || (t > held && flag("weights_ready"));
        match phase {
            Phase::Idle => {
                if flag("start") {
                    let (at, command) = commands.next().unwrap();
                    assert_eq!(*at, t);
                    items = command.items(weight).into_iter().peekable();
                    cin = command.cin;
                    phase = Phase::Prepare;
                }
            }
            Phase::Prepare => {
                held = t + GROUP_HOLD as usize;
                opens = false;
                phase = Phase::Run;
            }
            Phase::Run => {
                let item = items.peek().unwrap();
                if item.tile_start && t < next_tile {
                    stall_interval = true;
                } else if item.tile_start && flag("output_full") {
                    stall_output = true;
                } else if item.group_start && !open {
                    stall_weights = true;
                } else {
                    let item = items.next().unwrap();
                    tile = item.tile_start;
                    if tile {
                        next_tile = t + 6 * bench.lanes as usize;
                    }
                    group_end = item.group_end;
                    if group_end {
                        weight += cin;
                        held = t + GROUP_HOLD as usize;
                        opens = false;
                    }
                    if items.peek().is_none() {
                        phase = Phase::Drain(0);
                    }
                    issued = Some(item);
                }
            }
            Phase::Drain(count) => {
                if flag("outputs_done") {
                    finished = count + 1 == SETTLE;
                    phase = if finished {
                        Phase::Idle
                    } else {
                        Phase::Drain(count + 1)
                    };
                }
            }
        }
        open = opens;
        let now = [
            ("issued", issued.is_some()),
            ("tile", tile),
            ("stall_interval", stall_interval),
            ("stall_output", stall_output),
            ("stall_weights", stall_weights),
            ("finished", finished),
            ("group_done", t > 0 && group_ends[t - 1]),
            (
                "group_free",
                t > FREE_DELAY && group_ends[t - 1 - FREE_DELAY],
            ),
        ];
        for (port, value) in now {
            assert_eq!(flag(port), value, "{context}: {port} in cycle {t}");
        }
        group_ends.push(group_end && !flag("clear"));
        for (count, stall) in stalls
            .iter_mut()
            .zip([stall_interval, stall_output, stall_weights])
        {
            *count += u32::from(stall);
        }
        expected.push(match issued {
            _ if flag("clear") => Issued::Flush,
            Some(item) => Issued::Channel(item),
            None => Issued::Nothing,
        });
        if flag("clear") {
            // A start in the same clock is lost with all else.
            phase = Phase::Idle;
            weight = 0;
        }
        if t >= latency {
            check_issued(trace, t, &expected[t - latency], context);
        }
    }
    stalls
}

/// The registered outputs of cycle `t`.
fn check_issued(trace: &Trace, t: usize, expected: &Issued, context: &str) {
    let (enable, last) = (trace.u64("enable", t) == 1, trace.u64("last", t) == 1);
    match expected {
        Issued::Nothing => assert!(!enable && !last, "{context}: idle in cycle {t}"),
        Issued::Flush => assert!(enable && last, "{context}: flush in cycle {t}"),
        Issued::Channel(item) => {
            assert!(enable, "{context}: enable in cycle {t}");
            assert_eq!(last, item.last, "{context}: last in cycle {t}");
            for (bank, address) in item.address.iter().enumerate() {
                let found = trace.u64(&format!("address${bank}"), t);
                assert_eq!(
                    found,
                    u64::from(*address),
                    "{context}: bank {bank} in cycle {t}"
                );
            }
            for (port, value) in [
                ("weight_address", item.weight),
                ("row_bank", item.row_bank),
                ("col_bank", item.col_bank),
                ("row_inside", item.row_inside),
                ("col_inside", item.col_inside),
            ] {
                assert_eq!(
                    trace.u64(port, t),
                    u64::from(value),
                    "{context}: {port} in cycle {t}"
                );
            }
        }
    }
}

fn run(seed: u64, [full, ready, clear]: [f64; 3], commands: usize) {
    for lanes in LANES {
        let context = format!("seed {seed}, {lanes} lanes");
        let mut dut = Dut::new("sequencer", Sequencer::new(lanes), |b, clock| {
            b.clock.next = clock;
        })
        .expect("a legal block");
        let mut bench = Bench {
            random: crate::support::rng(seed),
            lanes,
            full,
            ready,
            clear,
            running: false,
            commands: Vec::new(),
            finished: 0,
        };
        let trace = agree(&mut dut, 12_000, &mut bench);
        let [interval, output, weights] = check(&trace, &bench, &context);
        assert!(bench.finished >= commands, "{context}: {}", bench.finished);
        assert!(interval > 0, "{context}");
        // Every group waits for its hold at least.
        assert!(weights > 0, "{context}");
        assert_eq!(output > 0, full > 0.0, "{context}");
    }
}

#[test]
fn channels_follow_each_other_without_a_stall_from_outside() {
    run(11, [0.0, 1.0, 0.0], 8);
}

pub fn tiles_wait_for_output_and_weights() {
    run(12, [0.5, 0.1, 0.0], 8);
    run(13, [0.9, 0.5, 0.0], 4);
}

pub fn clear_stops_a_command_anywhere() {
    run(14, [0.1, 0.5, 0.004], 5);
}
