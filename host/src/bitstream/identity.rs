//! Whether a bitstream is what this host's sources would give, and whether a board runs it.

use super::{BitstreamError, Entry};
use rowfuse_hdl::accelerator::BuildError;
use rowfuse_hdl::board::Board;
use rowfuse_hdl::identity::{sha256, source_hash};
use rowfuse_hdl::top::Top;
use rowfuse_spec::frame::Info;
use rowfuse_spec::EngineConfig;
use serde::Serialize;
use std::panic::resume_unwind;

/// Bytes of stack that are enough for any design.
const STACK: usize = 64 << 20;

/// What the sources that this host was built from give for a configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sources {
    /// [`source_hash`].
    pub source_sha256: String,
    /// SHA-256 of the whole design's Verilog.
    pub verilog_sha256: String,
    /// SHA-256 of its constraints.
    pub constraints_sha256: String,
}

impl Sources {
    /// Emits the configuration's design, which takes a moment.
    ///
    /// # Errors
    /// If the configuration is not legal or is for no board.
    pub fn of(config: &EngineConfig) -> Result<Sources, BuildError> {
        // A whole design is a value of megabytes, and not every thread's stack has room for it.
        std::thread::scope(|scope| {
            let builder = std::thread::Builder::new().stack_size(STACK);
            match builder.spawn_scoped(scope, || Sources::emit(config)) {
                Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
                Err(_) => Sources::emit(config),
            }
        })
    }

    fn emit(config: &EngineConfig) -> Result<Sources, BuildError> {
        let board = Board::required(config)?;
        Ok(Sources {
            source_sha256: source_hash(config)?,
            verilog_sha256: sha256(&Top::verilog(config)?),
            constraints_sha256: sha256(&board.constraints()),
        })
    }

    /// Whether the bitstream of that entry was made of the same.
    pub fn same_as(&self, entry: &Entry) -> bool {
        self.source_sha256 == entry.source_sha256
            && self.verilog_sha256 == entry.verilog_sha256
            && self.constraints_sha256 == entry.constraints_sha256
    }
}

/// Checks that a board that answered with `info` runs the bitstream of `entry`, which is one of `config`.
///
/// # Errors
/// If its configuration or its sources are others.
pub fn check_id(info: &Info, config: &EngineConfig, entry: &Entry) -> Result<(), BitstreamError> {
    let expected = Info::of(config, entry.source_id());
    for (what, expected, found) in [
        ("configuration ID", expected.config_id, info.config_id),
        ("source ID", expected.source_id, info.source_id),
    ] {
        if expected != found {
            return Err(BitstreamError::WrongId {
                what,
                expected: format!("{expected:#010x}"),
                found: format!("{found:#010x}"),
            });
        }
    }
    Ok(())
}
