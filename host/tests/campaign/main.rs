//! The campaign against itself: it finds nothing where nothing is wrong, and what is wrong where something is.
#![allow(clippy::unwrap_used)]

mod extremes;
mod replay;
mod search;

use rowfuse::campaign::Which;
use rowfuse_testbench::verilator::Toolchain;

/// Every board there is: without Verilator, unless that is required, not the last.
fn all_boards() -> Vec<Which> {
    let mut boards = Which::ALL.to_vec();
    if let Err(error) = Toolchain::find() {
        let required = std::env::var_os("ROWFUSE_REQUIRE_VERILATOR").is_some();
        assert!(!required, "{error}");
        eprintln!("skipped the Verilog: {error}");
        boards.pop();
    }
    boards
}
