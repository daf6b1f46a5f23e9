//! The output stage, fed with the transform's sums of random layers, against the direct convolution and
//! `rowfuse_spec::numerics::requantise`.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rowfuse_hdl::dataflow::Pack;
use rowfuse_hdl::engine::convolver::COLUMN_PITCH;
use rowfuse_hdl::engine::output_stage::{
    output_stage, OutputStage, FIRST_ROW_DELAY, PARAMETER_STAGE,
};
use rowfuse_spec::numerics::{Requant, BIAS_LIMIT, SHIFT_MAX, SHIFT_MIN};
use rowfuse_testbench::dut::Dut;
use rust_hdl::prelude::*;

use super::seeded;
use super::winograd::{accumulate, Kind, Square};
use crate::support::agree;

/// A tile of one output channel.
struct Channel {
    sums: Square,
    requant: Requant,
    pixels: [[u8; 4]; 4],
}

impl Channel {
    fn random(kind: Kind, inputs: usize, random: &mut ChaCha8Rng) -> Self {
        let mut sums = Square::default();
        let mut acc = [[0i64; 4]; 4];
        for _ in 0..inputs {
            let window: Square =
                std::array::from_fn(|_| std::array::from_fn(|_| kind.pixel(random)));
            let kernel = kind.kernel(random);
            accumulate(&mut sums, &window, &kernel);
            for (y, row) in acc.iter_mut().enumerate() {
                for (x, acc) in row.iter_mut().enumerate() {
                    for (r, taps) in kernel.iter().enumerate() {
                        for (c, tap) in taps.iter().enumerate() {
                            *acc += tap * window[y + r][x + c];
                        }
                    }
                }
            }
        }
        let requant = requant(&acc, random);
        let pixels = acc.map(|row| row.map(|acc| requant.apply(acc as i32)));
        Self {
            sums,
            requant,
            pixels,
        }
    }

    fn quad(&self, n: usize) -> [u8; 4] {
        let (top, left) = (2 * (n / 2), 2 * (n % 2));
        std::array::from_fn(|p| self.pixels[top + p / 2][left + p % 2])
    }

    fn quads(&self, pool: bool) -> Vec<(usize, [u8; 4])> {
        let quads = [0, 1, 2, 3].map(|n| self.quad(n));
        match pool {
            // The place is the clock, of the channel's four, in which a quad leaves.
            true => vec![(2, quads.map(|q| q.into_iter().max().unwrap()))],
            false => quads.into_iter().enumerate().collect(),
        }
    }
}

/// Mostly such that the results spread over the bytes, sometimes anything.
fn requant(acc: &[[i64; 4]; 4], random: &mut ChaCha8Rng) -> Requant {
    let all = acc.as_flattened();
    let mean = all.iter().sum::<i64>() / 16;
    let spread = all.iter().map(|a| (a - mean).abs()).max().unwrap_or(0) + 1;
    let largest = u16::MAX >> random.gen_range(0..8);
    let multiplier = random.gen_range(1..=largest);
    if random.gen_ratio(1, 5) {
        return Requant {
            bias: random.gen_range(-BIAS_LIMIT..=BIAS_LIMIT),
            multiplier,
            shift: random.gen_range(SHIFT_MIN..=SHIFT_MAX),
        };
    }
    let reach = (2 * spread * 9 * i64::from(multiplier) / 256)
        .max(1)
        .ilog2();
    let bias = random.gen_range(-spread / 2..=spread) - mean;
    Requant {
        bias: bias.clamp((-BIAS_LIMIT).into(), BIAS_LIMIT.into()) as i32,
        multiplier,
        shift: (reach + random.gen_range(0..2)).clamp(SHIFT_MIN, SHIFT_MAX),
    }
}

/// What is offered in one clock.
#[derive(Clone)]
struct Clock {
    first: bool,
    column: [i64; 6],
    parameters: [u64; 3],
}

