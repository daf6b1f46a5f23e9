//! The convolver, against transforms and sums in 64-bit integers.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rowfuse_hdl::board::floorplan::Floorplan;
use rowfuse_hdl::dataflow::Pack;
use rowfuse_hdl::engine::convolver::{convolver, Convolver, COLUMN_PITCH, WEIGHT_STAGE};
use rowfuse_hdl::engine::pixel_buffer::{LANES, READ_LATENCY};
use rowfuse_hdl::engine::weight_buffer::hop_of_channel;
use rowfuse_testbench::dut::Dut;
use rust_hdl::prelude::*;

use super::seeded;
use super::winograd::{accumulate, Kernel, Kind, Square};
use crate::support::agree;

/// What the sequencer shows in one clock, and what memories answer.
#[derive(Clone)]
struct Issue {
    enable: bool,
    last: bool,
    row_bank: usize,
    col_bank: usize,
    row_inside: u8,
    col_inside: u8,
    pad: i64,
    pixels: [i64; LANES],
    kernels: Vec<Kernel>,
}

impl Issue {
    fn random(kind: Kind, lanes: usize, random: &mut ChaCha8Rng) -> Self {
        // Mostly inside: a map's border is rare.
        let mut inside = || match random.gen_range(0..4) {
            0 => random.gen_range(0..64),
            _ => 63,
        };
        let (row_inside, col_inside) = (inside(), inside());
        Self {
            enable: true,
            last: false,
            row_bank: random.gen_range(0..3),
            col_bank: random.gen_range(0..3),
            row_inside,
            col_inside,
            pad: kind.pixel(random),
            pixels: std::array::from_fn(|_| kind.pixel(random)),
            kernels: (0..lanes).map(|_| kind.kernel(random)).collect(),
        }
    }

    /// A clock without an input, in which nothing but `enable` may matter.
    fn bubble(lanes: usize, random: &mut ChaCha8Rng) -> Self {
        Self {
            enable: false,
            last: random.gen(),
            ..Self::random(Kind::Random, lanes, random)
        }
    }

    fn window(&self) -> Square {
        let inside = |mask: u8, i: usize| mask >> i & 1 != 0;
        std::array::from_fn(|i| {
            std::array::from_fn(|j| {
                let bank = 3 * ((self.row_bank + i / 2) % 3) + (self.col_bank + j / 2) % 3;
                match inside(self.row_inside, i) && inside(self.col_inside, j) {
                    true => self.pixels[4 * bank + 2 * (i % 2) + j % 2],
                    false => self.pad,
                }
            })
        })
    }
}

/// Tiles of the given numbers of channels, bubbles among them, and never two ends within `6·lanes` clocks.
fn schedule(lanes: usize, channels: &[usize], random: &mut ChaCha8Rng) -> Vec<Issue> {
    let mut issues = Vec::new();
    let mut next_end = 0;
    for (n, &channels) in channels.iter().enumerate() {
        let kind = Kind::nth(n);
        let bubbles = [0.0, 0.3, 0.9][n % 4 % 3];
        for channel in 0..channels {
            let last = channel + 1 == channels;
            while last && issues.len() < next_end || random.gen_bool(bubbles) {
                issues.push(Issue::bubble(lanes, random));
            }
            let issue = Issue::random(kind, lanes, random);
            issues.push(Issue { last, ..issue });
        }
        next_end = issues.len() - 1 + 6 * lanes;
    }
    issues
}

fn check(lanes: u32) {
    let mut random = seeded(74 + u64::from(lanes));
    let floorplan = Floorplan::default();
    let hops = lanes as usize;
    let channels = [1, 1, 3, 30, 1, 2, 64, 40, 512, 1, 5, 7, 9, 24, 25, 26];
    let mut issues = schedule(hops, &channels, &mut random);
    let latency = convolver(lanes, &floorplan).unwrap().latency() as usize;
    let used = issues.len();
    for _ in 0..latency + 6 * hops + 10 {
        issues.push(Issue::bubble(hops, &mut random));
    }

    let block = Convolver::new(lanes, &floorplan).unwrap();
    let name = format!("convolver{lanes}");
    let mut dut = Dut::new(&name, block, |b, clock| b.clock.next = clock).unwrap();
    let trace = agree(&mut dut, issues.len(), |b: &mut Convolver, t: usize| {
        let now = &issues[t];
        b.enable.next = now.enable;
        b.last.next = now.last;
        b.row_bank.next = (now.row_bank as u64).to_bits();
        b.col_bank.next = (now.col_bank as u64).to_bits();
        b.row_inside.next = u64::from(now.row_inside).to_bits();
        b.col_inside.next = u64::from(now.col_inside).to_bits();
        b.pad.next = (now.pad as u64).to_bits();
        // What belongs to an issue of before the first is zero.
        let pixels = t.checked_sub(READ_LATENCY as usize);
        let pixels = pixels.map_or([0; LANES], |t| issues[t].pixels);
        b.pixels.next = Pack::pack(8, pixels.into_iter());
        let weights = (0..hops).flat_map(|channel| {
            let behind = WEIGHT_STAGE as usize + hop_of_channel(hops, channel);
            let kernel = t.checked_sub(behind).map(|t| issues[t].kernels[channel]);
            kernel.unwrap_or_default().concat()
        });
        b.weights.next = Pack::pack(8, weights);
    });

    let mut expected = vec![None; issues.len()];
    let mut sums = vec![Square::default(); hops];
    for (t, issue) in issues[..used].iter().enumerate().filter(|(_, i)| i.enable) {
        let window = issue.window();
        for (sums, kernel) in sums.iter_mut().zip(&issue.kernels) {
            accumulate(sums, &window, kernel);
        }
        if issue.last {
            for (channel, sums) in std::mem::replace(&mut sums, vec![Square::default(); hops])
                .into_iter()
                .enumerate()
            {
                for column in 0..6 {
                    let strobe = channel == 0 && column == 0;
                    let values = sums.map(|row| row[column]);
                    expected[t + latency + 1 + 6 * channel + column] = Some((strobe, values));
                }
            }
        }
    }
    let tiles = trace.when("first").count();
    assert_eq!(tiles, channels.len());
    for (t, expected) in expected.iter().enumerate() {
        let (first, columns) = expected.unwrap_or((false, [0; 6]));
        assert_eq!(trace.u64("first", t), u64::from(first), "cycle {t}");
        // Between tiles the chain empties itself.
        let pitch = COLUMN_PITCH as usize;
        let found = [0, 1, 2, 3, 4, 5].map(|i| trace.signed_field("columns", t, pitch * i, pitch));
        assert_eq!(found, columns, "cycle {t}");
    }
}

pub fn one_lane() {
    check(1);
}

pub fn two_lanes() {
    check(2);
}

pub fn four_lanes() {
    check(4);
}
