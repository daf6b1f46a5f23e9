//! Programs a board through the tools that know its cable: openFPGALoader or fujprog.

mod child;
mod error;
mod explain;
mod percent;

pub use error::{LoadError, UDEV_RULE};

use crate::progress::Progress;
use child::Outcome;
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// A tool that programs boards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// openFPGALoader.
    OpenFpgaLoader,
    /// fujprog.
    Fujprog,
}

impl Tool {
    /// All tools, in the order in which they are tried.
    pub const ALL: [Tool; 2] = [Tool::OpenFpgaLoader, Tool::Fujprog];

    /// Its name as an argument.
    pub const fn name(self) -> &'static str {
        match self {
            Tool::OpenFpgaLoader => "openfpgaloader",
            Tool::Fujprog => "fujprog",
        }
    }

    /// The program's name.
    pub const fn program(self) -> &'static str {
        match self {
            Tool::OpenFpgaLoader => "openFPGALoader",
            Tool::Fujprog => "fujprog",
        }
    }

    /// The tool of that name.
    pub fn named(name: &str) -> Option<Tool> {
        Tool::ALL.into_iter().find(|tool| tool.name() == name)
    }

    /// Arguments that put `file` into the FPGA, or into the flash that it starts from.
    fn arguments(self, file: &Path, target: Target) -> Vec<OsString> {
        let options: &[&str] = match (self, target) {
            (Tool::OpenFpgaLoader, Target::Sram) => &["-b", "ulx3s"],
            (Tool::OpenFpgaLoader, Target::Flash) => &["-b", "ulx3s", "-f"],
            (Tool::Fujprog, Target::Sram) => &[],
            (Tool::Fujprog, Target::Flash) => &["-j", "flash"],
        };
        let options = options.iter().map(OsString::from);
        options.chain([file.into()]).collect()
    }
}

/// Where a bitstream goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Into the FPGA, until its power is cut.
    Sram,
    /// Into the flash, from which the FPGA is loaded when its power comes.
    Flash,
}

impl Target {
    /// Its name in documents.
    pub const fn name(self) -> &'static str {
        match self {
            Target::Sram => "sram",
            Target::Flash => "flash",
        }
    }
}

/// What is to be loaded, and how.
#[derive(Clone, Debug)]
pub struct Job<'a> {
    /// The bitstream.
    pub file: &'a Path,
    /// Its size, which the bar counts.
    pub bytes: u64,
    /// The device it is for, such as `LFE5U-85F`, if that is known.
    pub device: Option<&'a str>,
    /// Where it goes.
    pub target: Target,
    /// How long the tool may say nothing before it is given up.
    pub silence: Duration,
}

/// A tool that did not do it, and all that it said.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct LoadFailure {
    /// Why.
    pub error: LoadError,
    /// What the tool printed, without its progress.
    pub output: Vec<String>,
}

/// Runs the first of `tools` that is installed.
///
/// # Errors
/// If none is installed, it fails, says nothing for too long, or `progress` was interrupted. It has ended in any case.
pub fn load(
    tools: &[Tool],
    job: &Job<'_>,
    progress: &dyn Progress,
) -> Result<Tool, Box<LoadFailure>> {
    let failure = |error, output| Box::new(LoadFailure { error, output });
    // An absolute path is never taken for an option.
    let file = std::path::absolute(job.file).unwrap_or_else(|_| job.file.to_owned());
    for &tool in tools {
        let mut command = Command::new(tool.program());
        command.args(tool.arguments(&file, job.target));
        let outcome = child::run(command, job.silence, job.bytes, progress);
        progress.end();
        return match outcome {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => {
                let reason = error.to_string();
                Err(failure(LoadError::Start { tool, reason }, vec![]))
            }
            Ok((Outcome::Ended(status), output)) => {
                match explain::explain(tool, status, &output, job.device) {
                    None => Ok(tool),
                    Some(error) => Err(failure(error, output)),
                }
            }
            Ok((Outcome::Silent, output)) => {
                let seconds = job.silence.as_secs();
                let target = job.target;
                let error = LoadError::Silent {
                    tool,
                    seconds,
                    target,
                };
                Err(failure(error, output))
            }
            Ok((Outcome::Interrupted, output)) => {
                let target = job.target;
                Err(failure(LoadError::Interrupted { target }, output))
            }
        };
    }
    let tools = tools.to_vec();
    Err(failure(LoadError::NoTool { tools }, vec![]))
}
