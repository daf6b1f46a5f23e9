//! Output control: the address or place of every quad, from `LineBufferRegion` and the order of the tile store.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rowfuse_hdl::engine::output_control::OutputControl;
use rowfuse_spec::layout::LineBufferRegion;
use rowfuse_testbench::dut::{Dut, Stimulus};
use rust_hdl::prelude::*;

use super::{column, region, LANES};
use crate::support::agree;

/// Where a quad must go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    LineBuffer {
        rows: [u32; 2],
        cols: [u32; 2],
        channel: u32,
        banks: [u32; 2],
    },
    Store {
        place: u32,
        drop: u32,
        tile_done: bool,
    },
}

/// A CONV as far as its output goes. `first` is the first sub-row written.
struct Command {
    groups: u32,
    tile_rows: u32,
    tile_cols: u32,
    pool: bool,
    to_line_buffer: bool,
    first: u32,
    inset: [bool; 2],
    ring: LineBufferRegion,
}

impl Command {
    fn random(random: &mut ChaCha8Rng, lanes: u32) -> Command {
        let (groups, tile_cols) = (random.gen_range(1..4), random.gen_range(1..7_u32));
        let pool = random.gen();
        // A pooled map is half as wide for the layer that reads it.
        let reader_cols = if pool {
            tile_cols.div_ceil(2)
        } else {
            tile_cols
        };
        Command {
            groups,
            tile_rows: random.gen_range(1..5),
            tile_cols,
            pool,
            to_line_buffer: random.gen(),
            first: random.gen_range(0..20),
            inset: random.gen(),
            ring: region(random, reader_cols, groups * lanes, lanes),
        }
    }

    fn places(&self, lanes: u32) -> Vec<Place> {
        let n = if self.pool { 1 } else { 2 };
        let mut places = Vec::new();
        for group in 0..self.groups {
            for ty in 0..self.tile_rows {
                for tx in 0..self.tile_cols {
                    for lane in 0..lanes {
                        for sub in 0..n * n {
                            let row = self.first + n * ty + sub / n;
                            let col = n * tx + sub % n;
                            places.push(if self.to_line_buffer {
                                let [above, below] = [row, row + 1].map(|s| self.ring.slot(s));
                                let [left, right] = [col, col + 1].map(|q| column(&self.ring, q));
                                Place::LineBuffer {
                                    rows: [above.address, below.address],
                                    cols: [left.0, right.0],
                                    channel: group * lanes + lane,
                                    banks: [above.bank, left.1],
                                }
                            } else {
                                let [above, beside] = self.inset;
                                let upper = self.pool && above && ty == 0;
                                let left = self.pool && beside && tx == 0;
                                Place::Store {
                                    place: sub * lanes + lane,
                                    drop: u32::from(upper) | u32::from(left) << 1,
                                    tile_done: lane == lanes - 1 && sub == n * n - 1,
                                }
                            });
                        }
                    }
                }
            }
        }
        places
    }
}

struct Bench {
    random: ChaCha8Rng,
    lanes: u32,
    quads: f64,
    clear: f64,
    /// Clocks until quads may come.
    prepare: u32,
    /// Quads still to come of a channel, and clocks until the next channel's.
    in_channel: u32,
    spacing: u32,
    /// The last quad was seen a clock ago.
    all_seen: bool,
    active: bool,
    expected: std::vec::IntoIter<Place>,
    /// What the quad of the last clock must give in this one.
    due: Option<(Place, u32)>,
    quad: Option<u32>,
    seen: [[usize; 2]; 2],
    finished: usize,
    cleared: usize,
    kind: [usize; 2],
}

