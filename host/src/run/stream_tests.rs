use super::*;
use crate::network::Shape;
use crate::plan::testing::{image, random};
use crate::plan::{plan, Blocks, Fusion, PlanOptions};
use crate::progress::Silent;
use crate::quantise::QuantisedNetwork;
use crate::run::{golden_output, GroupResult};
use proptest::prelude::*;
use rowfuse_spec::config::preset;
use rowfuse_testbench::board::{FunctionalBoard, Schedule, Verilated};
use rowfuse_testbench::verilator::Toolchain;

/// Streams images of noise; every output must be the golden model's, and everything counted as predicted.
fn check<B: Board>(
    board: B,
    network: &QuantisedNetwork,
    plan: &Plan,
    count: usize,
) -> StreamResult {
    let images: Vec<Array3<u8>> = (0..count as u64)
        .map(|seed| image(network.network.input, seed))
        .collect();
    let mut client = Client::connect(board, &plan.config).unwrap();
    let mut next = 0;
    let result = run_stream(&mut client, plan, &network.layers, &images, &mut |event| {
        if let StreamEvent::Output { index, output } = event {
            assert_eq!(index, next, "in order");
            next += 1;
            let expected =
                golden_output(&network.layers, &images[index], plan.blocks, &Silent).unwrap();
            assert!(output == expected, "image {index} differs");
        }
        ControlFlow::Continue(())
    });
    let result = result.unwrap();
    assert_eq!((next, result.frames.len()), (count, count));
    for frame in &result.frames {
        let group = GroupResult {
            name: String::new(),
            layers: 0,
            counters: frame.counters,
            predicted: stream(plan).unwrap().prediction,
            values: 0,
            mismatches: None,
            first_mismatch: None,
            board_seconds: 0.0,
        };
        assert_eq!(group.miscounted(), []);
    }
    result
}

fn functional(plan: &Plan, schedule: Schedule) -> FunctionalBoard {
    FunctionalBoard::new(plan.config.clone())
        .unwrap()
        .with_schedule(schedule)
}

fn layers() -> impl Strategy<Value = Vec<(usize, bool)>> {
    prop::collection::vec((1usize..20, any::<bool>()), 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn streams_of_random_networks_equal_the_golden_model(
        layers in layers(), seed: u64, loads_first: bool, fused: bool, count in 1usize..5,
        name in prop::sample::select(vec!["tiny-1", "small-2", "small-4"]),
        // Maps of 18×21 in blocks of six and ten are odd behind their pools, which are then done apart.
        blocks in prop::sample::select(vec![
            None, Some(Blocks::Fixed(6)), Some(Blocks::Fixed(10)), Some(Blocks::Quarters),
        ]),
    ) {
        let network = random(Shape::new(3, 18, 21), &layers, seed);
        let fusion = if fused { Fusion::Auto } else { Fusion::Off };
        let options = PlanOptions { fusion, blocks, ..PlanOptions::default() };
        let config = preset(name).unwrap();
        // Some are too deep to be pooled so often.
        if let Ok(plan) = plan(&network, &config, &options) {
            let schedule = if loads_first { Schedule::LoadFirst } else { Schedule::ComputeFirst };
            check(functional(&plan, schedule), &network, &plan, count);
        }
    }
}

#[test]
fn the_board_stands_still_between_images_for_two_requests_only() {
    if let Err(error) = Toolchain::find() {
        let required = std::env::var_os("ROWFUSE_REQUIRE_VERILATOR").is_some();
        assert!(!required, "{error}");
        eprintln!("skipped the Verilog: {error}");
        return;
    }
    let layers = [(12, false), (24, true), (40, false), (16, false)];
    let network = random(Shape::new(3, 44, 40), &layers, 9);
    let config = preset("small-4").unwrap();
    for fusion in [Fusion::Auto, Fusion::Off] {
        let options = PlanOptions {
            fusion,
            ..PlanOptions::default()
        };
        let plan = plan(&network, &config, &options).unwrap();
        let board = Verilated::board(&config, &mut |_| {}).unwrap();
        let result = check(board, &network, &plan, 3);
        for frame in &result.frames[..2] {
            let idle = frame.idle_cycles.unwrap();
            let (cycles, predicted) = (frame.cycles().unwrap(), result.predicted_cycles);
            println!("{cycles} cycles, {predicted} predicted, then {idle} idle");
            // What moves beside a frame takes the memory's time from it: a word at most takes a cycle.
            let beside =
                u64::from(plan.input.bytes() + plan.groups.last().unwrap().output.bytes()) / 2;
            assert!((predicted * 98 / 100..predicted * 102 / 100 + beside).contains(&cycles));
            // A status with all counters and a RUN, a byte a cycle.
            assert!(idle < 250, "{idle}");
        }
        assert_eq!(result.frames[2].idle_cycles, None);
    }
}

#[test]
fn a_break_at_any_event_stops_the_board() {
    let network = random(Shape::new(3, 12, 9), &[(5, false), (6, true)], 2);
    let config = preset("small-2").unwrap();
    let plan = plan(&network, &config, &PlanOptions::default()).unwrap();
    let images = [1, 2, 3].map(|seed| image(network.network.input, seed));
    let mut stop_at = 0;
    loop {
        let board = functional(&plan, Schedule::LoadFirst);
        let mut client = Client::connect(board, &config).unwrap();
        let mut seen = 0;
        let result = run_stream(&mut client, &plan, &network.layers, &images, &mut |_| {
            seen += 1;
            match seen > stop_at {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
        assert!(!client.status().unwrap().busy);
        match result {
            Ok(_) => break,
            Err(error) => assert!(
                matches!(error, RunError::Board(BoardError::Interrupted)),
                "{error}"
            ),
        }
        assert_eq!(seen, stop_at + 1);
        stop_at += 1;
    }
    assert!(
        stop_at > 9,
        "uploads, three statuses and three outputs at least"
    );
}

#[test]
fn no_images_and_images_of_another_shape() {
    let network = random(Shape::new(3, 12, 9), &[(5, false)], 2);
    let config = preset("small-2").unwrap();
    let plan = plan(&network, &config, &PlanOptions::default()).unwrap();
    assert!(
        check(functional(&plan, Schedule::LoadFirst), &network, &plan, 0)
            .frames
            .is_empty()
    );
    let images = [Array3::zeros((3, 12, 9)), Array3::zeros((3, 9, 12))];
    let mut client = Client::connect(functional(&plan, Schedule::LoadFirst), &config).unwrap();
    let go_on = &mut |_: StreamEvent| ControlFlow::Continue(());
    let error = run_stream(&mut client, &plan, &network.layers, &images, go_on).unwrap_err();
    assert!(
        matches!(
            error,
            RunError::Image {
                found: [3, 9, 12],
                ..
            }
        ),
        "{error}"
    );
}
