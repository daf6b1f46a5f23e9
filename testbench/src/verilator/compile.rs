//! Runs Verilator and the C++ compiler.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use super::cache::{cache_root, entry, key};
use super::coverage;
use super::design::Design;
use super::model::Progress;
use super::shim::{cpp, wrapper, INTERFACE, POWER_ON, PREFIX, TOP};
use super::{Toolchain, VerilatorError};

/// Name of the shared library in its cache directory.
pub(super) const LIBRARY: &str = "model.so";

/// Name of [`POWER_ON`] beside the generated C++, which all of it includes.
const POWER_ON_FILE: &str = "power_on.h";

/// Verilator's options: single-threaded, two-valued, split so that no one file takes long. What has no initial value gets
/// one when a model is made.
const FLAGS: &[&str] = &[
    "-O3",
    "--cc",
    "--x-assign",
    "fast",
    "--x-initial",
    "unique",
    "--noassert",
    "--no-timing",
    "--quiet",
    "--output-split",
    "20000",
    "-Wno-fatal",
    "-Wno-lint",
    "-Wno-style",
];

/// What rust-hdl's own check lets pass and no design here may contain.
const STRICT: &[&str] = &["LATCH", "MULTIDRIVEN", "IMPLICIT"];

/// Further options of Verilator for a model that can write waveforms; signals of up to so many bits are in them.
const TRACE_FLAGS: &[&str] = &["--trace-vcd", "--trace-max-width", "4096"];

/// The C++ compiler's options; hidden symbols keep two loaded models apart.
const CXX_FLAGS: &[&str] = &[
    "-std=c++17",
    "-fPIC",
    "-fvisibility=hidden",
    "-w",
    UNCOUNTED,
    "-DVM_SC=0",
    UNTRACED,
    "-DVL_TIME_CONTEXT",
];
const UNTRACED: &str = "-DVM_TRACE=0";
const UNCOUNTED: &str = "-DVM_COVERAGE=0";

/// The C++ compiler's options for a design.
fn cxx_flags(design: &Design) -> Vec<&'static str> {
    let mut flags = CXX_FLAGS.to_vec();
    if coverage::directory().is_some() {
        flags.retain(|flag| *flag != UNCOUNTED);
        flags.push("-DVM_COVERAGE=1");
    }
    if design.trace {
        flags.retain(|flag| *flag != UNTRACED);
        flags.extend(["-DVM_TRACE=1", "-DVM_TRACE_VCD=1"]);
    }
    flags
}

/// The directory with the finished library of a design, compiled if it is not in the cache.
pub(super) fn library(
    tools: &Toolchain,
    design: &Design,
    progress: &mut dyn FnMut(Progress),
) -> Result<PathBuf, VerilatorError> {
    design.check()?;
    let ports = format!("{:?}", design.ports);
    let options = format!(
        "{:?} {INTERFACE} {FLAGS:?} {STRICT:?} {:?}",
        design.optimisation,
        cxx_flags(design),
    );
    let strict = if design.strict { "strict" } else { "" };
    let mut parts = vec![design.verilog.as_str(), &design.top, &ports, &tools.version];
    parts.extend([&tools.compiler_version, &options, strict]);
    parts.extend(design.defines.iter().map(String::as_str));
    // The wrapper and Verilator's options follow from these.
    let probes = format!("{:?} {TRACE_FLAGS:?}", design.probes);
    if design.trace || !design.probes.is_empty() {
        parts.push(&probes);
    }
    let counted = format!("{:?}", coverage::FLAGS);
    if let Some(directory) = coverage::directory() {
        coverage::register(&directory, design)?;
        parts.push(&counted);
    }
    let root = design.cache.clone().unwrap_or_else(cache_root);
    let mut cached = true;
    let found = entry(&root, &key(&parts), |directory| {
        cached = false;
        build(tools, design, directory, progress)
    })?;
    if cached {
        progress(Progress::Cached);
    }
    Ok(found.join(LIBRARY))
}

/// Fills `directory` with the library of a design.
fn build(
    tools: &Toolchain,
    design: &Design,
    directory: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), VerilatorError> {
    progress(Progress::Verilating);
    let covers = coverage::directory().is_some();
    let text = if covers {
        &coverage::modules(&design.verilog).1
    } else {
        &design.verilog
    };
    write(
        &directory.join("design.v"),
        &format!("{text}\n{}", wrapper(design)),
    )?;
    let mut verilator = Command::new(&tools.executable);
    verilator
        .env("VERILATOR_ROOT", &tools.root)
        .current_dir(directory)
        .args(FLAGS);
    if design.strict {
        // `-Wno-lint` has switched them off: they must be warnings before they can be errors.
        verilator.args(
            STRICT
                .iter()
                .flat_map(|w| [format!("-Wwarn-{w}"), format!("-Werror-{w}")]),
        );
    }
    if design.trace {
        verilator.args(TRACE_FLAGS);
    }
    if covers {
        verilator.args(coverage::FLAGS);
    }
    verilator.args(
        design
            .defines
            .iter()
            .map(|define| format!("+define+{define}")),
    );
    verilator.args([
        "--top-module",
        TOP,
        "--prefix",
        PREFIX,
        "--Mdir",
        "cpp",
        "design.v",
    ]);
    run(&mut verilator, "verilator", design, directory)?;
    write(&directory.join("cpp/shim.cpp"), &cpp(design, covers))?;
    write(&directory.join("cpp").join(POWER_ON_FILE), POWER_ON)?;

    let runtime = runtime(tools, design)?;
    let units = units(&directory.join("cpp"), design.single_unit_bytes)?;
    compile(tools, design, directory, &units, progress)?;
    progress(Progress::Linking);
    let objects = |path: &Path| files(path, "o");
    let mut link = compiler(tools);
    link.current_dir(directory).args(["-shared", "-o", LIBRARY]);
    link.args(objects(&directory.join("cpp"))?)
        .args(objects(&runtime)?)
        .arg("-pthread");
    run(&mut link, &tools.compiler[0], design, directory)?;
    // Only the library is used again; of a big design the rest is a hundred megabytes.
    let _ = fs::remove_dir_all(directory.join("cpp"));
    Ok(())
}

