//! What all verbs share: flags, progress, interrupts, output and exit codes.

mod bars;
mod board_name;
mod interrupt;
mod logging;
mod output;

pub use bars::Bars;
use board_name::BoardName;
pub use output::{Failure, Report};

use crate::cmd::Verb;
use clap::{Args, Parser};
use comfy_table::{presets, Table};
use rowfuse::boards::{self, Kind};
use rowfuse::frontpanel::{Module, ModulePort};
use rowfuse::serial::{self, Port, SerialBoard, MAX_BAUD};
use rowfuse_spec::uart::DEFAULT_BAUD;
use rowfuse_spec::EngineConfig;
use rowfuse_testbench::board::{Board, Client};
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Runs VGG-class networks on a small open FPGA board, or on a simulation of the very same hardware, and
/// proves the answer right, bit for bit.
#[derive(Debug, Parser)]
#[command(
    name = "rowfuse",
    version,
    propagate_version = true,
    arg_required_else_help = true
)]
pub struct Cli {
    /// Flags of all verbs.
    #[command(flatten)]
    pub common: Common,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// Flags of all verbs.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Common options")]
pub struct Common {
    /// Print one JSON document instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// Show no progress bars
    #[arg(long, global = true)]
    pub no_progress: bool,
    /// Log more to stderr; twice for everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Log errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Board to use; `rowfuse list` shows them, and serial numbers for ok:SERIAL [default: functional, or serial with --port]
    #[arg(long, global = true, value_name = "BOARD", value_parser = BoardName)]
    pub board: Option<String>,
    /// Port of a real board: a device, or tcp:HOST:PORT [default: the board that is found by USB]
    #[arg(long, global = true, value_name = "PORT")]
    pub port: Vec<String>,
    /// Highest rate of the serial port in bits a second
    #[arg(long, global = true, value_name = "BAUD", default_value_t = MAX_BAUD,
          value_parser = clap::value_parser!(u32).range(i64::from(DEFAULT_BAUD)..))]
    pub baud: u32,
    /// Configuration of the engine: a name that `rowfuse list` shows, or a TOML file
    #[arg(
        long,
        global = true,
        value_name = "CONFIG",
        default_value = "ulx3s-85f"
    )]
    pub config: String,
    /// Seconds without progress after which a program is given up
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 60)]
    pub timeout: u64,
    /// Seed of everything that is random
    #[arg(long, global = true, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,
}

/// What a verb gets beside its own arguments.
pub struct Context {
    /// Flags of all verbs.
    pub common: Common,
    /// Bars on stderr and the interrupt flag.
    pub bars: Bars,
    /// What a verb that was stopped, or whose values differ, has found.
    partial: Mutex<Option<Report>>,
}

impl Context {
    /// Nothing has been found yet.
    pub fn new(common: Common, bars: Bars) -> Context {
        Context {
            common,
            bars,
            partial: Mutex::default(),
        }
    }

    /// The configuration asked for.
    pub fn config(&self) -> Result<EngineConfig, Failure> {
        Ok(boards::configuration(&self.common.config)?)
    }

    /// The kind of board asked for.
    pub fn kind(&self) -> Kind {
        let named = self.common.board.as_deref().and_then(Kind::named);
        named.unwrap_or(match self.common.port.is_empty() {
            true => Kind::Functional,
            false => Kind::Serial,
        })
    }

    /// The board asked for, connected.
    pub fn open(&self, config: &EngineConfig) -> Result<Client<Box<dyn Board>>, Failure> {
        self.open_kind(self.kind(), config)
    }

    /// A board of a certain kind, connected.
    pub fn open_kind(
        &self,
        kind: Kind,
        config: &EngineConfig,
    ) -> Result<Client<Box<dyn Board>>, Failure> {
        let stall = Some(Duration::from_secs(self.common.timeout));
        Ok(match kind {
            Kind::Serial => {
                let port = Box::new(self.port()?);
                boards::open_real(port, config, stall, self.serial_options())?
            }
            Kind::Module => {
                let port = Box::new(ModulePort::new(self.module()?, config));
                boards::open_real(port, config, stall, self.serial_options())?
            }
            kind => boards::open(kind, config, stall, self.progress())?,
        })
    }

