//! CRCs and frames.

use crate::formal::{FormalError, Method, Mutant, Proof, Source};
use rowfuse_hdl::link::checksum::Checksum;
use rowfuse_hdl::link::deframer::Deframer;
use rowfuse_spec::frame::{Frame, ReplyStatus, MAX_PAYLOAD, SILENCE_CLOCKS, SYNC};

/// The CRC of words.
pub fn checksum() -> Proof {
    Proof {
        name: "checksum",
        claim: "The checksum of words is the CRC-32 of their bytes.",
        file: "checksum.v",
        method: Method::Reachability,
        search: 8,
        quick: true,
        source: Source::new(
            Checksum::default(),
            concat!(
                include_str!("../../../formal/crc.v"),
                include_str!("../../../formal/checksum.v")
            ),
        ),
        small: None,
        mutants: vec![
            Mutant::Text {
                what: "the high byte comes first",
                from: "low$data = word[(32'h0)+:(8)];",
                to: "low$data = word[15:8];",
            },
            Mutant::Text {
                what: "clear begins with zeros",
                from: "state$d = init;",
                to: "state$d = 32'd0;",
            },
        ],
    }
}

/// The CRC's step of a byte.
pub fn crc_step() -> Proof {
    let source = Source::new(
        Checksum::default(),
        concat!(
            include_str!("../../../formal/crc.v"),
            include_str!("../../../formal/crc_step.v")
        ),
    );
    // The text is there twice, once a byte of the word.
    let mut fewer_taps = source.clone();
    fewer_taps.verilog = source
        .verilog
        .replace("result[7] = state[0] ^ ", "result[7] = ");
    Proof {
        name: "crc-step",
        claim: "A step of the CRC-32 is eight steps of a bit.",
        file: "crc_step.v",
        method: Method::Reachability,
        search: 3,
        quick: true,
        source,
        small: None,
        mutants: vec![Mutant::Built {
            what: "a tap is missing",
            source: fewer_taps,
            cycles: 3,
        }],
    }
}

/// Faults of the deframer, and whether the frame in which they are looked for has a wrong CRC.
const FAULTS: [(&str, &str, &str, bool); 4] = [
    (
        "the CRC is not compared",
        "crc$q == crc_residue",
        "1'b1",
        true,
    ),
    (
        "a bit of the CRC is not compared",
        "crc$q == crc_residue",
        "(crc$q | 32'd1) == (crc_residue | 32'd1)",
        true,
    ),
    (
        "the CRC goes on from the last frame's",
        "crc$d = crc_init;",
        "crc$d = crc$q;",
        false,
    ),
    (
        "the CRC's last byte is not waited for",
        "place$q == 32'h3",
        "place$q == 32'h2",
        false,
    ),
];

/// Frames from a stream of bytes.
pub fn deframer() -> Result<Proof, FormalError> {
    let fault = |reason: String| FormalError::Build {
        proof: "deframer",
        reason,
    };
    let frame = Frame::request(0x11, 0x22, vec![0x33, 0x44, 0x55, 0x66]);
    let bytes = frame.encode().map_err(|error| fault(error.to_string()))?;
    let word = |from: usize| {
        let bytes = bytes.iter().skip(from).take(8).rev();
        bytes.fold(0_u64, |word, byte| word << 8 | u64::from(*byte))
    };
    let source = Source::new(
        Deframer::default(),
        concat!(
            include_str!("../../../formal/crc.v"),
            include_str!("../../../formal/deframer.v")
        ),
    )
    .with("SYNC", SYNC)
    .with("MAX_PAYLOAD", MAX_PAYLOAD as u64)
    .with("SILENCE", SILENCE_CLOCKS)
    .with("BAD_CRC", ReplyStatus::BadCrc as u64)
    .with("BAD_LENGTH", ReplyStatus::BadLength as u64)
    .with("GIVEN_LOW", word(0))
    .with("GIVEN_HIGH", word(8))
    .with("ONLY_GIVEN", 0_u64)
    .cut(&["top$buffer", "top$step"]);
    let mut mutants = Vec::new();
    for (what, from, to, wrong_crc) in FAULTS {
        let mut source = source
            .edited("deframer", from, to)?
            .changed("ONLY_GIVEN", 1);
        if wrong_crc {
            source = source.changed("GIVEN_HIGH", word(8) ^ WRONG_CRC);
        }
        mutants.push(Mutant::Built {
            what,
            source,
            cycles: 24,
        });
    }
    Ok(Proof {
        name: "deframer",
        claim: "A frame is handed over for execution only if its CRC is right, and with the kind, number and length that were received.",
        file: "deframer.v",
        method: Method::Induction { k: 1 },
        search: 24,
        quick: false,
        source,
        small: None,
        mutants,
    })
}

/// Added to the CRC at bytes 10 to 13 of the frame, this ends one bit beside the residue.
const WRONG_CRC: u64 = (flipped() as u64) << 16;

/// The bytes that take a CRC register from 0 to 1.
const fn flipped() -> u32 {
    // Backwards, bit by bit: the polynomial's highest bit says whether it was added.
    let mut state = 1_u32;
    let mut bit = 0;
    while bit < 32 {
        state = if state >> 31 == 1 {
            (state ^ POLYNOMIAL) << 1 | 1
        } else {
            state << 1
        };
        bit += 1;
    }
    state
}

const POLYNOMIAL: u32 = 0xEDB8_8320;
