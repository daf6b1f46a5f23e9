//! The proofs, one function each.

mod control;
mod line_buffer;
mod link;
mod queues;
mod sdram;

use super::error::FormalError;
use super::proof::Proof;

/// All proofs, the quick ones first.
///
/// # Errors
/// If a block does not build.
pub fn all() -> Result<Vec<Proof>, FormalError> {
    let mut all = vec![
        queues::fifo(),
        queues::buffer(),
        queues::receive_queue(),
        link::crc_step(),
        link::checksum(),
        link::deframer()?,
        control::arbiter(),
        control::tokens()?,
        line_buffer::loader(),
        line_buffer::sequencer(),
    ];
    all.extend(sdram::all()?);
    Ok(all)
}

/// The proofs of these names; all if there are none.
///
/// # Errors
/// If a name is unknown, or a block does not build.
pub fn named(names: &[String]) -> Result<Vec<Proof>, FormalError> {
    let mut proofs = all()?;
    let known: Vec<&str> = proofs.iter().map(|proof| proof.name).collect();
    if let Some(name) = names.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(FormalError::Unknown {
            name: name.clone(),
            known: known.join(", "),
        });
    }
    if !names.is_empty() {
        proofs.retain(|proof| names.iter().any(|name| name == proof.name));
    }
    Ok(proofs)
}
