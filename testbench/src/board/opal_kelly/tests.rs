//! What the other simulated boards run, through pipes and MIG: against the naive convolution and each other.

use rowfuse_spec::config::preset;
use rowfuse_spec::counters::Counter;
use rowfuse_spec::frame::{Info, KIND_INFO};

use super::*;
use crate::board::simulated::power_on::abort_nonsense;
use crate::board::simulated::tests::{
    abort_and_run, check_boards, run, two_layers, with_verilator,
};
use crate::board::test_plan::{Layer, Plan};
use crate::board::tests::{memory_in_pieces, programs_end};
use crate::board::{Board, Client, Simulated};

fn verilated(plan: &Plan) -> Option<Simulated<OkVerilated>> {
    with_verilator(|| OkVerilated::board(&plan.config, &mut |_| {}).unwrap())
}

fn check(plan: &Plan) {
    let gateware = OkGateware::board(&plan.config).unwrap();
    check_boards(plan, gateware, verilated(plan));
}

#[test]
fn one_lane_runs_a_single_layer() {
    let layers = [Layer::random(2, 1, false, 7)];
    let config = preset("tiny-1").unwrap();
    check(&Plan::fused(config, &layers, 8, 8, 3, 9, 4));
}

#[test]
fn one_lane_runs_a_fused_group() {
    check(&two_layers("tiny-1", 9, 11));
}

#[test]
fn two_lanes_run_a_fused_group() {
    let plan = two_layers("small-2", 12, 13);
    let Some(board) = verilated(&plan) else {
        return;
    };
    let (found, counters) = run(&plan, board);
    assert_eq!(found, plan.expected());
    for counter in Counter::ALL.into_iter().filter(|c| !c.depends_on_timing()) {
        let (is, expected) = (counters.get(counter), plan.counters().get(counter));
        assert_eq!(is, expected, "{}", counter.name());
    }
}

#[test]
fn an_aborted_program_leaves_nothing_behind() {
    let plan = two_layers("tiny-1", 9, 11);
    for cycles in [[10, 500], [700, 90], [1500, 1900]] {
        let Some(board) = verilated(&plan) else {
            return;
        };
        abort_and_run(&plan, board, &cycles);
    }
}

#[test]
fn an_abort_ends_whatever_a_program_says() {
    let plan = two_layers("tiny-1", 9, 11);
    if let Some(board) = verilated(&plan) {
        abort_nonsense(&plan, board, 60);
    }
}

/// Frames that end anywhere within a block, in blocks of their own and in shared ones.
#[test]
fn memory_is_written_and_read_in_pieces_of_any_length() {
    let config = preset("tiny-1").unwrap();
    let Some(board) = with_verilator(|| OkVerilated::board(&config, &mut |_| {}).unwrap()) else {
        return;
    };
    let mut client = Client::connect(board, &config).unwrap();
    for length in [2, 484, 490, 492, 494, 496, 498, 500, 502, 1008, 1024, 3000] {
        let bytes: Vec<u8> = (0..length).map(|n| ((n * 7) >> 2) as u8).collect();
        client.write(0x1236, &bytes).unwrap();
        assert_eq!(client.read(0x1236, length).unwrap(), bytes, "{length}");
    }
}

#[test]
fn what_every_board_does_is_done_through_pipes() {
    let config = preset("tiny-1").unwrap();
    let board = || OkVerilated::board(&config, &mut |_| {}).unwrap();
    if let Some(first) = with_verilator(board) {
        memory_in_pieces(first, &config);
        programs_end(board(), &config);
    }
    programs_end(OkGateware::board(&config).unwrap(), &config);
}

/// The bit in the wire ends a program as the button does, and the link goes on.
#[test]
fn the_reset_bit_ends_a_program() {
    let plan = two_layers("tiny-1", 9, 11);
    let Some(board) = verilated(&plan) else {
        return;
    };
    let mut client = Client::connect(board, &plan.config).unwrap();
    for (address, bytes) in &plan.memory {
        client.write(*address, bytes).unwrap();
    }
    let program = rowfuse_spec::command::encode_program(&plan.program).unwrap();
    client.write(plan.program_address, &program).unwrap();
    client.start(plan.program_address).unwrap();
    assert!(client.board().press(), "a program runs");
    let info = client.board().request(KIND_INFO, &[]).unwrap();
    let info = Info::decode(&info.payload).unwrap();
    assert_eq!(info.config_id, plan.config.id());
    assert!(!client.board().press(), "no program runs");
    assert!(!client.status().unwrap().busy);
}
