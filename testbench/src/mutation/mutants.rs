//! Has Yosys make the mutants of a block.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{MutationError, Recorded};
use crate::verilator::{uncleared, Design, Optimisation, Port, VerilatorError};

/// The input that chooses a mutant: 0 for none, k for the k-th.
const CHOICE: &str = "rowfuse_mutant";
const CHOICE_BITS: usize = 16;

/// Reads the block and simplifies it, so that fewer mutants make no difference. Registers that wake up high become inverted ones: a change
/// at a register's output takes its initial value away.
pub(super) const READ: &str =
    "read_verilog -sv -nosynthesis block.v\nhierarchy -top top\nproc\nflatten\nopt -full\nzinit\nopt_clean -purge\n";

/// Yosys as `scripts/setup --synth` installs it.
#[derive(Debug, Clone)]
pub struct Yosys(pub PathBuf);

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutant {
    /// Value of the choosing input.
    pub number: usize,
    /// The change as Yosys writes it: kind, cell, port, bit and source.
    pub change: String,
}

/// A block with all its mutants in it.
#[derive(Debug)]
pub struct Mutated {
    /// To be compiled; its last input chooses.
    pub design: Design,
    /// In order.
    pub mutants: Vec<Mutant>,
    /// Where Yosys' files are.
    pub directory: PathBuf,
}

impl Yosys {
    /// Makes `count` mutants (fewer of a small block), spread evenly over the block by `seed`.
    ///
    /// # Errors
    /// If Yosys fails.
    pub fn mutate(
        &self,
        block: &Recorded,
        count: usize,
        seed: u64,
    ) -> Result<Mutated, MutationError> {
        let directory = block.directory.join(format!("mutants-{seed}-{count}"));
        fs::create_dir_all(&directory)
            .map_err(|error| VerilatorError::file("create", &directory, &error))?;
        write(&directory.join("block.v"), &uncleared(&block.verilog))?;
        let script = format!(
            "{READ}mutate -list {count} -seed {seed} -ctrl {CHOICE} {CHOICE_BITS} 1 -o list.ys\nscript list.ys\nopt_clean\n\
             write_verilog -noattr mutated.v\n"
        );
        self.run(&block.name, &directory, "mutate", &script)?;
        let list = read(&directory.join("list.ys"))?;
        let mutants = list.lines().enumerate().map(|(index, line)| Mutant {
            number: index + 1,
            change: line
                .split_once("-mode ")
                .map_or(line, |(_, change)| change)
                .replace("-module top ", ""),
        });
        let mut ports = block.ports.clone();
        ports.push(Port::input(CHOICE, CHOICE_BITS));
        let text = read(&directory.join("mutated.v"))?;
        let design = Design::new(&format!("mutants of {}", block.name), &text, "top", &ports)
            .strict(false)
            .optimise(Optimisation::None);
        Ok(Mutated {
            design,
            mutants: mutants.collect(),
            directory,
        })
    }

    /// Runs a script in a directory.
    pub(super) fn run(
        &self,
        block: &str,
        directory: &Path,
        name: &str,
        script: &str,
    ) -> Result<(), MutationError> {
        let failed = |said: String| MutationError::Yosys {
            block: block.to_owned(),
            directory: directory.to_owned(),
            said,
        };
        let output = self
            .command(directory, name, script)?
            .output()
            .map_err(|error| failed(format!("{}: {error}", self.0.display())))?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().rev().find(|line| !line.trim().is_empty());
        Err(failed(last.unwrap_or("no message").to_owned()))
    }

    /// Whether a script comes to a good end within a time.
    pub(super) fn succeeds(
        &self,
        directory: &Path,
        name: &str,
        script: &str,
        limit: Duration,
    ) -> bool {
        let started = Instant::now();
        let child = self.command(directory, name, script).ok();
        let child = child.and_then(|mut command| command.stderr(Stdio::null()).spawn().ok());
        let Some(mut child) = child else {
            return false;
        };
        loop {
            match child.try_wait() {
                Ok(Some(status)) => return status.success(),
                Ok(None) if started.elapsed() < limit => {
                    std::thread::sleep(Duration::from_millis(50));
                }
                _ => {
                    let _ = child.kill();
                    let _ = child.wait();
                    return false;
                }
            }
        }
    }

    fn command(
        &self,
        directory: &Path,
        name: &str,
        script: &str,
    ) -> Result<Command, MutationError> {
        let (file, log) = (format!("{name}.ys"), format!("{name}.log"));
        write(&directory.join(&file), script)?;
        let mut command = Command::new(&self.0);
        command.args(["-q", "-l", &log, &file]);
        command.current_dir(directory).stdin(Stdio::null());
        Ok(command)
    }
}

pub(super) fn write(path: &Path, text: &str) -> Result<(), VerilatorError> {
    fs::write(path, text).map_err(|error| VerilatorError::file("write", path, &error))
}

pub(super) fn read(path: &Path) -> Result<String, VerilatorError> {
    fs::read_to_string(path).map_err(|error| VerilatorError::file("read", path, &error))
}
