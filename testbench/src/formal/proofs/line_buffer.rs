//! Who touches the line buffer, and when.

use crate::formal::{Method, Mutant, Proof, Source};
use rowfuse_hdl::engine::pixel_buffer::WRITE_LATENCY;
use rowfuse_hdl::engine::sequencer::Sequencer;
use rowfuse_hdl::memory::loader::Loader;

/// Lanes of the largest engine.
const LANES: u32 = 4;

/// LOAD's side.
pub fn loader() -> Proof {
    Proof {
        name: "loader",
        claim: "LOAD writes the line buffer only between its start and its end, has written when it ends, loses no quad, and asks for no empty burst.",
        file: "loader.v",
        method: Method::Induction { k: 3 },
        search: 50,
        quick: false,
        source: Source::new(Loader::new(LANES), include_str!("../../../formal/loader.v"))
            .with("LATENCY", u64::from(WRITE_LATENCY))
            .with("QUADS", 64_u64),
        small: None,
        mutants: vec![
            Mutant::Text {
                what: "results are not given way to",
                from: "taken = writing$q & queue$valid & port_free & ~step$q;",
                to: "taken = writing$q & queue$valid & ~step$q;",
            },
            Mutant::Text {
                what: "the command ends before its last quad can be read",
                from: "finished = settle$q == 32'h1;",
                to: "finished = settle$q == 32'h4;",
            },
            Mutant::Text {
                what: "bursts are asked for without room",
                from: "room$d = promised$q <= room_level$value;",
                to: "room$d = 1'b1;",
            },
            Mutant::Text {
                what: "a command of no columns asks for bursts of no words",
                from: " & |burst_cols$q & ~accepted;",
                to: " & ~accepted;",
            },
        ],
    }
}

/// CONV's side.
pub fn sequencer() -> Proof {
    Proof {
        name: "sequencer",
        claim: "CONV reads the line buffer only between its start and its end, and begins a group only with its weights.",
        file: "sequencer.v",
        method: Method::Induction { k: 6 },
        search: 50,
        quick: false,
        source: Source::new(Sequencer::new(LANES), include_str!("../../../formal/sequencer.v"))
            .with("FLUSH", 8_u64),
        small: None,
        mutants: vec![
            Mutant::Text {
                what: "weights are not waited for",
                from: "if (~open$q) begin",
                to: "if (1'b0) begin",
            },
            Mutant::Text {
                what: "the command ends with its last channel",
                from: "settle$q == settle_end$value",
                to: "settle$q == 8'd0",
            },
            Mutant::Text {
                what: "tiles begin without room for their results",
                from: "if (output_full) begin",
                to: "if (1'b0) begin",
            },
        ],
    }
}
