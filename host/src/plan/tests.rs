use super::*;
use crate::fault::{Exit, Fault};
use crate::network::Vgg;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rowfuse_spec::command::decode_program;
use rowfuse_spec::command::OUTPUT_LINE_BUFFER;
use rowfuse_spec::config::preset;
use rowfuse_spec::layout::entry_bytes;
use rowfuse_spec::{Command, Conv, Load, Tokens, Weights};
use testing::{body, random};

fn vgg16() -> Plan {
    let network = body(&Vgg::Vgg16.network(224), 1);
    plan(
        &network,
        &preset("ulx3s-85f").unwrap(),
        &PlanOptions::default(),
    )
    .unwrap()
}

fn fails(network: &QuantisedNetwork, config: &EngineConfig, options: &PlanOptions) -> PlanError {
    plan(network, config, options).unwrap_err()
}

#[test]
fn vgg16_is_planned_as_the_engine_is_meant_to_run_it() {
    let plan = vgg16();
    let first = &plan.groups[0];
    assert_eq!(first.name(), "features.0 + features.2");
    // 3136 tiles, 16 groups of channels, 24 and 64 cycles each: the least there can be.
    let least = 3136 * 16 * (24 + 64);
    let cycles = first.prediction.cycles;
    assert!((least..least * 102 / 100).contains(&cycles), "{cycles}");
    assert_eq!(first.layers[0].bound, Bound::Interval);
    assert_eq!(first.layers[1].bound, Bound::Multipliers);
    assert!(first.layers[1].utilisation > 0.97);
    assert_eq!(first.prediction.sub_rows_loaded, 112);
    assert_eq!(first.prediction.write_words, 64 * 112 * 112 / 2);
    assert_eq!(plan.layer_count(), 13);
    assert!(plan.prediction().cycles < 33_000_000);
    assert!(plan.memory_bytes() <= plan.config.memory_bytes);
    for group in &plan.groups {
        assert!(
            group.lane_bytes() <= plan.config.lane_depth,
            "{}",
            group.name()
        );
    }
}

#[test]
fn regions_do_not_overlap() {
    let plan = vgg16();
    for pair in plan.memory.windows(2) {
        assert!(
            pair[0].address + pair[0].bytes <= pair[1].address,
            "{pair:?}"
        );
        assert_eq!(pair[1].address % 64, 0);
    }
    // A group never writes where it reads.
    for group in &plan.groups {
        let (input, output) = (group.input, group.output);
        assert!(input.end() <= output.base || output.end() <= input.base);
    }
    let network = body(&Vgg::Vgg16.network(224), 1);
    for segment in constants(&plan, &network.layers, plan.groups.len()).unwrap() {
        let region = plan
            .memory
            .iter()
            .find(|r| r.address == segment.address)
            .unwrap();
        assert_eq!(
            region.bytes as usize,
            segment.bytes.len(),
            "{}",
            segment.what
        );
        assert_eq!(region.what, segment.what);
    }
}

#[test]
fn all_weights_are_streamed_once_a_strip() {
    let plan = vgg16();
    for group in &plan.groups {
        let program = decode_program(&group.program).unwrap();
        for layer in &group.layers {
            let end = layer.weights
                + plan.config.groups(layer.shape.cout) * layer.shape.cin * entry_bytes(4);
            let mut at = layer.weights;
            let mut rounds = 0;
            for command in &program {
                let Command::Weights(weights) = command else {
                    continue;
                };
                if !(layer.weights..end).contains(&(2 * weights.address)) {
                    continue;
                }
                assert_eq!(2 * weights.address, at);
                at += weights.entries * entry_bytes(4);
                if at == end {
                    (at, rounds) = (layer.weights, rounds + 1);
                }
            }
            assert_eq!(at, layer.weights, "{}", layer.shape.name);
            // The first strip may leave less than a strip's work for the layers before the last.
            let last = layer == &group.layers[group.layers.len() - 1];
            let least = group.strips - u32::from(!last);
            assert!((least..=group.strips).contains(&rounds), "{rounds}");
        }
    }
}

