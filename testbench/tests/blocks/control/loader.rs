//! The load unit: what it writes is the map packed by `FeatureMap`, at the addresses of `LineBufferRegion`.

use std::ops::Range;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rowfuse_hdl::engine::pixel_buffer::WRITE_LATENCY;
use rowfuse_hdl::memory::loader::Loader;
use rowfuse_spec::layout::{FeatureMap, LineBufferRegion};
use rowfuse_spec::Load;
use rowfuse_testbench::dut::{Dut, Stimulus};
use rust_hdl::prelude::*;

use super::{column, region, LANES};
use crate::memory_model::{MemoryModel, Pace};
use crate::support::agree;

/// A quad at the pixel buffer's write port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Write {
    quad: u32,
    rows: [u32; 2],
    cols: [u32; 2],
    channel: u32,
    banks: [u32; 2],
}

/// A LOAD of sub-rows `first..first + sub_rows` and the sub-columns `cols`, of all groups of channels or one.
struct Command {
    map: FeatureMap,
    pixels: Vec<u8>,
    first: u32,
    sub_rows: u32,
    cols: Range<u32>,
    group: Option<u32>,
    ring: LineBufferRegion,
}

impl Command {
    fn random(random: &mut ChaCha8Rng, lanes: u32) -> Command {
        let wide = random.gen_bool(0.2);
        let (height, width) = (
            random.gen_range(1..20),
            random.gen_range(1..if wide { 80 } else { 20 }),
        );
        let (channels, base) = (random.gen_range(1..8), 2 * random.gen_range(0..0xF0_0000));
        let map = match random.gen_range(0..3) {
            0 => FeatureMap::input(base, channels, height, width, lanes),
            kind => {
                FeatureMap::conv_output(base, channels, height + 1, width + 1, lanes, kind == 1)
            }
        };
        let first = random.gen_range(0..map.sub_rows);
        let left = random.gen_range(0..map.sub_cols);
        let part = left..random.gen_range(left..map.sub_cols) + 1;
        let group = random.gen_range(0..map.groups());
        Command {
            cols: if random.gen() { part } else { 0..map.sub_cols },
            group: random.gen_bool(0.3).then_some(group),
            map,
            pixels: (0..map.channels * map.height * map.width)
                .map(|_| random.gen())
                .collect(),
            first,
            sub_rows: random.gen_range(1..=map.sub_rows - first),
            ring: region(random, map.sub_cols.div_ceil(2), channels, lanes),
        }
    }

    fn load(&self) -> Load {
        let rows = self.first..self.first + self.sub_rows;
        let load = Load::part(&self.map, &self.ring, rows, self.cols.clone(), self.first);
        let Some(group) = self.group else {
            return load;
        };
        // What the gap leaves out may be other groups as well.
        let group_words = self.map.group_pitch() / 2;
        Load {
            address: load.address + group * group_words,
            groups: 1,
            gap: load.gap + (self.map.groups() - 1) * group_words,
            ..load
        }
    }

    /// The map's pixel, or what `fill` left where there is none.
    fn pixel(&self, channel: u32, row: u32, col: u32) -> u8 {
        let map = &self.map;
        if channel < map.channels && row < map.height && col < map.width {
            self.pixels[((channel * map.height + row) * map.width + col) as usize]
        } else {
            0xEE
        }
    }

    /// Every quad in order, and whether its sub-row ends with it.
    fn writes(&self) -> Vec<(Write, bool)> {
        let (map, ring) = (&self.map, &self.ring);
        let mut writes = Vec::new();
        for row in self.first..self.first + self.sub_rows {
            let groups = self.group.map_or(0..map.groups(), |g| g..g + 1);
            for group in groups.clone() {
                for from in self.cols.clone() {
                    let col = from - self.cols.start;
                    for lane in 0..map.lanes {
                        let channel = group * map.lanes + lane;
                        let pixel = |r, c| self.pixel(channel, 2 * row + r, 2 * from + c);
                        let quad = [pixel(0, 0), pixel(0, 1), pixel(1, 0), pixel(1, 1)];
                        let write = Write {
                            quad: u32::from_le_bytes(quad),
                            rows: [ring.slot(row).address, ring.slot(row + 1).address],
                            cols: [column(ring, col).0, column(ring, col + 1).0],
                            channel: channel - groups.start * map.lanes,
                            banks: [ring.slot(row).bank, column(ring, col).1],
                        };
                        let ends_sub_row = group == groups.end - 1
                            && from == self.cols.end - 1
                            && lane == map.lanes - 1;
                        writes.push((write, ends_sub_row));
                    }
                }
            }
        }
        writes
    }
}

struct Bench {
    random: ChaCha8Rng,
    lanes: u32,
    pace: Pace,
    free: f64,
    clear: f64,
    memory: MemoryModel,
    expected: std::vec::IntoIter<(Write, bool)>,
    sub_row_ended: bool,
    running: bool,
    /// It is a command of no columns, which only a clear ends.
    void: bool,
    last_write: usize,
    finished: usize,
    cleared: usize,
    voids: usize,
    quads: usize,
}

