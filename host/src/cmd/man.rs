//! `rowfuse man`: manual pages, made of the same definitions as `--help`.

use crate::cli::{Cli, Context, Failure, Report};
use clap::{Args, Command, CommandFactory};
use clap_mangen::Man as Page;
use rowfuse::atomic;
use serde_json::json;
use std::path::PathBuf;

/// What its help ends with.
const EXAMPLES: &str = "Examples:
  rowfuse man > rowfuse.1
  rowfuse man pages";

/// Arguments of `man`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Man {
    /// Directory to write a page for rowfuse and one for each verb to; without it, rowfuse's own page goes to stdout
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
}

impl Man {
    /// Writes the pages.
    pub fn run(&self, _context: &Context) -> Result<Report, Failure> {
        let mut command = Cli::command().disable_help_subcommand(true);
        // Gives every verb the flags that all have.
        command.build();
        let Some(directory) = &self.directory else {
            let (name, page) = page(&command)?;
            let text = String::from_utf8_lossy(&page).into_owned();
            let result = json!({ "directory": null, "pages": [name], "page": text });
            return Ok(Report { text, result });
        };
        std::fs::create_dir_all(directory)
            .map_err(|error| Failure::file(directory, "made", &error))?;
        let mut names = Vec::new();
        for (name, page) in pages(&command)? {
            let path = directory.join(&name);
            atomic::write(&path, &page).map_err(|error| Failure::file(&path, "written", &error))?;
            names.push(name);
        }
        let place = directory.display().to_string();
        Ok(Report {
            text: format!("{} pages in {place}: {}", names.len(), names.join(", ")),
            result: json!({ "directory": place, "pages": names, "page": null }),
        })
    }
}

/// The file names and pages of a command and its verbs.
fn pages(command: &Command) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let mut all = vec![page(command)?];
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        all.extend(pages(verb)?);
    }
    Ok(all)
}

/// The file name and page of one command.
fn page(command: &Command) -> Result<(String, Vec<u8>), Failure> {
    let page = Page::new(command.clone());
    let mut bytes = Vec::new();
    page.render(&mut bytes)
        .map_err(|error| Failure::internal(error.to_string()))?;
    Ok((page.get_filename(), bytes))
}
