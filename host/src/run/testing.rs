//! What tests of runs share.

use super::*;
use crate::plan::testing::image;
use crate::plan::{plan, Fusion, PlanOptions};
use crate::quantise::QuantisedNetwork;
use rowfuse_spec::EngineConfig;

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
