//! What a command says at its end: text or one JSON document on stdout, an error on stderr, an exit code.

use rowfuse::fault::{Exit, Fault};
use serde_json::{json, Value};
use std::io::Write;
use std::path::Path;
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

impl Report {
    /// The JSON document of a verb that succeeded.
    pub fn document(&self, command: &str) -> String {
        let result = &self.result;
        let document =
            json!({ "schema": SCHEMA, "command": command, "ok": true, "result": result });
        format!("{document:#}\n")
    }
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

    /// A file that cannot be read or written.
    pub fn file(path: &Path, what: &str, error: &std::io::Error) -> Failure {
        Failure {
            code: "file".into(),
            message: format!("{} cannot be {what}: {error}", path.display()),
            help: "check the path and its permissions".into(),
            exit: Exit::Input,
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

impl Failure {
    /// The JSON document of a verb that failed, with what it had found.
    fn document(&self, command: &str, partial: Option<&Report>) -> String {
        let mut document = json!({
            "schema": SCHEMA, "command": command, "ok": false,
            "error": { "code": self.code, "message": self.message, "help": self.help },
        });
        if let Some(report) = partial {
            document["result"] = report.result.clone();
        }
        format!("{document:#}\n")
    }
}

/// Prints the outcome, and what a verb that failed has found all the same, and gives the exit code.
pub fn print(
    command: &str,
    json: bool,
    result: Result<Report, Failure>,
    partial: Option<Report>,
) -> ExitCode {
    let text = match (&result, json) {
        (Ok(report), true) => report.document(command),
        (Err(failure), true) => failure.document(command, partial.as_ref()),
        (Ok(report), false) => report.text.clone(),
        (Err(_), false) => partial.map_or_else(String::new, |report| report.text),
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
        let parse = |text: String| serde_json::from_str::<Value>(&text).unwrap();
        assert_eq!(
            parse(report.document("plan")),
            json!({"schema": 1, "command": "plan", "ok": true, "result": {"a": 1}})
        );
        let failed = parse(Failure::from(Interrupted).document("run", None));
        assert_eq!(failed["ok"], false);
        assert_eq!(failed["error"]["code"], "interrupted");
        assert!(failed["error"]["help"].is_string() && failed.get("result").is_none());
        let stopped = parse(Failure::from(Interrupted).document("serve", Some(&report)));
        assert_eq!(stopped["ok"], false);
        assert_eq!(stopped["result"], json!({"a": 1}));
    }
}
