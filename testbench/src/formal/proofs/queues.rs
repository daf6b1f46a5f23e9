//! Queues.

use crate::formal::{Method, Mutant, Proof, Source};
use rowfuse_hdl::engine::fifo::Fifo;
use rowfuse_hdl::engine::issue::QUEUE_WORDS;
use rowfuse_hdl::link::buffer::WordBuffer;
use rowfuse_hdl::link::uart::ReceiveQueue;

/// The FIFO in front of every unit, at its depth and width.
pub fn fifo() -> Proof {
    let source = |depth: usize| {
        Source::new(
            Fifo::<16>::new(depth),
            include_str!("../../../formal/fifo.v"),
        )
        .with("DEPTH", depth as u64)
        .with("WIDTH", 16_u64)
        .with("BITS", depth.trailing_zeros())
    };
    Proof {
        name: "fifo",
        claim: "The FIFO neither loses nor invents a word, keeps their order, and never overflows or underflows.",
        file: "fifo.v",
        method: Method::Induction { k: 1 },
        search: 12,
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

/// The memory of words, at the link's size.
pub fn buffer() -> Proof {
    fn source<const N: usize>() -> Source {
        Source::new(
            WordBuffer::<N>::default(),
            include_str!("../../../formal/buffer.v"),
        )
        .with("BITS", N as u64)
    }
    Proof {
        name: "buffer",
        claim: "A read of the word buffer shows what was last written there.",
        file: "buffer.v",
        method: Method::Induction { k: 1 },
        search: 8,
        quick: false,
        source: source::<10>(),
        small: Some(source::<4>()),
        mutants: vec![
            Mutant::Text {
                what: "writes go beside their place",
                from: "words[write_address] <= write_data",
                to: "words[write_address ^ 4'd1] <= write_data",
            },
            Mutant::Text {
                what: "the word read does not stay",
                from: "if (read_enable) read_data",
                to: "read_data",
            },
        ],
    }
}

/// The queue of received bytes, with its block RAM replaced by what [`buffer`] proves of it.
pub fn receive_queue() -> Proof {
    let source = Source::new(
        ReceiveQueue::default(),
        include_str!("../../../formal/receive_queue.v"),
    )
    .cut(&["top$buffer"]);
    Proof {
        name: "receive-queue",
        claim: "The queue of received bytes neither invents a byte nor loses one that it had room for, and keeps their order.",
        file: "receive_queue.v",
        method: Method::Induction { k: 1 },
        search: 24,
        quick: true,
        source,
        small: None,
        mutants: vec![
            Mutant::Text {
                what: "a byte is read in the cycle after the one that wrote it",
                from: "visible$d = pushed$q;\n",
                to: "visible$d = pushed$d;\n",
            },
            Mutant::Text {
                what: "the read port is not waited for",
                from: "settled$d = ~pop",
                to: "settled$d = 1'b1",
            },
            Mutant::Text {
                what: "the byte in front is overwritten",
                from: "(~front_valid$q | take)",
                to: "(1'b1)",
            },
            Mutant::Text {
                what: "clear leaves a byte in the queue",
                from: "popped$d = 32'h0",
                to: "popped$d = popped$q",
            },
        ],
    }
}
