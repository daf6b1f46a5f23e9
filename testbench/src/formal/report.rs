//! What came out of a proof.

use super::proof::Method;
use serde::Serialize;
use std::fmt::Write;

/// What the solver says of the properties together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "result")]
pub enum Verdict {
    /// They hold, as far as the method reaches.
    Proved {
        /// The method.
        method: Method,
    },
    /// One does not.
    Refuted {
        /// Which.
        property: String,
        /// In which cycle after power-up, from 0.
        cycle: u32,
    },
    /// Neither was shown.
    Unknown {
        /// The end of what the solver said.
        reason: String,
    },
}

/// A situation that the properties speak of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cover {
    /// Its name.
    pub name: String,
    /// The first cycle in which it was reached.
    pub cycle: Option<u32>,
}

/// A mutant and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// What is wrong with it.
    pub mutant: &'static str,
    /// What was found; only [`Verdict::Refuted`] is right.
    pub verdict: Verdict,
}

/// The result of one proof.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The proof.
    pub name: &'static str,
    /// What is claimed.
    pub claim: &'static str,
    /// The file of properties.
    pub file: &'static str,
    /// The properties.
    pub properties: Vec<String>,
    /// Assumptions among them.
    pub assumptions: usize,
    /// Of the properties.
    pub verdict: Verdict,
    /// What must be reachable.
    pub covers: Vec<Cover>,
    /// What must be refuted.
    pub mutants: Vec<Outcome>,
    /// Wall-clock time.
    pub seconds: f64,
}

impl Report {
    /// The claim holds, every situation was reached and every mutant refuted; and there is at least one of either.
    pub fn passed(&self) -> bool {
        matches!(self.verdict, Verdict::Proved { .. })
            && !self.covers.is_empty()
            && self.covers.iter().all(|cover| cover.cycle.is_some())
            && !self.mutants.is_empty()
            && self.mutants.iter().all(Outcome::is_refuted)
    }
}

impl Outcome {
    /// As it must be.
    pub fn is_refuted(&self) -> bool {
        matches!(self.verdict, Verdict::Refuted { .. })
    }
}

/// A table of reports, with a line below it for everything that is not as it should be.
pub fn table(reports: &[Report]) -> String {
    let mut text = String::from(
        "| proof | properties | result | reached | mutants refuted | seconds |\n|---|---|---|---|---|---|\n",
    );
    let mut faults = String::new();
    for report in reports {
        let result = match &report.verdict {
            Verdict::Proved { method } => match method {
                Method::Induction { k } => format!("proved, induction, k = {k}"),
                Method::Reachability => "proved, reachability".into(),
                Method::Bounded { cycles } => format!("holds for {cycles} cycles (bounded)"),
            },
            Verdict::Refuted { property, cycle } => {
                format!("REFUTED: {property} in cycle {cycle}")
            }
            Verdict::Unknown { .. } => "UNKNOWN".into(),
        };
        let reached = report.covers.iter().filter(|c| c.cycle.is_some()).count();
        let refuted = report.mutants.iter().filter(|m| m.is_refuted()).count();
        let _ = writeln!(
            text,
            "| {} | {} | {result} | {reached} of {} | {refuted} of {} | {:.1} |",
            report.name,
            report.properties.len(),
            report.covers.len(),
            report.mutants.len(),
            report.seconds
        );
        if let Verdict::Unknown { reason } = &report.verdict {
            let _ = writeln!(faults, "{}: {reason}", report.name);
        }
        for cover in report.covers.iter().filter(|c| c.cycle.is_none()) {
            let _ = writeln!(faults, "{}: '{}' is not reached", report.name, cover.name);
        }
        for outcome in report.mutants.iter().filter(|m| !m.is_refuted()) {
            let _ = writeln!(
                faults,
                "{}: '{}' goes unnoticed: {:?}",
                report.name, outcome.mutant, outcome.verdict
            );
        }
    }
    text + &faults
}
