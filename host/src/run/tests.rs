//! Random networks through the functional board, against the golden model.

use super::testing::{check_result, fused, networks_of, planned_and_run, silent};
use super::*;
use crate::fault::{Exit, Fault};
use crate::network::{Shape, Vgg};
use crate::plan::testing::{body, image, random};
use crate::plan::{plan, Fusion, PlanError, PlanOptions};
use crate::quantise::QuantisedNetwork;
use proptest::prelude::*;
use rowfuse_spec::config::preset;
use rowfuse_spec::EngineConfig;
use rowfuse_testbench::board::{FunctionalBoard, Schedule};

fn functional(config: &EngineConfig, schedule: Schedule) -> FunctionalBoard {
    let board = FunctionalBoard::new(config.clone()).unwrap();
    board.with_schedule(schedule)
}

fn board(config: &EngineConfig, schedule: Schedule) -> Client<FunctionalBoard> {
    Client::connect(functional(config, schedule), config).unwrap()
}

/// Plans and runs; everything must be right.
fn check(
    network: &QuantisedNetwork,
    config: &EngineConfig,
    fusion: Fusion,
    schedule: Schedule,
) -> RunResult {
    let board = functional(config, schedule);
    let result = planned_and_run(network, config, &fused(fusion), board);
    check_result(&result);
    result
}

fn networks() -> impl Strategy<Value = QuantisedNetwork> {
    networks_of(1..41, 1..41, 1..31)
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
        match plan(&network, &config, &fused(fusion.clone())) {
            Ok(_) => { check(&network, &config, fusion, schedule); }
            Err(PlanError::LineBuffer { needed, available, .. }) => {
                prop_assert!(needed > u64::from(available));
            }
            Err(error) => prop_assert!(false, "{}", error),
        }
    }
}

