//! `rowfuse info`: who a board says it is, or what a bitstream is.

use super::bitstream;
use super::line::line_value;
use crate::cli::{table, Context, Failure, Report};
use clap::Args;
use rowfuse_hdl::identity::source_hash;
use rowfuse_testbench::board::Board;
use serde_json::json;
use std::path::PathBuf;

/// What its help ends with.
const EXAMPLES: &str = "Examples:
  rowfuse info --board functional
  rowfuse info --port /dev/ttyUSB0
  rowfuse info --bitstream bitstreams/ulx3s-85f.bit";

/// Arguments of `info`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Info {
    /// Tell of this bitstream instead: what the manifest.toml beside it says, and whether this rowfuse's sources give the same
    #[arg(long, value_name = "FILE")]
    bitstream: Option<PathBuf>,
}

impl Info {
    /// Asks the board, or reads the manifest.
    pub fn run(&self, context: &Context) -> Result<Report, Failure> {
        match &self.bitstream {
            Some(path) => bitstream::report(path),
            None => Info::board(context),
        }
    }

    fn board(context: &Context) -> Result<Report, Failure> {
        let config = context.config()?;
        let mut client = context.open(&config)?;
        let info = *client.info();
        let board = client.board().describe();
        let line = line_value(client.board());
        let mut rows = table(["what", "value"]);
        rows.add_row(["board", board.as_str()]);
        rows.add_row(["configuration", config.name.as_str()]);
        rows.add_row(["configuration ID", &format!("{:#010x}", info.config_id)]);
        rows.add_row(["source ID", &format!("{:#010x}", info.source_id)]);
        rows.add_row(["contract version", &info.contract_version.to_string()]);
        rows.add_row(["output-channel lanes", &info.lanes.to_string()]);
        rows.add_row(["memory", &format!("{} KiB", info.memory_kib)]);
        rows.add_row(["clock", &format!("{} MHz", config.clock_mhz)]);
        Ok(Report {
            text: rows.to_string(),
            result: json!({
                "board": board,
                "config": config,
                "config_id": format!("{:#010x}", info.config_id),
                "source_id": format!("{:#010x}", info.source_id),
                "host_source_sha256": source_hash(&config).ok(),
                "contract_version": info.contract_version,
                "lanes": info.lanes,
                "memory_kib": info.memory_kib,
                "dsp": config.dsp_needed(),
                "ebr": config.ebr_needed(),
                "line": line,
            }),
        })
    }
}
