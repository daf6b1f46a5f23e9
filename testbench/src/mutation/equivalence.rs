//! Proofs that a mutant is no different from the original.

use std::time::Duration;

use super::mutants::READ;
use super::{Mutant, Mutated, Yosys};

/// Clocks over which a difference must have died out where registers are not equal on their own.
const STEPS: usize = 4;

/// What a proof may take; beyond it there is none.
const LIMIT: Duration = Duration::from_secs(120);

impl Yosys {
    /// Whether the block and its mutant are proved to be the same, register by register and output by output, in every state.
    /// False means nothing: a difference in a register that no output ever shows is not looked into.
    pub(super) fn proves_equivalent(&self, mutated: &Mutated, mutant: &Mutant) -> bool {
        let mutation = mutant.change.replacen(" -cell", " -module top -cell", 1);
        // Read once: another reading would give cells other names.
        let script = format!(
            "{READ}design -save block\nmemory\nopt -fast\ndesign -stash gold\n\
             design -load block\nmutate -mode {mutation}\nopt_clean\nmemory\nopt -fast\ndesign -stash gate\n\
             design -copy-from gold -as gold top\ndesign -copy-from gate -as gate top\n\
             equiv_make gold gate both\nhierarchy -top both\nequiv_simple -short\nequiv_induct -seq {STEPS}\n\
             equiv_status -assert\n"
        );
        let name = format!("proof-{}", mutant.number);
        self.succeeds(&mutated.directory, &name, &script, LIMIT)
    }
}
