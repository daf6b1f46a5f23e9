//! Why a board cannot be reached through a port.

use crate::fault::{Exit, Fault};
use crate::frontpanel::FrontPanelError;
use rowfuse_testbench::board::BoardError;

/// Why a port cannot be opened, or nothing that could be a board answers behind it.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // each field is named in its sentence
pub enum SerialError {
    #[error("no ULX3S is connected: no port has a USB chip {vendor:04x}:{product:04x}")]
    NotFound { vendor: u16, product: u16 },
    #[error("{} boards are connected: {}", ports.len(), ports.join(", "))]
    Several { ports: Vec<String> },
    #[error("`{port}` is no port: {reason}")]
    Address { port: String, reason: String },
    #[error("{port} may not be opened")]
    NoAccess { port: String, group: Option<String> },
    #[error("{port} is in use{}", holder.map(|pid| format!(" by process {pid}")).unwrap_or_default())]
    Busy { port: String, holder: Option<u32> },
    #[error("{port} cannot be opened: {reason}")]
    Open { port: String, reason: String },
    #[error("what is behind {port} sends back what it gets: it is no board")]
    Echo { port: String },
    #[error("{port} is never silent: {bytes} bytes came and none of them were a reply")]
    Noise { port: String, bytes: u64 },
    #[error("nothing behind {port} answers, at no rate")]
    Silent { port: String },
    #[error("the line to {port} was cut: {reason}")]
    Cut { port: String, reason: String },
    #[error(transparent)]
    FrontPanel(#[from] FrontPanelError),
    #[error(transparent)]
    Board(#[from] BoardError),
}

impl SerialError {
    /// As the trait for boards has it, once the board was in use.
    pub fn into_board_error(self) -> BoardError {
        match self {
            SerialError::Board(error) => error,
            error => BoardError::Link(error.to_string()),
        }
    }
}

impl Fault for SerialError {
    fn code(&self) -> &'static str {
        match self {
            SerialError::NotFound { .. } => "serial.no_board",
            SerialError::Several { .. } => "serial.several",
            SerialError::Address { .. } => "serial.port",
            SerialError::NoAccess { .. } => "serial.no_access",
            SerialError::Busy { .. } => "serial.busy",
            SerialError::Open { .. } => "serial.open",
            SerialError::Echo { .. } => "serial.echo",
            SerialError::Noise { .. } => "serial.noise",
            SerialError::Silent { .. } => "serial.silent",
            SerialError::Cut { .. } => "serial.cut",
            SerialError::FrontPanel(error) => error.code(),
            SerialError::Board(error) => error.code(),
        }
    }

    fn help(&self) -> String {
        match self {
            SerialError::NotFound { .. } => {
                "connect the board's port US1 with a cable that carries data; --port names a port that is not found by itself".into()
            }
            SerialError::Several { .. } => "choose one with --port".into(),
            SerialError::Address { .. } => {
                "give a device such as /dev/ttyUSB0, or tcp:HOST:PORT".into()
            }
            SerialError::NoAccess { group: Some(group), .. } => format!(
                "join the group with `sudo usermod -aG {group} $USER` and log in again, or add the rule for udev in docs/boards.md"
            ),
            SerialError::NoAccess { .. } => "add the rule for udev in docs/boards.md".into(),
            SerialError::Busy { .. } => {
                "end the program that uses the port, or wait for its end".into()
            }
            SerialError::Open { .. } => {
                "check that the port exists; `rowfuse list` shows the boards' ports".into()
            }
            SerialError::Echo { .. } | SerialError::Noise { .. } => {
                "choose the board's port with --port; `rowfuse list` shows them".into()
            }
            SerialError::Silent { .. } => {
                "load a bitstream with `rowfuse load`, and see that --config is the board's".into()
            }
            SerialError::Cut { .. } => {
                "check cable and power; a far end on TCP serves one host at a time".into()
            }
            SerialError::FrontPanel(error) => error.help(),
            SerialError::Board(error) => error.help(),
        }
    }

    fn exit(&self) -> Exit {
        match self {
            SerialError::Address { .. } => Exit::Input,
            SerialError::Noise { .. } | SerialError::Silent { .. } | SerialError::Cut { .. } => {
                Exit::Link
            }
            SerialError::FrontPanel(error) => error.exit(),
            SerialError::Board(error) => error.exit(),
            _ => Exit::Board,
        }
    }
}
