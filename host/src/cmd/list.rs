//! `rowfuse list`: boards, configurations and networks.

use crate::cli::{table, Context, Failure, Report};
use clap::Args;
use rowfuse::boards::Kind;
use rowfuse::frontpanel;
use rowfuse::network::NAMES;
use rowfuse::serial::found;
use rowfuse_spec::config::presets;
use serde_json::json;

/// What its help ends with.
const EXAMPLES: &str = "Examples:
  rowfuse list
  rowfuse --json list";

/// Arguments of `list`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct List {}

impl List {
    /// Lists what this rowfuse can use.
    pub fn run(&self, context: &Context) -> Result<Report, Failure> {
        let mut boards = table(["board", "what it is", "usable here"]);
        let mut board_values = Vec::new();
        for kind in Kind::ALL {
            let missing = kind.unavailable();
            let usable = missing.clone().unwrap_or_else(|| "yes".into());
            boards.add_row([kind.name(), kind.description(), usable.as_str()]);
            board_values.push(json!({
                "name": kind.name(), "description": kind.description(), "counts_cycles": kind.counts_cycles(),
                "usable": missing.is_none(), "reason": missing,
            }));
        }
        let mut configs = table(["configuration", "lanes", "DSP", "EBR", "device", "clock"]);
        let mut config_values = Vec::new();
        for config in presets() {
            configs.add_row([
                config.name.clone(),
                config.lanes.to_string(),
                config.dsp_needed().to_string(),
                config.ebr_needed().to_string(),
                config.device.name.clone(),
                format!("{} MHz", config.clock_mhz),
            ]);
            config_values.push(json!({
                "id": format!("{:#010x}", config.id()), "dsp": config.dsp_needed(), "ebr": config.ebr_needed(), "config": config,
            }));
        }
        let ports = found();
        let shown = match ports.is_empty() {
            true => "none found".into(),
            false => ports.join(", "),
        };
        // Why there are none, if they cannot be looked for, is in the table.
        let modules = frontpanel::found(&context.serial_options().stop).unwrap_or_default();
        let names: Vec<String> = modules
            .iter()
            .map(|serial| format!("ok:{serial}"))
            .collect();
        let named = match names.is_empty() {
            true => "none found".into(),
            false => names.join(", "),
        };
        Ok(Report {
            text: format!(
                "{boards}\nports: {shown}\nmodules: {named}\n{configs}\nnetworks: {}",
                NAMES.join(", ")
            ),
            result: json!({
                "boards": board_values, "ports": ports, "modules": names, "configs": config_values, "networks": NAMES,
            }),
        })
    }
}
