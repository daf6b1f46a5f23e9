//! Which boards there are, and how one is opened.

use crate::fault::{Exit, Fault};
use crate::frontpanel::{self, Module, ModulePort};
use crate::progress::{Progress, Unit};
use crate::serial::{self, Connect, Port, SerialBoard, SerialError};
use crate::simulation;
use rowfuse_spec::config::{preset, presets};
use rowfuse_spec::{ConfigError, EngineConfig};
use rowfuse_testbench::board::{
    Board, BoardError, Client, FunctionalBoard, Limits, TileWindow, Traced,
};
use rowfuse_testbench::verilator::{Progress as Compiling, Toolchain};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The kinds of board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Executes the commands in plain Rust: fast, knows no cycles.
    Functional,
    /// The rust-hdl simulation, cycle by cycle: slow, needs nothing installed.
    Gateware,
    /// The emitted Verilog under Verilator, cycle by cycle.
    Verilated,
    /// A real board behind a serial port.
    Serial,
    /// A real board in an Opal Kelly module.
    Module,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 5] = [
        Kind::Functional,
        Kind::Gateware,
        Kind::Verilated,
        Kind::Serial,
        Kind::Module,
    ];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Functional => "functional",
            Kind::Gateware => "gateware",
            Kind::Verilated => "verilated",
            Kind::Serial => "serial",
            Kind::Module => "ok",
        }
    }

    /// What it is, one line.
    pub const fn description(self) -> &'static str {
        match self {
            Kind::Functional => "executes the same commands in plain Rust; no cycles",
            Kind::Gateware => "rust-hdl's simulation of the accelerator, cycle by cycle",
            Kind::Verilated => "the emitted Verilog under Verilator, cycle by cycle",
            Kind::Serial => "a real board behind a serial port or TCP (--port)",
            Kind::Module => "a real board in an Opal Kelly module (ok:SERIAL)",
        }
    }

    /// Whether it counts cycles.
    pub const fn counts_cycles(self) -> bool {
        !matches!(self, Kind::Functional)
    }

    /// Whether it is hardware, or what a host takes for hardware.
    pub const fn is_real(self) -> bool {
        matches!(self, Kind::Serial | Kind::Module)
    }

    /// The kind of that name; a module's may have a serial number.
    pub fn named(name: &str) -> Option<Kind> {
        match Module::parse(name) {
            Some(_) => Some(Kind::Module),
            None => Kind::ALL.into_iter().find(|kind| kind.name() == name),
        }
    }

    /// Why it cannot be used on this machine, if it cannot.
    pub fn unavailable(self) -> Option<String> {
        match self {
            Kind::Verilated => Toolchain::find().err().map(|error| error.to_string()),
            Kind::Serial if serial::found().is_empty() => {
                Some("no port of a ULX3S is found; --port may name another".into())
            }
            Kind::Module => match frontpanel::found(&never()) {
                Ok(found) if found.is_empty() => Some("no module is connected".into()),
                Ok(_) => None,
                Err(error) => Some(format!("{error}; {}", error.help())),
            },
            _ => None,
        }
    }
}

/// Nobody who wants to stop.
fn never() -> serial::Stop {
    Arc::new(|| false)
}

/// Opens a board of that kind and configuration, of the real kinds the only one that is found; a program is given up after `stall` without progress.
///
/// # Errors
/// If the configuration is not legal, the board cannot be simulated here, or `progress` was interrupted while
/// its Verilog was compiled.
pub fn open(
    kind: Kind,
    config: &EngineConfig,
    stall: Option<Duration>,
    progress: &dyn Progress,
) -> Result<Client<Box<dyn Board>>, OpenError> {
    let board: Box<dyn Board> = match kind {
        Kind::Functional => Box::new(FunctionalBoard::new(config.clone())?),
        Kind::Gateware => simulation::gateware(config)?,
        Kind::Verilated => compiling(progress, |told| simulation::verilated(config, told))?,
        Kind::Serial => {
            let options = serial::Options::default();
            return open_real(Box::new(Port::Found), config, stall, options);
        }
        Kind::Module => {
            let port = ModulePort::new(Module { serial: None }, config);
            return open_real(Box::new(port), config, stall, serial::Options::default());
        }
    };
    connect(board, config, stall)
}

/// Opens the board behind a port, or in a module.
///
/// # Errors
/// If it cannot be opened, no board of that configuration answers, or the options' `stop` says so.
pub fn open_real(
    port: Box<dyn Connect>,
    config: &EngineConfig,
    stall: Option<Duration>,
    options: serial::Options,
) -> Result<Client<Box<dyn Board>>, OpenError> {
    config.validate()?;
    let board = SerialBoard::open(port, config, options)?;
    let board: Box<dyn Board> = Box::new(board);
    connect(board, config, stall)
}

/// Opens the boards behind several ports.
///
/// # Errors
/// As [`open_real`], for the first that fails. A port given twice is in use when its second turn comes.
pub fn open_ports(
    ports: &[Port],
    config: &EngineConfig,
    stall: Option<Duration>,
    options: &serial::Options,
) -> Result<Vec<Client<SerialBoard>>, OpenError> {
    config.validate()?;
    let mut clients = Vec::with_capacity(ports.len());
    for port in ports {
        let board = SerialBoard::open(Box::new(port.clone()), config, options.clone())?;
        clients.push(connect(board, config, stall)?);
    }
    Ok(clients)
}

