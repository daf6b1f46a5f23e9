//! What can be wrong with a bitstream, or with the board that it was loaded to.

use crate::fault::{Exit, Fault};
use rowfuse_spec::config::{preset, Family};
use std::path::PathBuf;

/// Why a bitstream is not used.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // each field is named in its sentence
pub enum BitstreamError {
    #[error("{} cannot be read: {reason}", .path.display())]
    File { path: PathBuf, reason: String },
    #[error("'{name}' is neither a file nor a configuration with a board")]
    Unknown { name: String, known: Vec<String> },
    #[error("there is no {} to say what the bitstream is", .path.display())]
    NoManifest { path: PathBuf },
    #[error("{} is not TOML: {reason}", .path.display())]
    NotToml { path: PathBuf, reason: String },
    #[error("the entry '{config}' of {} cannot be used: {reason}", .path.display())]
    Entry {
        path: PathBuf,
        config: String,
        reason: String,
    },
    #[error("{} has no entry for {}, whose SHA-256 is {sha256}", .manifest.display(), .path.display())]
    NotListed {
        path: PathBuf,
        manifest: PathBuf,
        sha256: String,
    },
    #[error("{} has {bytes} bytes with the SHA-256 {found}, but its manifest says {expected}", .path.display())]
    Altered {
        path: PathBuf,
        bytes: usize,
        expected: String,
        found: String,
    },
    #[error("{} missed its timing: {clock}", .path.display())]
    TimingMissed { path: PathBuf, clock: String },
    #[error("the board's {what} is {found}, but that of the bitstream is {expected}")]
    WrongId {
        what: &'static str,
        expected: String,
        found: String,
    },
}

impl Fault for BitstreamError {
    fn code(&self) -> &'static str {
        match self {
            BitstreamError::File { .. } => "bitstream.file",
            BitstreamError::Unknown { .. } => "bitstream.unknown",
            BitstreamError::NoManifest { .. } => "bitstream.no_manifest",
            BitstreamError::NotToml { .. } => "bitstream.manifest",
            BitstreamError::Entry { .. } => "bitstream.entry",
            BitstreamError::NotListed { .. } => "bitstream.not_listed",
            BitstreamError::Altered { .. } => "bitstream.altered",
            BitstreamError::TimingMissed { .. } => "bitstream.timing",
            BitstreamError::WrongId { .. } => "board.wrong_id",
        }
    }

    fn help(&self) -> String {
        match self {
            BitstreamError::File { .. } => "check the path and its permissions".into(),
            BitstreamError::Unknown { name, known } => match preset(name) {
                Ok(config) if config.device.family() == Family::Artix7 => format!(
                    "it is for Opal Kelly's XEM7010: `scripts/synth-xem7010 {name}` writes what Vivado makes its bitstream of, and `rowfuse load FILE.bit --board ok:SERIAL` loads it"
                ),
                _ => format!(
                    "name a .bit file, or one of the configurations {}",
                    known.join(", ")
                ),
            },
            BitstreamError::NoManifest { .. } => {
                "keep manifest.toml beside the bitstream; `scripts/synth CONFIG` makes both".into()
            }
            BitstreamError::NotToml { .. } | BitstreamError::Entry { .. } => {
                "restore the manifest, or make it again with `scripts/synth CONFIG`".into()
            }
            BitstreamError::NotListed { .. } => {
                "use a bitstream that is listed, or make one with `scripts/synth CONFIG`".into()
            }
            BitstreamError::Altered { .. } => {
                "the file was cut short or changed: fetch it again, or make it again with `scripts/synth CONFIG`".into()
            }
            BitstreamError::TimingMissed { .. } => {
                "it would compute wrong values: make another with `scripts/synth CONFIG --seeds …`".into()
            }
            BitstreamError::WrongId { .. } => {
                "the board runs another bitstream: load this one again".into()
            }
        }
    }

    fn exit(&self) -> Exit {
        match self {
            BitstreamError::WrongId { .. } => Exit::Board,
            _ => Exit::Input,
        }
    }
}
