//! The engine's performance counters: their order on the wire and what each one counts.

/// A performance counter; its discriminant is its place in the STATUS reply.
///
/// All are 32 bits wide, cleared by RUN and frozen by END.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(usize)]
pub enum Counter {
    /// Cycles from RUN to END.
    Cycles = 0,
    /// Cycles in which the multiplier array takes an input.
    ComputeCycles = 1,
    /// Cycles in which the array waits for weights.
    StallWeights = 2,
    /// Cycles in which the compute unit waits for a token.
    StallTokens = 3,
    /// Cycles in which the array waits for room behind it.
    StallOutput = 4,
    /// Cycles in which the array waits for the minimum interval between tiles.
    StallInterval = 5,
    /// Words the engine read from memory: 32 for each command (END included), and those of LOAD,
    /// WEIGHTS and PARAMS.
    ReadWords = 6,
    /// Words CONV wrote to memory.
    WriteWords = 7,
    /// Sub-rows (two pixel rows of all channels) that LOAD brought into the line buffer.
    SubRowsLoaded = 8,
    /// Output tiles computed: one for each group of output channels and tile position.
    Tiles = 9,
    /// Commands accepted by the fetcher, END included.
    Commands = 10,
}

/// Number of counters.
pub const NUM_COUNTERS: usize = 11;

impl Counter {
    /// Every counter in wire order.
    pub const ALL: [Counter; NUM_COUNTERS] = [
        Counter::Cycles,
        Counter::ComputeCycles,
        Counter::StallWeights,
        Counter::StallTokens,
        Counter::StallOutput,
        Counter::StallInterval,
        Counter::ReadWords,
        Counter::WriteWords,
        Counter::SubRowsLoaded,
        Counter::Tiles,
        Counter::Commands,
    ];

    /// The counter's name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Counter::Cycles => "cycles",
            Counter::ComputeCycles => "compute_cycles",
            Counter::StallWeights => "stall_weights",
            Counter::StallTokens => "stall_tokens",
            Counter::StallOutput => "stall_output",
            Counter::StallInterval => "stall_interval",
            Counter::ReadWords => "read_words",
            Counter::WriteWords => "write_words",
            Counter::SubRowsLoaded => "sub_rows_loaded",
            Counter::Tiles => "tiles",
            Counter::Commands => "commands",
        }
    }

    /// Whether the counter's value depends on timing; the others are a property of the program alone.
    pub const fn depends_on_timing(self) -> bool {
        (self as usize) < Counter::ReadWords as usize
    }
}

/// The value of every counter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters(pub [u32; NUM_COUNTERS]);

impl Counters {
    /// The value of one counter.
    pub fn get(&self, counter: Counter) -> u32 {
        self.0[counter as usize]
    }

    /// Adds `amount` to one counter, wrapping as the hardware does.
    pub fn add(&mut self, counter: Counter, amount: u32) {
        let value = &mut self.0[counter as usize];
        *value = value.wrapping_add(amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_names_are_unique() {
        for (place, counter) in Counter::ALL.iter().enumerate() {
            assert_eq!(place, *counter as usize);
            assert!(Counter::ALL[..place]
                .iter()
                .all(|c| c.name() != counter.name()));
        }
        assert!(Counter::StallInterval.depends_on_timing());
        assert!(!Counter::ReadWords.depends_on_timing());
    }
}
