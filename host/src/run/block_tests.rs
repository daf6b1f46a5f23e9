//! Block convolution on the simulated boards, against its golden model.

use super::testing::{check_result, networks_of, planned_and_run};
use super::*;
use crate::network::{Shape, Vgg};
use crate::plan::testing::{body, random};
use crate::plan::{plan, Blocks, Fusion, PlanError, PlanOptions};
use crate::quantise::QuantisedNetwork;
use proptest::prelude::*;
use rowfuse_spec::config::preset;
use rowfuse_spec::EngineConfig;
use rowfuse_testbench::board::{FunctionalBoard, Gateware, Schedule, Verilated};
use rowfuse_testbench::golden::{plain, Layer, Map};
use rowfuse_testbench::verilator::Toolchain;

fn check(
    network: &QuantisedNetwork,
    config: &EngineConfig,
    options: &PlanOptions,
    schedule: Schedule,
) -> RunResult {
    let board = FunctionalBoard::new(config.clone()).unwrap();
    let result = planned_and_run(network, config, options, board.with_schedule(schedule));
    check_result(&result);
    result
}

fn options(blocks: Blocks, fusion: Fusion) -> PlanOptions {
    PlanOptions {
        fusion,
        blocks: Some(blocks),
        layers: None,
    }
}

fn networks() -> impl Strategy<Value = QuantisedNetwork> {
    networks_of(1..12, 1..24, 1..40)
}

fn any_blocks() -> impl Strategy<Value = Blocks> {
    prop_oneof![
        Just(Blocks::Quarters),
        (1u32..12).prop_map(|half| Blocks::Fixed(2 * half))
    ]
}

/// The network by the definition, layer by layer, each map cut as the mode says and the plan does not.
fn by_definition(network: &QuantisedNetwork, blocks: Blocks) -> Array3<u8> {
    let image = crate::plan::testing::image(network.network.input, 7);
    let mut map = Map::with_zero_point(image, network.layers[0].input_zero_point);
    for layer in &network.layers {
        let (_, height, width) = map.data.dim();
        let golden = Layer {
            weights: layer.weights.clone(),
            requants: layer.unfolded_requant(),
            pool: layer.pool_after,
        };
        let block = match blocks {
            Blocks::Fixed(block) => [block as usize; 2],
            Blocks::Quarters => [height, width].map(|n| n.div_ceil(8) * 4),
        };
        map = plain::layer_in_blocks(&map, &golden, block).unwrap();
    }
    map.data
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn random_networks_in_blocks_equal_the_golden_model(
        name in prop::sample::select(vec!["tiny-1", "small-2", "small-4", "ulx3s-85f"]),
        network in networks(), blocks in any_blocks(), loads_first: bool,
    ) {
        let mut config = preset(name).unwrap();
        config.parameter_depth = 256;
        let schedule = if loads_first { Schedule::LoadFirst } else { Schedule::ComputeFirst };
        let expected = by_definition(&network, blocks);
        for fusion in [Fusion::Auto, Fusion::Off] {
            let result = check(&network, &config, &options(blocks, fusion), schedule);
            prop_assert_eq!(&result.output, &expected);
        }
        // All in one group: blocks shrink behind its pools.
        let fused = options(blocks, Fusion::Groups(vec![network.layers.len()]));
        match plan(&network, &config, &fused) {
            Ok(_) => { check(&network, &config, &fused, schedule); }
            Err(PlanError::LineBuffer { .. } | PlanError::BlockPool { .. }) => {}
            Err(error) => prop_assert!(false, "{}", error),
        }
    }
}

#[test]
fn blocks_odd_behind_a_pool_keep_all_between_on_chip() {
    let network = random(
        Shape::new(3, 41, 29),
        &[(16, false), (24, true), (6, false), (4, true)],
        4,
    );
    let mut config = preset("small-4").unwrap();
    config.lane_depth = 256;
    for block in [6, 10, 14, 18] {
        let blocks = Blocks::Fixed(block);
        let fused = options(blocks, Fusion::Groups(vec![2, 2]));
        let expected = by_definition(&network, blocks);
        let found = plan(&network, &config, &fused).unwrap();
        let first = &found.groups[0];
        // The larger ones do not fit the line buffer whole.
        assert!(block < 18 || first.strips > first.blocks);
        for schedule in [Schedule::LoadFirst, Schedule::ComputeFirst] {
            let result = check(&network, &config, &fused, schedule);
            assert_eq!(result.output, expected, "{block}");
        }
    }
}

/// Whether the emitted Verilog can be run.
fn verilator() -> bool {
    let found = Toolchain::find();
    let required = std::env::var_os("ROWFUSE_REQUIRE_VERILATOR").is_some();
    assert!(found.is_ok() || !required, "{:?}", found.err());
    found.is_ok()
}

