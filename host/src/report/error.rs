//! What can be wrong with a run that is to be reported.

use crate::fault::{Exit, Fault};
use crate::plan::PlanError;

/// A document that cannot be shown, or data that cannot be gathered.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // each field is named in its sentence
pub enum ReportError {
    #[error("{path} cannot be read: {source}")]
    Io {
        path: String,
        source: std::io::Error,
    },
    #[error("{path} has {found} bytes, the limit is {limit}")]
    TooLarge {
        path: String,
        found: u64,
        limit: u64,
    },
    #[error("{path} is not the JSON of a run: {reason}")]
    Json { path: String, reason: String },
    #[error("{path} is of schema {found}, expected {expected}")]
    Schema {
        path: String,
        found: u64,
        expected: u64,
    },
    #[error("{path} is a document of `{found}`, expected one of `run` or `demo`")]
    Command { path: String, found: String },
    #[error("{path} is of several images, expected a run of one")]
    Several { path: String },
    #[error("{path} is of a command that failed and says nothing of a run: {reason}")]
    Failed { path: String, reason: String },
    #[error("{path}: {field} is {found}, expected {expected}")]
    Field {
        path: String,
        field: String,
        found: String,
        expected: String,
    },
    #[error("a picture cannot be encoded: {0}")]
    Encode(String),
    #[error(transparent)]
    Plan(#[from] PlanError),
}

impl Fault for ReportError {
    fn code(&self) -> &'static str {
        match self {
            ReportError::Io { .. } => "report.io",
            ReportError::TooLarge { .. } => "report.too_large",
            ReportError::Json { .. } => "report.json",
            ReportError::Schema { .. } => "report.schema",
            ReportError::Command { .. } => "report.command",
            ReportError::Several { .. } => "report.several",
            ReportError::Failed { .. } => "report.failed",
            ReportError::Field { .. } => "report.field",
            ReportError::Encode(_) => "report.internal",
            ReportError::Plan(error) => error.code(),
        }
    }

    fn help(&self) -> String {
        match self {
            ReportError::Io { .. } => "check the path and its permissions",
            ReportError::Schema { .. } => {
                "use the rowfuse that wrote it, or run again with this one"
            }
            ReportError::Several { .. } => {
                "name one file as the image of `rowfuse run`, no directory"
            }
            ReportError::Failed { .. } => "run again, and report what comes of it",
            ReportError::TooLarge { .. }
            | ReportError::Json { .. }
            | ReportError::Command { .. }
            | ReportError::Field { .. } => {
                "make one with `rowfuse --json run NETWORK IMAGE --report-data > run.json`"
            }
            ReportError::Encode(_) => {
                "this is a fault of rowfuse: please report it with this message"
            }
            ReportError::Plan(error) => return error.help(),
        }
        .into()
    }

    fn exit(&self) -> Exit {
        match self {
            ReportError::Encode(_) => Exit::Internal,
            ReportError::Plan(error) => error.exit(),
            _ => Exit::Input,
        }
    }
}
