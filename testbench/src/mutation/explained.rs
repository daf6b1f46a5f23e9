//! Mutants that no test can see, each with its reason.

use std::path::Path;

use serde::Deserialize;

use super::{Mutant, MutationError};
use crate::coverage::is_of;

/// Bits of a block whose mutants live for a reason.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Explained {
    /// The block's name.
    pub block: String,
    /// Bits: `WIRE[BIT]` or `WIRE[HIGH:LOW]`, of a cell's port without a wire of its own `CELL.PORT[BIT]`; `*` for any text.
    pub signals: Vec<String>,
    /// Only changes of which this is part, such as `-ctrlbit 8`; all unless given.
    #[serde(default)]
    pub only: String,
    /// Why.
    pub reason: String,
}

/// The whole list, in a file of TOML: `[[explained]]` each.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explanations {
    /// In the order of the file.
    #[serde(default, rename = "explained")]
    pub list: Vec<Explained>,
}

impl Explanations {
    /// Reads a list.
    ///
    /// # Errors
    /// If it cannot be read or is no such list.
    pub fn read(path: &Path) -> Result<Self, MutationError> {
        let refuse = |reason: String| MutationError::Explanations {
            path: path.to_owned(),
            reason,
        };
        let text = std::fs::read_to_string(path).map_err(|error| refuse(error.to_string()))?;
        toml::from_str(&text).map_err(|error| refuse(error.to_string()))
    }

    /// Whether the list has the bit that a mutant changes.
    pub fn explain(&self, block: &str, mutant: &Mutant) -> bool {
        let Some(bit) = mutant.bit() else {
            return false;
        };
        let of_block = self.list.iter().filter(|entry| {
            entry.block == block && format!("{} ", mutant.change).contains(&entry.only)
        });
        let mut signals = of_block.flat_map(|entry| &entry.signals);
        signals.any(|signal| is_of(signal, &bit))
    }
}

impl Mutant {
    /// The bit it changes, as [`Explained::signals`] names it.
    fn bit(&self) -> Option<String> {
        let value = |option: &str| {
            let (_, rest) = self.change.split_once(&format!("-{option} "))?;
            rest.split(' ').next()
        };
        match value("wire") {
            Some(wire) => Some(format!("{wire}[{}]", value("wirebit")?)),
            None => {
                let (cell, port) = (value("cell")?, value("port")?);
                Some(format!("{cell}.{port}[{}]", value("portbit")?))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mutant_is_known_by_its_bit() {
        let mutant = |change: &str| Mutant {
            number: 1,
            change: change.to_owned(),
        };
        let wire =
            mutant("inv -cell $add$block.v:8$1 -port Y -portbit 3 -wire next_tx -wirebit 12");
        let cell = mutant("const0 -cell $add$block.v:8$1 -port A -portbit 7 -src block.v:1.2-1.3");
        let list: Explanations = toml::from_str(
            "[[explained]]\nblock = \"b\"\nsignals = [\"next_*[15:8]\", \"$add$block.v:8$1.A[7]\"]\nreason = \"r\"\n",
        )
        .unwrap();
        assert!(list.explain("b", &wire) && list.explain("b", &cell));
        assert!(!list.explain("c", &wire));
        assert!(!list.explain("b", &mutant("inv -wire next_tx -wirebit 7")));
        assert!(!list.explain("b", &mutant("none")));
        let list: Explanations = toml::from_str(
            "[[explained]]\nblock = \"b\"\nsignals = [\"q[3]\"]\nonly = \"-ctrlbit 8 \"\nreason = \"r\"\n",
        )
        .unwrap();
        let of = |control: u32| mutant(&format!("cnot1 -wire q -wirebit 3 -ctrlbit {control}"));
        assert!(list.explain("b", &of(8)) && !list.explain("b", &of(80)));
    }
}