#[test]
fn hardware_keeps_its_neighbours_pixels() {
    let layers = [(5, false), (8, true), (6, true)];
    let network = random(Shape::new(3, 30, 25), &layers, 4);
    let config = preset("small-2").unwrap();
    for block in [6, 10, 14, 18] {
        let blocks = Blocks::Fixed(block);
        let options = options(blocks, Fusion::Groups(vec![2, 1]));
        let expected = by_definition(&network, blocks);
        let check = |result: RunResult| {
            check_result(&result);
            assert_eq!(result.output, expected, "{block}");
        };
        let board = Gateware::board(&config).unwrap();
        check(planned_and_run(&network, &config, &options, board));
        if verilator() {
            let board = Verilated::board(&config, &mut |_| {}).unwrap();
            check(planned_and_run(&network, &config, &options, board));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn the_verilog_computes_random_networks_in_blocks(
        name in prop::sample::select(vec!["tiny-1", "small-4"]),
        network in networks(), half in 1u32..12,
    ) {
        if verilator() {
            let config = preset(name).unwrap();
            let options = options(Blocks::Fixed(2 * half), Fusion::Auto);
            let board = Verilated::board(&config, &mut |_| {}).unwrap();
            check_result(&planned_and_run(&network, &config, &options, board));
        }
    }
}

#[test]
fn a_block_as_large_as_the_map_is_the_exact_mode() {
    let network = random(
        Shape::new(3, 30, 22),
        &[(5, false), (9, true), (6, false)],
        4,
    );
    let config = preset("small-4").unwrap();
    let mut exact = plan(&network, &config, &PlanOptions::default()).unwrap();
    let blocks = options(Blocks::Fixed(30), Fusion::Auto);
    let in_blocks = plan(&network, &config, &blocks).unwrap();
    exact.blocks = blocks.blocks;
    assert!(in_blocks == exact);
}

#[test]
fn a_plan_whose_blocks_do_not_agree_is_refused() {
    let network = random(
        Shape::new(3, 30, 22),
        &[(5, false), (9, true), (6, false)],
        4,
    );
    let config = preset("small-4").unwrap();
    let right = plan(&network, &config, &options(Blocks::Fixed(8), Fusion::Auto)).unwrap();
    right.check(config.id()).unwrap();
    let differs = |plan: &crate::plan::Plan| {
        matches!(plan.check(config.id()), Err(PlanError::BlocksDiffer { .. }))
    };
    let mut wrong = right.clone();
    wrong.blocks = None;
    assert!(differs(&wrong));
    wrong.blocks = Some(Blocks::Quarters);
    assert!(differs(&wrong));
    let mut wrong = right.clone();
    wrong.groups[0].layers[0].shape.block = [8, 6];
    assert!(differs(&wrong));
    let text = serde_json::to_string(&right).unwrap();
    let text = text.replace("\"blocks\":\"8\"", "\"blocks\":\"7\"");
    assert!(serde_json::from_str::<crate::plan::Plan>(&text).is_err());
    for block in [0, 7] {
        let error = plan(
            &network,
            &config,
            &options(Blocks::Fixed(block), Fusion::Auto),
        );
        assert!(matches!(error, Err(PlanError::BlockSize { found }) if found == block));
    }
}

#[test]
fn the_map_before_a_run_is_in_blocks_too() {
    let network = random(
        Shape::new(3, 24, 18),
        &[(5, true), (9, false), (6, false)],
        4,
    );
    let blocks = Blocks::Fixed(4);
    let image = crate::plan::testing::image(network.network.input, 7);
    let all = golden_output(
        &network.layers,
        &image,
        Some(blocks),
        &crate::progress::Silent,
    );
    assert_eq!(all.unwrap(), by_definition(&network, blocks));
}

#[test]
fn all_of_vgg16_in_blocks() {
    let vgg = body(&Vgg::Vgg16.network(224), 5);
    let config = preset("ulx3s-85f").unwrap();
    for blocks in [Blocks::Fixed(28), Blocks::Fixed(14), Blocks::Quarters] {
        let options = options(blocks, Fusion::Auto);
        let result = check(&vgg, &config, &options, Schedule::LoadFirst);
        assert_eq!(result.output.dim(), (512, 7, 7));
    }
}

#[test]
fn a_group_that_pools_a_block_away_is_refused() {
    let layers = [(1, true), (1, true), (1, true), (1, false)];
    let network = random(Shape::new(1, 8, 8), &layers, 4);
    let config = preset("tiny-1").unwrap();
    for blocks in [Blocks::Quarters, Blocks::Fixed(2)] {
        let error = plan(&network, &config, &options(blocks, Fusion::Groups(vec![4])));
        assert!(matches!(error, Err(PlanError::BlockPool { .. })));
    }
}
