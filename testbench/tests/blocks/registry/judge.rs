//! Runs an entry and judges what it did.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{catch_unwind, resume_unwind};

use rowfuse_testbench::verilator::Toolchain;

use super::evidence::{lose, seen, watch, Activity, Evidence, NO_END};
use super::shape::{shape, Shape};
use super::{table, Entry};

/// Inputs that put a block back to its beginning.
pub const RESETS: [&str; 3] = ["reset", "clear", "button_n"];
/// Least changes of a one-bit input, and least different times between them: moments that are not a pattern.
const CHANGES: usize = 8;
const STRETCHES: usize = 3;
/// Least resets in the middle of work.
const RESETS_SEEN: usize = 2;
/// Whole systems, by value, are more than a usual stack holds.
const STACK: usize = 256 << 20;

/// The field's name within an interface or an array.
fn leaf(port: &str) -> &str {
    port.rsplit('$')
        .find(|part| part.parse::<u32>().is_err())
        .unwrap_or(port)
}

/// Whether an input is a reset.
pub fn is_reset(port: &str) -> bool {
    RESETS.contains(&leaf(port))
}

/// Runs on a thread with room, and hands its panic on.
fn with_room<T: Send + 'static>(
    run: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Box<dyn Any + Send>> {
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(run);
    thread.expect("a thread").join()
}

/// Runs an entry's test and then with lost clocks; what was seen of its block, or what is wrong with the test.
///
/// # Panics
/// When the test itself fails.
pub fn judge(entry: &'static Entry) -> Result<Evidence, String> {
    let (shapes, found) = with_room(|| {
        watch();
        entry.tests.iter().for_each(|test| test());
        let shapes: Vec<Shape> = (entry.samples)()
            .iter()
            .map(|block| shape(&**block))
            .collect();
        (shapes, seen())
    })
    .unwrap_or_else(|panic| resume_unwind(panic));
    let evidence = merge(entry, &shapes, &found)?;
    activity(entry, &evidence)?;
    // A constant has nothing to miss.
    if evidence.all_inputs > 0 {
        notices(entry)?;
    }
    Ok(evidence)
}

/// All kinds together; each of them must have been run.
fn merge(
    entry: &Entry,
    shapes: &[Shape],
    found: &BTreeMap<Shape, Evidence>,
) -> Result<Evidence, String> {
    let mut all = Evidence::default();
    for shape in shapes {
        let Some(seen) = found.get(shape).filter(|seen| seen.cycles > 0) else {
            return Err(format!("its tests never run the block itself: {shape:?}"));
        };
        all.cycles += seen.cycles;
        all.compared += seen.compared;
        all.all_inputs = seen.all_inputs;
        for (port, activity) in &seen.inputs {
            let sum = all.inputs.entry(port.clone()).or_default();
            sum.changes += activity.changes;
            sum.stretches.extend(&activity.stretches);
        }
    }
    if Toolchain::find().is_ok() && all.compared != all.cycles {
        return Err(format!(
            "only {} of {} cycles were compared with {}'s Verilog",
            all.compared, all.cycles, entry.name
        ));
    }
    Ok(all)
}

fn activity(entry: &Entry, evidence: &Evidence) -> Result<(), String> {
    let mut wrong = Vec::new();
    for (
        port,
        Activity {
            changes, stretches, ..
        },
    ) in &evidence.inputs
    {
        let quiet = entry.quiet.iter().any(|(name, _)| *name == leaf(port));
        let moves = match is_reset(port) {
            true => *changes >= 2 * RESETS_SEEN,
            false => *changes >= CHANGES && stretches.len() >= STRETCHES,
        };
        if moves == quiet {
            let but = if quiet {
                " though it is said not to"
            } else {
                " only"
            };
            wrong.push(format!(
                "{port} changes{but} {changes} times after {} different times",
                stretches.len()
            ));
        }
    }
    for (name, _) in entry.quiet {
        if !evidence.inputs.keys().any(|port| leaf(port) == *name) {
            wrong.push(format!("{name} is no one-bit input"));
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("; "))
    }
}

/// The golden model notices that the block misses clocks.
fn notices(entry: &'static Entry) -> Result<(), String> {
    let run = with_room(|| {
        lose(1);
        let result = catch_unwind(|| entry.tests[0]());
        seen();
        result
    });
    match run {
        Ok(Ok(())) => {
            Err("its golden model does not notice a block that misses every sixteenth clock".into())
        }
        Ok(Err(panic)) | Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            match text.or_else(|| panic.downcast_ref::<&str>().copied()) {
                Some(NO_END) => Err("its test has no end when the block misses clocks".into()),
                _ => Ok(()),
            }
        }
    }
}

/// The test of an entry.
pub fn run(entry: &'static Entry) {
    match judge(entry) {
        Ok(evidence) => table::check(entry, &evidence),
        Err(wrong) => panic!("{}: {wrong}", entry.name),
    }
}
