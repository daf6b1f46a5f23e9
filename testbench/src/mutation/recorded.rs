//! Recorded runs of a block's tests.

use std::fs;
use std::path::{Path, PathBuf};

use super::MutationError;
use crate::verilator::{Direction, Port};

/// A block and every run its tests made.
#[derive(Debug)]
pub struct Recorded {
    /// Name the tests gave it.
    pub name: String,
    /// Its Verilog, module `top`.
    pub verilog: String,
    /// Its ports.
    pub ports: Vec<Port>,
    /// One for each block under test, from power-on.
    pub runs: Vec<Run>,
    /// Where it lies.
    pub directory: PathBuf,
}

/// Records of inputs and outputs, one of each a cycle.
#[derive(Debug)]
pub struct Run {
    /// Name of its file.
    pub name: String,
    /// Inputs, 32-bit words.
    pub inputs: Vec<u32>,
    /// What the test required.
    pub outputs: Vec<u32>,
}

impl Recorded {
    /// Reads a directory that [`crate::dut::RECORD`] has filled.
    ///
    /// # Errors
    /// If a file is missing or not what it should be.
    pub fn read(directory: &Path) -> Result<Self, MutationError> {
        let refuse = |path: &Path, reason: &str| MutationError::Recording {
            path: path.to_owned(),
            reason: reason.to_owned(),
        };
        let text = |name: &str| {
            let path = directory.join(name);
            fs::read_to_string(&path).map_err(|error| refuse(&path, &error.to_string()))
        };
        let ports: Option<Vec<Port>> = text("ports.tsv")?.lines().map(port).collect();
        let ports =
            ports.ok_or_else(|| refuse(&directory.join("ports.tsv"), "not a port a line"))?;
        let listing =
            fs::read_dir(directory).map_err(|error| refuse(directory, &error.to_string()))?;
        let mut paths: Vec<PathBuf> = listing.flatten().map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "in"));
        paths.sort();
        let mut recorded = Self {
            name: text("name")?,
            verilog: text("design.v")?,
            ports,
            runs: Vec::new(),
            directory: directory.to_owned(),
        };
        for path in paths {
            let words = |path: &Path| -> Result<Vec<u32>, MutationError> {
                let bytes = fs::read(path).map_err(|error| refuse(path, &error.to_string()))?;
                let words = bytes.chunks_exact(4);
                Ok(words
                    .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
                    .collect())
            };
            let (inputs, outputs) = (words(&path)?, words(&path.with_extension("out"))?);
            let cycles = outputs.len() / recorded.words(Direction::Output);
            if inputs.len() != cycles * recorded.words(Direction::Input) {
                return Err(refuse(&path, "inputs and outputs of different length"));
            }
            recorded.runs.push(Run {
                name: path
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into(),
                inputs,
                outputs,
            });
        }
        Ok(recorded)
    }

    /// Words in a record of this direction.
    pub fn words(&self, direction: Direction) -> usize {
        let ports = self.ports.iter().filter(|port| port.direction == direction);
        ports.map(Port::words).sum()
    }

    /// Cycles in all runs.
    pub fn cycles(&self) -> usize {
        let words = self.words(Direction::Output);
        self.runs.iter().map(|run| run.outputs.len() / words).sum()
    }
}

fn port(line: &str) -> Option<Port> {
    let mut parts = line.split('\t');
    let (direction, width, name) = (parts.next()?, parts.next()?, parts.next()?);
    let direction = match direction {
        "input" => Direction::Input,
        "output" => Direction::Output,
        "clock" => Direction::Clock,
        _ => return None,
    };
    Some(Port {
        name: name.to_owned(),
        width: width.parse().ok()?,
        direction,
    })
}
