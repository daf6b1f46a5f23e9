//! Points that no test reaches, each with its reason.

use std::path::Path;

use serde::Deserialize;

use super::points::{read, Kind, Point};
use super::CoverageError;

/// Points that need not be covered.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// Paths of modules, `*` for any text, below the design's top.
    pub module: String,
    /// Signals with bits, `NAME[BIT]`, or one direction of them, `NAME[BIT]:0->1`; `*` for any text.
    #[serde(default)]
    pub signal: Option<String>,
    /// Blocks: kind and text of the line, `else: if (busy) begin`; `*` for any text.
    #[serde(default)]
    pub line: Option<String>,
    /// Why none of them can or need be covered.
    pub reason: String,
}

impl Exception {
    /// Whether it is about a point whose line has this text, in the module at `path`.
    pub fn is_about(&self, path: &str, point: &Point, text: &str) -> bool {
        let fits = match (point.kind, &self.signal, &self.line) {
            (Kind::Toggle, Some(signal), _) => {
                let name = point.what.split(':').next().unwrap_or_default();
                matches(signal, name) || matches(signal, &point.what)
            }
            (Kind::Line, _, Some(line)) => {
                matches(line, &format!("{}: {}", point.what, text.trim()))
            }
            _ => false,
        };
        fits && matches(&self.module, path)
    }
}

/// The whole list, in a file of TOML: `[[exception]]` each.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exceptions {
    /// In the order of the file.
    #[serde(default, rename = "exception")]
    pub list: Vec<Exception>,
}

impl Exceptions {
    /// Reads a list.
    ///
    /// # Errors
    /// If it cannot be read, is no such list, or an entry names neither signals nor lines or has no reason.
    pub fn read(path: &Path) -> Result<Self, CoverageError> {
        let refuse = |reason: String| CoverageError::Exceptions {
            path: path.to_owned(),
            reason,
        };
        let exceptions: Self =
            toml::from_str(&read(path)?).map_err(|error| refuse(error.to_string()))?;
        for exception in &exceptions.list {
            if exception.signal.is_some() == exception.line.is_some() {
                return Err(refuse(format!(
                    "the exception for `{}` names not exactly one of `signal` and `line`",
                    exception.module
                )));
            }
            if exception.reason.trim().is_empty() {
                return Err(refuse(format!(
                    "the exception for `{}` has no reason",
                    exception.module
                )));
            }
        }
        Ok(exceptions)
    }
}

/// Whether `text` is `pattern`, in which `*` is any text.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(text) = text.strip_prefix(head) else {
        return false;
    };
    let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    let mut ends = ends;
    ends.any(|at| matches(rest, &text[at..]))
}
