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
            uses: (exceptions.list.iter())
                .map(|exception| vec![(0, 0); exception.len()])
                .collect(),
        };
        for key in order {
            let Some(points) = collected.modules.get(key) else {
                continue;
            };
            let lines: Vec<&str> = texts[key].lines().collect();
            report.module(&paths[key], points, &lines, &mut exempt);
        }
        for (exception, uses) in exceptions.list.iter().zip(&exempt.uses) {
            for (index, (open, covered)) in uses.iter().enumerate() {
                let entry = exception.entry(index);
                if *covered > 0 {
                    let points = format!("{entry}: {covered} points of it are covered");
                    report.wrong.push(points);
                } else if *open == 0 {
                    report.wrong.push(format!("{entry}: needs no exception"));
                }
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
    /// Signals whose bits below a number have one value by construction: path of the module, name.
    constants: BTreeMap<(String, String), u32>,
    exceptions: &'a Exceptions,
    /// For each entry of each exception, points it is needed for and points that are covered all the same.
    uses: Vec<Vec<(usize, usize)>>,
}

impl Exempt<'_> {
    /// Whether a point is exempt in all instances of its module: an exception for one is none for the others.
    fn excepts(&mut self, paths: &[&str], point: &Point, text: &str, covered: bool) -> bool {
        let mut all = true;
        for path in paths {
            let mut here = point.kind == Kind::Toggle && self.is_constant(path, &point.what);
            for (exception, uses) in self.exceptions.list.iter().zip(&mut self.uses) {
                for entry in exception.entries(path, point, text) {
                    here = true;
                    if covered {
                        uses[entry].1 += 1;
                    } else {
                        uses[entry].0 += 1;
                    }
                }
            }
            all &= here;
        }
        all
    }

    fn is_constant(&self, path: &str, toggle: &str) -> bool {
        let name = toggle.split(':').next().unwrap_or_default();
        let (name, bit) = name.split_once('[').unwrap_or((name, "0]"));
        let bit = bit.trim_end_matches(']').parse::<u32>();
        let below = self.constants.get(&(path.to_owned(), name.to_owned()));
        bit.is_ok_and(|bit| below.is_some_and(|below| bit < *below))
    }
}

/// What has one value by construction: the output of a module that is nothing but `assign value = CONSTANT`, and the signal it drives in the
/// module above; and the low bits that [`zeros`] finds: zeros that are appended, and in a multiplier's product the bits below
/// those taken, as its operands have zeros there.
fn constants(
    modules: &[(String, String)],
    texts: &BTreeMap<&str, String>,
) -> BTreeMap<(String, String), u32> {
    let paths: BTreeSet<&str> = modules.iter().map(|(_, path)| path.as_str()).collect();
    let mut found = BTreeMap::new();
    for (key, path) in modules {
        let text = &texts[key.as_str()];
        if text.starts_with("module %(value);") && text.contains("    assign value = ") {
            found.insert((path.clone(), "value".to_owned()), u32::MAX);
            let mut ends = path.match_indices('$').map(|(at, _)| at).rev();
            if let Some(at) = ends.find(|at| paths.contains(&path[..*at])) {
                let signal = format!("{}$value", &path[at + 1..]);
                found.insert((path[..at].to_owned(), signal), u32::MAX);
            }
        }
        for (name, low) in text.lines().filter_map(zeros) {
            found.insert((path.clone(), name), low);
        }
    }
    found
}

/// Of a line `wire [W:0] A = {…, N'h0};` A and N; of `wire [W:0] A = B_p[HIGH:LOW];` the product and LOW.
fn zeros(line: &str) -> Option<(String, u32)> {
    let (wire, is) = line.trim().strip_suffix(';')?.split_once(" = ")?;
    let (_, name) = wire.strip_prefix("wire [")?.split_once("] ")?;
    if let Some(parts) = is.strip_suffix("'h0}") {
        let (_, bits) = parts.rsplit_once(", ")?;
        return Some((name.to_owned(), bits.parse().ok()?));
    }
    let (product, bits) = is.strip_suffix(']')?.split_once('[')?;
    let low = bits.split_once(':')?.1.parse().ok()?;
    product.ends_with("_p").then(|| (product.to_owned(), low))
}