impl Stimulus<OutputControl> for &mut Bench {
    fn drive(&mut self, block: &mut OutputControl, _cycle: usize) {
        block.start.next = false;
        self.prepare = self.prepare.saturating_sub(1);
        if !self.active && self.due.is_none() && self.random.gen_bool(0.2) {
            let command = Command::random(&mut self.random, self.lanes);
            let slot = command.ring.slot(command.first);
            block.start.next = true;
            block.groups.next = command.groups.to_bits();
            block.tile_rows.next = command.tile_rows.to_bits();
            block.tile_cols.next = command.tile_cols.to_bits();
            block.pool.next = command.pool;
            block.to_line_buffer.next = command.to_line_buffer;
            block.out_base.next = command.ring.base.to_bits();
            block.out_row_pitch.next = command.ring.row_pitch().to_bits();
            block.out_channel_stride.next = command.ring.channel_stride.to_bits();
            block.out_ring_end.next = command.ring.ring_end().to_bits();
            block.out_row_address.next = slot.address.to_bits();
            block.out_row_bank.next = slot.bank.to_bits();
            let [above, beside] = command.inset.map(u32::from);
            block.inset.next = (above | beside << 1).to_bits();
            self.kind = [command.pool, command.to_line_buffer].map(usize::from);
            self.expected = command.places(self.lanes).into_iter();
            (self.active, self.prepare, self.in_channel) = (true, 2, 0);
        }
        // Between commands quads are those of an aborted one, and dropped.
        // Those of a channel come together; channels are six clocks apart, as in the output stage.
        self.spacing = self.spacing.saturating_sub(1);
        let may_come = self.prepare == 0 && (self.in_channel > 0 || self.spacing == 0);
        self.quad = (may_come && self.random.gen_bool(self.quads)).then(|| self.random.gen());
        if self.quad.is_some() {
            if self.in_channel == 0 {
                self.spacing = 6;
                self.in_channel = if self.kind[0] == 1 { 1 } else { 4 };
            }
            self.in_channel -= 1;
            if self.in_channel == 0 {
                self.spacing = self.spacing.max(3);
            }
        }
        block.quad_valid.next = self.quad.is_some();
        block.quad.next = u64::from(self.quad.unwrap_or(0)).to_bits();
        block.clear.next = self.prepare == 0 && self.random.gen_bool(self.clear);
    }

    fn observe(&mut self, block: &OutputControl, cycle: usize) {
        let value = |signal: &Signal<Out, Bits<16>>| signal.val().index() as u32;
        let found = if block.write.val() {
            assert!(!block.store.val() && !block.tile_done.val());
            Some(Place::LineBuffer {
                rows: [value(&block.row0), value(&block.row1)],
                cols: [value(&block.col0), value(&block.col1)],
                channel: value(&block.channel),
                banks: [&block.row_bank, &block.col_bank].map(|b| b.val().index() as u32),
            })
        } else if block.store.val() {
            Some(Place::Store {
                place: block.place.val().index() as u32,
                drop: block.drop.val().index() as u32,
                tile_done: block.tile_done.val(),
            })
        } else {
            assert!(!block.tile_done.val(), "cycle {cycle}");
            None
        };
        let quad = block.write_quad.val().index() as u32;
        assert_eq!(found.map(|place| (place, quad)), self.due, "cycle {cycle}");
        let complete = self.active && self.all_seen;
        self.all_seen = self.active && self.prepare == 0 && self.expected.len() == 0;
        if self.active && self.prepare == 0 {
            assert_eq!(block.done.val(), complete, "cycle {cycle}");
        }
        self.due = None;
        if complete {
            (self.active, self.all_seen) = (false, false);
            self.finished += 1;
            self.seen[self.kind[0]][self.kind[1]] += 1;
        }
        if block.clear.val() {
            self.cleared += usize::from(self.active);
            // A command that begins in the next clock is another one.
            (self.active, self.all_seen) = (false, false);
            self.expected = Vec::new().into_iter();
        } else if let (true, Some(quad)) = (self.active, self.quad) {
            self.due = self.expected.next().map(|place| (place, quad));
        }
    }
}

fn run(seed: u64, quads: f64, clear: f64) {
    eprintln!("seed {seed}");
    for lanes in LANES {
        let mut dut = Dut::new("output_control", OutputControl::new(lanes), |b, clock| {
            b.clock.next = clock;
        })
        .expect("a legal block");
        let mut bench = Bench {
            random: crate::support::rng(seed),
            lanes,
            quads,
            clear,
            prepare: 0,
            in_channel: 0,
            spacing: 0,
            all_seen: false,
            active: false,
            expected: Vec::new().into_iter(),
            due: None,
            quad: None,
            seen: [[0; 2]; 2],
            finished: 0,
            cleared: 0,
            kind: [0; 2],
        };
        agree(&mut dut, 15_000, &mut bench);
        let (seen, finished) = (bench.seen, bench.finished);
        assert!(finished >= 10, "{lanes} lanes: {finished}");
        assert!(
            seen.iter().flatten().all(|n| *n > 0),
            "{lanes} lanes: {seen:?}"
        );
        assert_eq!(bench.cleared > 5, clear > 0.0, "{lanes} lanes");
    }
}

#[test]
fn a_quad_every_clock() {
    run(41, 1.0, 0.0);
}

pub fn quads_with_gaps() {
    run(42, 0.4, 0.0);
}

pub fn clear_drops_what_is_on_its_way() {
    run(43, 0.8, 0.01);
}
