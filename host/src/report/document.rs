//! A run as its JSON says it.

use std::collections::BTreeMap;
use std::path::Path;

use rowfuse_spec::EngineConfig;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::Deserialize;

use super::data::Data;
use super::{check, ReportError};
use crate::bounded;
use crate::plan::{Blocks, Bound, Prediction};
use crate::throughput::Totals;

/// The documents' format that is understood.
const SCHEMA: u64 = 1;
/// Longest file that is read: pictures of a hundred groups are below it.
pub const MAX_BYTES: u64 = 64 << 20;

/// A run of one image.
#[derive(Clone, Debug, Deserialize)]
pub struct Run {
    /// What the board calls itself.
    pub board: String,
    /// The network.
    pub network: Option<String>,
    /// The photograph's path or name.
    pub image: Option<String>,
    /// The engine.
    pub config: EngineConfig,
    /// Into which blocks maps were cut, if they were.
    pub blocks: Option<Blocks>,
    /// Sums of the whole.
    pub totals: Totals,
    /// Every group, in order.
    pub groups: Vec<Group>,
    /// Every layer, in order.
    pub layers: Vec<Layer>,
    /// Seconds in all, comparing included.
    pub wall_seconds: f64,
    /// The best classes, best first.
    pub top5: Vec<Guess>,
    /// The serial line's counters, if there was one.
    pub line: Option<BTreeMap<String, u64>>,
    /// Pictures and times, if they were asked for.
    pub report: Option<Data>,
}

/// A group of it.
#[derive(Clone, Debug, Deserialize)]
pub struct Group {
    /// Its layers' names, joined.
    pub name: String,
    /// How many they are.
    pub layers: usize,
    /// Cycles that the board counted, if it counts.
    pub cycles: Option<u64>,
    /// What the planner predicts.
    pub predicted: Prediction,
    /// The board's counters.
    pub counters: Prediction,
    /// Values of its output.
    pub values: u64,
    /// How many of them differ, if they were compared.
    pub mismatches: Option<u64>,
    /// Channel, row and column of the first that differs.
    pub first_mismatch: Option<[u64; 3]>,
}

/// A layer of it.
#[derive(Clone, Debug, Deserialize)]
pub struct Layer {
    /// Its name.
    pub name: String,
    /// Its group, counted from 0.
    pub group: usize,
    /// Rows of pixels that it reads.
    pub height: u64,
    /// Columns.
    pub width: u64,
    /// Input channels.
    pub cin: u64,
    /// Output channels.
    pub cout: u64,
    /// Whether a 2×2 max-pool follows.
    #[serde(default)]
    pub pool: bool,
    /// What the host does before it, if anything.
    pub host: Option<IgnoredAny>,
    /// Multiply-accumulate operations.
    pub macs: u64,
    /// What the planner predicts.
    pub predicted: Prediction,
    /// Share of the array's operations that are the layer's while it runs, 0 to 1.
    pub utilisation: f64,
    /// What most of its time goes by.
    pub bound: Bound,
}

/// One of the best classes.
#[derive(Clone, Debug, Deserialize)]
pub struct Guess {
    /// Its index.
    pub class: u64,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Its score.
    pub score: f64,
    /// Softmax over all scores, 0 to 1.
    pub probability: f64,
}

/// What is said of every command, whatever came of it.
#[derive(Deserialize)]
struct Envelope {
    schema: u64,
    command: String,
    error: Option<Failed>,
    result: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Failed {
    message: String,
}

#[derive(Deserialize)]
struct With<T> {
    result: T,
}

#[derive(Deserialize)]
struct Demo {
    photograph: String,
    first_group: Run,
    whole: Run,
}

/// A run of several images has this too.
#[derive(Deserialize)]
struct Images {
    images: Option<IgnoredAny>,
}

/// What a document tells.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its runs, the most complete one first. There is at least one.
    pub runs: Vec<Run>,
    /// Why the command failed, if it did.
    pub failure: Option<String>,
}

/// Reads what `rowfuse --json run` or `rowfuse demo` wrote.
///
/// # Errors
/// If the file cannot be read, is longer than [`MAX_BYTES`], or is not such a document of one image.
pub fn read(path: &Path) -> Result<Document, ReportError> {
    let name = path.display().to_string();
    let text = bounded::read(path, MAX_BYTES).map_err(|refused| match refused.into_io() {
        Ok(source) => ReportError::Io {
            path: name.clone(),
            source,
        },
        Err(found) => ReportError::TooLarge {
            path: name.clone(),
            found,
            limit: MAX_BYTES,
        },
    })?;
    parse(&text, &name)
}

/// [`read`] of a document's text; `path` is for messages.
///
/// # Errors
/// If it is not such a document.
pub fn parse(text: &[u8], path: &str) -> Result<Document, ReportError> {
    let path = || path.to_owned();
    let envelope: Envelope = json(text, path())?;
    if envelope.schema != SCHEMA {
        return Err(ReportError::Schema {
            path: path(),
            found: envelope.schema,
            expected: SCHEMA,
        });
    }
    let failure = envelope.error.map(|error| error.message);
    let runs = match (envelope.command.as_str(), envelope.result, &failure) {
        ("run" | "demo", None, Some(reason)) => {
            return Err(ReportError::Failed {
                path: path(),
                reason: reason.clone(),
            })
        }
        ("run", ..) => {
            let several: With<Images> = json(text, path())?;
            if several.result.images.is_some() {
                return Err(ReportError::Several { path: path() });
            }
            vec![json::<With<Run>>(text, path())?.result]
        }
        ("demo", ..) => {
            let demo = json::<With<Demo>>(text, path())?.result;
            let mut runs = vec![demo.whole, demo.first_group];
            for run in &mut runs {
                run.image.get_or_insert_with(|| demo.photograph.clone());
            }
            runs
        }
        (found, ..) => {
            return Err(ReportError::Command {
                path: path(),
                found: found.into(),
            })
        }
    };
    for run in &runs {
        check::run(run).map_err(|wrong| wrong.of(path()))?;
    }
    Ok(Document { runs, failure })
}

fn json<T: DeserializeOwned>(text: &[u8], path: String) -> Result<T, ReportError> {
    serde_json::from_slice(text).map_err(|error| ReportError::Json {
        path,
        reason: error.to_string(),
    })
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;
