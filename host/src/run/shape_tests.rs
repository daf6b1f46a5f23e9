//! Networks of any shape: the functional board gives what the golden model gives, or the planner says what does not fit.

use super::testing::{check_result, planned_and_run};
use crate::network::{Shape, Vgg};
use crate::plan::testing::{body, random};
use crate::plan::{plan, Fusion, PlanError, PlanOptions};
use crate::quantise::QuantisedNetwork;
use proptest::prelude::*;
use rowfuse_spec::config::{preset, presets};
use rowfuse_testbench::board::FunctionalBoard;

/// Multiply-accumulate operations of a network at most, so that a case takes a fraction of a second.
const MOST_MACS: usize = 60_000_000;

fn channels() -> impl Strategy<Value = usize> {
    prop_oneof![1usize..=8, 1usize..=64, 1usize..=512, Just(512)]
}

fn side() -> impl Strategy<Value = usize> {
    prop_oneof![8usize..=40, 8usize..=512, Just(512)]
}

/// The layers, as many as the budget allows; the pools that the map is large enough for.
fn network(
    input: (usize, usize, usize),
    layers: Vec<(usize, bool)>,
    seed: u64,
) -> QuantisedNetwork {
    let (mut cin, mut height, mut width) = input;
    let (mut kept, mut left) = (Vec::new(), MOST_MACS);
    for (cout, pool) in layers {
        // A layer too large keeps its map and becomes shallow.
        let most = left / (9 * cin * height * width);
        let cout = cout.min(most);
        if cout == 0 {
            break;
        }
        left -= 9 * cin * cout * height * width;
        let pool = pool && height > 1 && width > 1;
        if pool {
            (height, width) = (height / 2, width / 2);
        }
        kept.push((cout, pool));
        cin = cout;
    }
    if kept.is_empty() {
        kept.push((1, false));
    }
    random(Shape::new(input.0, input.1, input.2), &kept, seed)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_shape_is_right_or_refused_with_the_number_that_does_not_fit(
        mut config in prop::sample::select(presets()),
        mut input in (channels(), side(), side()),
        layers in prop::collection::vec((channels(), any::<bool>()), 1..4),
        seed: u64, fused: bool, narrow in prop::bool::weighted(0.75),
    ) {
        if narrow {
            // Most would be refused else, small configurations' at once.
            (config.weight_depth, config.parameter_depth) = (1024, 1024);
            let columns = config.lane_depth as usize / input.0;
            input.2 = input.2.min(2 * columns).max(8);
        }
        let network = network(input, layers, seed);
        let fusion = if fused { Fusion::Auto } else { Fusion::Off };
        let options = PlanOptions { fusion, ..PlanOptions::default() };
        let planned = plan(&network, &config, &options);
        println!("{:?} on {}: {:?}", network.network.input, config.name, planned.as_ref().err());
        match planned {
            Ok(_) => {
                let board = FunctionalBoard::new(config.clone()).unwrap();
                check_result(&planned_and_run(&network, &config, &options, board));
            }
            Err(PlanError::LineBuffer { needed, available, .. }) => prop_assert!(needed > u64::from(available)),
            Err(PlanError::Limit { found, limit, .. }) => prop_assert!(found > limit),
            Err(PlanError::Memory { needed, available, .. }) => prop_assert!(needed > available),
            Err(error) => prop_assert!(false, "{}", error),
        }
    }
}

#[test]
fn the_family_runs_at_sizes_that_are_no_multiples_of_anything() {
    let config = preset("ulx3s-85f").unwrap();
    for (vgg, height, width) in [
        (Vgg::Vgg11, 45, 77),
        (Vgg::Vgg13, 63, 34),
        (Vgg::Vgg16, 33, 95),
        (Vgg::Vgg19, 47, 39),
    ] {
        let network = body(&vgg.network_of(height, width), 4);
        let board = FunctionalBoard::new(config.clone()).unwrap();
        let result = planned_and_run(&network, &config, &PlanOptions::default(), board);
        check_result(&result);
        // Five pools, each of which drops an odd row or column.
        assert_eq!(result.output.dim(), (512, height / 32, width / 32));
    }
}

/// 131,072 entries of weights, three commands: the third one behind the CONV.
#[test]
fn two_lanes_stream_the_weights_of_512_channels() {
    let config = preset("ulx3s-45f").unwrap();
    let network = random(Shape::new(512, 14, 14), &[(512, false), (512, true)], 5);
    for fusion in [Fusion::Auto, Fusion::Off] {
        let board = FunctionalBoard::new(config.clone()).unwrap();
        let options = PlanOptions {
            fusion,
            ..PlanOptions::default()
        };
        check_result(&planned_and_run(&network, &config, &options, board));
    }
}

#[test]
fn the_widest_map_of_64_channels() {
    // Two slots of the ring, each as many bytes as a row of sub-blocks takes: 64·ceil((2·tiles + 1) / 3).
    let config = preset("ulx3s-85f").unwrap();
    let planned = |height, width| {
        let network = random(Shape::new(64, height, width), &[(64, false)], 1);
        plan(&network, &config, &PlanOptions::default())
    };
    assert!(planned(512, 380).is_ok());
    for (width, bytes) in [(381, 2 * 64 * 65), (512, 2 * 64 * 86)] {
        let error = planned(512, width).unwrap_err();
        let text = format!("need {bytes} bytes of every pixel lane, but ulx3s-85f has 8192");
        assert!(error.to_string().contains(&text), "{error}");
    }
}

#[test]
fn what_is_too_large_is_refused_by_name() {
    let config = preset("ulx3s-85f").unwrap();
    for (input, cout, text) in [
        (
            Shape::new(513, 8, 8),
            8,
            "the number of input channels is 513, but the engine's limit is 512",
        ),
        (
            Shape::new(8, 8, 8),
            1025,
            "the number of output channels is 1025, but the engine's limit is 1024",
        ),
        (
            Shape::new(1, 8, 513),
            8,
            "the width of the map is 513, but the engine's limit is 512",
        ),
        (
            Shape::new(1, 1021, 8),
            8,
            "the height of the map is 1021, but the engine's limit is 1020",
        ),
    ] {
        let network = random(input, &[(cout, false)], 1);
        let error = plan(&network, &config, &PlanOptions::default()).unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
    }
}
