//! Small fused networks through the cycle simulations, against the naive convolution and each other.

use std::ops::ControlFlow;

use crate::board::test_plan::{Layer, Plan};
use rowfuse_spec::command::encode_program;
use rowfuse_spec::config::preset;
use rowfuse_spec::counters::{Counter, Counters};

use super::*;
use crate::board::Client;
use crate::verilator::Toolchain;

/// Runs a plan and returns its output map, channel-row-column, and the counters.
pub(in crate::board) fn run<B: Board>(plan: &Plan, board: B) -> (Vec<u8>, Counters) {
    let mut client = Client::connect(board, &plan.config).unwrap();
    for (address, bytes) in &plan.memory {
        client.write(*address, bytes).unwrap();
    }
    let program = encode_program(&plan.program).unwrap();
    client.write(plan.program_address, &program).unwrap();
    let status = client
        .run(plan.program_address, &mut |_| ControlFlow::Continue(()))
        .unwrap();
    let bytes = client
        .read(plan.output.base, plan.output.bytes() as usize)
        .unwrap();
    (plan.output.unpack(&bytes).unwrap(), status.counters)
}

/// A board of the Verilog, if there is a Verilator.
pub(in crate::board) fn with_verilator<B>(board: impl FnOnce() -> B) -> Option<B> {
    match Toolchain::find() {
        Ok(_) => Some(board()),
        Err(error) => {
            let required = std::env::var_os("ROWFUSE_REQUIRE_VERILATOR").is_some();
            assert!(!required, "{error}");
            eprintln!("skipped the Verilog: {error}");
            None
        }
    }
}

fn verilated(plan: &Plan) -> Option<Simulated<Verilated>> {
    with_verilator(|| Verilated::board(&plan.config, &mut |_| {}).unwrap())
}

fn check(plan: &Plan) {
    let gateware = Gateware::board(&plan.config).unwrap();
    check_boards(plan, gateware, verilated(plan));
}

/// Both simulations give what the naive convolution gives, the predicted counters, and agree on every other counter.
pub(in crate::board) fn check_boards(
    plan: &Plan,
    gateware: impl Board,
    verilated: Option<impl Board>,
) {
    let expected = plan.expected();
    let (found, counters) = run(plan, gateware);
    assert_eq!(found, expected, "gateware against the naive convolution");
    for counter in Counter::ALL.into_iter().filter(|c| !c.depends_on_timing()) {
        assert_eq!(
            counters.get(counter),
            plan.counters().get(counter),
            "{}",
            counter.name()
        );
    }
    if let Some(board) = verilated {
        let (found, of_verilog) = run(plan, board);
        assert_eq!(found, expected, "the Verilog against the naive convolution");
        assert_eq!(of_verilog, counters, "counters and cycles");
    }
}

pub(in crate::board) fn two_layers(config: &str, height: u32, width: u32) -> Plan {
    let layers = [Layer::random(3, 5, false, 1), Layer::random(5, 6, true, 2)];
    Plan::fused(preset(config).unwrap(), &layers, height, width, 3, 128, 3)
}

#[test]
fn one_lane_runs_a_single_layer() {
    let layers = [Layer::random(2, 1, false, 7)];
    check(&Plan::fused(
        preset("tiny-1").unwrap(),
        &layers,
        8,
        8,
        3,
        9,
        4,
    ));
}

#[test]
fn one_lane_runs_a_fused_group() {
    check(&two_layers("tiny-1", 9, 11));
}

#[test]
fn two_lanes_run_a_fused_group() {
    check(&two_layers("small-2", 12, 13));
}

#[test]
fn four_lanes_run_a_fused_group() {
    check(&two_layers("small-4", 14, 9));
}

/// A map of several strips, through rings that hold less than the map: every row of it is loaded once.
#[test]
fn rows_are_reused_between_strips() {
    let layers = [Layer::random(2, 3, false, 5), Layer::random(3, 2, true, 6)];
    let (height, width) = (23_u32, 7);
    let plan = Plan::fused(preset("tiny-1").unwrap(), &layers, height, width, 2, 77, 8);
    let (found, counters) = run(&plan, Gateware::board(&plan.config).unwrap());
    assert_eq!(found, plan.expected());
    let sub_rows = height.div_ceil(2);
    assert_eq!(counters.get(Counter::SubRowsLoaded), sub_rows);
    let strips = plan.program.iter().filter(|c| c.name() == "CONV").count();
    assert!(strips > 2 * layers.len() && sub_rows > 2 * 3);
}

/// Aborts the program after so many cycles of it, several times, and then lets it run to its end.
pub(in crate::board) fn abort_and_run<C: Core>(plan: &Plan, board: Simulated<C>, cycles: &[u32]) {
    let mut client = Client::connect(board, &plan.config).unwrap();
    for (address, bytes) in &plan.memory {
        client.write(*address, bytes).unwrap();
    }
    let program = encode_program(&plan.program).unwrap();
    client.write(plan.program_address, &program).unwrap();
    for cycles in cycles {
        client.start(plan.program_address).unwrap();
        for _ in 0..*cycles {
            client.board().step().unwrap();
        }
        assert!(client.board().side.busy, "over before cycle {cycles}");
        client.abort().unwrap();
        assert!(!client.status().unwrap().busy);
    }
    // What an aborted run left must not be taken for the answer.
    let blank = vec![0xA5; plan.output.bytes() as usize];
    client.write(plan.output.base, &blank).unwrap();
    let status = client
        .run(plan.program_address, &mut |_| ControlFlow::Continue(()))
        .unwrap();
    let bytes = client.read(plan.output.base, blank.len()).unwrap();
    let found = plan.output.unpack(&bytes).unwrap();
    assert_eq!(found, plan.expected(), "after aborts at {cycles:?}");
    for counter in Counter::ALL.into_iter().filter(|c| !c.depends_on_timing()) {
        let (is, expected) = (status.counters.get(counter), plan.counters().get(counter));
        assert_eq!(is, expected, "{}", counter.name());
    }
}

#[test]
fn an_aborted_program_leaves_nothing_behind() {
    let plan = two_layers("tiny-1", 9, 11);
    let (_, counters) = run(&plan, Gateware::board(&plan.config).unwrap());
    abort_and_run(&plan, Gateware::board(&plan.config).unwrap(), &[40, 900]);
    // The first cycles are over when the reply to RUN is here: the last must not be reached.
    let cycles = counters.get(Counter::Cycles) - 50;
    for last in (0..cycles).step_by(97) {
        let Some(board) = verilated(&plan) else {
            return;
        };
        abort_and_run(&plan, board, &[last / 2, last]);
    }
}
