//! The planner's cycles against those that the hardware counts.

use super::testing::{check_result, planned_and_run};
use super::*;
use crate::network::{Shape, Vgg};
use crate::plan::testing::{body, random};
use crate::plan::Fusion;
use crate::quantise::QuantisedNetwork;
use rowfuse_spec::config::preset;
use rowfuse_testbench::board::Verilated;
use rowfuse_testbench::verilator::Toolchain;

/// Runs on the emitted Verilog, if there is a Verilator, and gives predicted ÷ counted cycles of every group.
fn ratios(network: &QuantisedNetwork, name: &str, fusion: Fusion) -> Vec<f64> {
    if let Err(error) = Toolchain::find() {
        let required = std::env::var_os("ROWFUSE_REQUIRE_VERILATOR").is_some();
        assert!(!required, "{error}");
        eprintln!("skipped the Verilog: {error}");
        return Vec::new();
    }
    let config = preset(name).unwrap();
    let board = Verilated::board(&config, &mut |_| {}).unwrap();
    let result = planned_and_run(network, &config, fusion, board);
    let mut ratios = Vec::new();
    for group in &result.groups {
        println!("{} counted / predicted:", group.name);
        for counter in Counter::ALL {
            let (counted, predicted) = (group.counters.get(counter), group.predicted.get(counter));
            println!("  {:16} {counted:10} {predicted:10}", counter.name());
        }
        ratios.push(group.predicted.cycles as f64 / f64::from(group.counters.get(Counter::Cycles)));
    }
    check_result(&result);
    ratios
}

fn check_small(name: &str) {
    let layers = [(12, false), (24, true), (40, false), (16, false)];
    let network = random(Shape::new(3, 44, 40), &layers, 9);
    for fusion in [Fusion::Auto, Fusion::Off] {
        for ratio in ratios(&network, name, fusion) {
            assert!((0.95..1.05).contains(&ratio), "{name}: {ratio}");
        }
    }
}

#[test]
fn predicted_cycles_are_near_those_counted() {
    check_small("small-4");
}

/// `cargo test -p rowfuse fewer_lanes -- --ignored --nocapture`
#[test]
#[ignore = "compiles two more configurations"]
fn predicted_cycles_of_fewer_lanes_are_near_those_counted() {
    check_small("small-2");
    check_small("tiny-1");
}

/// `cargo test --release -p rowfuse vgg16s_first -- --ignored --nocapture`
#[test]
#[ignore = "compiles the large configuration and runs millions of cycles"]
fn vgg16s_first_group_takes_the_cycles_predicted() {
    let mut vgg = body(&Vgg::Vgg16.network(224), 6);
    vgg.layers.truncate(2);
    for ratio in ratios(&vgg, "ulx3s-85f", Fusion::Auto) {
        assert!((0.95..1.05).contains(&ratio), "{ratio}");
    }
}