/// Opens the `verilated` board with a waveform of one tile, written to `path`, and what says when that is complete.
///
/// # Errors
/// As [`open`].
pub fn open_tracing(
    config: &EngineConfig,
    window: TileWindow,
    path: &Path,
    stall: Option<Duration>,
    progress: &dyn Progress,
) -> Result<(Client<Box<dyn Board>>, Traced), OpenError> {
    let (board, traced) = compiling(progress, |told| {
        simulation::tracing(config, window, path, told)
    })?;
    Ok((connect(board, config, stall)?, traced))
}

fn connect<B: Board>(
    board: B,
    config: &EngineConfig,
    stall: Option<Duration>,
) -> Result<Client<B>, OpenError> {
    let client = Client::connect(board, config)?;
    Ok(match stall {
        Some(stall) => client.with_limits(Limits { stall }),
        None => client,
    })
}

/// Shows how far the compilation of a board's Verilog is.
pub(crate) fn compiling<B>(
    progress: &dyn Progress,
    build: impl FnOnce(&mut dyn FnMut(Compiling)) -> Result<B, BoardError>,
) -> Result<B, BoardError> {
    let mut begun = false;
    let mut before = 0;
    let board = build(&mut |event| {
        if let Compiling::Compiling { done, total } = event {
            if !begun {
                progress.begin("compiling Verilog", total as u64, Unit::Steps);
                begun = true;
            }
            progress.event(crate::progress::Event::Advance(
                done.saturating_sub(before) as u64
            ));
            before = done;
        }
    });
    if begun {
        progress.end();
    }
    // A terminal's Ctrl-C stops the compilers too: that they failed is then no fault of theirs.
    progress.check().map_err(|_| BoardError::Interrupted)?;
    board
}

/// The configuration of that name, or in the TOML file of that path.
///
/// # Errors
/// If there is neither, or it is not legal.
pub fn configuration(name: &str) -> Result<EngineConfig, OpenError> {
    let path = Path::new(name);
    if path.extension().is_none_or(|extension| extension != "toml") {
        return Ok(preset(name)?);
    }
    let file = |reason: String| OpenError::File {
        path: path.to_owned(),
        reason,
    };
    let text = std::fs::read_to_string(path).map_err(|error| file(error.to_string()))?;
    let config: EngineConfig = toml::from_str(&text).map_err(|error| file(error.to_string()))?;
    config.validate()?;
    Ok(config)
}

/// Names of the configurations that come with rowfuse.
pub fn configuration_names() -> Vec<String> {
    presets().into_iter().map(|config| config.name).collect()
}

/// Why a board could not be opened or used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No legal configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A configuration file that cannot be read.
    #[error("{}: {reason}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The board.
    #[error(transparent)]
    Board(#[from] BoardError),
    /// The port.
    #[error(transparent)]
    Serial(#[from] SerialError),
}

impl Fault for OpenError {
    fn code(&self) -> &'static str {
        match self {
            OpenError::Config(_) => "config.illegal",
            OpenError::File { .. } => "config.file",
            OpenError::Board(error) => error.code(),
            OpenError::Serial(error) => error.code(),
        }
    }

    fn help(&self) -> String {
        match self {
            OpenError::Config(_) | OpenError::File { .. } => format!(
                "use one of {}, or a TOML file with the same fields as `rowfuse info --json` shows",
                configuration_names().join(", ")
            ),
            OpenError::Board(error) => error.help(),
            OpenError::Serial(error) => error.help(),
        }
    }

    fn exit(&self) -> Exit {
        match self {
            OpenError::Config(_) | OpenError::File { .. } => Exit::Input,
            OpenError::Board(error) => error.exit(),
            OpenError::Serial(error) => error.exit(),
        }
    }
}

impl Fault for BoardError {
    fn code(&self) -> &'static str {
        match self {
            BoardError::Mismatch { .. } => "board.mismatch",
            BoardError::Build(_) => "board.build",
            BoardError::Verilator(_) => "board.verilator",
            BoardError::Interrupted => "interrupted",
            BoardError::Memory(_) => "board.memory",
            BoardError::Program { .. } => "board.program",
            BoardError::Stalled { .. } => "board.stalled",
            BoardError::NoReply { .. } => "link.no_reply",
            BoardError::Restarted(_) => "link.restarted",
            BoardError::RunUnknown(_) => "link.run_unknown",
            BoardError::Refused { .. } => "link.refused",
            BoardError::Link(_) | BoardError::Frame(_) | BoardError::Odd { .. } => "link.failed",
        }
    }

    fn help(&self) -> String {
        match self {
            BoardError::Mismatch { .. } => {
                "choose the board's own configuration with --config, or make the plan again for it"
            }
            BoardError::Build(_) => {
                "choose another configuration with --config; `rowfuse list` shows them"
            }
            BoardError::Verilator(_) => {
                "run scripts/setup, or choose --board functional or gateware"
            }
            BoardError::Memory(_) => {
                "this is a fault of the hardware description; report it with the command that led to it"
            }
            BoardError::Interrupted => "nothing half-written is left behind; run the command again",
            BoardError::Program { .. } | BoardError::Stalled { .. } => {
                "make the plan again; `rowfuse program` shows its commands"
            }
            BoardError::Restarted(_) | BoardError::RunUnknown(_) => {
                "run the command again: it begins with writing the board's memory"
            }
            _ => "check the connection and run the command again",
        }
        .into()
    }

    fn exit(&self) -> Exit {
        match self {
            BoardError::Mismatch { .. } | BoardError::Build(_) | BoardError::Verilator(_) => {
                Exit::Board
            }
            BoardError::Interrupted => Exit::Interrupted,
            BoardError::Memory(_) | BoardError::Program { .. } => Exit::Internal,
            _ => Exit::Link,
        }
    }
}