#[test]
fn plans_survive_as_text() {
    let mut plan = vgg16();
    let text = serde_json::to_string(&plan).unwrap();
    assert!(serde_json::from_str::<Plan>(&text).unwrap() == plan);
    let command = text.find("\"0102").or_else(|| text.find("\"01")).unwrap() + 1;
    for damage in ["", "zz", "0"] {
        let damaged = format!("{}{damage}{}", &text[..command], &text[command + 2..]);
        assert!(serde_json::from_str::<Plan>(&damaged).is_err(), "{damage}");
    }
    assert!(plan.check(plan.config.id()).is_ok());
    let other = preset("small-4").unwrap().id();
    assert!(
        matches!(plan.check(other), Err(PlanError::Configuration { found, .. }) if found == other)
    );
    plan.schema += 1;
    assert!(matches!(
        plan.check(plan.config_id),
        Err(PlanError::Schema { .. })
    ));
}

#[test]
fn a_plan_is_for_its_weights_only() {
    let mut network = random(Shape::new(3, 8, 8), &[(4, false)], 1);
    let config = preset("small-2").unwrap();
    let plan = plan(&network, &config, &PlanOptions::default()).unwrap();
    assert!(constants(&plan, &network.layers, 1).is_ok());
    network.layers[0].weights[[0, 0, 0, 0]] ^= 1;
    let error = constants(&plan, &network.layers, 1).unwrap_err();
    assert!(matches!(error, PlanError::Weights { .. }));
    assert_eq!(error.exit(), Exit::Input);
}

#[test]
fn the_whole_family_fits_the_board() {
    for vgg in Vgg::ALL {
        let network = body(&vgg.network(224), 1);
        let plan = plan(
            &network,
            &preset("ulx3s-85f").unwrap(),
            &PlanOptions::default(),
        )
        .unwrap();
        assert_eq!(plan.layer_count(), network.layers.len());
    }
}

