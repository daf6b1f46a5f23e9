//! Applies what tests applied to each mutant.

use super::{Explanations, Mutant, Mutated, MutationError, Recorded, Run, Yosys};
use crate::verilator::{Direction, Model, Toolchain};

/// Cycles between two comparisons.
const STRIDE: usize = 2_000;

/// What became of a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// A test sees it.
    Killed,
    /// It is no different, by proof.
    Equivalent,
    /// No test sees it, for a reason that is listed.
    Explained,
    /// No test sees it.
    Survived,
}

/// All mutants of a block.
#[derive(Debug)]
pub struct Outcome {
    /// The block.
    pub name: String,
    /// Runs and cycles that were applied.
    pub runs: usize,
    /// Cycles of these in all.
    pub cycles: usize,
    /// Each mutant's fate.
    pub mutants: Vec<(Mutant, Fate)>,
}

impl Outcome {
    /// Mutants of one fate.
    pub fn count(&self, fate: Fate) -> usize {
        self.mutants.iter().filter(|(_, is)| *is == fate).count()
    }
}

/// Makes `count` mutants of a block (with this seed), applies the recorded runs, and tries to prove survivors equivalent.
///
/// # Errors
/// If a tool fails, or the block without a mutation is not what was recorded.
pub fn examine(
    tools: &Toolchain,
    yosys: &Yosys,
    block: &Recorded,
    explanations: &Explanations,
    (count, seed): (usize, u64),
) -> Result<Outcome, MutationError> {
    let mutated = yosys.mutate(block, count, seed)?;
    let player = Player {
        tools,
        block,
        mutated: &mutated,
    };
    let mut outcome = Outcome {
        name: block.name.clone(),
        runs: block.runs.len(),
        cycles: block.cycles(),
        mutants: Vec::new(),
    };
    // A constant, or wires: there is nothing to change.
    if mutated.mutants.is_empty() {
        return Ok(outcome);
    }
    for run in &block.runs {
        if let Some(cycle) = player.differs(run, 0)? {
            return Err(MutationError::Unfaithful {
                block: block.name.clone(),
                run: run.name.clone(),
                cycle,
            });
        }
    }
    for mutant in &mutated.mutants {
        let mut fate = Fate::Survived;
        for run in &block.runs {
            if player.differs(run, mutant.number)?.is_some() {
                fate = Fate::Killed;
                break;
            }
        }
        if fate == Fate::Survived {
            // A reason is cheaper than a proof.
            if explanations.explain(&block.name, mutant) {
                fate = Fate::Explained;
            } else if yosys.proves_equivalent(&mutated, mutant) {
                fate = Fate::Equivalent;
            }
        }
        outcome.mutants.push((mutant.clone(), fate));
    }
    Ok(outcome)
}

struct Player<'a> {
    tools: &'a Toolchain,
    block: &'a Recorded,
    mutated: &'a Mutated,
}

impl Player<'_> {
    /// The first cycle in which the mutant differs from the run.
    fn differs(&self, run: &Run, mutant: usize) -> Result<Option<usize>, MutationError> {
        let design = &self.mutated.design;
        // Memories start with zeros, as in the recorded simulation.
        let mut model = Model::from_design(self.tools, design, &mut |_| {})?;
        let inputs = self.block.words(Direction::Input);
        let outputs = self.block.words(Direction::Output);
        let cycles = run.outputs.len() / outputs;
        let mut found = Vec::new();
        for start in (0..cycles).step_by(STRIDE) {
            let end = cycles.min(start + STRIDE);
            let mut records = Vec::with_capacity((end - start) * (inputs + 1));
            for cycle in start..end {
                records.extend(&run.inputs[cycle * inputs..][..inputs]);
                records.push(mutant as u32);
            }
            found.clear();
            found.resize((end - start) * outputs, 0);
            model.run(end - start, &records, &mut found);
            let expected = &run.outputs[start * outputs..end * outputs];
            if found != expected {
                let same = found.iter().zip(expected).take_while(|(a, b)| a == b);
                return Ok(Some(start + same.count() / outputs));
            }
        }
        Ok(None)
    }
}