#[test]
fn every_width_works_behind_a_pool() {
    // A pooled map may store a column that the next layer's tiles do not reach; fused, a row too
    // long would reach into the ring behind.
    let mut config = preset("small-4").unwrap();
    config.lane_depth = 512;
    for width in 4..20 {
        let layers = [(20, true), (20, false), (8, true)];
        let network = random(Shape::new(4, 41, width), &layers, width as u64);
        for lengths in [vec![1, 2], vec![2, 1], vec![1, 1, 1]] {
            check(
                &network,
                &config,
                Fusion::Groups(lengths),
                Schedule::LoadFirst,
            );
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
fn all_of_vgg16() {
    let vgg = body(&Vgg::Vgg16.network(224), 5);
    let config = preset("ulx3s-85f").unwrap();
    let result = check(&vgg, &config, Fusion::Auto, Schedule::LoadFirst);
    assert_eq!(result.output.dim(), (512, 7, 7));
    // Nothing but clamped values would prove little.
    let inner = result.output.iter().filter(|&&value| value % 255 != 0);
    assert!(inner.count() > result.output.len() / 4);
}

fn small() -> (QuantisedNetwork, EngineConfig, Plan, Array3<u8>) {
    let network = random(Shape::new(3, 12, 9), &[(5, false), (6, true)], 2);
    let config = preset("small-2").unwrap();
    let plan = plan(&network, &config, &PlanOptions::default()).unwrap();
    let image = image(network.network.input, 3);
    (network, config, plan, image)
}

#[test]
fn a_damaged_weight_is_noticed_and_located() {
    let (network, config, plan, image) = small();
    let mut client = board(&config, Schedule::LoadFirst);
    let run = |client: &mut Client<FunctionalBoard>, upload| {
        let options = RunOptions {
            upload,
            ..RunOptions::default()
        };
        run_plan(
            client,
            &plan,
            &network.layers,
            &image,
            &options,
            &mut silent,
        )
        .unwrap()
    };
    let right = run(&mut client, true);
    assert_eq!(right.mismatches(), Some(0));
    // The second layer's first weight: all of output channel 0 may change, nothing else.
    let address = plan
        .groups
        .iter()
        .flat_map(|group| &group.layers)
        .last()
        .unwrap()
        .weights;
    client.write(address, &[0x7F, 0x7F]).unwrap();
    let wrong = run(&mut client, false);
    assert_eq!(run(&mut client, true).mismatches(), Some(0));
    let group = wrong.groups.last().unwrap();
    let differing = wrong
        .output
        .iter()
        .zip(&right.output)
        .filter(|(a, b)| a != b)
        .count();
    assert!(differing > 0);
    assert_eq!(group.mismatches, Some(differing as u64));
    let place = group.first_mismatch.unwrap();
    assert_eq!(place.0, 0);
    assert_ne!(wrong.output[place], right.output[place]);
    assert_eq!(group.miscounted(), []);
}

#[test]
fn a_break_at_any_event_stops_the_board() {
    let (network, config, plan, image) = small();
    let mut stop_at = 0;
    loop {
        let mut client = board(&config, Schedule::LoadFirst);
        let mut seen = 0;
        let result = run_plan(
            &mut client,
            &plan,
            &network.layers,
            &image,
            &RunOptions::default(),
            &mut |_| {
                seen += 1;
                match seen > stop_at {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                }
            },
        );
        assert!(!client.status().unwrap().busy);
        match result {
            Ok(_) => break,
            Err(error) => {
                assert!(
                    matches!(error, RunError::Board(BoardError::Interrupted)),
                    "{error}"
                );
                assert_eq!(error.exit().code(), 130);
                assert_eq!(seen, stop_at + 1);
            }
        }
        stop_at += 1;
    }
    assert!(
        stop_at > 4,
        "uploads, a beginning, a status and an end at least"
    );
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let (mut network, config, plan, image) = small();
    let run = |config: &EngineConfig, layers: &[QuantisedConv], image: &Array3<u8>, count| {
        let options = RunOptions {
            layers: count,
            ..RunOptions::default()
        };
        let mut client = board(config, Schedule::LoadFirst);
        run_plan(&mut client, &plan, layers, image, &options, &mut silent).unwrap_err()
    };
    let other = preset("small-4").unwrap();
    let error = run(&other, &network.layers, &image, None);
    assert!(matches!(
        error,
        RunError::Plan(PlanError::Configuration { .. })
    ));
    assert_eq!(error.exit(), Exit::Board);
    let error = run(&config, &network.layers, &Array3::zeros((3, 9, 12)), None);
    assert!(matches!(
        error,
        RunError::Image {
            expected: [3, 12, 9],
            ..
        }
    ));
    let error = run(&config, &network.layers, &image, Some(3));
    assert!(matches!(error, RunError::Layers { asked: 3, found: 2 }));
    network.layers[1].requant[0].multiplier ^= 1;
    let error = run(&config, &network.layers, &image, None);
    assert!(matches!(error, RunError::Plan(PlanError::Weights { .. })));
}

#[test]
fn part_of_a_plan_can_be_run() {
    let network = random(
        Shape::new(3, 12, 9),
        &[(5, false), (6, true), (4, false)],
        2,
    );
    let config = preset("small-2").unwrap();
    let options = fused(Fusion::Groups(vec![2, 1]));
    let plan = plan(&network, &config, &options).unwrap();
    let image = image(network.network.input, 3);
    let run = |layers, verify| {
        let options = RunOptions {
            layers,
            verify,
            upload: true,
        };
        let mut client = board(&config, Schedule::ComputeFirst);
        run_plan(
            &mut client,
            &plan,
            &network.layers,
            &image,
            &options,
            &mut silent,
        )
    };
    let part = run(Some(2), Verify::Layers).unwrap();
    assert_eq!((part.groups.len(), part.output.dim()), (1, (6, 6, 4)));
    assert_eq!(part.mismatches(), Some(0));
    assert!(matches!(
        run(Some(1), Verify::Layers),
        Err(RunError::Layers { .. })
    ));
    let answer = run(None, Verify::Answer).unwrap();
    let compared: Vec<_> = answer.groups.iter().map(|group| group.mismatches).collect();
    assert_eq!(compared, [None, Some(0)]);
    assert_eq!(answer.mismatches(), Some(0));
    assert_eq!(run(None, Verify::None).unwrap().mismatches(), None);
    assert_eq!(
        run(None, Verify::None).unwrap().cycles(),
        None,
        "the functional board has no clock"
    );
}

#[test]
fn a_run_may_begin_behind_the_first_layer() {
    let layers = [(5, false), (6, true), (4, false), (7, true)];
    let network = random(Shape::new(3, 13, 10), &layers, 4);
    let config = preset("small-2").unwrap();
    let image = image(network.network.input, 3);
    let run = |range: std::ops::Range<usize>| {
        let options = PlanOptions {
            layers: Some(range.clone()),
            ..PlanOptions::default()
        };
        let plan = plan(&network, &config, &options).unwrap();
        assert_eq!(plan.first_layer(&network.layers), Some(range.start));
        assert_eq!(plan.layer_count(), range.len());
        let (before, layers) = network.layers.split_at(range.start);
        let input = golden_output(before, &image, None, &crate::progress::Silent).unwrap();
        let shape = network.input_of(range.start);
        assert_eq!(input.dim(), (shape.channels, shape.height, shape.width));
        let mut client = board(&config, Schedule::LoadFirst);
        let mut expected = Vec::new();
        let result = run_plan(
            &mut client,
            &plan,
            layers,
            &input,
            &RunOptions::default(),
            &mut |event| {
                if let Event::End {
                    output,
                    expected: map,
                    ..
                } = event
                {
                    assert_eq!(map, Some(output));
                    expected.push(output.clone());
                }
                ControlFlow::Continue(())
            },
        )
        .unwrap();
        check_result(&result);
        assert_eq!(expected.len(), result.groups.len());
        assert_eq!(expected.last(), Some(&result.output));
        result.output
    };
    let whole = run(0..4);
    for start in 1..4 {
        assert_eq!(run(start..4), whole, "from {start}");
    }
    assert_eq!(run(1..2).dim(), (6, 6, 5));
    let stopped = golden_output(
        &network.layers,
        &image,
        None,
        &crate::progress::testing::StopAfter::new(1),
    );
    assert!(matches!(
        stopped,
        Err(RunError::Board(BoardError::Interrupted))
    ));
}