    /// The module asked for, or the only one.
    pub fn module(&self) -> Result<Module, Failure> {
        let named = self.common.board.as_deref().and_then(Module::parse);
        Ok(named.unwrap_or(Ok(Module { serial: None }))?)
    }

    /// The port asked for, or that of the one board that is connected.
    pub fn port(&self) -> Result<Port, Failure> {
        match self.common.port.as_slice() {
            [] => Ok(Port::Found),
            [port] => Ok(Port::parse(port)?),
            _ => Err(Failure::usage(
                "several ports share the images of `rowfuse run`; everything else takes one --port"
                    .into(),
            )),
        }
    }

    /// The boards behind the ports asked for, if they are several.
    pub fn open_several(
        &self,
        config: &EngineConfig,
    ) -> Result<Option<Vec<Client<SerialBoard>>>, Failure> {
        if self.common.port.len() < 2 {
            return Ok(None);
        }
        let ports = self.common.port.iter().map(|port| Port::parse(port));
        let ports = ports.collect::<Result<Vec<Port>, _>>()?;
        let stall = Some(Duration::from_secs(self.common.timeout));
        Ok(Some(boards::open_ports(
            &ports,
            config,
            stall,
            &self.serial_options(),
        )?))
    }

    /// How a port's board is reached, and what is said of the line.
    pub fn serial_options(&self) -> serial::Options {
        let flag = self.bars.flag();
        serial::Options {
            max_baud: self.common.baud,
            timeout: Duration::from_secs(self.common.timeout),
            stop: Arc::new(move || flag.load(Ordering::Relaxed)),
            tell: Arc::new(|event| match event {
                serial::Event::Rate(baud) => tracing::info!("{baud} bits a second"),
                serial::Event::Waiting(time) => tracing::warn!(
                    "nothing answers yet; a board that was left at another rate needs {:.1} s",
                    time.as_secs_f64()
                ),
                serial::Event::Lost(reason) => tracing::warn!("{reason}; waiting for the board"),
                serial::Event::Back => tracing::warn!("the board is back"),
            }),
            ..serial::Options::default()
        }
    }

    /// Refuses flags that contradict each other.
    fn check(&self) -> Result<(), Failure> {
        self.module()?;
        match self.kind() {
            Kind::Serial => Ok(()),
            _ if self.common.port.is_empty() => Ok(()),
            kind => Err(Failure::usage(format!(
                "--port is for the board `serial`, not for `{}`",
                kind.name()
            ))),
        }
    }

    /// Keeps what a verb has found that is about to end as interrupted, or because values differ; it is printed beside the error.
    pub fn leave(&self, report: Report) {
        *self.partial.lock().unwrap_or_else(PoisonError::into_inner) = Some(report);
    }

    /// For long work of the library.
    pub fn progress(&self) -> &dyn rowfuse::progress::Progress {
        &self.bars
    }
}

/// Runs the verb and prints what it found.
pub fn run(cli: Cli) -> ExitCode {
    logging::start(&cli.common);
    let name = cli.verb.name();
    let json = cli.common.json;
    let hidden = cli.common.no_progress || cli.common.quiet;
    let (result, partial) = match interrupt::install() {
        Ok(flag) => {
            let context = Context::new(cli.common, Bars::new(flag, hidden));
            let result = context.check().and_then(|()| cli.verb.run(&context));
            context.bars.clear();
            let partial = context.partial.into_inner();
            (result, partial.unwrap_or_else(PoisonError::into_inner))
        }
        Err(error) => {
            let message = format!("cannot watch for interrupts: {error}");
            (Err(Failure::internal(message)), None)
        }
    };
    output::print(name, json, result, partial)
}

/// Reports a command line that could not be understood; help and version are no error.
pub fn usage(error: &clap::Error, arguments: &[std::ffi::OsString]) -> ExitCode {
    let json = arguments.iter().any(|argument| argument == "--json");
    if json && error.use_stderr() {
        return output::print(
            "",
            true,
            Err(Failure::usage(error.to_string().trim().to_owned())),
            None,
        );
    }
    // Nothing sensible is left to do if even this cannot be printed.
    let _ = error.print();
    if error.use_stderr() {
        ExitCode::from(rowfuse::fault::Exit::Usage.code())
    } else {
        ExitCode::SUCCESS
    }
}

/// An empty table in the style of all verbs.
pub fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_FULL_CONDENSED);
    table.set_header(header);
    table
}
