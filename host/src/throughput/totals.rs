//! The totals of plans and runs.

use serde::{Deserialize, Serialize};

use crate::plan::Plan;

/// What is true of all images of a plan or a run together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    /// Cycles: those counted, of a plan those predicted; none if the board counts none.
    pub cycles: Option<u64>,
    /// Cycles that the planner predicts.
    pub predicted_cycles: u64,
    /// Bytes that the external memory moves, both ways.
    pub sdram_bytes: u64,
    /// Bytes written to the board's memory and read from it; none of a plan, as it depends on what is compared.
    pub link_bytes: Option<u64>,
    /// Bytes that stood in the board's memory already, from an earlier run.
    pub kept_bytes: Option<u64>,
    /// Multiply-accumulate operations.
    pub macs: u64,
    /// Values that differ from the golden model; none if nothing was compared.
    pub mismatches: Option<u64>,
    /// Images a second at the configuration's clock, the link not in it; none if the board counts no cycles.
    pub fps: Option<f64>,
}

impl Totals {
    /// Those of a plan: one image, everything predicted.
    pub fn of_plan(plan: &Plan) -> Totals {
        let predicted = plan.prediction().cycles;
        Totals::of_run(plan, 1, predicted, Some(predicted), 0)
    }

    /// Those of a number of images run by a plan. `predicted` and `cycles` are of all images; for `idle` cycles the board waited between
    /// them, which `fps` counts too. Link and comparison are for the caller to fill in.
    pub fn of_run(
        plan: &Plan,
        images: u64,
        predicted: u64,
        cycles: Option<u64>,
        idle: u64,
    ) -> Totals {
        let macs: u64 = plan.groups.iter().map(|group| group.macs()).sum();
        let clock = plan.config.clock_mhz;
        Totals {
            cycles,
            predicted_cycles: predicted,
            sdram_bytes: plan.prediction().memory_bytes() * images,
            link_bytes: None,
            kept_bytes: None,
            macs: macs * images,
            mismatches: None,
            fps: cycles.map(|cycles| images as f64 / seconds(cycles + idle, clock)),
        }
    }
}

/// Seconds of a number of cycles at a clock in MHz.
pub fn seconds(cycles: u64, clock_mhz: u32) -> f64 {
    cycles as f64 / (f64::from(clock_mhz) * 1e6)
}
