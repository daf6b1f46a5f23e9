//! What a program's counters will be.

use rowfuse_spec::command::COMMAND_WORDS;
use rowfuse_spec::layout::entry_bytes;
use rowfuse_spec::Command;

use super::timeline::Timing;
use super::Prediction;

/// The exact counts of one command; cycles and stalls stay zero.
pub(super) fn count(command: &Command, lanes: u32) -> Prediction {
    let mut counts = Prediction {
        commands: 1,
        read_words: COMMAND_WORDS as u64,
        ..Prediction::default()
    };
    let product = |factors: &[u32]| factors.iter().map(|&f| u64::from(f)).product::<u64>();
    match command {
        Command::Load(load) => {
            counts.sub_rows_loaded = load.sub_rows.into();
            counts.read_words += product(&[load.sub_rows, load.groups, load.sub_cols, lanes, 2]);
        }
        Command::Weights(weights) => {
            counts.read_words += product(&[weights.entries, entry_bytes(lanes) / 2]);
        }
        Command::Params(params) => counts.read_words += product(&[params.count, 4]),
        Command::Conv(conv) => {
            counts.tiles = product(&[conv.groups, conv.tile_rows, conv.tile_cols]);
            counts.compute_cycles = counts.tiles * u64::from(conv.cin);
            let words = if conv.pool() { 2 * lanes } else { 8 * lanes };
            if !conv.to_line_buffer() {
                counts.write_words = counts.tiles * u64::from(words);
            }
        }
        Command::End(_) => {}
    }
    counts
}

/// Adds the counters that depend on timing.
pub(super) fn add_timing(prediction: &mut Prediction, timing: &Timing) {
    let cycles = |value: f64| value.round() as u64;
    *prediction += Prediction {
        cycles: cycles(timing.cycles),
        stall_weights: cycles(timing.weights),
        stall_tokens: cycles(timing.tokens),
        stall_output: cycles(timing.output),
        stall_interval: cycles(timing.interval),
        ..Prediction::default()
    };
}
