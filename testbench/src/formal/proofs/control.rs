//! Arbitration and tokens.

use crate::formal::{FormalError, Method, Mutant, Proof, Source};
use rowfuse_hdl::accelerator::Accelerator;
use rowfuse_hdl::memory::MemoryArbiter;
use rowfuse_spec::config::preset;

/// Cycles that the memory takes to accept a request, and to end a burst, at most: the proof's assumption.
const READY: u64 = 600;
const DONE: u64 = 600;

/// The arbiter of the five memory clients.
pub fn arbiter() -> Proof {
    let properties = include_str!("../../../formal/arbiter.v");
    let source = |ready: u64, done: u64| {
        Source::new(MemoryArbiter::default(), properties)
            .with("READY", ready)
            .with("DONE", done)
    };
    Proof {
        name: "arbiter",
        claim: "Whoever keeps asking for the memory is granted it after at most four others, and within 5 (READY + DONE) cycles.",
        file: "arbiter.v",
        method: Method::Induction { k: 2 },
        search: 40,
        quick: true,
        source: source(READY, DONE),
        small: Some(source(3, 3)),
        mutants: vec![
            Mutant::Text {
                what: "the fetcher goes before everybody else",
                from: "        choice = owner$q;\n        case (owner$q)\n",
                to: "        choice = owner$q;\n        case (fetch$req_valid ? Owner$Link : owner$q)\n",
            },
            Mutant::Text {
                what: "a third burst is let in",
                from: "room = count$q != 32'h2",
                to: "room = count$q != 32'h3",
            },
            Mutant::Text {
                what: "the owner stays when it has been served",
                from: "if (accept | (room & ~memory$req_valid))",
                to: "if (room & ~memory$req_valid)",
            },
        ],
    }
}

/// Everything of the accelerator but registers, issue and semaphores.
const UNITS: [&str; 19] = [
    "top$arbiter",
    "top$compute_queue",
    "top$convolver",
    "top$counters",
    "top$fetcher",
    "top$link",
    "top$load_queue",
    "top$loader",
    "top$output_control",
    "top$output_stage",
    "top$parameter_control",
    "top$parameters",
    "top$params_regs",
    "top$pixels",
    "top$sequencer",
    "top$weight_loader",
    "top$weight_queue",
    "top$weights",
    "top$writer",
];

/// When CONV's registers are complete, and the same in spite of a clear.
const CONV_IS_COMPLETE: &str = "      complete <= put && !clear && (at_word == 5'd31);
      if (clear) at_word <= 5'd0; else if (put) at_word <= at_word + 5'd1;
      if (put && at_word == 5'd0) header <= {word[15:0]};
      if (put && at_word == 5'd1) cin ";
const CONV_IS_COMPLETE_ANYWAY: &str = "      complete <= put && (at_word == 5'd31);
      if (clear) at_word <= 5'd0; else if (put) at_word <= at_word + 5'd1;
      if (put && at_word == 5'd0) header <= {word[15:0]};
      if (put && at_word == 5'd1) cin ";

/// Tokens between the units of the accelerator.
pub fn tokens() -> Result<Proof, FormalError> {
    let build = |reason: String| FormalError::Build {
        proof: "tokens",
        reason,
    };
    let config = preset("tiny-1").map_err(|error| build(error.to_string()))?;
    let accelerator = Accelerator::new(&config, 0).map_err(|error| build(error.to_string()))?;
    Ok(Proof {
        name: "tokens",
        claim: "No unit starts without its tokens and a command whose words have all come since a clear, and no semaphore runs below zero or beyond 255.",
        file: "tokens.v",
        method: Method::Induction { k: 2 },
        search: 80,
        quick: false,
        source: Source::new(accelerator, include_str!("../../../formal/tokens.v")).cut(&UNITS),
        small: None,
        mutants: vec![
            Mutant::Text {
                what: "the compute unit's tokens get lost",
                from: "give$d = load_issue$give | weight_issue$give | compute_issue$give;",
                to: "give$d = load_issue$give | weight_issue$give;",
            },
            Mutant::Text {
                what: "a clear does not hold back the command whose last word comes with it",
                from: CONV_IS_COMPLETE,
                to: CONV_IS_COMPLETE_ANYWAY,
            },
            Mutant::Text {
                what: "a token is not taken",
                from: "semaphores$take = take$q;",
                to: "semaphores$take = 4'd0;",
            },
            Mutant::Text {
                what: "the load unit waits for nothing",
                from: "load_issue$available = semaphores$available;",
                to: "load_issue$available = 4'd15;",
            },
            Mutant::Text {
                what: "a run begins with the last one's tokens",
                from: "semaphores$clear = clear$q;",
                to: "semaphores$clear = 1'b0;",
            },
        ],
    })
}
