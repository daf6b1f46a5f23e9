//! Verilator's counts, merged over models and processes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::CoverageError;

/// What a point is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A basic block ran.
    Line,
    /// A bit went up or down.
    Toggle,
}

/// One thing that can happen in a module.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// What it is about.
    pub kind: Kind,
    /// Line of the module, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
    /// `NAME[BIT]:0->1` of a toggle, the kind of block of a line.
    pub what: String,
}

/// How often it happened, in all models together.
pub type Count = u64;

/// All points of all modules.
#[derive(Debug, Default)]
pub struct Collected {
    /// By a module's key.
    pub modules: BTreeMap<String, BTreeMap<Point, Count>>,
    /// Name of each design, and the key and path of its modules.
    pub designs: Vec<(String, Vec<(String, String)>)>,
    /// Models that were run.
    pub models: usize,
}

impl Collected {
    /// Reads what tests left in `directory`.
    ///
    /// # Errors
    /// If a file cannot be read or is not whole.
    pub fn read(directory: &Path) -> Result<Self, CoverageError> {
        let mut collected = Self::default();
        for path in files(&directory.join("designs"))? {
            let text = read(&path)?;
            let mut lines = text.lines();
            let name = lines.next().unwrap_or_default().to_owned();
            let modules = lines.filter_map(|line| {
                let (key, path) = line.split_once('\t')?;
                Some((key.to_owned(), path.to_owned()))
            });
            collected.designs.push((name, modules.collect()));
        }
        for path in files(&directory.join("points"))? {
            collected
                .add(&read(&path)?)
                .map_err(|(line, found)| CoverageError::Point { path, line, found })?;
        }
        Ok(collected)
    }

    /// Adds one model's counts, or says which line is none.
    pub(super) fn add(&mut self, text: &str) -> Result<(), (usize, String)> {
        self.models += 1;
        for (index, line) in text.lines().enumerate() {
            if line.starts_with('#') {
                continue;
            }
            let Some((module, point, count)) = parse(line) else {
                return Err((index + 1, line.chars().take(60).collect()));
            };
            if module != "outside" {
                let points = self.modules.entry(module).or_default();
                *points.entry(point).or_insert(0) += count;
            }
        }
        Ok(())
    }
}

/// A line of Verilator's file: `C '` fields `' COUNT`, each field a control character 1, its name, a 2 and its value.
fn parse(line: &str) -> Option<(String, Point, Count)> {
    let (fields, count) = line.strip_prefix("C '")?.rsplit_once("' ")?;
    let field = |name: &str| {
        let mut fields = fields.split('\u{1}');
        fields.find_map(|field| field.strip_prefix(name)?.strip_prefix('\u{2}'))
    };
    let kind = match field("t")? {
        "toggle" => Kind::Toggle,
        "line" | "branch" => Kind::Line,
        _ => return None,
    };
    let point = Point {
        kind,
        line: field("l")?.parse().ok()?,
        column: field("n")?.parse().ok()?,
        // Verilator has no `$` in its names.
        what: field("o")?.replace("__024", "$"),
    };
    Some((field("f")?.to_owned(), point, count.parse().ok()?))
}

fn files(directory: &Path) -> Result<Vec<std::path::PathBuf>, CoverageError> {
    let listing = fs::read_dir(directory).map_err(|error| file(directory, &error))?;
    let mut found: Vec<_> = listing.flatten().map(|entry| entry.path()).collect();
    found.sort();
    Ok(found)
}

pub(super) fn read(path: &Path) -> Result<String, CoverageError> {
    fs::read_to_string(path).map_err(|error| file(path, &error))
}

fn file(path: &Path, error: &std::io::Error) -> CoverageError {
    CoverageError::File {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}
