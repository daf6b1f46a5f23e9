//! What came of a run.

use ndarray::Array3;
use rowfuse_spec::counters::{Counter, Counters};

use crate::plan::Prediction;

/// What came of one group.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupResult {
    /// The group's layers, joined.
    pub name: String,
    /// How many they are.
    pub layers: usize,
    /// The board's counters. A board without a clock leaves those that depend on timing at zero.
    pub counters: Counters,
    /// What the planner said.
    pub predicted: Prediction,
    /// Values of the group's output.
    pub values: u64,
    /// How many of them differ from the golden model; `None` if they were not compared.
    pub mismatches: Option<u64>,
    /// Channel, row and column of the first that differs.
    pub first_mismatch: Option<(usize, usize, usize)>,
    /// Seconds from the program's start until its output was read back.
    pub board_seconds: f64,
}

impl GroupResult {
    /// Cycles the board counted, or nothing if it has no clock.
    pub fn cycles(&self) -> Option<u64> {
        let cycles = self.counters.get(Counter::Cycles);
        (cycles > 0).then_some(cycles.into())
    }

    /// The counters that do not depend on timing and are not what was predicted: their values counted and
    /// predicted. There are none unless something is wrong.
    pub fn miscounted(&self) -> Vec<(Counter, u64, u64)> {
        super::again::miscounted(&self.counters, &self.predicted)
    }
}

/// What came of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunResult {
    /// Every group, in order.
    pub groups: Vec<GroupResult>,
    /// The last group's output as the board gave it: channels × rows × columns.
    pub output: Array3<u8>,
    /// Bytes written to the board's memory.
    pub written_bytes: u64,
    /// Bytes that stood there already.
    pub kept_bytes: u64,
    /// Bytes read from it.
    pub read_bytes: u64,
    /// Seconds in all, comparing included.
    pub wall_seconds: f64,
}

impl RunResult {
    /// Values that differ from the golden model, of those groups that were compared; `None` if none was.
    pub fn mismatches(&self) -> Option<u64> {
        let compared = self.groups.iter().filter_map(|group| group.mismatches);
        compared.fold(None, |sum, more| Some(sum.unwrap_or(0) + more))
    }

    /// Cycles of all groups, or nothing if the board has no clock.
    pub fn cycles(&self) -> Option<u64> {
        self.groups.iter().map(GroupResult::cycles).sum()
    }

    /// Cycles the planner predicted for these groups.
    pub fn predicted_cycles(&self) -> u64 {
        self.groups.iter().map(|group| group.predicted.cycles).sum()
    }
}
