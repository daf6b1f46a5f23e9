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

#[cfg(test)]
mod tests {
    use super::*;
    use rowfuse_spec::command::{OUTPUT_LINE_BUFFER, OUTPUT_POOL};
    use rowfuse_spec::{Conv, End, Load, Params, Weights};

    #[test]
    fn words_are_those_that_a_command_moves() {
        let load = Command::Load(Load {
            sub_rows: 3,
            groups: 5,
            sub_cols: 7,
            ..Load::default()
        });
        let weights = Command::Weights(Weights {
            entries: 11,
            ..Weights::default()
        });
        let params = Command::Params(Params {
            count: 13,
            ..Params::default()
        });
        for (command, lanes, words) in [
            (load, 4, 3 * 5 * 7 * 4 * 2),
            (load, 1, 3 * 5 * 7 * 2),
            (weights, 4, 11 * 18),
            (weights, 2, 11 * 9),
            (weights, 1, 11 * 5),
            (params, 4, 13 * 4),
            (Command::End(End::default()), 4, 0),
        ] {
            let counts = count(&command, lanes);
            assert_eq!(counts.read_words, 32 + words, "{command:?}, {lanes} lanes");
            assert_eq!((counts.commands, counts.write_words), (1, 0));
        }
        assert_eq!(count(&load, 4).sub_rows_loaded, 3);
        assert_eq!(count(&params, 4).sub_rows_loaded, 0);
    }

    #[test]
    fn tiles_are_computed_and_perhaps_written() {
        for (output, words) in [
            (0, 8 * 4),
            (OUTPUT_POOL, 2 * 4),
            (OUTPUT_LINE_BUFFER, 0),
            (OUTPUT_POOL | OUTPUT_LINE_BUFFER, 0),
        ] {
            let conv = Command::Conv(Conv {
                cin: 17,
                groups: 2,
                tile_rows: 3,
                tile_cols: 5,
                output,
                ..Conv::default()
            });
            let counts = count(&conv, 4);
            assert_eq!((counts.tiles, counts.compute_cycles), (30, 30 * 17));
            assert_eq!((counts.write_words, counts.read_words), (30 * words, 32));
        }
    }

    #[test]
    fn each_counter_has_its_prediction() {
        let mut prediction = Prediction {
            commands: 11,
            ..Prediction::default()
        };
        let timing = Timing {
            cycles: 0.6,
            weights: 2.4,
            tokens: 3.0,
            output: 4.0,
            interval: 5.0,
        };
        add_timing(&mut prediction, &timing);
        let fields = serde_json::to_value(prediction).unwrap();
        for counter in rowfuse_spec::counters::Counter::ALL {
            let name = counter.name();
            assert_eq!(fields[name], prediction.get(counter), "{name}");
        }
        let found = [1, 2, 3, 4, 5, 11];
        let names = [
            "cycles",
            "stall_weights",
            "stall_tokens",
            "stall_output",
            "stall_interval",
            "commands",
        ];
        assert_eq!(names.map(|name| fields[name].as_u64().unwrap()), found);
    }
}
