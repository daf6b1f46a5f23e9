//! Coverage of one design, module by module.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;

use super::points::{read, Collected, Kind, Point};
use super::{CoverageError, Exceptions};

/// Of a hundred points of either kind so many must be covered, those with an exception apart.
pub const LIMIT: f64 = 95.0;

/// Points of one kind.
#[derive(Debug, Clone, Copy, Default, Serialize, PartialEq, Eq)]
pub struct Tally {
    /// All of them.
    pub points: usize,
    /// Those that happened.
    pub covered: usize,
    /// Those that did not, for a reason that is listed.
    pub excepted: usize,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.points += other.points;
        self.covered += other.covered;
        self.excepted += other.excepted;
    }

    /// Covered points of a hundred that have no exception.
    pub fn percent(&self) -> f64 {
        match self.points - self.excepted {
            0 => 100.0,
            due => 100.0 * self.covered as f64 / due as f64,
        }
    }
}

/// One module text.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// Path of the first instance.
    pub module: String,
    /// How many instances the design has.
    pub instances: usize,
    /// Basic blocks.
    pub lines: Tally,
    /// Bits up and down.
    pub toggles: Tally,
}

/// A point that is neither covered nor excepted.
#[derive(Debug, Clone, Serialize)]
pub struct Missed {
    /// Path of the first instance.
    pub module: String,
    /// Line of the module.
    pub line: u32,
    /// Bit and direction, or kind of block.
    pub what: String,
    /// The line.
    pub text: String,
}

/// What was exercised of a design.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Its name.
    pub design: String,
    /// Models that were run, of any design.
    pub models: usize,
    /// Basic blocks.
    pub lines: Tally,
    /// Bits up and down.
    pub toggles: Tally,
    /// By module, in the design's order.
    pub rows: Vec<Row>,
    /// What is not covered.
    pub missed: Vec<Missed>,
    /// Exceptions without a point, or with one that is covered: the list is wrong.
    pub wrong: Vec<String>,
}

impl Report {
    /// Merges what `directory` holds of the design called `name`.
    ///
    /// # Errors
    /// If files are missing or damaged, or no such design was run.
    pub fn of(
        directory: &Path,
        name: &str,
        exceptions: &Exceptions,
    ) -> Result<Self, CoverageError> {
        let collected = Collected::read(directory)?;
        let design = collected.designs.iter().find(|(found, _)| found == name);
        let Some((_, modules)) = design else {
            let names: BTreeSet<&str> = collected
                .designs
                .iter()
                .map(|(name, _)| name.as_str())
                .collect();
            return Err(CoverageError::NoDesign {
                design: name.to_owned(),
                known: names.into_iter().collect::<Vec<_>>().join(", "),
            });
        };
        let mut paths: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut order = Vec::new();
        for (key, path) in modules {
            let known = paths.entry(key).or_default();
            if known.is_empty() {
                order.push(key.as_str());
            }
            known.push(path);
        }
        let mut report = Self {
            design: name.to_owned(),
            models: collected.models,
            lines: Tally::default(),
            toggles: Tally::default(),
            rows: Vec::new(),
            missed: Vec::new(),
            wrong: Vec::new(),
        };
        let mut texts = BTreeMap::new();
        for key in &order {
            texts.insert(*key, read(&directory.join(format!("modules/{key}.v")))?);
        }
        let mut exempt = Exempt {
            constants: constants(modules, &texts),
            exceptions,
            uses: vec![(0, 0); exceptions.list.len()],
        };
        for key in order {
            let Some(points) = collected.modules.get(key) else {
                continue;
            };
            let lines: Vec<&str> = texts[key].lines().collect();
            report.module(&paths[key], points, &lines, &mut exempt);
        }
        for (exception, (open, covered)) in exceptions.list.iter().zip(exempt.uses) {
            let about = exception.signal.as_ref().or(exception.line.as_ref());
            let about = format!(
                "{} {}",
                exception.module,
                about.map_or("", |text| text.as_str())
            );
            if open == 0 {
                report.wrong.push(format!("{about}: needs no exception"));
            } else if covered > 0 {
                report
                    .wrong
                    .push(format!("{about}: {covered} points of it are covered"));
            }
        }
        Ok(report)
    }

    fn module(
        &mut self,
        paths: &[&str],
        points: &BTreeMap<Point, u64>,
        lines: &[&str],
        exempt: &mut Exempt,
    ) {
        let mut row = Row {
            module: paths[0].to_owned(),
            instances: paths.len(),
            lines: Tally::default(),
            toggles: Tally::default(),
        };
        for (point, count) in points {
            let text = lines.get(point.line as usize - 1).copied().unwrap_or("");
            let tally = match point.kind {
                Kind::Line => &mut row.lines,
                Kind::Toggle => &mut row.toggles,
            };
            tally.points += 1;
            let excepted = exempt.excepts(paths, point, text, *count > 0);
            if *count > 0 {
                tally.covered += 1;
            } else if excepted {
                tally.excepted += 1;
            } else {
                self.missed.push(Missed {
                    module: row.module.clone(),
                    line: point.line,
                    what: point.what.clone(),
                    text: text.trim().to_owned(),
                });
            }
        }
        self.lines.add(row.lines);
        self.toggles.add(row.toggles);
        self.rows.push(row);
    }

    /// Whether enough is covered and the list of exceptions is right.
    pub fn passes(&self) -> bool {
        self.wrong.is_empty() && self.lines.percent() >= LIMIT && self.toggles.percent() >= LIMIT
    }
}

/// What need not be covered.
struct Exempt<'a> {
    /// Signals with one value by construction: path of the module, name.
    constants: BTreeSet<(String, String)>,
    exceptions: &'a Exceptions,
    /// For each exception, points it is needed for and points that are covered all the same.
    uses: Vec<(usize, usize)>,
}

impl Exempt<'_> {
    /// Whether a point is exempt in all instances of its module: an exception for one is none for the others.
    fn excepts(&mut self, paths: &[&str], point: &Point, text: &str, covered: bool) -> bool {
        let mut all = true;
        for path in paths {
            let name = point.what.split(['[', ':']).next().unwrap_or_default();
            let mut here = point.kind == Kind::Toggle
                && self
                    .constants
                    .contains(&((*path).to_owned(), name.to_owned()));
            for (exception, used) in self.exceptions.list.iter().zip(&mut self.uses) {
                if exception.is_about(path, point, text) {
                    here = true;
                    if covered {
                        used.1 += 1;
                    } else {
                        used.0 += 1;
                    }
                }
            }
            all &= here;
        }
        all
    }
}

/// The output of each module that is nothing but `assign value = CONSTANT`, and the signal it drives in the module above.
fn constants(
    modules: &[(String, String)],
    texts: &BTreeMap<&str, String>,
) -> BTreeSet<(String, String)> {
    let paths: BTreeSet<&str> = modules.iter().map(|(_, path)| path.as_str()).collect();
    let mut found = BTreeSet::new();
    for (key, path) in modules {
        let fixed = texts[key.as_str()].starts_with("module %(value);")
            && texts[key.as_str()].contains("    assign value = ");
        if !fixed {
            continue;
        }
        found.insert((path.clone(), "value".to_owned()));
        let ends = path.match_indices('$').map(|(at, _)| at);
        if let Some(at) = ends.rev().find(|at| paths.contains(&path[..*at])) {
            found.insert((path[..at].to_owned(), format!("{}$value", &path[at + 1..])));
        }
    }
    found
}
