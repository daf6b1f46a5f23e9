//! What `rowfuse info --bitstream` tells.

use crate::cli::{table, Failure, Report};
use rowfuse::bitstream::{Entry, File, Listed, Sources};
use rowfuse_spec::config::preset;
use serde_json::{json, Value};
use std::path::Path;

/// What this host's sources give for a configuration that comes with rowfuse.
pub fn sources(config: &str) -> Option<Sources> {
    preset(config)
        .ok()
        .and_then(|config| Sources::of(&config).ok())
}

/// What the manifest says of a bitstream whose bytes are those it says.
pub fn report(path: &Path) -> Result<Report, Failure> {
    let listed = Listed::find(File::read(path)?)?;
    let sources = sources(&listed.config);
    let same = sources
        .as_ref()
        .map(|sources| sources.same_as(&listed.entry));
    Ok(Report {
        text: text(&listed, same),
        result: result(&listed, sources.as_ref(), same)?,
    })
}

fn text(listed: &Listed, same: Option<bool>) -> String {
    let Listed { file, entry, .. } = listed;
    let mut rows = table(["what", "value"]);
    let mut row = |what: &str, value: String| {
        rows.add_row([what, &value]);
    };
    row("bitstream", file.path.display().to_string());
    row(
        "bytes",
        format!("{}, SHA-256 as in the manifest", file.bytes),
    );
    row("SHA-256", file.sha256.clone());
    row("configuration", listed.config.clone());
    row("board", format!("{} with {}", entry.board, entry.device));
    row("output-channel lanes", entry.lanes.to_string());
    row("clock", format!("{} MHz", entry.clock_mhz));
    row("source ID", format!("{:#010x}", entry.source_id()));
    for clock in &entry.clocks {
        let met = if clock.met() { "met" } else { "MISSED" };
        row(
            &format!("timing, {}", clock.name),
            format!(
                "{} MHz of {} MHz: {met}",
                clock.fmax_mhz, clock.required_mhz
            ),
        );
    }
    if entry.clocks.is_empty() {
        row("timing", "MISSED: the manifest names no clock".into());
    }
    for (what, count) in resources(entry) {
        row(what, count.to_string());
    }
    let tools = &entry.tools;
    row(
        "made with",
        format!(
            "Yosys {}, nextpnr {}, seed {}",
            tools.yosys, tools.nextpnr, entry.seed
        ),
    );
    row(
        "this host's sources",
        match same {
            Some(true) => "give the same design".into(),
            Some(false) => "give ANOTHER design".into(),
            None => "have no such configuration".into(),
        },
    );
    let mut text = rows.to_string();
    for path in &entry.critical_paths {
        text += &format!("\n{path}");
    }
    text
}

fn resources(entry: &Entry) -> [(&'static str, u64); 4] {
    [
        ("LUT4", entry.lut),
        ("flip-flops", entry.ff),
        ("block memories", entry.ebr),
        ("multipliers", entry.dsp),
    ]
}

fn result(
    listed: &Listed,
    sources: Option<&Sources>,
    same: Option<bool>,
) -> Result<Value, Failure> {
    let mut result = json!({
        "bitstream": listed.file.path.display().to_string(),
        "bytes": listed.file.bytes,
        "manifest": listed.manifest.display().to_string(),
        "config": listed.config,
        // Other bytes are an error.
        "matches": true,
        "timing_met": listed.entry.timing_met(),
        "source_id": format!("{:#010x}", listed.entry.source_id()),
        "same_sources": same,
        "host_sources": sources,
    });
    let entry = serde_json::to_value(&listed.entry);
    let entry = entry.map_err(|error| Failure::internal(error.to_string()))?;
    if let (Some(result), Value::Object(entry)) = (result.as_object_mut(), entry) {
        result.extend(entry);
    }
    Ok(result)
}