#[test]
fn what_does_not_fit_is_named() {
    let network = random(Shape::new(3, 32, 32), &[(40, false), (40, false)], 1);
    let all = PlanOptions::default();
    let config = preset("small-4").unwrap();
    assert!(plan(&network, &config, &all).is_ok());

    let mut small = config.clone();
    small.memory_bytes = 65_536;
    let error = fails(&network, &small, &all);
    let PlanError::Memory { needed, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(
        error.to_string(),
        format!("the plan needs {needed} bytes of memory, but small-4 has 65536")
    );
    assert_eq!(
        plan(&network, &config, &all).unwrap().memory_bytes(),
        needed
    );

    let mut shallow = config.clone();
    shallow.lane_depth = 256;
    let error = fails(&network, &shallow, &all);
    // Six sub-blocks of 40 channels a row, two slots.
    assert_eq!(
        error.to_string(),
        "layers conv1 need 480 bytes of every pixel lane, but small-4 has 256"
    );

    let wide = random(Shape::new(3, 8, 8), &[(65, false)], 1);
    assert_eq!(
        fails(&wide, &config, &all).to_string(),
        "layer conv0: the number of output channels is 65, but the engine's limit is 64"
    );
    let deep = random(Shape::new(129, 8, 8), &[(4, false)], 1);
    assert_eq!(
        fails(&deep, &config, &all).to_string(),
        "layer conv0: the number of input channels is 129, but the engine's limit is 128"
    );
    let tall = random(Shape::new(1, 1021, 4), &[(1, false)], 1);
    assert!(matches!(
        fails(&tall, &config, &all),
        PlanError::Limit { found: 1021, .. }
    ));
    let flat = random(Shape::new(1, 1, 9), &[(1, true)], 1);
    assert!(matches!(
        fails(&flat, &config, &all),
        PlanError::Pool { height: 1, .. }
    ));
    let mut crossed = random(Shape::new(3, 8, 8), &[(4, false), (5, false)], 1);
    crossed.layers.swap(0, 1);
    assert!(matches!(
        fails(&crossed, &config, &all),
        PlanError::Channels {
            expected: 3,
            found: 4,
            ..
        }
    ));
    let mut illegal = config.clone();
    illegal.lanes = 3;
    assert!(matches!(
        fails(&network, &illegal, &all),
        PlanError::Config(_)
    ));
}

#[test]
fn options_are_checked() {
    let network = random(
        Shape::new(3, 16, 16),
        &[(8, false), (8, true), (8, false)],
        1,
    );
    let config = preset("small-4").unwrap();
    let of = |layers, fusion| PlanOptions {
        layers,
        fusion,
        blocks: None,
    };
    for layers in [0..0, 0..4, 2..2, 3..4] {
        let options = of(Some(layers), Fusion::Auto);
        assert!(matches!(
            fails(&network, &config, &options),
            PlanError::Layers { found: 3, .. }
        ));
    }
    for lengths in [vec![], vec![4], vec![3, 0], vec![1, 1]] {
        let options = of(None, Fusion::Groups(lengths));
        assert!(matches!(
            fails(&network, &config, &options),
            PlanError::Groups { found: 3, .. }
        ));
    }
    let lengths = |options: &PlanOptions| -> Vec<usize> {
        let plan = plan(&network, &config, options).unwrap();
        plan.groups.iter().map(|group| group.layers.len()).collect()
    };
    assert_eq!(lengths(&of(None, Fusion::Off)), [1, 1, 1]);
    assert_eq!(lengths(&of(None, Fusion::Groups(vec![1, 2]))), [1, 2]);
    assert_eq!(lengths(&of(Some(0..1), Fusion::Auto)), [1]);
    assert_eq!(lengths(&of(Some(1..3), Fusion::Groups(vec![2]))), [2]);
}

#[test]
fn a_program_that_never_ends_is_seen() {
    let config = preset("small-4").unwrap();
    let load = |wait| {
        Command::Load(Load {
            header: Tokens::new(wait, 0),
            sub_rows: 1,
            groups: 1,
            sub_cols: 1,
            ..Load::default()
        })
    };
    let play = |wait| {
        let program = Program {
            commands: vec![load(wait)],
            stages: vec![0],
        };
        timeline::play(&program, 1, &config)
    };
    assert!(play(0).is_some());
    assert!(play(1).is_none());
}

/// The planner chooses by a model in which everything flows; what it has chosen is played burst by burst.
#[test]
fn what_is_chosen_takes_about_as_long_as_was_thought() {
    let configs = ["small-4", "tiny-1", "xem7010-a50"].map(|name| preset(name).unwrap());
    let (mut errors, mut groups) = (0.0, 0);
    for seed in 0..24 {
        let mut random_number = ChaCha8Rng::seed_from_u64(seed);
        let (network, what) = testing::any_network(&mut random_number);
        for config in &configs {
            let options = PlanOptions::default();
            let Ok(plan) = plan(&network, config, &options) else {
                continue;
            };
            let shapes = shape::shapes(network.network.input, &network.layers, config, None);
            let choices = choose::choose(&shapes.unwrap(), config, &options.fusion).unwrap();
            for (choice, group) in choices.iter().zip(&plan.groups) {
                let ratio = choice.cycles / group.prediction.cycles as f64;
                let name = &config.name;
                assert!((0.88..1.12).contains(&ratio), "{ratio}: {what} on {name}");
                errors += (ratio - 1.0).abs();
                groups += 1;
            }
        }
    }
    let mean = errors / f64::from(groups);
    assert!(groups > 60 && mean < 0.016, "{mean} in {groups} groups");
}

#[test]
fn maps_are_in_blocks_if_one_side_is_longer() {
    let in_blocks = |height: usize, width: usize, blocks: Option<Blocks>| {
        let input = Shape::new(2, height, width);
        let network = random(input, &[(4, false)], 1);
        let config = preset("small-4").unwrap();
        shape::shapes(input, &network.layers, &config, blocks).unwrap()[0].in_blocks()
    };
    assert!(!in_blocks(20, 12, None));
    let blocks = Some(Blocks::Fixed(14));
    assert!(in_blocks(20, 12, blocks) && in_blocks(12, 20, blocks));
    assert!(!in_blocks(12, 14, blocks));
}

/// A group waits for its own channels' weights, not for all that are on their way.
#[test]
fn weights_are_waited_for_until_a_group_has_its_own() {
    let config = preset("small-4").unwrap();
    let weights = Command::Weights(Weights {
        entries: 96,
        ..Weights::default()
    });
    let conv = Command::Conv(Conv {
        cin: 8,
        groups: 12,
        tile_rows: 1,
        tile_cols: 40,
        output: OUTPUT_LINE_BUFFER,
        ..Conv::default()
    });
    let program = Program {
        commands: vec![weights, conv],
        stages: vec![0, 0],
    };
    let timing = timeline::play(&program, 1, &config).unwrap()[0];
    let entry = f64::from(entry_bytes(4) / 2);
    assert!(
        (7.0 * entry..10.0 * entry).contains(&timing.weights),
        "{timing:?}"
    );
}
