//! The planner: from a quantised network and an engine to programs, a memory map and predictions.
//!
//! Layers are joined to groups. A group is executed by one program: its layers hand their rows on
//! through rings in the line buffer, and only the first one's input and the last one's output are in
//! memory. Groups and the heights of their strips are chosen by a model of the engine's timing ([`cost`]). What is
//! chosen is played again burst by burst, and that prediction is part of the [`Plan`].

mod blocks;
mod choose;
mod constants;
pub mod cost;
mod count;
mod emit;
mod error;
mod hex;
pub mod mapping;
mod model;
mod place;
mod replay;
mod schedule;
mod shape;
mod stream;
mod timeline;
mod tracks;

pub use blocks::Blocks;
pub use constants::{constants, Segment};
pub use error::PlanError;
pub use model::{Bound, Group, LayerPlan, Plan, Prediction, Region, SCHEMA};
pub use shape::ConvShape;
pub use stream::{stream, Frame, Stream};
pub use tracks::{tracks, Track, Work};

use std::ops::Range;

use rowfuse_spec::command::encode_program;
use rowfuse_spec::EngineConfig;

use crate::network::Shape;
use crate::quantise::{QuantisedConv, QuantisedNetwork};
use choose::Choice;
use emit::{Addresses, Program};
use timeline::Timing;

/// Pixel lanes of the line buffer.
const PIXEL_LANES: u32 = rowfuse_spec::config::PIXEL_LANES;
/// Multiply-accumulate operations that a lane does a cycle: 16 outputs of a tile, nine taps.
pub const MACS_PER_LANE: u64 = 144;

/// Which layers are fused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Fusion {
    /// Those that are predicted to be faster for it.
    #[default]
    Auto,
    /// None.
    Off,
    /// Groups of so many layers, first to last.
    Groups(Vec<usize>),
}

/// What to plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanOptions {
    /// Only these convolutions, counted from 0, with the pool behind the last of them; all if `None`. The
    /// plan's input is then the first one's.
    pub layers: Option<Range<usize>>,
    /// Which layers are fused.
    pub fusion: Fusion,
    /// Block convolution: into which blocks maps are cut. That changes what the network computes, so it is never chosen
    /// by cost; `None` convolves each map as a whole.
    pub blocks: Option<Blocks>,
}

/// Plans the convolutions of a network for an engine.
pub fn plan(
    network: &QuantisedNetwork,
    config: &EngineConfig,
    options: &PlanOptions,
) -> Result<Plan, PlanError> {
    let found = network.layers.len();
    let asked = options.layers.clone().unwrap_or(0..found);
    if asked.is_empty() || asked.end > found {
        return Err(PlanError::Layers {
            network: network.network.name.clone(),
            asked,
            found,
        });
    }
    plan_layers(
        &network.network.name,
        network.input_of(asked.start),
        &network.layers[asked],
        config,
        options,
    )
}

/// Plans convolutions, each on the output of the one before, for an engine, whichever layers `options` ask for.
fn plan_layers(
    name: &str,
    input: Shape,
    layers: &[QuantisedConv],
    config: &EngineConfig,
    options: &PlanOptions,
) -> Result<Plan, PlanError> {
    config.validate()?;
    options.blocks.map_or(Ok(()), Blocks::check)?;
    if layers.is_empty() {
        return Err(PlanError::Layers {
            network: name.into(),
            asked: 0..0,
            found: 0,
        });
    }
    let mut shapes = shape::shapes(input, layers, config, options.blocks)?;
    if let Fusion::Groups(lengths) = &options.fusion {
        blocks::shrink(&mut shapes, lengths);
    }
    let choices = choose::choose(&shapes, config, &options.fusion)?;
    let places = place::place(&shapes, &choices, config)?;
    let groups = choices
        .iter()
        .zip(&places.groups)
        .map(|(choice, (addresses, program))| group(&shapes, choice, addresses, *program, config))
        .collect::<Result<_, _>>()?;
    Ok(Plan {
        schema: SCHEMA,
        network: name.into(),
        weights_sha256: constants::fingerprint(layers),
        blocks: options.blocks,
        config: config.clone(),
        config_id: config.id(),
        input: places.input,
        memory: places.regions,
        groups,
    })
}

fn group(
    shapes: &[ConvShape],
    choice: &Choice,
    addresses: &Addresses,
    program_address: u32,
    config: &EngineConfig,
) -> Result<Group, PlanError> {
    let shapes = &shapes[choice.layers.clone()];
    let program = emit::emit(shapes, &choice.schedule, addresses, config);
    let schedule = &choice.schedule;
    let played = replay::replay(&program, program_address, shapes.len(), config);
    let timings = played.ok_or_else(|| PlanError::Deadlock {
        layers: names(shapes),
    })?;
    let timed = |stage: usize| (stage, timings[stage]);
    let layer = |stage: usize| layer(shapes, choice, addresses, timed(stage), &program, config);
    let layers: Vec<LayerPlan> = (0..shapes.len()).map(layer).collect();
    let mut prediction = Prediction::default();
    layers
        .iter()
        .for_each(|layer| prediction += layer.prediction);
    Ok(Group {
        layers,
        blocks: schedule.blocks.len() as u32,
        strips: schedule.strips.len() as u32,
        input: addresses.input,
        output: addresses.output,
        parameters: addresses.parameters,
        program_address,
        program: encode_program(&program.commands)?,
        prediction,
    })
}

fn layer(
    shapes: &[ConvShape],
    choice: &Choice,
    addresses: &Addresses,
    (stage, timing): (usize, Timing),
    program: &Program,
    config: &EngineConfig,
) -> LayerPlan {
    let mut prediction = Prediction::default();
    for (command, owner) in program.commands.iter().zip(&program.stages) {
        if *owner == stage {
            prediction += count::count(command, config.lanes);
        }
    }
    count::add_timing(&mut prediction, &timing);
    let macs = shapes[stage].macs();
    let most = prediction.cycles * MACS_PER_LANE * u64::from(config.lanes);
    let ring = choice.schedule.rings[stage];
    LayerPlan {
        shape: shapes[stage].clone(),
        ring,
        weights: addresses.weights[stage],
        prediction,
        utilisation: binary_fraction(macs as f64 / most.max(1) as f64),
        line_buffer_bytes: PIXEL_LANES * ring.bytes_per_lane(),
        bound: bound(&prediction, &timing),
    }
}

/// Places of the parameter table that these layers fill.
fn channels(shapes: &[ConvShape]) -> u32 {
    shapes.iter().map(|shape| shape.cout).sum()
}

/// Layers' names, joined.
fn names(shapes: &[ConvShape]) -> String {
    let names: Vec<&str> = shapes.iter().map(|shape| shape.name.as_str()).collect();
    names.join(" + ")
}

/// To the nearest 1024th, which text holds exactly.
fn binary_fraction(value: f64) -> f64 {
    (1024.0 * value).round() / 1024.0
}

/// The largest share of the time.
fn bound(prediction: &Prediction, timing: &Timing) -> Bound {
    let shares = [
        (prediction.compute_cycles as f64, Bound::Multipliers),
        (timing.weights, Bound::Weights),
        (timing.tokens, Bound::Rows),
        (timing.output, Bound::Output),
        (timing.interval, Bound::Interval),
    ];
    let most = shares.into_iter().max_by(|a, b| a.0.total_cmp(&b.0));
    most.map_or(Bound::Multipliers, |(_, bound)| bound)
}

pub mod testing;
#[cfg(test)]
mod tests;
