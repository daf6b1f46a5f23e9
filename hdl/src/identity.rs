//! What a board says it was built from.

use std::sync::{Mutex, PoisonError};

use rowfuse_spec::EngineConfig;
use sha2::{Digest, Sha256};

use crate::accelerator::BuildError;
use crate::system::System;

/// Hashes computed so far: emitting a large configuration takes a moment.
static KNOWN: Mutex<Vec<(EngineConfig, String)>> = Mutex::new(Vec::new());

/// SHA-256, in hexadecimal, of the Verilog of a configuration's [`System`] with a source ID of zero.
///
/// Two boards with the same hash are the same hardware between link and memory, whatever has become of the sources' comments and tests.
///
/// # Errors
/// As [`System::new`].
pub fn source_hash(config: &EngineConfig) -> Result<String, BuildError> {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, hash)) = known.iter().find(|(known, _)| known == config) {
        return Ok(hash.clone());
    }
    let hash = sha256(&System::unidentified(config)?.emit());
    known.push((config.clone(), hash.clone()));
    Ok(hash)
}

/// The first 32 bits of [`source_hash`], as INFO's `source_id` shows them.
///
/// # Errors
/// As [`System::new`].
pub fn source_id(config: &EngineConfig) -> Result<u32, BuildError> {
    Ok(id_of(&source_hash(config)?))
}

/// The first 32 bits of a hash in hexadecimal.
pub fn id_of(hash: &str) -> u32 {
    hash.chars()
        .take(8)
        .fold(0, |id, digit| id << 4 | digit.to_digit(16).unwrap_or(0))
}

/// SHA-256 of a text in hexadecimal.
pub fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rowfuse_spec::config::preset;

    #[test]
    fn the_id_is_the_hashs_beginning_and_differs_between_configurations() {
        let (small, tiny) = (preset("small-2").unwrap(), preset("tiny-1").unwrap());
        let hash = source_hash(&small).unwrap();
        let id = source_id(&small).unwrap();
        assert_eq!(hash[..8], format!("{id:08x}"));
        assert_eq!(hash, source_hash(&small).unwrap());
        assert_ne!(hash, source_hash(&tiny).unwrap());
        let verilog = System::verilog(&small).unwrap();
        assert!(
            verilog.contains(&format!("32'd{id};")),
            "the ID register holds it"
        );
    }
}
