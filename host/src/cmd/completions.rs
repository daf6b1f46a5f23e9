//! `rowfuse completions`: what a shell needs to complete verbs and flags.

use crate::cli::{Cli, Context, Failure, Report};
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use serde_json::json;

/// What its help ends with.
const EXAMPLES: &str = "Examples:
  rowfuse completions bash > rowfuse.bash";

/// Arguments of `completions`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Completions {
    /// Shell to complete in
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

impl Completions {
    /// Writes the shell's script.
    pub fn run(&self, _context: &Context) -> Result<Report, Failure> {
        let mut bytes = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "rowfuse", &mut bytes);
        let text =
            String::from_utf8(bytes).map_err(|error| Failure::internal(error.to_string()))?;
        let result = json!({ "shell": self.shell.to_string(), "script": text });
        Ok(Report { text, result })
    }
}
