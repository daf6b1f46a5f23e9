//! Random networks through programs of real commands, against a naive convolution.
#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;

use crate::board::test_plan::{self as plan, Layer, Plan};
use proptest::prelude::*;
use rowfuse_spec::command::{
    encode_program, INSET_COLS, INSET_ROWS, STATUS_DEADLOCK, STATUS_INVALID, STATUS_TOKENS,
    STATUS_WEIGHTS,
};
use rowfuse_spec::config::preset;
use rowfuse_spec::counters::Counter;
use rowfuse_spec::frame::Status;
use rowfuse_spec::{Command, End, EngineConfig, Load, Params, Tokens, Weights};

use super::*;
use crate::board::{Client, Gateware};
use rowfuse_spec::frame::ReplyStatus;

fn board(config: &EngineConfig, schedule: Schedule) -> Client<FunctionalBoard> {
    let board = FunctionalBoard::new(config.clone())
        .unwrap()
        .with_schedule(schedule);
    Client::connect(board, config).unwrap()
}

/// Runs a plan and returns its output map, channel-row-column, and the final status.
fn run(plan: &Plan, schedule: Schedule) -> Result<(Vec<u8>, Status), BoardError> {
    let board = FunctionalBoard::new(plan.config.clone()).unwrap();
    run_on(plan, board.with_schedule(schedule))
}

fn run_on<B: Board>(plan: &Plan, board: B) -> Result<(Vec<u8>, Status), BoardError> {
    let mut client = Client::connect(board, &plan.config).unwrap();
    for (address, bytes) in &plan.memory {
        client.write(*address, bytes)?;
    }
    client.write(
        plan.program_address,
        &encode_program(&plan.program).unwrap(),
    )?;
    let status = client.run(plan.program_address, &mut |_| ControlFlow::Continue(()))?;
    let bytes = client.read(plan.output.base, plan.output.bytes() as usize)?;
    Ok((plan.output.unpack(&bytes).unwrap(), status))
}

