//! Why a module cannot be used.

use super::{Code, LIBRARY_VARIABLE};
use crate::fault::{Exit, Fault};
use crate::progress::Interrupted;
use std::path::PathBuf;

/// Why a module, or the library that reaches it, cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // each field is named in its sentence
pub enum FrontPanelError {
    #[error(
        "this rowfuse was built without the feature `frontpanel`, and reaches no Opal Kelly module"
    )]
    Absent,
    #[error("`{name}` names no module: {reason}")]
    Name { name: String, reason: &'static str },
    #[error("the FrontPanel library cannot be loaded: {reason}")]
    NoLibrary { reason: String },
    #[error("{library} is no complete FrontPanel library: it lacks the function {function}")]
    Incomplete {
        library: String,
        function: &'static str,
    },
    #[error("the FrontPanel library fails before a module is opened: {reason}")]
    Broken { reason: String },
    #[error("the FrontPanel library has not come back from {function} for {seconds} s")]
    Stuck {
        function: &'static str,
        seconds: u64,
    },
    #[error("the FrontPanel library has not come back from a transfer that was given up")]
    Busy,
    #[error("no Opal Kelly module is connected")]
    NoModule,
    #[error("the module {serial} is not connected{}", others(found))]
    Unknown { serial: String, found: Vec<String> },
    #[error("{} modules are connected: {}", found.len(), found.join(", "))]
    Several { found: Vec<String> },
    #[error("the module {serial} cannot be opened: {code}")]
    Open { serial: String, code: Code },
    #[error("the module {serial} has no design with FrontPanel in it")]
    NotConfigured { serial: String },
    #[error("another design is in the module {serial}: its identity is {found:#06x}, and rowfuse's is {expected:#06x}")]
    OtherDesign {
        serial: String,
        expected: u16,
        found: u16,
    },
    #[error("the module {serial} has rowfuse in another configuration: {found}, not {expected}")]
    OtherConfig {
        serial: String,
        expected: String,
        found: String,
    },
    #[error("the memory of the module {serial} cannot be used yet: its controller is not ready after {seconds} s")]
    Memory { serial: String, seconds: u64 },
    #[error("{} was not loaded into the module {serial}: {code}", .path.display())]
    Load {
        serial: String,
        path: PathBuf,
        code: Code,
    },
    #[error("interrupted")]
    Interrupted,
}

fn others(found: &[String]) -> String {
    match found {
        [] => ", and no other one is".into(),
        found => format!("; connected are {}", found.join(", ")),
    }
}

impl Fault for FrontPanelError {
    fn code(&self) -> &'static str {
        match self {
            FrontPanelError::Absent => "frontpanel.absent",
            FrontPanelError::Name { .. } => "frontpanel.name",
            FrontPanelError::NoLibrary { .. } => "frontpanel.library",
            FrontPanelError::Incomplete { .. } => "frontpanel.incomplete",
            FrontPanelError::Broken { .. } => "frontpanel.broken",
            FrontPanelError::Stuck { .. } | FrontPanelError::Busy => "frontpanel.stuck",
            FrontPanelError::NoModule => "frontpanel.no_module",
            FrontPanelError::Unknown { .. } => "frontpanel.unknown",
            FrontPanelError::Several { .. } => "frontpanel.several",
            FrontPanelError::Open { .. } => "frontpanel.open",
            FrontPanelError::NotConfigured { .. } => "frontpanel.not_configured",
            FrontPanelError::OtherDesign { .. } => "frontpanel.other_design",
            FrontPanelError::OtherConfig { .. } => "frontpanel.other_config",
            FrontPanelError::Memory { .. } => "frontpanel.memory",
            FrontPanelError::Load { .. } => "frontpanel.load",
            FrontPanelError::Interrupted => Interrupted.code(),
        }
    }

    fn help(&self) -> String {
        match self {
            FrontPanelError::Absent => {
                "build it with `cargo build --release -p rowfuse --features frontpanel`".into()
            }
            FrontPanelError::Name { .. } => {
                "write ok:SERIAL, or ok for the only module; `rowfuse list` shows serial numbers".into()
            }
            FrontPanelError::NoLibrary { .. } => format!(
                "install the vendor's FrontPanel SDK, and set {LIBRARY_VARIABLE} to the path of its library if the system does not find it"
            ),
            FrontPanelError::Incomplete { .. } => format!(
                "set {LIBRARY_VARIABLE} to the library of FrontPanel SDK 4.4 or newer, for this kind of processor"
            ),
            FrontPanelError::Broken { .. } => {
                "install the vendor's FrontPanel SDK again, and see that its own examples find the module".into()
            }
            FrontPanelError::Stuck { .. } | FrontPanelError::Busy => {
                "plug the module out and in, and run the command again".into()
            }
            FrontPanelError::NoModule | FrontPanelError::Unknown { .. } => {
                "connect the module by USB and switch its power on; on Linux the vendor's rule for udev must be installed".into()
            }
            FrontPanelError::Several { .. } => "choose one with --board ok:SERIAL".into(),
            FrontPanelError::Open { code, .. } | FrontPanelError::Load { code, .. } => {
                code.help().into()
            }
            FrontPanelError::NotConfigured { .. } | FrontPanelError::OtherDesign { .. } => {
                "load rowfuse's bitstream: `rowfuse load FILE.bit --board ok:SERIAL`; docs/boards.md says how it is made".into()
            }
            FrontPanelError::OtherConfig { .. } => {
                "choose the module's own configuration with --config, or load another bitstream".into()
            }
            FrontPanelError::Interrupted => Interrupted.help(),
            FrontPanelError::Memory { .. } => {
                "load the bitstream again; if that does not help, the memory's project is not the board's".into()
            }
        }
    }

    fn exit(&self) -> Exit {
        match self {
            FrontPanelError::Name { .. } => Exit::Usage,
            FrontPanelError::Stuck { .. } | FrontPanelError::Busy => Exit::Link,
            FrontPanelError::Interrupted => Interrupted.exit(),
            FrontPanelError::Open { code, .. } | FrontPanelError::Load { code, .. } => code.exit(),
            _ => Exit::Board,
        }
    }
}
