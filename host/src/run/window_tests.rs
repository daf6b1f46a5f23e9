//! Networks of any kernels, strides, padding and pools: whatever the planner maps, the board gives what the definition gives.

use super::testing::{assert_near, check_result, fused, on_verilated, planned_and_run};
use crate::network::{Layer, Network, Shape, Window};
use crate::plan::testing::body;
use crate::plan::{plan, Fusion, PlanError, PlanOptions};
use crate::quantise::QuantisedNetwork;
use proptest::prelude::*;
use rowfuse_spec::config::preset;
use rowfuse_spec::EngineConfig;
use rowfuse_testbench::board::FunctionalBoard;

fn config() -> EngineConfig {
    let mut config = preset("small-4").unwrap();
    // The kernels' copies are many channels.
    (config.weight_depth, config.parameter_depth) = (1024, 1024);
    (config.lane_depth, config.memory_bytes) = (2048, 1 << 22);
    config
}

fn window() -> impl Strategy<Value = Window> {
    let sides = || [1usize..6, 1usize..6];
    (
        sides(),
        [1usize..4, 1usize..4],
        [0usize..6, 0usize..6, 0usize..6, 0usize..6],
    )
        .prop_map(|(kernel, stride, padding)| {
            let fits = |index: usize| padding[index].min(kernel[index % 2] - 1);
            Window {
                kernel,
                stride,
                padding: [0, 1, 2, 3].map(fits),
            }
        })
}

fn conv() -> impl Strategy<Value = Layer> {
    let window = prop_oneof![Just(Window::CONV3), window()];
    (window, 1usize..9, any::<bool>()).prop_map(|(window, cout, relu)| Layer::Conv {
        name: String::new(),
        cin: 0,
        cout,
        window,
        relu,
    })
}

fn pool() -> impl Strategy<Value = Option<Layer>> {
    prop_oneof![
        3 => Just(None),
        2 => Just(Some(Layer::Pool)),
        1 => window().prop_map(|window| Some(Layer::MaxPool { window })),
        1 => (window(), any::<bool>()).prop_map(|(window, count_padding)| Some(Layer::AveragePool { window, count_padding })),
        1 => (1usize..6, 1usize..6).prop_map(|(height, width)| Some(Layer::AdaptivePool { height, width })),
    ]
}

/// The layers with names and channels that fit, as many as the map is large enough for.
fn network(input: Shape, layers: Vec<(Layer, Option<Layer>)>) -> Network {
    let mut network = Network {
        name: "random".into(),
        input,
        layers: Vec::new(),
    };
    let mut channels = input.channels;
    for (index, (mut conv, pool)) in layers.into_iter().enumerate() {
        if let Layer::Conv {
            name, cin, cout, ..
        } = &mut conv
        {
            (*name, *cin) = (format!("conv{index}"), channels);
            channels = *cout;
        }
        let kept = network.layers.len();
        network.layers.push(conv);
        if network.shapes().is_err() {
            network.layers.truncate(kept);
            break;
        }
        network.layers.extend(pool);
        if network.shapes().is_err() {
            network.layers.pop();
        }
    }
    network
}

fn networks() -> impl Strategy<Value = QuantisedNetwork> {
    let input = (1usize..6, 4usize..28, 4usize..28).prop_map(|(c, h, w)| Shape::new(c, h, w));
    let layers = prop::collection::vec((conv(), pool()), 1..5);
    (input, layers, any::<u64>())
        .prop_map(|(input, layers, seed)| body(&network(input, layers), seed))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn the_functional_board_gives_what_the_definition_gives(network in networks(), fuse: bool) {
        prop_assume!(!network.layers.is_empty());
        let config = config();
        let options = fused(if fuse { Fusion::Auto } else { Fusion::Off });
        match plan(&network, &config, &options) {
            Ok(_) => {
                let board = FunctionalBoard::new(config.clone()).unwrap();
                let result = planned_and_run(&network, &config, &options, board);
                check_result(&result);
                let last = network.input_of(network.layers.len());
                prop_assert_eq!(result.output.dim(), (last.channels, last.height, last.width));
            }
            Err(PlanError::LineBuffer { needed, available, .. }) => prop_assert!(needed > u64::from(available)),
            Err(PlanError::Limit { found, limit, .. }) => prop_assert!(found > limit),
            Err(error) => prop_assert!(false, "{}", error),
        }
    }
}

/// LeNet's body, a strided one and one without ReLU.
fn examples() -> [QuantisedNetwork; 3] {
    let conv = |index: usize, cin, cout, window, relu| Layer::Conv {
        name: format!("conv{index}"),
        cin,
        cout,
        window,
        relu,
    };
    let five = Window::square(5, 1, 0);
    let lenet = vec![
        conv(0, 3, 6, five, true),
        Layer::Pool,
        conv(1, 6, 16, five, true),
        Layer::Pool,
    ];
    let strided = vec![
        conv(0, 3, 8, Window::square(7, 2, 3), true),
        Layer::MaxPool {
            window: Window::square(3, 2, 1),
        },
        conv(1, 8, 8, Window::square(1, 1, 0), true),
        conv(2, 8, 12, Window::square(3, 2, 1), true),
        Layer::AdaptivePool {
            height: 1,
            width: 1,
        },
    ];
    let signed = vec![
        conv(0, 2, 4, Window::CONV3, false),
        conv(1, 4, 4, Window::square(3, 1, 0), true),
        Layer::AveragePool {
            window: Window::POOL2,
            count_padding: false,
        },
        conv(2, 4, 4, Window::CONV3, true),
    ];
    [(lenet, 3), (strided, 3), (signed, 2)].map(|(layers, channels)| {
        let network = Network {
            name: "example".into(),
            input: Shape::new(channels, 32, 32),
            layers,
        };
        network.shapes().unwrap();
        body(&network, 5)
    })
}

/// The emitted Verilog, too; the planner's cycles are as near to those counted as they are elsewhere.
#[test]
fn the_emitted_verilog_agrees() {
    let config = preset("small-4").unwrap();
    for network in examples() {
        let options = PlanOptions::default();
        let board = FunctionalBoard::new(config.clone()).unwrap();
        let functional = planned_and_run(&network, &config, &options, board);
        check_result(&functional);
        let Some((verilated, ratios)) = on_verilated(&network, &config, &options) else {
            return;
        };
        assert_eq!(functional.output, verilated.output);
        for ratio in ratios {
            assert_near(ratio, &network.network.name);
        }
    }
}

#[test]
fn layers_that_need_the_host_are_neither_fused_nor_streamed() {
    let [lenet, _, signed] = examples();
    let error = plan(&lenet, &config(), &fused(Fusion::Groups(vec![2]))).unwrap_err();
    assert!(matches!(error, PlanError::Fused { layer } if layer == "conv1"));
    let whole = plan(&lenet, &config(), &PlanOptions::default()).unwrap();
    let error = crate::plan::stream(&whole).unwrap_err();
    assert!(matches!(error, PlanError::Streamed { layer } if layer == "conv1"));
    // The first one's results all count, and the second reads them as they are.
    assert!(plan(&signed, &config(), &fused(Fusion::Groups(vec![2, 1]))).is_ok());
}
