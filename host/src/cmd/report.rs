//! `rowfuse report`: a page that shows a run.

use crate::cli::{Context, Failure, Report};
use clap::Args;
use rowfuse::{atomic, report};
use serde_json::json;
use std::path::{Path, PathBuf};

/// What its help ends with.
const EXAMPLES: &str = "Examples:
  rowfuse --json run tiny.int8 china.jpg --report-data > run.json
  rowfuse report run.json -o report.html";

/// Arguments of `report`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Draw {
    /// What `rowfuse --json run … --report-data` printed, or the demo's run.json
    #[arg(value_name = "RUN.json")]
    run: PathBuf,
    /// File to write: one page of HTML that needs no other
    #[arg(short, long, value_name = "FILE", default_value = "report.html")]
    output: PathBuf,
}

impl Draw {
    /// Reads and draws.
    pub fn run(&self, _context: &Context) -> Result<Report, Failure> {
        if self.output == self.run {
            let text = format!("{} would be overwritten by its report", self.run.display());
            return Err(Failure::usage(text));
        }
        let document = report::read(&self.run)?;
        let bytes = write(&self.output, &document)?;
        let runs = document.runs.len();
        let pictures = document.runs.iter().all(|run| run.report.is_some());
        let mut text = format!("{}: {bytes} bytes", self.output.display());
        if !pictures {
            text +=
                "\nwithout pictures and timeline, which `rowfuse --json run … --report-data` keeps";
        }
        let output = self.output.display().to_string();
        let result =
            json!({ "output": output, "bytes": bytes, "runs": runs, "pictures": pictures });
        Ok(Report { text, result })
    }
}

/// Writes a document's page; its bytes.
pub fn write(path: &Path, document: &report::Document) -> Result<usize, Failure> {
    let page = report::page(document);
    atomic::write(path, page.as_bytes()).map_err(|error| Failure::file(path, "written", &error))?;
    Ok(page.len())
}
