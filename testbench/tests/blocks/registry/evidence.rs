//! What a block's tests have really done, seen where all of them pass by.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rowfuse_testbench::dut::{Trace, Verified};
use rowfuse_testbench::verilator::{Direction, Port};
use rust_hdl::prelude::Block;

use super::shape::{shape, Shape};

/// What happened to a one-bit input.
#[derive(Clone, Debug, Default)]
pub struct Activity {
    /// Times that it rose or fell.
    pub changes: usize,
    /// Different lengths of the times between.
    pub stretches: BTreeSet<usize>,
    /// Its last value, and for how many cycles it has been that: a run may go on where another ended.
    last: Option<u64>,
    age: usize,
}

/// What was seen of a block.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// Cycles in both simulations.
    pub cycles: usize,
    /// Cycles that Verilator has confirmed.
    pub compared: usize,
    /// One-bit inputs by name.
    pub inputs: BTreeMap<String, Activity>,
    /// Number of inputs of any width but the clock.
    pub all_inputs: usize,
}

/// Most cycles of a run whose block misses clocks: what then waits for ever is stopped.
const LONGEST: usize = 400_000;
/// One clock of so many is lost.
const LOST: u32 = 16;

enum Mode {
    Nothing,
    Watching(BTreeMap<Shape, Evidence>),
    Losing {
        random: Box<ChaCha8Rng>,
        left: usize,
    },
}

thread_local! {
    static MODE: RefCell<Mode> = const { RefCell::new(Mode::Nothing) };
}

/// Watches this thread's tests from now on.
pub fn watch() {
    MODE.with(|mode| *mode.borrow_mut() = Mode::Watching(BTreeMap::new()));
}

/// Ends it, and tells what was seen.
pub fn seen() -> BTreeMap<Shape, Evidence> {
    match MODE.with(|mode| mode.replace(Mode::Nothing)) {
        Mode::Watching(seen) => seen,
        _ => BTreeMap::new(),
    }
}

/// Lets the blocks of this thread's tests miss clocks from now on.
pub fn lose(seed: u64) {
    let random = Box::new(crate::support::rng(seed));
    MODE.with(|mode| {
        *mode.borrow_mut() = Mode::Losing {
            random,
            left: LONGEST,
        }
    });
}

/// Whether clocks are to be lost.
pub fn is_losing() -> bool {
    MODE.with(|mode| matches!(*mode.borrow(), Mode::Losing { .. }))
}

/// Whether the next clock is lost.
pub fn loses() -> bool {
    MODE.with(|mode| match &mut *mode.borrow_mut() {
        Mode::Losing { random, left } => {
            *left = left.checked_sub(1).unwrap_or_else(|| panic!("{}", NO_END));
            random.gen_ratio(1, LOST)
        }
        _ => false,
    })
}

/// The message of a run that was stopped.
pub const NO_END: &str = "the run has no end";

/// Takes a run down.
pub fn note(block: &dyn Block, ports: &[Port], trace: &Trace) {
    MODE.with(|mode| {
        let Mode::Watching(seen) = &mut *mode.borrow_mut() else {
            return;
        };
        let evidence = seen.entry(shape(block)).or_default();
        evidence.cycles += trace.cycles();
        if *trace.verified() == Verified::Compared {
            evidence.compared += trace.cycles();
        }
        let inputs = ports
            .iter()
            .filter(|port| port.direction == Direction::Input);
        evidence.all_inputs = inputs.clone().count();
        for port in inputs.filter(|port| port.width == 1) {
            let activity = evidence.inputs.entry(port.name.clone()).or_default();
            for t in 0..trace.cycles() {
                let now = trace.u64(&port.name, t);
                if activity.last.is_some_and(|last| last != now) {
                    activity.changes += 1;
                    activity.stretches.insert(std::mem::take(&mut activity.age));
                }
                activity.last = Some(now);
                activity.age += 1;
            }
        }
    });
}
