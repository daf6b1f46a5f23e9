//! What a group's units do when, as the planner's replay has it: a prediction, like the plan's cycles.

use rowfuse_spec::command::decode_program;
use rowfuse_spec::{Command, EngineConfig};
use serde::{Deserialize, Serialize};

use super::emit::Program;
use super::replay::{busy, Busy};
use super::{Group, LayerPlan, PlanError};

/// Gaps of less than this share of a group's cycles are closed: nobody could see them.
const FINEST: u64 = 2000;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// Rows of the group's input come to the line buffer.
    Load,
    /// Weights and parameters come to their memories.
    Weights,
    /// The array computes, or waits within a CONV.
    Compute,
    /// Results go to memory.
    Store,
}

/// When one kind of work is done for one layer of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Track {
    /// What is done.
    pub work: Work,
    /// For which of the group's layers, counted from 0. Parameters, which are all layers', are the first one's.
    pub layer: usize,
    /// First cycle, and the first behind the last, counted from the program's start: in order, and apart.
    pub spans: Vec<[u64; 2]>,
}

/// Plays a group's program again.
///
/// # Errors
/// If the group's bytes are no program, or one that never ends.
pub fn tracks(group: &Group, config: &EngineConfig) -> Result<Vec<Track>, PlanError> {
    let commands = decode_program(&group.program)?;
    let stages = commands.iter().map(|command| stage(group, command));
    let program = Program {
        stages: stages.collect(),
        commands,
    };
    let played = busy(&program, group.program_address, config);
    let (busy, cycles) = played.ok_or_else(|| PlanError::Deadlock {
        layers: group.name(),
    })?;
    Ok(sorted(&busy, &program.stages, cycles / FINEST))
}

/// The layer of a group for which a command is.
fn stage(group: &Group, command: &Command) -> usize {
    let layers = &group.layers;
    let begun = match command {
        Command::Load(_) | Command::Params(_) => 1,
        // Layers' weights lie one behind the other.
        Command::Weights(weights) => {
            let begun = |layer: &&LayerPlan| layer.weights <= 2 * weights.address;
            layers.iter().take_while(begun).count()
        }
        // So do their parameters in the table.
        Command::Conv(conv) => {
            let mut end = 0;
            let begun = |layer: &&LayerPlan| {
                let begun = end <= conv.parameter_index;
                end += layer.shape.cout;
                begun
            };
            layers.iter().take_while(begun).count()
        }
        Command::End(_) => layers.len(),
    };
    begun.saturating_sub(1)
}

/// By work and layer; spans with a gap of `least` cycles or less between them are one.
fn sorted(busy: &[Busy], stages: &[usize], least: u64) -> Vec<Track> {
    let mut all: Vec<_> = busy
        .iter()
        .map(|busy| (busy.work, stages[busy.command], busy.cycles))
        .collect();
    all.sort_unstable();
    let mut tracks: Vec<Track> = Vec::new();
    for (work, layer, cycles) in all {
        match tracks.last_mut() {
            Some(track) if (track.work, track.layer) == (work, layer) => {
                match track.spans.last_mut() {
                    Some(last) if cycles[0] <= last[1] + least => {
                        last[1] = last[1].max(cycles[1]);
                    }
                    _ => track.spans.push(cycles),
                }
            }
            _ => tracks.push(Track {
                work,
                layer,
                spans: vec![cycles],
            }),
        }
    }
    tracks
}

#[cfg(test)]
#[path = "tracks_tests.rs"]
mod tests;