/// Verilator's own run-time library, the same for every design and slow to compile: cached apart.
fn runtime(tools: &Toolchain, design: &Design) -> Result<PathBuf, VerilatorError> {
    let flags = format!("{:?}", cxx_flags(design));
    let name = key(&[
        "run-time library",
        &tools.version,
        &tools.compiler_version,
        &flags,
    ]);
    entry(&cache_root(), &name, |directory| {
        let trace = design.trace.then_some("verilated_vcd_c");
        let count = coverage::directory().map(|_| "verilated_cov");
        let always = ["verilated", "verilated_threads"].into_iter();
        for file in always.chain(trace).chain(count) {
            let source = tools.root.join("include").join(file).with_extension("cpp");
            let mut command = compiler(tools);
            command
                .current_dir(directory)
                .args(cxx_flags(design))
                .args(["-O2", "-c"])
                .arg(&source);
            command.arg("-I").arg(tools.root.join("include"));
            run(&mut command, &tools.compiler[0], design, directory)?;
        }
        Ok(())
    })
}

/// The files to compile: all in one for a small design, else each for itself, the biggest first.
fn units(directory: &Path, single: u64) -> Result<Vec<PathBuf>, VerilatorError> {
    let mut sources: Vec<(u64, PathBuf)> = files(directory, "cpp")?
        .into_iter()
        .map(|path| (path.metadata().map_or(0, |data| data.len()), path))
        .collect();
    sources.sort_by(|a, b| b.cmp(a));
    if sources.iter().map(|(size, _)| size).sum::<u64>() > single {
        return Ok(sources.into_iter().map(|(_, path)| path).collect());
    }
    let name = |path: &Path| {
        path.file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    let text: String = sources
        .iter()
        .map(|(_, path)| format!("#include \"{}\"\n", name(path)))
        .collect();
    let all = directory.join("all_units.cpp");
    write(&all, &text)?;
    Ok(vec![all])
}

/// Compiles every unit, at most `design.jobs` at once; the first failure stops the rest.
fn compile(
    tools: &Toolchain,
    design: &Design,
    directory: &Path,
    units: &[PathBuf],
    progress: &mut dyn FnMut(Progress),
) -> Result<(), VerilatorError> {
    let total = units.len();
    progress(Progress::Compiling { done: 0, total });
    let next = AtomicUsize::new(0);
    let (sender, results) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..design.jobs.min(total) {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                while let Some(unit) = units.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut command = compiler(tools);
                    command
                        .current_dir(directory.join("cpp"))
                        .args(cxx_flags(design))
                        .args(["-include", POWER_ON_FILE, "-c"])
                        .arg(unit);
                    // Slow files run once, at start; what counts coverage runs once altogether.
                    let slow = unit.to_string_lossy().contains("__Slow");
                    command.arg(if slow || coverage::directory().is_some() {
                        "-O0"
                    } else {
                        design.optimisation.flag()
                    });
                    command.arg("-I").arg(tools.root.join("include"));
                    let result = run(&mut command, &tools.compiler[0], design, directory);
                    if result.is_err() {
                        next.store(total, Ordering::Relaxed);
                    }
                    let _ = sender.send(result);
                }
            });
        }
        drop(sender);
        for (index, result) in results.iter().enumerate() {
            result?;
            progress(Progress::Compiling {
                done: index + 1,
                total,
            });
        }
        Ok(())
    })
}

/// The C++ compiler with the arguments `CXX` may carry.
fn compiler(tools: &Toolchain) -> Command {
    let mut command = Command::new(&tools.compiler[0]);
    command.args(&tools.compiler[1..]);
    command
}

/// Files of a directory with one extension, in order.
fn files(directory: &Path, extension: &str) -> Result<Vec<PathBuf>, VerilatorError> {
    let listing =
        fs::read_dir(directory).map_err(|error| VerilatorError::file("list", directory, &error))?;
    let mut found: Vec<PathBuf> = listing.flatten().map(|entry| entry.path()).collect();
    found.retain(|path| path.extension() == Some(OsString::from(extension).as_os_str()));
    found.sort();
    Ok(found)
}

/// Writes a text file.
fn write(path: &Path, text: &str) -> Result<(), VerilatorError> {
    fs::write(path, text).map_err(|error| VerilatorError::file("write", path, &error))
}

/// Runs a tool; a failure carries the first lines of what it said.
fn run(
    command: &mut Command,
    tool: &str,
    design: &Design,
    directory: &Path,
) -> Result<(), VerilatorError> {
    let output = command
        .output()
        .map_err(|error| VerilatorError::DoesNotRun {
            path: PathBuf::from(command.get_program()),
            reason: error.to_string(),
        })?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stderr, output.stdout].concat();
    let said = String::from_utf8_lossy(&said);
    let mut lines: Vec<&str> = said.lines().filter(|line| line.contains("rror")).collect();
    if lines.is_empty() {
        lines = said.lines().collect();
    }
    lines.truncate(20);
    Err(VerilatorError::Refused {
        tool: tool.to_owned(),
        design: design.name.clone(),
        directory: directory.to_owned(),
        output: lines.join("\n"),
    })
}
