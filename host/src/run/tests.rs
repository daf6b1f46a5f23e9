//! Random networks through the functional board, against the golden model.

use super::*;
use crate::network::{Shape, Vgg};
use crate::plan::testing::{body, image, random};
use crate::plan::{plan, Fusion, PlanError, PlanOptions};
use crate::quantise::QuantisedNetwork;
use proptest::prelude::*;
use rowfuse_spec::config::preset;
use rowfuse_spec::EngineConfig;
use rowfuse_testbench::board::{FunctionalBoard, Schedule};

fn board(config: &EngineConfig, schedule: Schedule) -> Client<FunctionalBoard> {
    let board = FunctionalBoard::new(config.clone()).unwrap();
    Client::connect(board.with_schedule(schedule), config).unwrap()
}

fn silent(_: Event<'_>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Plans and runs; everything must be right.
fn check(
    network: &QuantisedNetwork,
    config: &EngineConfig,
    fusion: Fusion,
    schedule: Schedule,
) -> RunResult {
    let options = PlanOptions {
        fusion,
        layers: None,
    };
    let plan = plan(network, config, &options).unwrap();
    let image = image(network.network.input, 7);
    let options = RunOptions::default();
    let result = run_plan(
        &mut board(config, schedule),
        &plan,
        &network.layers,
        &image,
        &options,
        &mut silent,
    )
    .unwrap();
    assert_eq!(result.mismatches(), Some(0), "{:?}", result.groups);
    for group in &result.groups {
        assert_eq!(group.miscounted(), [], "{}", group.name);
    }
    result
}

fn networks() -> impl Strategy<Value = QuantisedNetwork> {
    let layer = (1usize..41, any::<bool>());
    let shape = (1usize..41, 1usize..31, 1usize..31);
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

/// Every way to fuse a number of layers, chosen by the bits of `cuts`.
fn grouping(layers: usize, cuts: u8) -> Fusion {
    let mut lengths = vec![1];
    for layer in 1..layers {
        match cuts >> layer & 1 {
            1 => lengths.push(1),
            _ => *lengths.last_mut().unwrap() += 1,
        }
    }
    Fusion::Groups(lengths)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn random_networks_equal_the_golden_model(
        name in prop::sample::select(vec!["tiny-1", "small-2", "small-4", "ulx3s-85f"]),
        network in networks(), loads_first: bool, cuts: u8,
    ) {
        let mut config = preset(name).unwrap();
        config.parameter_depth = 256;
        let schedule = if loads_first { Schedule::LoadFirst } else { Schedule::ComputeFirst };
        check(&network, &config, Fusion::Auto, schedule);
        check(&network, &config, Fusion::Off, schedule);
        let fusion = grouping(network.layers.len(), cuts);
        let options = PlanOptions { fusion: fusion.clone(), layers: None };
        match plan(&network, &config, &options) {
            Ok(_) => { check(&network, &config, fusion, schedule); }
            Err(PlanError::LineBuffer { needed, available, .. }) => {
                prop_assert!(needed > u64::from(available));
            }
            Err(error) => prop_assert!(false, "{}", error),
        }
    }
}

#[test]
fn the_first_group_of_vgg16() {
    let mut vgg = body(&Vgg::Vgg16.network(224), 3);
    vgg.layers.truncate(2);
    let config = preset("ulx3s-85f").unwrap();
    let result = check(&vgg, &config, Fusion::Auto, Schedule::LoadFirst);
    assert_eq!(result.groups.len(), 1);
    assert_eq!(result.output.dim(), (64, 112, 112));
    // Every row of the image is loaded once.
    assert_eq!(result.groups[0].counters.get(Counter::SubRowsLoaded), 112);
}

#[test]
fn all_of_vgg16_at_a_quarter_of_its_size() {
    let vgg = body(&Vgg::Vgg16.network(56), 4);
    let config = preset("ulx3s-85f").unwrap();
    let result = check(&vgg, &config, Fusion::Auto, Schedule::ComputeFirst);
    assert_eq!(result.output.dim(), (512, 1, 1));
}

/// `cargo test --release -p rowfuse all_of_vgg16_at -- --ignored --nocapture`
#[test]
#[ignore = "takes half a minute unoptimised"]
fn all_of_vgg16_at_full_size() {
    let vgg = body(&Vgg::Vgg16.network(224), 5);
    let config = preset("ulx3s-85f").unwrap();
    let result = check(&vgg, &config, Fusion::Auto, Schedule::LoadFirst);
    let seconds: f64 = result.groups.iter().map(|group| group.board_seconds).sum();
    println!(
        "{seconds:.1} s on the board, {:.1} s in all",
        result.wall_seconds
    );
}
