//! Draws cases: legal networks on legal engines, ordinary and extreme numbers.

use rand::seq::SliceRandom;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rowfuse_spec::config::Device;
use rowfuse_spec::EngineConfig;

use super::case::{Case, Grouping, Stage, VERSION};
use super::fill::Filling;
use super::scaling::Scaling;
use crate::network::{Pool, Shape, Window};
use crate::plan::Blocks;

/// Multiply-accumulate operations of a case at most: a second of the functional board in a test's build.
const MOST_MACS: u64 = 2_000_000;

/// A random legal engine without a device: lanes, depths, clock and memory anywhere in their ranges.
pub fn configuration(random: &mut ChaCha8Rng) -> EngineConfig {
    EngineConfig {
        name: "random".into(),
        lanes: [1, 2, 4][random.gen_range(0..3)],
        lane_depth: 256 << random.gen_range(0..=4),
        weight_depth: 64 << random.gen_range(0..=4),
        parameter_depth: 64 << random.gen_range(0..=4),
        // What the memory controller runs at.
        clock_mhz: random.gen_range(50..=143),
        memory_bytes: 1024 * random.gen_range(1024..=32_768),
        device: Device::simulation(),
    }
}

fn filling(random: &mut ChaCha8Rng, constants: &[i16]) -> Filling {
    match random.gen_range(0..12) {
        0..=5 => Filling::Noise,
        6 | 7 => Filling::Sparse,
        8 | 9 => Filling::Extremes,
        10 => Filling::Constant(constants[random.gen_range(0..constants.len())]),
        _ => Filling::Worst {
            row: random.gen_range(0..6),
            column: random.gen_range(0..6),
            negative: random.gen(),
        },
    }
}

fn window(random: &mut ChaCha8Rng) -> Window {
    if random.gen_bool(0.7) {
        return Window::CONV3;
    }
    let kernel = [random.gen_range(1..6), random.gen_range(1..6)];
    Window {
        kernel,
        stride: [random.gen_range(1..4), random.gen_range(1..4)],
        padding: [0, 1, 0, 1].map(|axis: usize| random.gen_range(0..kernel[axis])),
    }
}

fn channels(random: &mut ChaCha8Rng) -> usize {
    match random.gen_range(0..10) {
        0..=6 => random.gen_range(1..=12),
        7 | 8 => random.gen_range(1..=40),
        _ => random.gen_range(1..=160),
    }
}

fn conv(random: &mut ChaCha8Rng) -> Stage {
    let scalings = [
        Scaling::HighBias,
        Scaling::LowBias,
        Scaling::Steep,
        Scaling::Flat,
        Scaling::Largest,
        Scaling::Any,
    ];
    let ordinary = random.gen_bool(0.75);
    Stage::Conv {
        cout: channels(random),
        window: window(random),
        relu: random.gen_bool(0.8),
        pool: random.gen_bool(0.3),
        weights: filling(random, &[-128, -1, 0, 1, 127]),
        scaling: match scalings.choose(random) {
            Some(scaling) if !ordinary => *scaling,
            _ => Scaling::Ordinary,
        },
    }
}

fn pool(random: &mut ChaCha8Rng) -> Stage {
    let window = Window {
        kernel: [random.gen_range(1..4), random.gen_range(1..4)],
        stride: [random.gen_range(1..3), random.gen_range(1..3)],
        padding: [0; 4],
    };
    let pool = match random.gen_range(0..3) {
        0 => Pool::Max { window },
        1 => Pool::Average {
            window,
            count_padding: random.gen(),
        },
        _ => Pool::Adaptive {
            height: random.gen_range(1..5),
            width: random.gen_range(1..5),
        },
    };
    Stage::Pool { pool }
}

/// A case on an engine: up to four convolutions, with host pools between them now and then, fused in any way, a fifth of them in blocks.
pub fn draw(random: &mut ChaCha8Rng, config: EngineConfig) -> Case {
    let side = |random: &mut ChaCha8Rng| match random.gen_range(0..4) {
        0 => random.gen_range(1..=5),
        1 | 2 => random.gen_range(3..=20),
        _ => random.gen_range(8..=44),
    };
    let mut case = Case {
        version: VERSION,
        why: String::new(),
        config,
        input: Shape::new(channels(random).min(24), side(random), side(random)),
        pixels: filling(random, &[0, 1, 127, 128, 255]),
        stages: Vec::new(),
        seed: random.gen(),
        grouping: Grouping::Auto,
        blocks: None,
        loads_first: random.gen(),
    };
    let wanted = random.gen_range(1..=4);
    let mut convs = 0;
    for _ in 0..40 {
        if convs == wanted {
            break;
        }
        // A pool behind the last convolution would be the host's alone.
        let stage = if random.gen_ratio(1, 8) {
            pool(random)
        } else {
            conv(random)
        };
        let is_conv = matches!(stage, Stage::Conv { .. });
        case.stages.push(stage);
        match case.shapes().is_some() && case.macs() <= MOST_MACS {
            true => convs += usize::from(is_conv),
            false => drop(case.stages.pop()),
        }
    }
    while matches!(case.stages.last(), Some(Stage::Pool { .. })) {
        case.stages.pop();
    }
    if case.stages.is_empty() {
        case.stages.push(Stage::Conv {
            cout: 1,
            window: Window::CONV3,
            relu: true,
            pool: false,
            weights: Filling::Noise,
            scaling: Scaling::Ordinary,
        });
        convs = 1;
    }
    case.grouping = match random.gen_range(0..3) {
        0 => Grouping::Auto,
        1 => Grouping::Off,
        _ => groups(random, convs.max(1)),
    };
    let native = case
        .stages
        .iter()
        .all(|stage| matches!(stage, Stage::Conv { window, .. } if window.is_native()));
    if native && random.gen_bool(0.3) {
        case.blocks = Some(match random.gen_ratio(1, 4) {
            true => Blocks::Quarters,
            false => Blocks::Fixed(2 * random.gen_range(1..12)),
        });
    }
    case
}

/// Any way to cut `convs` layers into groups.
fn groups(random: &mut ChaCha8Rng, convs: usize) -> Grouping {
    let mut lengths = vec![1];
    for _ in 1..convs {
        match lengths.last_mut() {
            Some(last) if random.gen() => *last += 1,
            _ => lengths.push(1),
        }
    }
    Grouping::Groups(lengths)
}
