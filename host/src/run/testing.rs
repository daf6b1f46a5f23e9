//! What tests of runs share.

use std::ops::Range;

use super::*;
use crate::network::Shape;
use crate::plan::testing::{image, random};
use crate::plan::{plan, Fusion, PlanOptions};
use crate::quantise::QuantisedNetwork;
use crate::simulation;
use proptest::prelude::*;
use rowfuse_spec::EngineConfig;
use rowfuse_testbench::verilator::Toolchain;

/// Options of a plan that fuses layers in that way.
pub(super) fn fused(fusion: Fusion) -> PlanOptions {
    PlanOptions {
        fusion,
        ..PlanOptions::default()
    }
}

/// Hears nothing and goes on.
pub(super) fn silent(_: Event<'_>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Plans all of a network, and runs it on a board with an image of noise.
pub(super) fn planned_and_run<B: Board>(
    network: &QuantisedNetwork,
    config: &EngineConfig,
    options: &PlanOptions,
    board: B,
) -> RunResult {
    let plan = plan(network, config, options).unwrap();
    let image = image(network.network.input, 7);
    let mut client = Client::connect(board, config).unwrap();
    let options = RunOptions::default();
    run_plan(
        &mut client,
        &plan,
        &network.layers,
        &image,
        &options,
        &mut silent,
    )
    .unwrap()
}

/// Refuses a run with a value that differs, or a counter that was predicted wrong though it does not depend on
/// timing.
pub(super) fn check_result(result: &RunResult) {
    assert_eq!(result.mismatches(), Some(0), "{:?}", result.groups);
    for group in &result.groups {
        assert_eq!(group.miscounted(), [], "{}", group.name);
    }
}

/// Networks of up to four convolutions: so many input channels, channels of a layer, and rows and columns. A layer may pool where there is
/// something to pool.
pub(super) fn networks_of(
    inputs: Range<usize>,
    channels: Range<usize>,
    side: Range<usize>,
) -> impl Strategy<Value = QuantisedNetwork> {
    let layer = (channels, any::<bool>());
    let shape = (inputs, side.clone(), side);
    (shape, prop::collection::vec(layer, 1..5), any::<u64>()).prop_map(
        |(shape, mut layers, seed)| {
            let (channels, mut height, mut width) = shape;
            for (_, pool) in &mut layers {
                *pool &= height > 1 && width > 1;
                if *pool {
                    (height, width) = (height / 2, width / 2);
                }
            }
            random(Shape::new(channels, shape.1, shape.2), &layers, seed)
        },
    )
}

/// Runs on the emitted Verilog, if there is a Verilator: the result, every value right, and predicted ÷ counted cycles of every group.
pub(super) fn on_verilated(
    network: &QuantisedNetwork,
    config: &EngineConfig,
    options: &PlanOptions,
) -> Option<(RunResult, Vec<f64>)> {
    if let Err(error) = Toolchain::find() {
        let required = std::env::var_os("ROWFUSE_REQUIRE_VERILATOR").is_some();
        assert!(!required, "{error}");
        eprintln!("skipped the Verilog: {error}");
        return None;
    }
    let board = simulation::verilated(config, &mut |_| {}).unwrap();
    let result = planned_and_run(network, config, options, board);
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
    Some((result, ratios))
}

/// The planner's promise.
pub(super) fn assert_near(ratio: f64, what: &str) {
    assert!((0.98..1.02).contains(&ratio), "{what}: {ratio}");
}
