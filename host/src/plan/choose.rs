//! Which layers are fused and how high their strips are: whatever the model says is fastest.

use std::ops::Range;

use rowfuse_spec::layout::FeatureMap;
use rowfuse_spec::EngineConfig;

use super::blocks;
use super::emit::{emit, Addresses};
use super::schedule::Schedule;
use super::timeline::play;
use super::{ConvShape, Fusion, PlanError};

/// Layers of a group at most, where the planner is free to choose.
const MAX_FUSED: usize = 4;

/// A group, how it is executed and how long it takes.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub layers: Range<usize>,
    pub schedule: Schedule,
    /// About as many as it takes.
    pub cycles: f64,
    /// Commands of its program, which do not depend on where things lie.
    pub commands: usize,
}

/// The input of layer `index`, as the host or the layer before writes it, at a byte address.
pub(super) fn input_map(shapes: &[ConvShape], index: usize, base: u32, lanes: u32) -> FeatureMap {
    match index.checked_sub(1) {
        Some(before) if shapes[index].host.is_none() => shapes[before].output_map(base, lanes),
        _ => shapes[index].input_map(base, lanes),
    }
}

/// Groups all layers.
pub(super) fn choose(
    shapes: &[ConvShape],
    config: &EngineConfig,
    fusion: &Fusion,
) -> Result<Vec<Choice>, PlanError> {
    let lengths = match fusion {
        Fusion::Auto => return fastest(shapes, config),
        Fusion::Off => vec![1; shapes.len()],
        Fusion::Groups(lengths) => lengths.clone(),
    };
    if lengths.contains(&0) || lengths.iter().sum::<usize>() != shapes.len() {
        return Err(PlanError::Groups {
            asked: lengths,
            found: shapes.len(),
        });
    }
    let mut firsts = vec![0];
    firsts.extend(lengths.iter().scan(0, |sum, length| {
        *sum += length;
        Some(*sum)
    }));
    let mut inner = (0..shapes.len()).filter(|layer| !firsts.contains(layer));
    if let Some(layer) = inner.find(|&layer| shapes[layer].host.is_some()) {
        let layer = shapes[layer].name.clone();
        return Err(PlanError::Fused { layer });
    }
    let mut start = 0;
    let group = |length| {
        start += length;
        best(shapes, start - length..start, config)
    };
    lengths.into_iter().map(group).collect()
}

/// The grouping with the fewest cycles in all.
fn fastest(shapes: &[ConvShape], config: &EngineConfig) -> Result<Vec<Choice>, PlanError> {
    // For each number of layers the fastest way to do the first so many.
    let mut ways: Vec<(f64, Vec<Choice>)> = vec![(0.0, Vec::new())];
    for end in 1..=shapes.len() {
        // A single layer must always be possible.
        let alone = best(shapes, end - 1..end, config)?;
        let mut way = (ways[end - 1].0 + alone.cycles, end - 1, alone);
        let earlier = ways[..end - 1].iter().enumerate();
        for (start, (before, _)) in earlier.skip(end.saturating_sub(MAX_FUSED)) {
            // The host is between two groups, never within one.
            if shapes[start + 1..end]
                .iter()
                .any(|shape| shape.host.is_some())
            {
                continue;
            }
            let Ok(fused) = best(shapes, start..end, config) else {
                continue;
            };
            let cycles = before + fused.cycles;
            if cycles < way.0 {
                way = (cycles, start, fused);
            }
        }
        let (cycles, start, group) = way;
        let mut groups = ways[start].1.clone();
        groups.push(group);
        ways.push((cycles, groups));
    }
    Ok(ways.pop().map(|(_, groups)| groups).unwrap_or_default())
}

/// The fastest schedule of a group, or why it cannot be executed.
fn best(
    shapes: &[ConvShape],
    layers: Range<usize>,
    config: &EngineConfig,
) -> Result<Choice, PlanError> {
    let group = &shapes[layers.clone()];
    let name = || super::names(group);
    let last = &group[group.len() - 1];
    let channels = super::channels(group);
    if channels > config.parameter_depth {
        return Err(PlanError::Limit {
            layer: name(),
            what: "the number of output channels",
            found: channels.into(),
            limit: config.parameter_depth.into(),
        });
    }
    let line_buffer = |needed: u64| PlanError::LineBuffer {
        layers: name(),
        needed,
        available: config.lane_depth,
        config: config.name.clone(),
    };
    let input = input_map(shapes, layers.start, 0, config.lanes);
    let blocks = blocks::cut(group, input.sub_cols)?;
    let addresses = Addresses {
        input,
        output: last.output_map(0, config.lanes),
        weights: vec![0; group.len()],
        parameters: 0,
    };
    let mut found: Option<Choice> = None;
    let mut needed = u64::MAX;
    let mut deadlock = false;
    for strips in strip_counts(last.tile_rows()) {
        let schedule = match Schedule::new(group, blocks.clone(), config, strips) {
            Ok(schedule) => schedule,
            Err(bytes) => {
                needed = needed.min(bytes);
                continue;
            }
        };
        let program = emit(group, &schedule, &addresses, config);
        let Some(timings) = play(&program, group.len(), config) else {
            deadlock = true;
            continue;
        };
        let choice = Choice {
            layers: layers.clone(),
            schedule,
            cycles: timings.iter().map(|timing| timing.cycles).sum(),
            commands: program.commands.len(),
        };
        if found
            .as_ref()
            .is_none_or(|best| choice.cycles < best.cycles)
        {
            found = Some(choice);
        }
    }
    found.ok_or_else(|| match deadlock {
        true => PlanError::Deadlock { layers: name() },
        false => line_buffer(needed),
    })
}

/// The fewest strips for every possible height of a strip, fewest first.
fn strip_counts(tile_rows: u32) -> Vec<u32> {
    let mut counts: Vec<u32> = (1..=tile_rows).map(|n| tile_rows.div_ceil(n)).collect();
    counts.dedup();
    counts.reverse();
    counts
}
