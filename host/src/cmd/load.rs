//! `rowfuse load`: a bitstream into a board.

use super::bitstream::sources;
use crate::cli::{Context, Failure, Report};
use clap::builder::PossibleValuesParser;
use clap::Args;
use rowfuse::bitstream::{check_id, locate, starts, BitstreamError, File, Listed};
use rowfuse::boards::Kind;
use rowfuse::fault::{Exit, Fault};
use rowfuse::programmer::{self, Job, LoadFailure, Target, Tool};
use rowfuse::serial::{found, Port, SerialBoard};
use rowfuse_spec::config::preset;
use rowfuse_spec::frame::Info;
use rowfuse_spec::EngineConfig;
use serde_json::json;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What its help ends with.
const EXAMPLES: &str = "Examples:
  rowfuse load ulx3s-85f
  rowfuse load bitstreams/ulx3s-45f.bit --flash --tool fujprog
  rowfuse load target/xem7010/xem7010-a50/top.bit --board ok:SERIAL";

/// Arguments of `load`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Load {
    /// A bitstream, or a configuration whose bitstream comes with rowfuse
    #[arg(value_name = "FILE|CONFIG")]
    pub(super) bitstream: PathBuf,
    /// Write the board's flash, from which it starts when its power comes, instead of the FPGA alone
    #[arg(long)]
    pub(super) flash: bool,
    /// Tool to use [default: the first that is installed]
    #[arg(long, value_name = "TOOL", value_parser = PossibleValuesParser::new(Tool::ALL.map(Tool::name)))]
    pub(super) tool: Option<String>,
    /// Load a file that no manifest lists, which nothing is known about
    #[arg(long)]
    unlisted: bool,
}

impl Load {
    /// Programs the board.
    pub fn run(&self, context: &Context) -> Result<Report, Failure> {
        if context.kind() == Kind::Module {
            return self.load_module(context);
        }
        // A port that is none is told before the board is changed.
        context.port()?;
        let file = File::read(&locate(&self.bitstream, &starts())?)?;
        let listed = self.listed(file.clone())?;
        let same = listed.as_ref().and_then(|listed| {
            let same = sources(&listed.config)?.same_as(&listed.entry);
            if !same {
                tracing::warn!(
                    "{} was made of other sources than this rowfuse's",
                    file.path.display()
                );
            }
            Some(same)
        });

        let target = if self.flash {
            Target::Flash
        } else {
            Target::Sram
        };
        let tools = match self.tool.as_deref().and_then(Tool::named) {
            Some(tool) => vec![tool],
            None => Tool::ALL.to_vec(),
        };
        let job = Job {
            file: &file.path,
            bytes: file.bytes as u64,
            device: listed.as_ref().map(|listed| listed.entry.device.as_str()),
            target,
            silence: Duration::from_secs(context.common.timeout),
        };
        let started = Instant::now();
        let tool = programmer::load(&tools, &job, context.progress())
            .map_err(|failure| told(context, *failure))?;
        let seconds = started.elapsed().as_secs_f64();
        let id_checked = self.check(context, listed.as_ref())?;

        let entry = listed.as_ref().map(|listed| &listed.entry);
        Ok(Report {
            text: format!(
                "{} is in the {}: {} took {seconds:.1} s{}",
                file.path.display(),
                match target {
                    Target::Sram => "FPGA",
                    Target::Flash => "board's flash",
                },
                tool.program(),
                if id_checked {
                    "; the board says that it runs it"
                } else {
                    "; whether the board runs it was not checked"
                }
            ),
            result: json!({
                "bitstream": file.path.display().to_string(),
                "bytes": file.bytes,
                "sha256": file.sha256,
                "listed": listed.is_some(),
                "config": listed.as_ref().map(|listed| &listed.config),
                "board": entry.map(|entry| &entry.board),
                "device": entry.map(|entry| &entry.device),
                "same_sources": same,
                "target": target.name(),
                "tool": tool.name(),
                "seconds": seconds,
                "id_checked": id_checked,
            }),
        })
    }

    /// The file's entry, if it has one or need not have one, and its timing was met.
    fn listed(&self, file: File) -> Result<Option<Listed>, Failure> {
        let path = file.path.clone();
        match Listed::find(file) {
            Ok(listed) => {
                listed.check_timing()?;
                Ok(Some(listed))
            }
            Err(error @ (BitstreamError::NotListed { .. } | BitstreamError::NoManifest { .. })) => {
                if !self.unlisted {
                    let mut failure = Failure::from(error);
                    failure.help += "; --unlisted loads it all the same";
                    return Err(failure);
                }
                tracing::warn!("{error}: nothing is known about {}", path.display());
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Asks the board whether it runs the bitstream, if there is a way to ask.
    fn check(&self, context: &Context, listed: Option<&Listed>) -> Result<bool, Failure> {
        let port = context.port()?;
        let reachable = port != Port::Found || found().len() == 1;
        let asked = match listed {
            Some(listed) if reachable => {
                let config = preset(&listed.config).map_err(rowfuse::boards::OpenError::from)?;
                ask_board(context, port, &config)?.map(|info| (info, config, &listed.entry))
            }
            _ => None,
        };
        let Some((info, config, entry)) = asked else {
            tracing::warn!("the board's ID was NOT checked: --port names the port that asks it");
            return Ok(false);
        };
        check_id(&info, &config, entry)?;
        Ok(true)
    }
}

/// What the board that was programmed says. It must answer at a port that was given, and may at one that is found.
fn ask_board(
    context: &Context,
    port: Port,
    config: &EngineConfig,
) -> Result<Option<Info>, Failure> {
    let given = port != Port::Found;
    match SerialBoard::open(Box::new(port), config, context.serial_options()) {
        Ok(board) => Ok(Some(board.info())),
        Err(error) if given || error.exit() == Exit::Interrupted => Err(error.into()),
        Err(error) => {
            tracing::warn!("{error}; {}", error.help());
            Ok(None)
        }
    }
}

/// Shows what the tool said, which the failure's message is too short for.
fn told(context: &Context, failure: LoadFailure) -> Failure {
    context.bars.clear();
    for line in &failure.output {
        context.bars.println(&format!("    {line}"));
    }
    failure.error.into()
}
