//! What takes how many cycles: the numbers of the model, read off the hardware description or fitted to the cycles counted.

use rowfuse_hdl::memory::sdram::{SdramSettings, URGENT};
use rowfuse_hdl::memory::External;
use rowfuse_spec::layout::entry_bytes;
use rowfuse_spec::{Command, Conv, EngineConfig};

/// Cycles that a burst of reads takes beside its words: what opening its row leaves unhidden.
const READ_OVERHEAD: f64 = 0.5;
/// Cycles that a burst of writes takes more if reads go on beside it: the words read before it come in first.
const TURNAROUND: f64 = 5.5;
/// Cycles that a burst of writes takes more if it begins another row of the chip than the last one to its sub-row did: at least so many, and
/// what of [`ROW_OPENING`] the words of the burst before do not hide.
const ROW_CHANGE: f64 = 1.6;
/// Cycles in which a row is closed and another opened.
const ROW_OPENING: f64 = 8.5;
/// Cycles in which a unit takes a command's 32 words from its queue and starts.
pub const ISSUE_CYCLES: f64 = 37.0;

/// Cycles from the last channel of a CONV to its end, beside six a lane: the pipeline empties, and the writer or the banks settle.
pub(super) fn drain_cycles(conv: &Conv) -> f64 {
    match conv.to_line_buffer() {
        true => 112.0,
        false => 172.0,
    }
}
/// Cycles from the last word of a LOAD, WEIGHTS or PARAMS to its end.
pub const SETTLE_CYCLES: f64 = 16.0;
/// Cycles between the groups of a CONV: the hold, and the clock in which the next group opens.
pub const GROUP_GAP: f64 = rowfuse_hdl::engine::sequencer::GROUP_HOLD as f64 + 1.0;
/// Cycles from RUN until the first command's unit has it.
pub const START_CYCLES: f64 = 45.0;
/// Results wait for the writer in room for so many tiles.
pub const WRITER_TILES: f64 = 20.0;
/// Cycles of a batch of refreshes beside tRFC, tRP and tRCD: what was under way ends, and the pipeline fills again.
const REFRESH_OVERHEAD: f64 = 8.0;
/// Entries of a burst of weights.
const WEIGHT_BURST: f64 = 4.0;
/// Words of a row of the memory chip: banks change with it and come back after four.
const PAGE: f64 = 512.0;
/// Quads of a burst of a feature map.
const LOAD_BURST: u32 = 32;

/// A stream of bursts: what one takes, and what all take together, in cycles of the memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bursts {
    pub each: f64,
    pub all: f64,
}

/// Cycles a word takes in a stream: refreshes, and the commands that go from row to row, take their share.
///
/// The SDRAM's controller makes up for several refreshes at once; around them all rows are closed and opened again. Every 512 words
/// one PRECHARGE and one ACTIVE take a column command's place. What a DDR3's refresh holds up its adapter makes good for words read, as
/// lines come faster than words go.
fn word_cycles(config: &EngineConfig) -> f64 {
    let External::Sdram(settings) = External::of(config) else {
        return 1.0;
    };
    let Ok(clocks) = settings.clocks() else {
        return 1.0;
    };
    let batch = f64::from(URGENT);
    let pause =
        batch * f64::from(clocks.rfc) + f64::from(clocks.rp + clocks.rcd) + REFRESH_OVERHEAD;
    let refreshes = pause / (batch * f64::from(clocks.refresh_interval()));
    (1.0 + refreshes) * (1.0 + 2.0 / 512.0)
}

/// Cycles that a burst of reads of so many words takes beside them: on a DDR3 what of the time to its first word the burst beside it does not hide.
fn read_overhead(words: f64, config: &EngineConfig) -> f64 {
    match External::of(config) {
        External::Sdram(_) => READ_OVERHEAD,
        External::Ddr3(timing) => ((f64::from(timing.first_word()) - words) / 2.0).max(0.0),
    }
}

/// Cycles that a burst of writes takes more if reads go on beside it.
pub(super) fn turnaround(config: &EngineConfig) -> f64 {
    match External::of(config) {
        External::Sdram(_) => TURNAROUND,
        // The next read is asked for when the words are written.
        External::Ddr3(timing) => timing.first_word().into(),
    }
}

/// The bursts of a LOAD, WEIGHTS or PARAMS.
pub(super) fn read_bursts(command: &Command, config: &EngineConfig) -> Bursts {
    let (lanes, word) = (config.lanes, word_cycles(config));
    match command {
        Command::Load(load) => {
            let words = f64::from(load.sub_cols * lanes * 2) * word;
            let bursts = f64::from(load.sub_cols.div_ceil(LOAD_BURST / lanes));
            let row = words + bursts * read_overhead(words / bursts, config);
            Bursts {
                each: row / bursts,
                all: row * f64::from(load.groups) * f64::from(load.sub_rows),
            }
        }
        Command::Weights(weights) => {
            let entries = f64::from(weights.entries);
            let words = f64::from(entry_bytes(lanes) / 2) * word;
            let bursts = (entries / WEIGHT_BURST).floor() + entries % WEIGHT_BURST;
            let all = entries * words + bursts * read_overhead(entries * words / bursts, config);
            let each = all / bursts;
            Bursts { each, all }
        }
        Command::Params(params) => {
            let overhead = read_overhead(64.0, config);
            let all = f64::from(params.count) * (4.0 * word + overhead / 16.0);
            let each = 64.0 * word + overhead;
            Bursts { each, all }
        }
        Command::Conv(_) | Command::End(_) => Bursts {
            each: 0.0,
            all: 0.0,
        },
    }
}

