//! What a command says at its end: text or one JSON document on stdout, an error on stderr, an exit code.

use rowfuse::fault::{Exit, Fault};
use serde_json::{json, Value};
use std::io::Write;
use std::process::ExitCode;

/// Version of the JSON document.
const SCHEMA: u32 = 1;

/// What a verb found.
pub struct Report {
    /// For people.
    pub text: String,
    /// For programs: the document's `result`.
    pub result: Value,
}

/// Why a verb ended early.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    /// Stable code.
    pub code: String,
    /// What went wrong, where, what was expected and found.
    pub message: String,
    /// The next step.
    pub help: String,
    /// Exit code.
    pub exit: Exit,
}

impl Failure {
    /// A fault of rowfuse itself.
    pub fn internal(message: String) -> Failure {
        let help = "this is a fault of rowfuse: please report it with this message".into();
        Failure {
            code: "internal".into(),
            message,
            help,
            exit: Exit::Internal,
        }
    }

    /// A command line that makes no sense.
    pub fn usage(message: String) -> Failure {
        let help = "`rowfuse help` lists verbs and flags".into();
        Failure {
            code: "usage".into(),
            message,
            help,
            exit: Exit::Usage,
        }
    }
}

impl<F: Fault> From<F> for Failure {
    fn from(fault: F) -> Failure {
        Failure {
            code: fault.code().into(),
            message: fault.to_string(),
            help: fault.help(),
            exit: fault.exit(),
        }
    }
}

/// The JSON document.
fn document(command: &str, result: &Result<Report, Failure>) -> Value {
    match result {
        Ok(report) => {
            json!({ "schema": SCHEMA, "command": command, "ok": true, "result": report.result })
        }
        Err(failure) => json!({
            "schema": SCHEMA, "command": command, "ok": false,
            "error": { "code": failure.code, "message": failure.message, "help": failure.help },
        }),
    }
}

/// Prints the outcome and gives the exit code.
pub fn print(command: &str, json: bool, result: Result<Report, Failure>) -> ExitCode {
    let text = match (&result, json) {
        (_, true) => format!("{:#}", document(command, &result)),
        (Ok(report), false) => report.text.clone(),
        (Err(_), false) => String::new(),
    };
    let code = match &result {
        Ok(_) => ExitCode::SUCCESS,
        Err(failure) => {
            if !json {
                let Failure {
                    code,
                    message,
                    help,
                    ..
                } = failure;
                // Without stderr only the exit code is left to tell.
                let _ = writeln!(
                    std::io::stderr(),
                    "error: {message} [{code}]\n help: {help}"
                );
            }
            ExitCode::from(failure.exit.code())
        }
    };
    if text.is_empty() {
        return code;
    }
    match writeln!(std::io::stdout(), "{}", text.trim_end()) {
        Ok(()) => code,
        // Whoever reads has enough; that is no error of ours.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => code,
        Err(_) => ExitCode::from(Exit::Internal.code()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rowfuse::progress::Interrupted;

    #[test]
    fn the_document_of_success_and_failure() {
        let report = Report {
            text: "t".into(),
            result: json!({"a": 1}),
        };
        let document_ok = document("plan", &Ok(report));
        assert_eq!(
            document_ok,
            json!({"schema": 1, "command": "plan", "ok": true, "result": {"a": 1}})
        );
        let failed = document("run", &Err(Interrupted.into()));
        assert_eq!(failed["ok"], false);
        assert_eq!(failed["error"]["code"], "interrupted");
        assert!(failed["error"]["help"].is_string() && failed.get("result").is_none());
    }
}
