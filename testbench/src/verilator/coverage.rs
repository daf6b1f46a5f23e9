//! Coverage of compiled models: which lines of a design ran and which bits went up and down.
//!
//! With [`COVERAGE`] set, every model counts, and writes its counts when it is dropped. rust-hdl makes a module of every
//! instance, so points are counted against a module's own text without its path: whoever has the same text has the same key.
//!
//! The directory then holds `points/*.dat`, Verilator's counts of one model and process each, whose file names (`f`) are keys
//! and whose lines are those of the module; `modules/KEY.v`, the texts; and `designs/*.tsv`, key and path of each module
//! of a design, its name in the first line.

use std::env;
use std::ffi::CString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use super::cache::key;
use super::{uncleared, Design, VerilatorError};

/// Environment variable that names the directory in which coverage is collected.
pub const COVERAGE: &str = "ROWFUSE_COVERAGE";

/// Options of Verilator for a model that counts: signals and memories of up to so many bits in all.
pub(super) const FLAGS: &[&str] = &[
    "--coverage-line",
    "--coverage-toggle",
    "--coverage-max-width",
    "1024",
];

/// The directory that [`COVERAGE`] names.
pub(super) fn directory() -> Option<PathBuf> {
    env::var_os(COVERAGE)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

/// A module of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Module {
    /// Its name, which rust-hdl makes of the instances above it.
    pub(super) path: String,
    /// Hash of its text.
    pub(super) key: String,
    /// Its text without its path.
    pub(super) text: String,
}

/// The modules of a text in order, and the text in which each claims to be line 1 of the file named as its key.
pub(super) fn modules(verilog: &str) -> (Vec<Module>, String) {
    let mut found = Vec::new();
    let mut marked = String::with_capacity(verilog.len() + verilog.len() / 8);
    let mut lines = verilog.lines();
    while let Some(line) = lines.next() {
        let Some(rest) = line.strip_prefix("module ") else {
            marked.push_str(line);
            marked.push('\n');
            continue;
        };
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "_$".contains(c)));
        let path = &rest[..end.unwrap_or(rest.len())];
        let (mut text, mut own) = (String::new(), String::new());
        let mut line = line;
        loop {
            let instance = line.trim_start().strip_prefix(path);
            let named = line.starts_with("module ") || line.starts_with("endmodule");
            if named || instance.is_some_and(|rest| rest.starts_with('$')) {
                own.push_str(&line.replacen(path, "%", 1));
            } else {
                own.push_str(line);
            }
            own.push('\n');
            text.push_str(line);
            text.push('\n');
            if line.starts_with("endmodule") {
                break;
            }
            match lines.next() {
                Some(next) => line = next,
                None => break,
            }
        }
        // Whether a memory is cleared makes no other module of it.
        let own = uncleared(&own);
        let key = key(&[&own])[..16].to_owned();
        marked.push_str(&format!("`line 1 \"{key}\" 0\n{text}"));
        found.push(Module {
            path: path.to_owned(),
            key,
            text: own,
        });
    }
    // What follows is the harness'.
    marked.push_str("`line 1 \"outside\" 0\n");
    (found, marked)
}

/// Writes a design's modules into the directory.
pub(super) fn register(directory: &Path, design: &Design) -> Result<(), VerilatorError> {
    let (modules, _) = modules(&design.verilog);
    let mut table = format!("{}\n", design.name);
    for name in ["designs", "modules", "points"] {
        let path = directory.join(name);
        fs::create_dir_all(&path).map_err(|error| VerilatorError::file("create", &path, &error))?;
    }
    for module in &modules {
        table.push_str(&format!("{}\t{}\n", module.key, module.path));
        let path = directory.join(format!("modules/{}.v", module.key));
        if !path.is_file() {
            write(&path, &module.text)?;
        }
    }
    let name = &key(&[&table])[..16];
    write(&directory.join(format!("designs/{name}.tsv")), &table)
}

fn write(path: &Path, text: &str) -> Result<(), VerilatorError> {
    fs::write(path, text).map_err(|error| VerilatorError::file("write", path, &error))
}

/// A file for the counts of a model that is dropped.
pub(super) fn points() -> Option<CString> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let unique = COUNTER.fetch_add(1, Ordering::Relaxed);
    let name = format!("points/{}-{unique}.dat", process::id());
    let path = directory()?.join(name);
    CString::new(path.as_os_str().as_encoded_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_its_text_without_its_path() {
        let design = |top: &str| {
            format!(
                "// head\nmodule {top}(a);\n  input wire a; // stop\n  {top}$x x(\n  .{top}(a));\nendmodule // {top}\n\n\
                 module {top}$x(a);\n  input wire a;\nendmodule // {top}$x\n"
            )
        };
        let (ours, marked) = modules(&design("top"));
        let (theirs, _) = modules(&design("top$deep$er"));
        assert_eq!(ours.len(), 2);
        assert_eq!(ours[1].path, "top$x");
        assert_eq!(ours[1].key, theirs[1].key);
        assert_eq!(
            ours[1].text,
            "module %(a);\n  input wire a;\nendmodule // %\n"
        );
        assert!(ours[0].text.contains("// stop\n  %$x x(\n"));
        // A port of that name is no instance.
        assert_ne!(ours[0].key, theirs[0].key);
        let expected = format!("// head\n`line 1 \"{}\" 0\nmodule top(a);\n", ours[0].key);
        assert!(marked.starts_with(&expected), "{marked}");
        assert!(marked.contains("\n\n`line 1 "));
    }
}
