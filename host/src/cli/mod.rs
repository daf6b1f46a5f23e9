//! What all verbs share: flags, progress, interrupts, output and exit codes.

mod bars;
mod interrupt;
mod logging;
mod output;

pub use bars::Bars;
pub use output::{Failure, Report};

use crate::cmd::Verb;
use clap::{Args, Parser};
use comfy_table::{presets, Table};
use rowfuse::boards::{self, Kind};
use rowfuse_spec::EngineConfig;
use rowfuse_testbench::board::{Board, Client};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
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
    /// Board to use; `rowfuse list` shows them
    #[arg(long, global = true, value_name = "BOARD", default_value = "functional",
          value_parser = clap::builder::PossibleValuesParser::new(Kind::ALL.map(Kind::name)))]
    pub board: String,
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
    /// What a verb that was stopped has found so far.
    partial: Mutex<Option<Report>>,
}

impl Context {
    /// The configuration asked for.
    pub fn config(&self) -> Result<EngineConfig, Failure> {
        Ok(boards::configuration(&self.common.config)?)
    }

    /// The kind of board asked for.
    pub fn kind(&self) -> Kind {
        Kind::named(&self.common.board).unwrap_or(Kind::Functional)
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
        let stall = Duration::from_secs(self.common.timeout);
        Ok(boards::open(kind, config, Some(stall), self.progress())?)
    }

    /// Keeps what a verb has found that is about to end as interrupted; it is printed beside the error.
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
            let context = Context {
                common: cli.common,
                bars: Bars::new(flag, hidden),
                partial: Mutex::default(),
            };
            let result = cli.verb.run(&context);
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
