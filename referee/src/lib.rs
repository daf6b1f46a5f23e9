//! Nothing: see `tests/tract.rs`.
