//! The dataflow: every operation exhaustively at small widths, random graphs, and a dataflow inside a rust-hdl block.
//! The golden model is a naive evaluation over whole series in 128-bit arithmetic; the simulator and the Verilog must
//! both equal it in every cycle from power-up on.

mod compare;
mod leaf;
mod operations;
mod random;
mod reference;

use proptest::prelude::*;

use compare::{verilog_agrees, Case};

#[test]
fn random_graphs_agree() {
    let mut random = crate::support::rng(7);
    let cases: Vec<Case> = (0..40)
        .map(|k| Case::new(random::bench(&format!("graph{k}"), &mut random, 48, 96)))
        .collect();
    verilog_agrees("dataflow_random", &cases);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn the_simulator_equals_the_naive_evaluation(seed: u64, size in 8usize..80) {
        let mut random = crate::support::rng(seed);
        Case::new(random::bench("graph", &mut random, size, 60));
    }
}
