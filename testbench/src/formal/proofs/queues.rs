//! Queues.

use crate::formal::{Method, Mutant, Proof, Source};
use rowfuse_hdl::engine::fifo::Fifo;
use rowfuse_hdl::engine::issue::QUEUE_WORDS;

/// The FIFO in front of every unit, at its depth and width.
pub fn fifo() -> Proof {
    let source = |depth: usize| {
        Source::new(Fifo::<16>::new(depth), include_str!("../../../formal/fifo.v"))
            .with("DEPTH", depth as u64)
            .with("WIDTH", 16_u64)
            .with("BITS", depth.trailing_zeros())
    };
    Proof {
        name: "fifo",
        claim: "The FIFO neither loses nor invents a word, keeps their order, and never overflows or underflows.",
        file: "fifo.v",
        method: Method::Induction { k: 1 },
        search: QUEUE_WORDS as u32 + 2,
        quick: true,
        source: source(QUEUE_WORDS),
        small: Some(source(4)),
        mutants: vec![
            Mutant::Text {
                what: "a full queue takes a word",
                from: "put && !count[2]",
                to: "put",
            },
            Mutant::Text {
                what: "an empty queue gives a word",
                from: "take && (count != 0)",
                to: "take",
            },
            Mutant::Text {
                what: "a word is skipped",
                from: "head <= head + 1'b1",
                to: "head <= head + 2'd2",
            },
            Mutant::Text {
                what: "clear leaves the count",
                from: "tail <= 0; count <= 0; end\n",
                to: "tail <= 0; end\n",
            },
        ],
    }
}
