//! What can go wrong with a board that is offered.

use super::SpecError;
use crate::fault::{Exit, Fault};
use rowfuse_testbench::board::BoardError;
use std::io::{Error, ErrorKind};
use std::path::PathBuf;

/// Why a board cannot be offered any longer, or at all.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The board.
    #[error(transparent)]
    Board(#[from] BoardError),
    /// The faults asked for.
    #[error(transparent)]
    Faults(#[from] SpecError),
    /// An address that is none, is in use or may not be used.
    #[error("{address} cannot be listened at: {source}")]
    Listen {
        /// The address.
        address: String,
        /// Why.
        source: Error,
    },
    /// No pseudo-terminal.
    #[error("no pseudo-terminal can be had: {0}")]
    Terminal(Error),
    /// The symbolic link to it.
    #[error("the link {} cannot be made: {source}", .path.display())]
    Link {
        /// The link.
        path: PathBuf,
        /// Why.
        source: Error,
    },
    /// The system refuses what it had granted.
    #[error("the connection fails: {0}")]
    Io(#[from] Error),
}

impl Fault for ServeError {
    fn code(&self) -> &'static str {
        match self {
            ServeError::Board(error) => error.code(),
            ServeError::Faults(_) => "serve.faults",
            ServeError::Listen { .. } => "serve.listen",
            ServeError::Terminal(_) => "serve.terminal",
            ServeError::Link { .. } => "serve.link",
            ServeError::Io(_) => "serve.io",
        }
    }

    fn help(&self) -> String {
        match self {
            ServeError::Board(error) => error.help(),
            ServeError::Faults(_) => {
                "write faults as KIND=PROBABILITY or KIND@PLACE, such as flip=1e-5,cut@5000:500ms"
                    .into()
            }
            ServeError::Listen { source, .. } => match source.kind() {
                ErrorKind::AddrInUse => "choose another port, or 0 for any that is free".into(),
                ErrorKind::PermissionDenied => "choose a port of 1024 or above".into(),
                _ => "give HOST:PORT, such as 127.0.0.1:7000".into(),
            },
            ServeError::Terminal(_) => "offer the board with --tcp 127.0.0.1:7000 instead".into(),
            ServeError::Link { source, .. } => match source.kind() {
                ErrorKind::AlreadyExists => "choose another path, or remove what is there".into(),
                _ => "choose a path in a directory that exists and can be written".into(),
            },
            ServeError::Io(_) => "start the command again".into(),
        }
    }

    fn exit(&self) -> Exit {
        match self {
            ServeError::Board(error) => error.exit(),
            ServeError::Faults(_) => Exit::Usage,
            ServeError::Listen { .. } | ServeError::Link { .. } => Exit::Input,
            ServeError::Terminal(_) | ServeError::Io(_) => Exit::Link,
        }
    }
}
