//! Points that no test reaches, each with its reason.

use std::path::Path;

use serde::Deserialize;

use super::points::{read, Kind, Point};
use super::CoverageError;

/// Points that need not be covered.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// Paths of modules; `*` for any text.
    pub module: String,
    /// Signals: `NAME`, `NAME[BIT]` or `NAME[HIGH:LOW]`, `*` for any text in the name; with `:0->1` or `:1->0` behind for one
    /// direction.
    #[serde(default)]
    pub signals: Vec<String>,
    /// Blocks: kind and text of the line, `else: if (busy) begin`; `*` for any text.
    #[serde(default)]
    pub lines: Vec<String>,
    /// Why none of them can or need be covered.
    pub reason: String,
}

impl Exception {
    /// Which of its entries, signals first, are about a point whose line has this text, in the module at `path`.
    pub(super) fn entries<'a>(
        &'a self,
        path: &str,
        point: &'a Point,
        text: &'a str,
    ) -> impl Iterator<Item = usize> + 'a {
        let here = matches(&self.module, path);
        let fits = move |index: &usize| match (point.kind, self.signals.get(*index)) {
            (Kind::Toggle, Some(signal)) => is_of(signal, &point.what),
            (Kind::Line, None) => {
                let line = &self.lines[*index - self.signals.len()];
                matches(line, &format!("{}: {}", point.what, text.trim()))
            }
            _ => false,
        };
        (0..self.len()).filter(move |index| here && fits(index))
    }

    /// How many entries it has.
    pub(super) fn len(&self) -> usize {
        self.signals.len() + self.lines.len()
    }

    /// An entry, for people.
    pub(super) fn entry(&self, index: usize) -> String {
        let entry = self.signals.iter().chain(&self.lines).nth(index);
        format!("{} {}", self.module, entry.map_or("", String::as_str))
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
            let lacks = match (exception.len(), exception.reason.trim().is_empty()) {
                (0, _) => "neither signals nor lines",
                (_, true) => "no reason",
                _ => continue,
            };
            let module = &exception.module;
            return Err(refuse(format!("the exception for `{module}` has {lacks}")));
        }
        Ok(exceptions)
    }
}

/// Whether a toggle, `NAME[BIT]:0->1` or `NAME:0->1`, or a bit, is one that an entry names.
pub(crate) fn is_of(entry: &str, toggle: &str) -> bool {
    let directed = toggle.ends_with("->1") || toggle.ends_with("->0");
    let (name, direction) = match toggle.rsplit_once(':') {
        Some(parts) if directed => parts,
        _ => (toggle, ""),
    };
    let entry = match entry
        .strip_suffix(direction)
        .and_then(|e| e.strip_suffix(':'))
    {
        Some(entry) => entry,
        None if entry.ends_with("->1") || entry.ends_with("->0") => return false,
        None => entry,
    };
    let split = |text: &str| -> Option<(String, String)> {
        let (name, bits) = text.strip_suffix(']')?.rsplit_once('[')?;
        Some((name.to_owned(), bits.to_owned()))
    };
    let (Some((pattern, bits)), Some((name, bit))) = (split(entry), split(name)) else {
        return matches(entry, name);
    };
    let (high, low) = bits.split_once(':').unwrap_or((&bits, &bits));
    let range = low.parse::<u32>().ok().zip(high.parse::<u32>().ok());
    let inside = match (range, bit.parse::<u32>()) {
        (Some((low, high)), Ok(bit)) => (low..=high).contains(&bit),
        _ => bits == bit,
    };
    inside && matches(&pattern, &name)
}

/// Whether `text` is `pattern`, in which `*` is any text.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(text) = text.strip_prefix(head) else {
        return false;
    };
    let mut ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    ends.any(|at| matches(rest, &text[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals() {
        assert!(is_of("q[3:1]", "q[3]:0->1") && is_of("q[3:1]", "q[1]:1->0"));
        assert!(!is_of("q[3:1]", "q[0]:0->1") && !is_of("q[3:1]", "r[2]:0->1"));
        assert!(is_of("a*$q[2]:0->1", "a$b$q[2]:0->1") && !is_of("q[2]:0->1", "q[2]:1->0"));
        assert!(is_of("q", "q:0->1") && is_of("q:1->0", "q:1->0") && !is_of("q", "qq:0->1"));
        // A memory's word and bit.
        assert!(is_of("m[*][7:4]", "m[12][5]:0->1") && !is_of("m[*][7:4]", "m[5][1]:0->1"));
    }

    #[test]
    fn patterns() {
        assert!(matches("top$*$q[*]", "top$a$b$q[3]") && matches("*", "") && matches("a*", "a"));
        assert!(!matches("top$*$q", "top$a$qq") && !matches("a", "ab") && !matches("a*b", "a"));
    }
}