fn parameters(requant: &Requant) -> [u64; 3] {
    let bias9 = 9 * i64::from(requant.bias);
    [
        bias9 as u64 & ((1 << 35) - 1),
        requant.multiplier.into(),
        (requant.shift - SHIFT_MIN).into(),
    ]
}

fn check(lanes: u32, pool: bool, in_luts: bool) {
    let mut random = seeded(80 + 2 * u64::from(lanes) + u64::from(pool));
    let latency = output_stage(lanes, in_luts).unwrap().latency() as usize;
    let per_tile = 6 * lanes as usize;
    let tiles: Vec<(usize, Vec<Channel>)> = {
        let mut at = 3;
        let inputs = [1, 2, 3, 16, 1, 512, 512, 512, 64, 5, 7, 3];
        let tile = |(n, inputs): (usize, usize)| {
            let gap = [0, 0, 1, 2, 3, 11][random.gen_range(0..6)];
            at += per_tile + gap;
            let channels = (0..lanes).map(|_| Channel::random(Kind::nth(n), inputs, &mut random));
            (at, channels.collect())
        };
        inputs
            .into_iter()
            .cycle()
            .take(180)
            .enumerate()
            .map(tile)
            .collect()
    };
    let mut random = seeded(180 + u64::from(lanes));
    let cycles = tiles.last().unwrap().0 + per_tile + latency + 20;
    // Outside their four clocks the parameters are those of nobody.
    let mut clocks: Vec<Clock> = (0..cycles)
        .map(|_| Clock {
            first: false,
            column: [0; 6],
            parameters: parameters(&Requant {
                bias: random.gen_range(-BIAS_LIMIT..=BIAS_LIMIT),
                multiplier: random.gen_range(1..=0xffff),
                shift: random.gen_range(SHIFT_MIN..=SHIFT_MAX),
            }),
        })
        .collect();
    let mut expected = vec![None; cycles];
    for (start, channels) in &tiles {
        clocks[*start].first = true;
        for (n, channel) in channels.iter().enumerate() {
            let at = start + 6 * n;
            for column in 0..6 {
                clocks[at + column].column = channel.sums.map(|row| row[column]);
            }
            let rows = at + FIRST_ROW_DELAY as usize;
            for clock in &mut clocks[rows + PARAMETER_STAGE as usize..][..4] {
                clock.parameters = parameters(&channel.requant);
            }
            for (place, quad) in channel.quads(pool) {
                expected[rows + latency + 1 + place] = Some(quad);
            }
        }
    }

    let block = OutputStage::new(lanes, in_luts).unwrap();
    let name = format!("output_stage{lanes}");
    let mut dut = Dut::new(&name, block, |b, clock| b.clock.next = clock).unwrap();
    let trace = agree(&mut dut, cycles, |b: &mut OutputStage, t: usize| {
        let now = &clocks[t];
        b.columns.next = Pack::pack(COLUMN_PITCH as usize, now.column.into_iter());
        b.first.next = now.first;
        b.pool.next = pool;
        b.bias9.next = now.parameters[0].to_bits();
        b.multiplier.next = now.parameters[1].to_bits();
        b.shift.next = now.parameters[2].to_bits();
    });
    let mut middling = 0;
    for (t, quad) in expected.iter().enumerate() {
        assert_eq!(trace.u64("valid", t) == 1, quad.is_some(), "cycle {t}");
        if let Some(quad) = quad {
            let found = u64::to_le_bytes(trace.u64("quad", t));
            assert_eq!(found[..4], *quad, "cycle {t}");
            middling += quad.iter().filter(|p| !matches!(p, 0 | 255)).count();
        }
    }
    assert!(middling > 50, "only {middling} results are not saturated");
}

pub fn one_lane() {
    check(1, false, true);
    check(1, true, true);
}

pub fn two_lanes() {
    check(2, false, true);
    check(2, true, true);
}

pub fn four_lanes() {
    check(4, false, false);
    check(4, true, false);
}
