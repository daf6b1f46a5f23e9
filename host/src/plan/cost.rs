//! What takes how many cycles: the numbers of the model, read off the hardware description.

use rowfuse_spec::layout::entry_bytes;
use rowfuse_spec::{Command, Conv, EngineConfig};

/// Cycles from a read's acceptance to the next request's, beside its words.
pub const READ_OVERHEAD: f64 = 8.0;
/// Cycles from a write's acceptance to the next request's, beside its words.
pub const WRITE_OVERHEAD: f64 = 2.0;
/// Cycles of the writer between two tiles.
pub const WRITER_GAP: f64 = 1.0;
/// Cycles in which a unit takes a command's 32 words from its queue and starts.
pub const ISSUE_CYCLES: f64 = 37.0;
/// Cycles from the last channel of a CONV to its end: the pipeline empties and the banks settle.
pub const DRAIN_CYCLES: f64 = 120.0;
/// Cycles from the last word of a LOAD, WEIGHTS or PARAMS to its end.
pub const SETTLE_CYCLES: f64 = 16.0;
/// Cycles between the groups of a CONV.
pub const GROUP_GAP: f64 = rowfuse_hdl::engine::sequencer::GROUP_HOLD as f64;
/// Cycles from RUN until the first command's unit has it.
pub const START_CYCLES: f64 = 45.0;
/// Results wait for the writer in room for so many tiles.
pub const WRITER_TILES: f64 = 20.0;
/// Entries of a burst of weights.
const WEIGHT_BURST: f64 = 4.0;
/// Quads of a burst of a feature map.
const LOAD_BURST: u32 = 32;

/// A stream of bursts: what one takes, and what all take together, in cycles of the memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bursts {
    pub each: f64,
    pub all: f64,
}

/// The bursts of a LOAD, WEIGHTS or PARAMS.
pub(super) fn read_bursts(command: &Command, lanes: u32) -> Bursts {
    match command {
        Command::Load(load) => {
            let words = f64::from(load.sub_cols * lanes * 2);
            let bursts = f64::from(load.sub_cols.div_ceil(LOAD_BURST / lanes));
            let row = words + bursts * READ_OVERHEAD;
            Bursts {
                each: row / bursts,
                all: row * f64::from(load.groups) * f64::from(load.sub_rows),
            }
        }
        Command::Weights(weights) => {
            let entries = f64::from(weights.entries);
            let words = f64::from(entry_bytes(lanes) / 2);
            let bursts = (entries / WEIGHT_BURST).floor() + entries % WEIGHT_BURST;
            let all = entries * words + bursts * READ_OVERHEAD;
            let each = all / bursts;
            Bursts { each, all }
        }
        Command::Params(params) => {
            let all = f64::from(params.count) * (4.0 + READ_OVERHEAD / 16.0);
            let each = 64.0 + READ_OVERHEAD;
            Bursts { each, all }
        }
        Command::Conv(_) | Command::End(_) => Bursts {
            each: 0.0,
            all: 0.0,
        },
    }
}

/// The bursts of one tile of a CONV that writes to memory.
pub(super) fn write_bursts(conv: &Conv, lanes: u32) -> Bursts {
    let lanes = f64::from(lanes);
    let (each, bursts) = match conv.pool() {
        true => (2.0 * lanes + WRITE_OVERHEAD, 1.0),
        false => (4.0 * lanes + WRITE_OVERHEAD, 2.0),
    };
    let all = each * bursts + WRITER_GAP;
    Bursts { each, all }
}

/// Cycles from a tile's start to the next, unless something stalls: one an input channel, but at least
/// six a lane, in which the results leave.
pub fn tile_interval(cin: u32, config: &EngineConfig) -> u32 {
    cin.max(6 * config.lanes)
}
