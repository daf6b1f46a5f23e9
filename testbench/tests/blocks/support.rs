//! What the block tests share.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rowfuse_testbench::dut::{Dut, Stimulus, Trace, Verified, REQUIRE_VERILATOR};
use rowfuse_testbench::verilator::Toolchain;
use rust_hdl::prelude::Block;

use crate::registry::evidence;

/// Environment variable: a number that changes all seeds of these tests. Unset, they are those written down.
pub const SEED: &str = "ROWFUSE_BLOCK_SEED";

/// What [`SEED`] says, 0 if it is not set.
pub fn base_seed() -> u64 {
    let seed = std::env::var(SEED).ok();
    seed.map_or(0, |seed| {
        seed.parse()
            .unwrap_or_else(|_| panic!("{SEED}={seed} is no number"))
    })
}

/// A generator; a failing test prints its seed.
pub fn rng(seed: u64) -> ChaCha8Rng {
    let base = base_seed();
    eprintln!("seed {seed}, {SEED}={base}");
    ChaCha8Rng::seed_from_u64(seed ^ base.wrapping_mul(0x9E37_79B9_7F4A_7C15))
}

/// Runs a block through both simulations, panics when they disagree, and returns the trace for
/// comparison with the golden model. Says so when Verilator is missing.
pub fn agree<B: Block>(dut: &mut Dut<B>, cycles: usize, stimulus: impl Stimulus<B>) -> Trace {
    if evidence::is_losing() {
        let trace = dut.run_losing(cycles, |_| evidence::loses(), stimulus);
        return trace.unwrap_or_else(|error| panic!("{error}"));
    }
    let trace = dut
        .run(cycles, stimulus)
        .unwrap_or_else(|error| panic!("{error}"));
    if let Verified::Skipped(reason) = trace.verified() {
        eprintln!("skipped the comparison with Verilator: {reason}");
    }
    evidence::note(dut.block(), dut.ports(), &trace);
    trace
}

/// Verilator, for tests of Verilog that is no rust-hdl block's; `None`, and a word about it, when it is missing and not
/// required.
pub fn toolchain() -> Option<Toolchain> {
    let required = std::env::var(REQUIRE_VERILATOR).is_ok_and(|value| value == "1");
    match Toolchain::find() {
        Ok(toolchain) => Some(toolchain),
        Err(error) if error.is_missing_tool() && !required => {
            eprintln!("skipped the comparison with Verilator: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}
