//! Keeps what a test applied and what came out, for replay on changed Verilog (see [`crate::mutation`]).

use std::env;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Trace;
use crate::verilator::{key, Design, Direction, Port, VerilatorError};

/// Environment variable that names the directory in which runs are recorded.
pub const RECORD: &str = "ROWFUSE_RECORD";

/// Where one block's runs go: `design.v`, `ports.tsv` and `name` of its design, and for each [`super::Dut`] `N.in` and
/// `N.out`, all cycles' records of inputs and outputs as 32-bit little-endian words.
pub(super) struct Recording {
    stem: PathBuf,
}

impl Recording {
    /// Begins a recording if the environment asks for one.
    pub(super) fn begin(name: &str, design: &Design) -> Result<Option<Self>, VerilatorError> {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let Some(root) = env::var_os(RECORD).filter(|value| !value.is_empty()) else {
            return Ok(None);
        };
        let directory = Path::new(&root).join(&key(&[name, design.verilog()])[..16]);
        fs::create_dir_all(&directory)
            .map_err(|error| VerilatorError::file("create", &directory, &error))?;
        let ports: String = design.ports().iter().map(line).collect();
        for (file, text) in [
            ("name", name),
            ("ports.tsv", &ports),
            ("design.v", design.verilog()),
        ] {
            let path = directory.join(file);
            fs::write(&path, text).map_err(|error| VerilatorError::file("write", &path, &error))?;
        }
        let unique = COUNTER.fetch_add(1, Ordering::Relaxed);
        let stem = directory.join(format!("{}-{unique}", process::id()));
        Ok(Some(Self { stem }))
    }

    /// Appends a run.
    pub(super) fn append(&self, trace: &Trace) -> Result<(), VerilatorError> {
        let records = [
            ("in", trace.input_records()),
            ("out", trace.output_records()),
        ];
        for (extension, words) in records {
            let path = self.stem.with_extension(extension);
            let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
            OpenOptions::new()
                .create(true)
                .append(true)
                .open(&path)
                .and_then(|mut file| file.write_all(&bytes))
                .map_err(|error| VerilatorError::file("write", &path, &error))?;
        }
        Ok(())
    }
}

fn line(port: &Port) -> String {
    let direction = match port.direction {
        Direction::Input => "input",
        Direction::Output => "output",
        Direction::Clock => "clock",
    };
    format!("{direction}\t{}\t{}\n", port.width, port.name)
}