/// The bursts of one tile of a CONV that writes to memory.
pub(super) fn write_bursts(conv: &Conv, config: &EngineConfig) -> Bursts {
    let words = f64::from(config.lanes) * word_cycles(config);
    let each = match conv.pool() {
        true => 2.0 * words,
        false => 4.0 * words,
    };
    Bursts {
        each,
        all: each * write_count(conv),
    }
}

/// The bursts of one tile of a CONV that writes to memory: one for each sub-row.
pub(super) fn write_count(conv: &Conv) -> f64 {
    if conv.pool() {
        1.0
    } else {
        2.0
    }
}

/// Cycles that each of these bursts takes more if no others come between them: it goes on to another row of the chip, or closes the last one's.
/// A DDR3's rows are in its latency.
pub(super) fn row_costs(conv: &Conv, config: &EngineConfig) -> f64 {
    match External::of(config) {
        External::Sdram(settings) => row_change(conv, config) + row_conflict(conv, &settings),
        External::Ddr3(_) => 0.0,
    }
}

/// The first tile of each tile row finds its sub-rows in other rows of the chip than the tile before, the likelier the further they are apart.
fn row_change(conv: &Conv, config: &EngineConfig) -> f64 {
    let words = 2.0 * write_count(conv) * f64::from(config.lanes);
    let apart = write_count(conv) * f64::from(conv.out_row_pitch);
    let cycles = (ROW_OPENING - words).max(ROW_CHANGE);
    cycles * (apart / PAGE).min(1.0) / f64::from(conv.tile_cols)
}

/// If a tile's two sub-rows are in one bank, but not in one row of the chip, a burst waits until the last one's row is closed and its own open.
fn row_conflict(conv: &Conv, settings: &SdramSettings) -> f64 {
    let (page, round, pitch) = (PAGE as u32, 4 * PAGE as u32, conv.out_row_pitch);
    if conv.pool() || pitch < round - page {
        return 0.0;
    }
    let apart = (pitch % round).min(round - pitch % round);
    let share = 1.0 - f64::from(apart.min(page)) / f64::from(page);
    let Ok(clocks) = settings.clocks() else {
        return 0.0;
    };
    share * f64::from(clocks.wr + clocks.rp + clocks.rcd - 1)
}

/// Cycles from a tile's start to the next, unless something stalls: one an input channel, but at least
/// six a lane, in which the results leave.
pub fn tile_interval(cin: u32, config: &EngineConfig) -> u32 {
    cin.max(6 * config.lanes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rowfuse_spec::command::OUTPUT_POOL;
    use rowfuse_spec::config::preset;
    use rowfuse_spec::{Load, Params, Weights};

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found} {expected}");
    }

    /// What is written down in docs/blocks/mig.md: L + 4 clocks to the first word, L = 27, two bursts under way.
    #[test]
    fn a_ddr3s_bursts_hide_half_of_each_others_latency() {
        let config = preset("xem7010-a50").unwrap();
        near(turnaround(&config), 31.0);
        let load = Command::Load(Load {
            sub_rows: 2,
            groups: 3,
            sub_cols: 20,
            ..Load::default()
        });
        // Of 80 words a row, bursts of 40 on the average: longer than 31.
        let bursts = read_bursts(&load, &config);
        near(bursts.each, 40.0);
        near(bursts.all, 2.0 * 3.0 * 80.0);
        let weights = Command::Weights(Weights {
            entries: 1,
            ..Weights::default()
        });
        // Nine words, of 31 - 9 half.
        near(read_bursts(&weights, &config).each, 9.0 + 11.0);
        let params = Command::Params(Params {
            count: 32,
            ..Params::default()
        });
        near(read_bursts(&params, &config).all, 128.0);
        let conv = Conv {
            tile_cols: 1,
            out_row_pitch: 2048,
            ..Conv::default()
        };
        near(row_costs(&conv, &config), 0.0);
    }

    /// Sub-rows that are a quarter of a row of the chip apart begin another one every fourth time, once a tile row.
    #[test]
    fn an_sdrams_rows_change_the_likelier_the_further_its_sub_rows_are_apart() {
        let config = preset("small-4").unwrap();
        let cost = |out_row_pitch, tile_cols| {
            let conv = Conv {
                output: OUTPUT_POOL,
                out_row_pitch,
                tile_cols,
                ..Conv::default()
            };
            row_costs(&conv, &config)
        };
        near(cost(128, 4), ROW_CHANGE / 4.0 / 4.0);
        near(cost(128, 1), ROW_CHANGE / 4.0);
        near(cost(512, 1), ROW_CHANGE);
        near(cost(1300, 1), ROW_CHANGE);
    }
}
