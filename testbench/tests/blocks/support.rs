//! What the block tests share.

use rowfuse_testbench::dut::{Dut, Stimulus, Trace, Verified, REQUIRE_VERILATOR};
use rowfuse_testbench::verilator::Toolchain;
use rust_hdl::prelude::Block;

/// Runs a block through both simulations, panics when they disagree, and returns the trace for
/// comparison with the golden model. Says so when Verilator is missing.
pub fn agree<B: Block>(dut: &mut Dut<B>, cycles: usize, stimulus: impl Stimulus<B>) -> Trace {
    let trace = dut
        .run(cycles, stimulus)
        .unwrap_or_else(|error| panic!("{error}"));
    if let Verified::Skipped(reason) = trace.verified() {
        eprintln!("skipped the comparison with Verilator: {reason}");
    }
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
