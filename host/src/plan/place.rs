//! The memory map: which bytes of the external memory hold what.

use rowfuse_spec::command::COMMAND_BYTES;
use rowfuse_spec::layout::{weight_bytes, FeatureMap};
use rowfuse_spec::numerics::PARAMETER_WORDS;
use rowfuse_spec::EngineConfig;

use super::choose::{input_map, Choice};
use super::emit::Addresses;
use super::{ConvShape, PlanError, Region};

/// Regions start at multiples of so many bytes.
const ALIGNMENT: u64 = 64;

/// Where everything lies.
pub(super) struct Places {
    pub regions: Vec<Region>,
    pub input: FeatureMap,
    pub groups: Vec<(Addresses, u32)>,
}

/// Hands out regions one behind the other.
#[derive(Default)]
struct Allocator {
    regions: Vec<(String, u64, u64)>,
    next: u64,
}

impl Allocator {
    fn take(&mut self, what: String, bytes: u64) -> usize {
        self.regions.push((what, self.next, bytes));
        self.next = (self.next + bytes).next_multiple_of(ALIGNMENT);
        self.regions.len() - 1
    }
}

/// Places programs, constants and maps. Maps between groups share two
/// regions in turn: a group's input is not needed any more when the next group writes.
pub(super) fn place(
    shapes: &[ConvShape],
    choices: &[Choice],
    config: &EngineConfig,
) -> Result<Places, PlanError> {
    let mut memory = Allocator::default();
    let mut take = |what: String, bytes: u64| memory.take(what, bytes);
    let name = |choice: &Choice| super::names(&shapes[choice.layers.clone()]);
    let programs: Vec<usize> = choices
        .iter()
        .map(|choice| {
            let bytes = (choice.commands * COMMAND_BYTES) as u64;
            take(format!("program {}", name(choice)), bytes)
        })
        .collect();
    let parameters: Vec<usize> = choices
        .iter()
        .map(|choice| {
            let channels = super::channels(&shapes[choice.layers.clone()]);
            let bytes = u64::from(channels) * 2 * PARAMETER_WORDS as u64;
            take(format!("parameters {}", name(choice)), bytes)
        })
        .collect();
    let weights: Vec<usize> = shapes
        .iter()
        .map(|shape| {
            let bytes = weight_bytes(shape.cout, shape.cin, config.lanes);
            take(format!("weights {}", shape.name), bytes.into())
        })
        .collect();
    let input = input_map(shapes, 0, 0, config.lanes);
    let input = take("input".into(), input.bytes().into());
    // What the host lays out between two groups stands by itself.
    let laid_out: Vec<Option<usize>> = choices
        .iter()
        .map(|choice| {
            let first = choice.layers.start;
            let shape = shapes[first].host.as_ref().filter(|_| first > 0);
            shape.map(|_| {
                let map = input_map(shapes, first, 0, config.lanes);
                take(format!("input {}", shapes[first].name), map.bytes().into())
            })
        })
        .collect();
    let outputs = choices.iter().map(|choice| {
        let output = shapes[choice.layers.end - 1].output_map(0, config.lanes);
        u64::from(output.bytes())
    });
    let mut largest = [0, 0];
    for (index, bytes) in outputs.enumerate() {
        largest[index % 2] = bytes.max(largest[index % 2]);
    }
    let arenas = ["a", "b"].map(|arena| format!("maps {arena}"));
    let arenas: Vec<usize> = arenas
        .into_iter()
        .zip(largest)
        .map(|(a, n)| take(a, n))
        .collect();
    let needed = memory.next;
    if needed > config.memory_bytes {
        return Err(PlanError::Memory {
            needed,
            available: config.memory_bytes,
            config: config.name.clone(),
        });
    }
    // All of it fits the memory, so 32 bits hold every address.
    let address = |region: usize| memory.regions[region].1 as u32;
    let groups = choices.iter().enumerate().map(|(index, choice)| {
        let from = match (index, laid_out[index]) {
            (0, _) => input,
            (_, Some(region)) => region,
            _ => arenas[(index - 1) % 2],
        };
        let layers = choice.layers.clone();
        let output = address(arenas[index % 2]);
        let addresses = Addresses {
            input: input_map(shapes, layers.start, address(from), config.lanes),
            output: shapes[layers.end - 1].output_map(output, config.lanes),
            weights: weights[layers]
                .iter()
                .map(|&region| address(region))
                .collect(),
            parameters: address(parameters[index]),
        };
        (addresses, address(programs[index]))
    });
    let groups = groups.collect();
    let input = input_map(shapes, 0, address(input), config.lanes);
    let regions = memory.regions.into_iter().filter(|region| region.2 > 0);
    let regions = regions.map(|(what, address, bytes)| Region {
        what,
        address: address as u32,
        bytes: bytes as u32,
    });
    Ok(Places {
        regions: regions.collect(),
        input,
        groups,
    })
}
