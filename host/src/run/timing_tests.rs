//! The planner's cycles against those that the hardware counts.

use super::testing::{assert_near, fused, on_verilated};
use crate::network::{Shape, Vgg};
use crate::plan::testing::{any_network, body, random};
use crate::plan::{plan, Blocks, Fusion, PlanOptions};
use crate::quantise::QuantisedNetwork;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rowfuse_spec::config::{preset, Device};
use rowfuse_spec::EngineConfig;
use std::ops::Range;

/// Predicted ÷ counted cycles of every group on the emitted Verilog, if there is a Verilator.
fn ratios(network: &QuantisedNetwork, config: &EngineConfig, options: &PlanOptions) -> Vec<f64> {
    on_verilated(network, config, options).map_or(Vec::new(), |(_, ratios)| ratios)
}

fn check_small(config: &EngineConfig) {
    let layers = [(12, false), (24, true), (40, false), (16, false)];
    let network = random(Shape::new(3, 44, 40), &layers, 9);
    for fusion in [Fusion::Auto, Fusion::Off] {
        for ratio in ratios(&network, config, &fused(fusion)) {
            assert_near(ratio, &config.name);
        }
    }
}

fn check_small_blocks(name: &str) {
    let layers = [(12, false), (24, true), (40, false), (16, false)];
    let network = random(Shape::new(3, 44, 40), &layers, 9);
    for blocks in [Blocks::Fixed(14), Blocks::Fixed(16), Blocks::Quarters] {
        let options = PlanOptions {
            blocks: Some(blocks),
            ..PlanOptions::default()
        };
        for ratio in ratios(&network, &preset(name).unwrap(), &options) {
            assert_near(ratio, &format!("{name} in blocks of {blocks}"));
        }
    }
}

/// Of the networks drawn, those run that the small configuration has room for, and every group takes the cycles predicted. In block convolution
/// the block's size is drawn too.
fn check_random(config: &EngineConfig, seeds: Range<u64>, in_blocks: bool) {
    let (count, mut run) = (seeds.end - seeds.start, 0);
    for seed in seeds {
        let mut random_number = ChaCha8Rng::seed_from_u64(seed);
        let (network, mut what) = any_network(&mut random_number);
        let mut options = PlanOptions::default();
        if in_blocks {
            let blocks = match random_number.gen_range(0..3) {
                0 => Blocks::Quarters,
                _ => Blocks::Fixed(2 * random_number.gen_range(3..20)),
            };
            what += &format!(", {blocks}");
            options.blocks = Some(blocks);
        }
        if let Err(error) = plan(&network, config, &options) {
            println!("seed {seed}, {what}: {error}");
            continue;
        }
        run += 1;
        for ratio in ratios(&network, config, &options) {
            println!("{ratio:.4} seed {seed}, {what}");
            assert_near(ratio, &format!("seed {seed}, {what}"));
        }
    }
    assert!(2 * run >= count, "only {run} networks fit");
}

#[test]
fn random_networks_take_the_cycles_predicted() {
    check_random(&preset("small-4").unwrap(), 0..24, false);
}

#[test]
fn random_networks_in_blocks_take_the_cycles_predicted() {
    check_random(&preset("small-4").unwrap(), 100..118, true);
}

/// `cargo test --release -p rowfuse many_random_networks -- --ignored --nocapture`
#[test]
#[ignore = "minutes"]
fn many_random_networks_take_the_cycles_predicted() {
    check_random(&preset("small-4").unwrap(), 0..100, false);
    check_random(&preset("small-4").unwrap(), 100..160, true);
}

/// All layers of VGG16 with an eighth of its channels. The last ones' maps of 6×6 are done so soon that starting them counts.
#[test]
fn every_group_of_a_small_vgg16_takes_the_cycles_predicted() {
    let mut layers = Vec::new();
    for (cout, convs) in [(8, 2), (16, 2), (32, 3), (64, 3), (64, 3)] {
        layers.extend((1..=convs).map(|n| (cout, n == convs)));
    }
    let network = random(Shape::new(3, 96, 96), &layers, 11);
    for fusion in [Fusion::Auto, Fusion::Off] {
        let options = PlanOptions {
            fusion,
            ..PlanOptions::default()
        };
        for ratio in ratios(&network, &preset("small-4").unwrap(), &options) {
            assert_near(ratio, "a group of the small VGG16");
        }
    }
}

#[test]
fn predicted_cycles_of_blocks_are_near_those_counted() {
    check_small_blocks("small-4");
}

/// A configuration for a device has registers in the memory's pins: words come later, and all the same in order.
#[test]
fn registers_in_pins_change_cycles_as_predicted_and_nothing_else() {
    check_small(&EngineConfig {
        name: "small-4-on-a-device".into(),
        clock_mhz: 80,
        device: Device::lfe5u_85f(),
        ..preset("small-4").unwrap()
    });
}

#[test]
fn predicted_cycles_are_near_those_counted() {
    check_small(&preset("small-4").unwrap());
}

/// `cargo test -p rowfuse fewer_lanes -- --ignored --nocapture`
#[test]
#[ignore = "compiles two more configurations"]
fn predicted_cycles_of_fewer_lanes_are_near_those_counted() {
    check_small(&preset("small-2").unwrap());
    check_small(&preset("tiny-1").unwrap());
    check_small_blocks("small-2");
    check_small_blocks("tiny-1");
}

/// A small engine in a module, whose system has a DDR3 and pipes.
#[cfg(feature = "frontpanel")]
fn in_a_module() -> EngineConfig {
    EngineConfig {
        name: "small-4-in-a-module".into(),
        device: Device::xc7a200t(),
        ..preset("small-4").unwrap()
    }
}

#[cfg(feature = "frontpanel")]
#[test]
fn random_networks_in_a_module_take_the_cycles_predicted() {
    check_random(&in_a_module(), 0..8, false);
}

/// `cargo test --release -p rowfuse --features frontpanel many_random_networks_in_a_module -- --ignored --nocapture`
#[cfg(feature = "frontpanel")]
#[test]
#[ignore = "minutes"]
fn many_random_networks_in_a_module_take_the_cycles_predicted() {
    check_random(&in_a_module(), 0..60, false);
    check_random(&in_a_module(), 100..130, true);
}

/// `cargo test --release -p rowfuse vgg16s_first -- --ignored --nocapture`
#[test]
#[ignore = "compiles the large configuration and runs millions of cycles"]
fn vgg16s_first_group_takes_the_cycles_predicted() {
    let mut vgg = body(&Vgg::Vgg16.network(224), 6);
    vgg.layers.truncate(2);
    for ratio in ratios(&vgg, &preset("ulx3s-85f").unwrap(), &PlanOptions::default()) {
        assert_near(ratio, "VGG16's first group");
    }
}
