//! Every decoder of the contract against bytes that were valid once.
//!
//! Frames and commands of a small corpus are mutated, a bounded number of times and always in the same way.
//! `ROWFUSE_FUZZ_CASES` asks for more cases, `ROWFUSE_FUZZ_SEED` for others:
//!
//!     ROWFUSE_FUZZ_CASES=10000000 ROWFUSE_FUZZ_SEED=7 cargo test -p rowfuse-spec --test fuzz -- --nocapture
#![allow(clippy::unwrap_used)]

mod commands;
mod corpus;
mod frames;
mod mutate;
mod payloads;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Cases of each test if nobody asks for another number: about a minute of one processor for all tests together.
const CASES: u64 = 750_000;
/// Cases in which every test finds something to look at.
const ENOUGH: u64 = 4_000;

/// A number from the environment.
fn setting(name: &str, default: u64) -> u64 {
    let Ok(text) = std::env::var(name) else {
        return default;
    };
    text.parse()
        .unwrap_or_else(|_| panic!("{name} must be a number, not '{text}'"))
}

/// Calls `check` with a generator of random numbers for each case. What is printed
/// leads back to a failing case: its seed, and one case.
fn fuzz(test: &str, mut check: impl FnMut(&mut ChaCha8Rng)) {
    let (cases, first) = (
        setting("ROWFUSE_FUZZ_CASES", CASES),
        setting("ROWFUSE_FUZZ_SEED", 1),
    );
    assert!(cases > 0, "no case checks nothing");
    println!("{test}: {cases} cases from ROWFUSE_FUZZ_SEED={first}");
    for seed in (first..).take(cases as usize) {
        let running = Running { test, seed };
        check(&mut ChaCha8Rng::seed_from_u64(seed));
        std::mem::forget(running);
    }
}

/// Dropped only by a panic: says which seed led to it.
struct Running<'a> {
    test: &'a str,
    seed: u64,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let Running { test, seed } = self;
        println!("{test} failed: ROWFUSE_FUZZ_SEED={seed} ROWFUSE_FUZZ_CASES=1 repeats it");
    }
}

/// Refuses a test that has looked at nothing, unless only a few cases were asked for.
fn not_vacuous(counts: &[u64]) {
    let few = setting("ROWFUSE_FUZZ_CASES", CASES) < ENOUGH;
    assert!(few || counts.iter().all(|&count| count > 0), "{counts:?}");
}