impl Bench {
    /// A memory that holds the map of a command, and no burst.
    fn fill(&mut self, command: Option<&Command>) {
        let random = ChaCha8Rng::seed_from_u64(self.random.gen());
        self.memory = MemoryModel::new(self.pace, random);
        if let Some(command) = command {
            let bytes = command.map.pack(&command.pixels, 0xEE).unwrap();
            for (index, pair) in bytes.chunks(2).enumerate() {
                let address = command.map.base / 2 + index as u32;
                self.memory
                    .set_word(address, u16::from_le_bytes([pair[0], pair[1]]));
            }
        }
    }
}

impl Stimulus<Loader> for &mut Bench {
    fn drive(&mut self, block: &mut Loader, _cycle: usize) {
        block.start.next = false;
        if !self.running && self.random.gen_bool(0.2) {
            let command = Command::random(&mut self.random, self.lanes);
            self.fill(Some(&command));
            let load = command.load();
            block.start.next = true;
            block.address.next = load.address.to_bits();
            block.sub_rows.next = load.sub_rows.to_bits();
            block.groups.next = load.groups.to_bits();
            block.sub_cols.next = load.sub_cols.to_bits();
            block.base.next = load.base.to_bits();
            block.row_pitch.next = load.row_pitch.to_bits();
            block.channel_stride.next = load.channel_stride.to_bits();
            block.ring_end.next = load.ring_end.to_bits();
            block.row_address.next = load.row_address.to_bits();
            block.row_bank.next = load.row_bank.to_bits();
            block.gap.next = load.gap.to_bits();
            self.expected = command.writes().into_iter();
            self.running = true;
            self.void = self.clear > 0.0 && self.random.gen_bool(0.1);
            if self.void {
                block.sub_cols.next = 0.into();
                self.expected = Vec::new().into_iter();
            }
        }
        block.clear.next = self.random.gen_bool(self.clear);
        block.port_free.next = self.random.gen_bool(self.free);
        self.memory.drive(&mut block.mem);
    }

    fn observe(&mut self, block: &Loader, cycle: usize) {
        // A sub-row's end is told a clock after its last quad.
        assert_eq!(
            block.sub_row_done.val(),
            self.sub_row_ended,
            "cycle {cycle}"
        );
        let mut ends_sub_row = false;
        if block.write.val() {
            assert!(block.port_free.val(), "cycle {cycle}: the port was taken");
            let value = |signal: &Signal<Out, Bits<16>>| signal.val().index() as u32;
            let found = Write {
                quad: block.quad.val().index() as u32,
                rows: [value(&block.row0), value(&block.row1)],
                cols: [value(&block.col0), value(&block.col1)],
                channel: value(&block.channel),
                banks: [&block.out_row_bank, &block.col_bank].map(|b| b.val().index() as u32),
            };
            let expected = self.expected.next();
            assert_eq!(
                Some(found),
                expected.map(|(write, _)| write),
                "cycle {cycle}"
            );
            ends_sub_row = expected.is_some_and(|(_, ends)| ends);
            self.last_write = cycle;
            self.quads += 1;
        }
        self.sub_row_ended = ends_sub_row && !block.clear.val();
        assert!(!self.void || !block.mem.req_valid.val(), "cycle {cycle}");
        if block.finished.val() {
            assert!(
                !self.void && self.running && self.expected.len() == 0,
                "cycle {cycle}"
            );
            assert_eq!(cycle, self.last_write + WRITE_LATENCY as usize + 3);
            assert!(self.memory.is_idle());
            self.running = false;
            self.finished += 1;
        }
        self.memory.observe(&block.mem);
        if block.clear.val() {
            self.cleared += usize::from(self.running);
            self.voids += usize::from(self.void);
            (self.running, self.void) = (false, false);
            self.expected = Vec::new().into_iter();
            self.fill(None);
        }
    }
}

fn run(seed: u64, pace: Pace, free: f64, clear: f64, commands: usize) {
    eprintln!("seed {seed}");
    for lanes in LANES {
        let mut dut = Dut::new("loader", Loader::new(lanes), |b, clock| {
            b.clock.next = clock
        })
        .expect("a legal block");
        let mut random = crate::support::rng(seed);
        let memory = MemoryModel::new(pace, ChaCha8Rng::seed_from_u64(random.gen()));
        let mut bench = Bench {
            random,
            lanes,
            pace,
            free,
            clear,
            memory,
            expected: Vec::new().into_iter(),
            sub_row_ended: false,
            running: false,
            void: false,
            last_write: 0,
            finished: 0,
            cleared: 0,
            voids: 0,
            quads: 0,
        };
        agree(&mut dut, 16_000, &mut bench);
        let (finished, cleared) = (bench.finished, bench.cleared);
        assert!(finished >= commands, "{lanes} lanes: {finished}");
        assert_eq!(cleared > 3, clear > 0.0, "{lanes} lanes: {cleared}");
        assert_eq!(bench.voids > 0, clear > 0.0, "{lanes} lanes");
        assert!(bench.quads > 500);
    }
}

#[test]
fn a_quick_memory_and_a_free_port() {
    run(21, Pace::FULL, 1.0, 0.0, 5);
}

pub fn a_slow_memory_and_a_busy_port() {
    run(22, Pace::SLOW, 0.3, 0.0, 3);
    run(23, Pace::FULL, 0.1, 0.0, 1);
}

pub fn clear_stops_a_load_anywhere() {
    run(24, Pace::SLOW, 0.8, 0.002, 3);
}
