//! What a board's line counted, for programs.

use rowfuse_testbench::board::Board;
use serde_json::{Map, Value};

/// The counters by name; null of a board without a line.
pub fn line_value<B: Board + ?Sized>(board: &B) -> Value {
    let counters = board.line_counters().into_iter();
    let line: Map<String, Value> = counters.map(|(name, n)| (name.into(), n.into())).collect();
    match line.is_empty() {
        true => Value::Null,
        false => line.into(),
    }
}
