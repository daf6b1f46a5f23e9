//! Frames back to back: one program a frame, and memory for two of them.
//!
//! A plan has a program for each group, so that the host can read what lies between them. A stream has no need of that: the groups'
//! programs are joined, and input, output and program are there twice, so that the next frame's input is written and the last one's
//! output read while a frame is computed.

use rowfuse_spec::command::{decode_program, encode_program};
use rowfuse_spec::layout::FeatureMap;
use rowfuse_spec::{Command, End};

use super::count::{add_timing, count};
use super::emit::{Program, FIRST_ROWS, ROWS_FREE};
use super::replay::replay;
use super::{Plan, PlanError, Prediction};

/// Regions start at multiples of so many bytes, as the plan's do.
const ALIGNMENT: u64 = 64;

/// How a plan runs frame after frame. Its regions lie behind those of the plan; weights and parameters are the plan's own.
#[derive(Clone, Debug, PartialEq)]
pub struct Stream {
    /// Frames take turns between the two.
    pub frames: [Frame; 2],
    /// What the counters of every frame will be.
    pub prediction: Prediction,
    /// Bytes of memory that plan and stream use.
    pub memory_bytes: u64,
}

/// Where a frame's data lies, and its program.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// Byte address of the program.
    pub program_address: u32,
    /// The program of all groups.
    pub program: Vec<u8>,
    /// The network's input.
    pub input: FeatureMap,
    /// The last group's output.
    pub output: FeatureMap,
}

/// Joins the programs of a plan's groups, and finds room for two frames.
///
/// # Errors
/// If the memory has no room for them, the host is needed between two groups, or the plan's programs are not as the planner makes them.
pub fn stream(plan: &Plan) -> Result<Stream, PlanError> {
    let Some(last) = plan.groups.last() else {
        return Err(PlanError::Layers {
            network: plan.network.clone(),
            asked: 0..0,
            found: 0,
        });
    };
    if let Some(shape) = plan.host_between() {
        let layer = shape.name.clone();
        return Err(PlanError::Streamed { layer });
    }
    let program = join(plan)?;
    let mut next = plan.memory_bytes();
    let mut take = |bytes: u64| {
        let address = next.next_multiple_of(ALIGNMENT);
        next = address + bytes;
        address
    };
    let bytes = encode_program(&program.commands)?.len() as u64;
    let programs = [(); 2].map(|()| take(bytes));
    let inputs = [plan.input.base.into(), take(plan.input.bytes().into())];
    let outputs = [(); 2].map(|()| take(last.output.bytes().into()));
    if next > plan.config.memory_bytes {
        return Err(PlanError::Memory {
            needed: next,
            available: plan.config.memory_bytes,
            config: plan.config.name.clone(),
        });
    }
    // All of it fits the memory, so 32 bits hold every address.
    let at = |map: FeatureMap, base: u64| FeatureMap {
        base: base as u32,
        ..map
    };
    let frame = |turn: usize| -> Result<Frame, PlanError> {
        let input = at(plan.input, inputs[turn]);
        let output = at(last.output, outputs[turn]);
        let commands = moved(&program, [plan.input, input], [last.output, output]);
        Ok(Frame {
            program_address: programs[turn] as u32,
            program: encode_program(&commands)?,
            input,
            output,
        })
    };
    Ok(Stream {
        frames: [frame(0)?, frame(1)?],
        prediction: predict(plan, &program, programs[0] as u32)?,
        memory_bytes: next,
    })
}

/// The programs of all groups one behind the other, and for each command its group.
fn join(plan: &Plan) -> Result<Program, PlanError> {
    let mut all = Program::default();
    for (index, group) in plan.groups.iter().enumerate() {
        let mut commands = decode_program(&group.program)?;
        commands.retain(|command| !matches!(command, Command::End(_)));
        if index > 0 {
            finish_before(&mut all.commands);
            wait_for_before(&mut commands);
        }
        all.stages
            .extend(std::iter::repeat_n(index, commands.len()));
        all.commands.extend(commands);
    }
    all.commands.push(Command::End(End::default()));
    all.stages.push(plan.groups.len() - 1);
    Ok(all)
}

/// Lets the last CONV so far tell loads that its output is in memory and the line buffer free.
fn finish_before(commands: &mut [Command]) {
    let convs = commands.iter_mut().rev();
    let mut convs = convs.filter_map(|command| match command {
        Command::Conv(conv) => Some(conv),
        _ => None,
    });
    if let Some(conv) = convs.next() {
        conv.header.signal |= ROWS_FREE;
    }
}

/// Makes a group's program wait for the group before: its first LOAD for that group's last CONV, its PARAMS, which overwrite the
/// table, for the LOAD. The first channels' weights wait for nothing: they come in while the group before is still computed, so they
/// go before the PARAMS. Other weights need not wait for the first rows any more, as they come behind the PARAMS.
fn wait_for_before(commands: &mut [Command]) {
    let mut first_load = true;
    for command in commands.iter_mut() {
        match command {
            Command::Load(load) if first_load => {
                load.header.wait |= ROWS_FREE;
                load.header.signal |= FIRST_ROWS;
                first_load = false;
            }
            Command::Load(load) => load.header.signal &= !FIRST_ROWS,
            Command::Weights(weights) => weights.header.wait &= !FIRST_ROWS,
            Command::Params(params) => params.header.wait |= FIRST_ROWS,
            _ => {}
        }
    }
    let is_params = |command: &Command| matches!(command, Command::Params(_));
    if let Some(params) = commands.iter().position(is_params) {
        if let Some(Command::Weights(_)) = commands.get(params + 1) {
            commands.swap(params, params + 1);
        }
    }
}

/// The program with the first group's input and the last group's output elsewhere: where they were, where they are. A map between a group's two
/// passes stays where it is.
fn moved(program: &Program, input: [FeatureMap; 2], output: [FeatureMap; 2]) -> Vec<Command> {
    let last = program.stages.last().copied().unwrap_or(0);
    let shifted = |address: u32, [from, to]: [FeatureMap; 2]| match (from.base..from.end())
        .contains(&(2 * address))
    {
        true => address - from.base / 2 + to.base / 2,
        false => address,
    };
    let mut commands = program.commands.clone();
    for (command, group) in commands.iter_mut().zip(&program.stages) {
        match command {
            Command::Load(load) if *group == 0 => load.address = shifted(load.address, input),
            Command::Conv(conv) if *group == last && !conv.to_line_buffer() => {
                conv.out_address = shifted(conv.out_address, output);
            }
            _ => {}
        }
    }
    commands
}

fn predict(plan: &Plan, program: &Program, address: u32) -> Result<Prediction, PlanError> {
    let names = || plan.groups.iter().map(|group| group.name());
    let timings = replay(program, address, plan.groups.len(), &plan.config);
    let timings = timings.ok_or_else(|| PlanError::Deadlock {
        layers: names().collect::<Vec<_>>().join(" + "),
    })?;
    let mut prediction = Prediction::default();
    for command in &program.commands {
        prediction += count(command, plan.config.lanes);
    }
    for timing in &timings {
        add_timing(&mut prediction, timing);
    }
    Ok(prediction)
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
