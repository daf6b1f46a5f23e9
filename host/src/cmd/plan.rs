//! `rowfuse plan`: programs, memory map and predictions for a network on an engine.

use super::blocks;
use super::layers::Layers;
use crate::cli::{table, Context, Failure, Report};
use clap::{Args, ValueEnum};
use comfy_table::Table;
use rowfuse::plan::{self, Blocks, Fusion, Plan, PlanOptions};
use rowfuse::throughput::Totals;
use rowfuse::{atomic, quantise};
use serde_json::json;
use std::path::PathBuf;

/// Which layers are joined in one program.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Fuse {
    /// Those that are predicted to be faster for it
    Auto,
    /// None
    Off,
}

impl From<Fuse> for Fusion {
    fn from(fuse: Fuse) -> Fusion {
        match fuse {
            Fuse::Auto => Fusion::Auto,
            Fuse::Off => Fusion::Off,
        }
    }
}

/// What its help ends with.
const EXAMPLES: &str = "Examples:
  rowfuse plan tiny.int8
  rowfuse plan tiny.int8 --config ulx3s-45f --fuse off -o plan.json
  rowfuse plan tiny.int8 --blocks 16";

/// Arguments of `plan`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct PlanArgs {
    /// Quantised network, as `rowfuse quantize` writes it
    #[arg(value_name = "NETWORK")]
    network: PathBuf,
    /// Only these convolutions: `N` the first N, `a..b` from a (counted from 0) to b without b, `a..=b` with b;
    /// names such as features.5 will do
    #[arg(long, value_name = "RANGE")]
    layers: Option<Layers>,
    /// Which layers are joined in one program
    #[arg(long, value_enum, default_value = "auto")]
    fuse: Fuse,
    /// Block convolution: cut every map into blocks of SIZE×SIZE pixels (an even number), or `2x2` blocks a map, and pad each
    /// on its own. That is another function than the exact mode's, with a golden model of its own
    #[arg(long, value_name = "SIZE")]
    blocks: Option<Blocks>,
    /// File to write the plan to, as JSON
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl PlanArgs {
    /// Plans.
    pub fn run(&self, context: &Context) -> Result<Report, Failure> {
        let config = context.config()?;
        let (network, _) = quantise::load(&self.network, context.progress())?;
        let options = PlanOptions {
            layers: Layers::range(self.layers.as_ref(), &network)?,
            fusion: self.fuse.into(),
            blocks: self.blocks,
        };
        let plan = plan::plan(&network, &config, &options)?;
        let exact = match self.blocks {
            Some(_) => {
                let blocks = None;
                Some(plan::plan(
                    &network,
                    &config,
                    &PlanOptions { blocks, ..options },
                ))
            }
            None => None,
        };
        if let Some(path) = &self.output {
            let text = serde_json::to_string(&plan)
                .map_err(|error| Failure::internal(error.to_string()))?;
            atomic::write(path, text.as_bytes())
                .map_err(|error| Failure::file(path, "written", &error))?;
        }
        let sum = plan.prediction();
        let mut text = format!(
            "{}\n{} on {}: {} cycles a frame, {:.2} ms at {} MHz, {:.2} frames/s; {:.1} MB of memory traffic, {:.1} MB of memory",
            layer_table(&plan),
            plan.network,
            config.name,
            sum.cycles,
            1e3 * plan.predicted_seconds(),
            config.clock_mhz,
            1.0 / plan.predicted_seconds(),
            sum.memory_bytes() as f64 / 1e6,
            plan.memory_bytes() as f64 / 1e6,
        );
        let mut beside = serde_json::Value::Null;
        match &exact {
            Some(Ok(exact)) => {
                let note = blocks::note(&plan).unwrap_or_default();
                text += &format!("\n\n{note}\n{}", blocks::beside_exact(&plan, exact));
                beside = json!({ "predicted": exact.prediction(), "layers": layer_values(exact) });
            }
            Some(Err(error)) => text += &format!("\n\nthe exact mode cannot be planned: {error}"),
            None => {}
        }
        let result = json!({
            "network": plan.network, "config": config, "config_id": format!("{:#010x}", plan.config_id),
            "clock_mhz": config.clock_mhz, "predicted": sum, "predicted_fps": 1.0 / plan.predicted_seconds(),
            "totals": Totals::of_plan(&plan),
            "memory_bytes": plan.memory_bytes(), "memory": plan.memory, "layers": layer_values(&plan),
            "blocks": plan.blocks, "exact": beside,
            "output": self.output.as_ref().map(|path| path.display().to_string()),
        });
        Ok(Report { text, result })
    }
}

/// One row a layer.
pub fn layer_table(plan: &Plan) -> Table {
    let mut rows = table([
        "group",
        "layer",
        "map",
        "channels",
        "strips",
        "cycles",
        "use",
        "bound by",
        "line buffer",
        "memory traffic",
    ]);
    for (index, group) in plan.groups.iter().enumerate() {
        for layer in &group.layers {
            let shape = &layer.shape;
            rows.add_row([
                (index + 1).to_string(),
                match &shape.host {
                    Some(_) => format!("{} (host)", shape.name),
                    None => shape.name.clone(),
                },
                format!("{}×{}", shape.height, shape.width),
                format!("{}→{}", shape.cin, shape.cout),
                group.strips.to_string(),
                layer.prediction.cycles.to_string(),
                format!("{:.0}%", 100.0 * layer.utilisation),
                layer.bound.name().to_string(),
                format!("{:.0} KB", f64::from(layer.line_buffer_bytes) / 1e3),
                format!("{:.2} MB", layer.prediction.memory_bytes() as f64 / 1e6),
            ]);
        }
    }
    rows
}

/// The same for programs.
pub fn layer_values(plan: &Plan) -> Vec<serde_json::Value> {
    let mut values = Vec::new();
    for (index, group) in plan.groups.iter().enumerate() {
        for layer in &group.layers {
            values.push(json!({
                "name": layer.shape.name, "group": index, "height": layer.shape.height, "width": layer.shape.width,
                "cin": layer.shape.cin, "cout": layer.shape.cout, "pool": layer.shape.pool, "macs": layer.shape.macs(),
                "predicted": layer.prediction, "utilisation": layer.utilisation, "bound": layer.bound,
                "line_buffer_bytes": layer.line_buffer_bytes, "strips": group.strips, "block": layer.shape.block,
                "host": layer.shape.host, "copies": layer.shape.arrange.as_ref().map_or(1, |way| way.count()), "crop": layer.shape.crop,
            }));
        }
    }
    values
}
