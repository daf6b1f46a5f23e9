//! Makes a failing case smaller for as long as it fails.

use rowfuse_spec::config::preset;
use rowfuse_spec::EngineConfig;

use super::case::{Case, Grouping, Stage};
use super::fill::Filling;
use super::scaling::Scaling;
use crate::network::Window;

/// The smallest case that `fails` as `case` does, by small steps, each towards something simpler; at most `budget` of them are tried.
pub fn shrink(case: &Case, budget: usize, fails: &mut dyn FnMut(&Case) -> bool) -> Case {
    let mut smallest = case.clone();
    let mut left = budget;
    'smaller: loop {
        for candidate in simpler(&smallest) {
            if left == 0 {
                return smallest;
            }
            left -= 1;
            if fails(&candidate) {
                smallest = candidate;
                continue 'smaller;
            }
        }
        return smallest;
    }
}

/// Smaller numbers in place of `n`, the smallest first; at least 1.
fn smaller(n: usize) -> impl Iterator<Item = usize> {
    let mut numbers = vec![1, n / 2, n.saturating_sub(1)];
    numbers.retain(|smaller| (1..n).contains(smaller));
    numbers.dedup();
    numbers.into_iter()
}

/// What can become simpler of a convolution.
struct Parts<'a> {
    cout: &'a mut usize,
    window: &'a mut Window,
    relu: &'a mut bool,
    pool: &'a mut bool,
    weights: &'a mut Filling,
    scaling: &'a mut Scaling,
}

/// Legal cases a step simpler, the boldest steps first.
fn simpler(case: &Case) -> Vec<Case> {
    let mut all = Vec::new();
    let mut with = |change: &dyn Fn(&mut Case)| {
        let mut candidate = case.clone();
        change(&mut candidate);
        if candidate != *case && candidate.is_valid() {
            all.push(candidate);
        }
    };
    with(&|c| (c.grouping, c.blocks) = (Grouping::Off, None));
    with(&|c| c.blocks = None);
    for index in 0..case.stages.len() {
        with(&|c| {
            c.stages.remove(index);
            c.grouping = Grouping::Off;
        });
        with(&|c| {
            c.stages.remove(index);
            c.grouping = Grouping::Auto;
        });
    }
    if let Ok(tiny) = preset("tiny-1") {
        // Not another device's or clock's behaviour at once with fewer lanes.
        with(&|c| c.config = tiny.clone());
        with(&|c| {
            c.config = EngineConfig {
                lanes: c.config.lanes,
                ..tiny.clone()
            }
        });
    }
    for channels in smaller(case.input.channels) {
        with(&|c| c.input.channels = channels);
    }
    for rows in smaller(case.input.height) {
        with(&|c| c.input.height = rows);
    }
    for columns in smaller(case.input.width) {
        with(&|c| c.input.width = columns);
    }
    for (index, stage) in case.stages.iter().enumerate() {
        let Stage::Conv { cout, .. } = stage else {
            continue;
        };
        let mut conv = |change: &dyn Fn(Parts<'_>)| {
            with(&|c| {
                if let Stage::Conv {
                    cout,
                    window,
                    relu,
                    pool,
                    weights,
                    scaling,
                } = &mut c.stages[index]
                {
                    change(Parts {
                        cout,
                        window,
                        relu,
                        pool,
                        weights,
                        scaling,
                    });
                }
            });
        };
        for fewer in smaller(*cout) {
            conv(&|of| *of.cout = fewer);
        }
        conv(&|of| *of.window = Window::CONV3);
        conv(&|of| *of.relu = true);
        conv(&|of| *of.pool = false);
        conv(&|of| *of.weights = Filling::Constant(1));
        conv(&|of| *of.scaling = Scaling::Ordinary);
    }
    with(&|c| c.pixels = Filling::Constant(255));
    with(&|c| c.seed = 0);
    with(&|c| c.loads_first = true);
    all
}