fn layers() -> impl Strategy<Value = Vec<Layer>> {
    let layer = (1u32..10, any::<bool>(), any::<u32>());
    (1u32..8, prop::collection::vec(layer, 1..3)).prop_map(|(cin, shapes)| {
        let mut cin = cin;
        let count = shapes.len();
        let build = |(n, (cout, pool, seed)): (usize, _)| {
            let layer = Layer::random(cin, cout, pool && n + 1 == count, seed);
            cin = cout;
            layer
        };
        shapes.into_iter().enumerate().map(build).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn networks_equal_the_naive_convolution(
        name in prop::sample::select(vec!["tiny-1", "small-2", "small-4"]),
        layers in layers(), height in 1u32..23, width in 1u32..15, depth in 2u32..4, pad: u8, seed: u32,
    ) {
        let plan = Plan::fused(preset(name).unwrap(), &layers, height, width, depth, pad, seed);
        let expected = plan.expected();
        for schedule in [Schedule::LoadFirst, Schedule::ComputeFirst] {
            let (found, status) = run(&plan, schedule).unwrap();
            prop_assert_eq!(&found, &expected);
            prop_assert_eq!(status.counters, plan.counters());
        }
    }
}

fn two_layers(seed: u32) -> Plan {
    let layers = [
        Layer::random(3, 5, false, seed),
        Layer::random(5, 6, true, seed + 1),
    ];
    Plan::fused(preset("small-2").unwrap(), &layers, 24, 12, 2, 128, seed)
}

/// Whether the plan gives a wrong answer or an error under some schedule.
fn is_noticed(plan: &Plan) -> bool {
    let right =
        |schedule| matches!(run(plan, schedule), Ok((found, _)) if found == plan.expected());
    ![Schedule::LoadFirst, Schedule::ComputeFirst]
        .into_iter()
        .all(right)
}

/// Changes the `which`-th command that `edit` agrees to change.
fn change(plan: &mut Plan, which: usize, edit: impl Fn(&mut Command) -> bool) {
    let mut changed = plan
        .program
        .iter_mut()
        .filter_map(|c| edit(c).then_some(()));
    changed.nth(which).unwrap();
}

#[test]
fn wide_layers_equal_the_naive_convolution() {
    for (cin, cout, seed) in [(512, 7, 1), (100, 12, 2), (3, 64, 3)] {
        let layers = [Layer::random(cin, cout, cout == 12, seed)];
        let plan = Plan::fused(preset("ulx3s-85f").unwrap(), &layers, 10, 9, 2, 128, seed);
        let (found, status) = run(&plan, Schedule::ComputeFirst).unwrap();
        assert_eq!(found, plan.expected());
        assert_eq!(status.counters, plan.counters());
        let values: std::collections::HashSet<u8> = found.into_iter().collect();
        assert!(
            values.len() > 20,
            "a test of nothing but clamped values proves little"
        );
    }
}

/// What lies before the map stays as it was in memory: pixels of the upper row, of the left column, of both.
#[test]
fn an_inset_leaves_the_first_row_or_column_alone() {
    for inset in 0..=3 {
        let [first, second] = [0xA5, 0x5A].map(|fill| {
            let plan = with_inset(inset, fill);
            let found = run(&plan, Schedule::LoadFirst).unwrap().0;
            let gateware = Gateware::board(&plan.config).unwrap();
            assert_eq!(run_on(&plan, gateware).unwrap().0, found, "inset {inset}");
            found
        });
        let (height, width) = (6, 8);
        for (place, values) in first.into_iter().zip(second).enumerate() {
            let (row, column) = (place / width % height, place % width);
            let above = inset & INSET_ROWS != 0 && row == 0;
            let beside = inset & INSET_COLS != 0 && column == 0;
            let what = format!("inset {inset}, row {row}, column {column}");
            match above || beside {
                true => assert_eq!(values, (0xA5, 0x5A), "{what}"),
                false => assert_eq!(values.0, values.1, "{what}"),
            }
        }
    }
}

/// A pooled layer of 12×16 whose tiles begin before the map, and whose output is `fill` before it runs.
fn with_inset(inset: u32, fill: u8) -> Plan {
    let config = preset("tiny-1").unwrap();
    let mut plan = Plan::fused(config, &[Layer::random(2, 2, true, 6)], 12, 16, 3, 9, 4);
    let mut mask = INSET_ROWS | INSET_COLS;
    for command in &mut plan.program {
        if let Command::Conv(conv) = command {
            conv.inset = inset & mask;
            // The others begin further down.
            mask = INSET_COLS;
        }
    }
    let bytes = vec![fill; plan.output.bytes() as usize];
    plan.memory.push((plan.output.base, bytes));
    plan
}

#[test]
fn each_input_row_is_loaded_once() {
    let plan = two_layers(1);
    let (_, status) = run(&plan, Schedule::LoadFirst).unwrap();
    assert_eq!(status.counters.get(Counter::SubRowsLoaded), 12);
}

#[test]
fn wrong_ring_addresses_give_wrong_answers() {
    assert!(!is_noticed(&two_layers(2)));
    type Edit = fn(&mut Command) -> bool;
    let edits: [(&str, Edit); 8] = [
        ("load bank", |c| match c {
            Command::Load(load) => {
                load.row_bank = (load.row_bank + 1) % 3;
                true
            }
            _ => false,
        }),
        ("load row", |c| match c {
            Command::Load(load) => {
                load.row_address += load.channel_stride;
                true
            }
            _ => false,
        }),
        ("load pitch", |c| match c {
            Command::Load(load) => {
                load.ring_end += load.row_pitch;
                true
            }
            _ => false,
        }),
        ("input bank", |c| match c {
            Command::Conv(conv) => {
                conv.in_row_bank = (conv.in_row_bank + 2) % 3;
                true
            }
            _ => false,
        }),
        ("output bank", |c| match c {
            Command::Conv(conv) if conv.to_line_buffer() => {
                conv.out_row_bank = (conv.out_row_bank + 1) % 3;
                true
            }
            _ => false,
        }),
        ("height", |c| match c {
            Command::Conv(conv) => {
                conv.height -= 1;
                true
            }
            _ => false,
        }),
        ("width", |c| match c {
            Command::Conv(conv) => {
                conv.width += 1;
                true
            }
            _ => false,
        }),
        ("parameters", |c| match c {
            Command::Conv(conv) => {
                conv.parameter_index += 1;
                true
            }
            _ => false,
        }),
    ];
    for (name, edit) in edits {
        let mut plan = two_layers(2);
        plan.program.iter_mut().for_each(|command| {
            edit(command);
        });
        assert!(is_noticed(&plan), "{name}");
    }
}

#[test]
fn lacking_tokens_are_noticed() {
    // Removes a wait and the signal it needs, so that only the order is wrong, not the count.
    for (semaphore, what) in [(plan::ROWS_READY, "data"), (plan::ROWS_FREE, "room")] {
        let mut plan = two_layers(3);
        for command in &mut plan.program {
            match command {
                Command::Load(load) => strip(&mut load.header, semaphore),
                Command::Conv(conv) => strip(&mut conv.header, semaphore),
                _ => {}
            }
        }
        assert!(is_noticed(&plan), "{what}");
    }
}

fn strip(header: &mut Tokens, semaphore: u8) {
    header.wait &= !semaphore;
    header.signal &= !semaphore;
}

#[test]
fn deadlocks_and_leftovers_are_reported() {
    let fails = |plan: &Plan| match run(plan, Schedule::LoadFirst) {
        Err(BoardError::Program { status }) => status,
        other => panic!("{other:?}"),
    };
    let mut plan = two_layers(4);
    change(&mut plan, 0, |c| match c {
        Command::Load(load) => {
            load.header.wait |= 8;
            true
        }
        _ => false,
    });
    assert_eq!(fails(&plan), STATUS_DEADLOCK, "a wait that nobody signals");

    let mut plan = two_layers(4);
    change(&mut plan, 1, |c| match c {
        Command::Load(load) => {
            load.header.signal |= 8;
            true
        }
        _ => false,
    });
    assert_eq!(
        fails(&plan),
        STATUS_TOKENS,
        "a signal that nobody waits for"
    );

    let mut plan = two_layers(4);
    change(&mut plan, 0, |c| match c {
        Command::Weights(weights) => {
            weights.entries += 1;
            true
        }
        _ => false,
    });
    assert_eq!(fails(&plan), STATUS_WEIGHTS, "an entry too many");
    change(&mut plan, 0, |c| match c {
        Command::Weights(weights) => {
            weights.entries -= 2;
            true
        }
        _ => false,
    });
    assert_eq!(fails(&plan), STATUS_DEADLOCK, "an entry too few");
}

/// The smallest LOAD.
fn unit_load() -> Load {
    Load {
        sub_rows: 1,
        groups: 1,
        sub_cols: 1,
        row_pitch: 1,
        channel_stride: 1,
        ring_end: 1,
        ..Load::default()
    }
}

#[test]
fn queues_and_semaphores_are_finite() {
    let config = preset("tiny-1").unwrap();
    let status = |program: &[Command]| {
        let mut client = board(&config, Schedule::LoadFirst);
        client.write(0, &encode_program(program).unwrap()).unwrap();
        match client.run(0, &mut |_| ControlFlow::Continue(())) {
            Ok(status) => status.program_status,
            Err(BoardError::Program { status }) => status,
            Err(other) => panic!("{other}"),
        }
    };
    let params = |wait, signal| {
        Command::Params(Params {
            header: Tokens::new(wait, signal),
            count: 1,
            ..Params::default()
        })
    };
    let end = Command::End(End::default());
    assert_eq!(status(&[params(0, 3), params(1, 0), params(2, 0), end]), 0);
    assert_eq!(
        status(&[vec![params(0, 1); 256], vec![end]].concat()),
        STATUS_TOKENS
    );
    // A queue holds two behind the first: the one that would signal is not even read.
    let load = Command::Load(Load {
        header: Tokens::new(1, 0),
        ..unit_load()
    });
    assert_eq!(
        status(&[vec![load; 2], vec![params(0, 1); 2], vec![end]].concat()),
        0
    );
    assert_eq!(
        status(&[vec![load; 3], vec![params(0, 1); 3], vec![end]].concat()),
        STATUS_DEADLOCK
    );
    // What comes before an illegal command is still executed.
    assert_eq!(status(&[params(0, 1), load]), STATUS_INVALID);
    assert_eq!(status(&[load]), STATUS_DEADLOCK);
    // More entries than the ring has, and nobody takes them.
    let entries = config.weight_depth + 1;
    let weights = Command::Weights(Weights {
        entries,
        ..Weights::default()
    });
    assert_eq!(status(&[weights, end]), STATUS_DEADLOCK);
}

#[test]
fn a_running_program_is_busy_until_it_is_aborted() {
    let plan = plan::heavy();
    let mut client = board(&plan.config, Schedule::LoadFirst);
    for (address, bytes) in &plan.memory {
        client.write(*address, bytes).unwrap();
    }
    client
        .write(
            plan.program_address,
            &encode_program(&plan.program).unwrap(),
        )
        .unwrap();
    client.start(plan.program_address).unwrap();
    assert!(
        client.status().unwrap().busy,
        "the plan is more than one poll's work"
    );
    assert!(matches!(
        client.start(plan.program_address),
        Err(BoardError::Refused {
            status: ReplyStatus::Busy,
            ..
        })
    ));
    client.abort().unwrap();
    assert!(!client.status().unwrap().busy);
    // It starts from scratch after an abort, and an interruption aborts it.
    let mut seen = 0;
    let stop = client.run(plan.program_address, &mut |_| {
        seen += 1;
        ControlFlow::Break(())
    });
    assert!(matches!(stop, Err(BoardError::Interrupted)));
    assert_eq!(seen, 1);
    assert!(!client.status().unwrap().busy);
    let (found, _) = run(&plan, Schedule::LoadFirst).unwrap();
    assert_eq!(
        found.len(),
        (plan.output.channels * plan.output.height * plan.output.width) as usize
    );
}
