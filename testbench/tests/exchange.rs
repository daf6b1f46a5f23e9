//! The example exchange of docs/commands.md is what a board says.
#![allow(clippy::unwrap_used)]

use rowfuse_spec::config::preset;
use rowfuse_spec::frame::{Decoder, Frame, KIND_INFO, KIND_NAK, REPLY};
use rowfuse_testbench::board::FunctionalBoard;

/// What host and board say in turn.
fn example() -> Vec<Vec<u8>> {
    let page = include_str!("../../docs/commands.md");
    let (_, rest) = page.split_once("<!-- begin exchange -->").unwrap();
    let (section, _) = rest.split_once("<!-- end exchange -->").unwrap();
    let mut frames: Vec<Vec<u8>> = Vec::new();
    for line in section.lines() {
        if line.starts_with("host") || line.starts_with("board") {
            frames.push(Vec::new());
        } else if !line.starts_with(' ') {
            continue;
        }
        let bytes = line.split_whitespace();
        let bytes = bytes.filter_map(|word| u8::from_str_radix(word, 16).ok());
        frames.last_mut().unwrap().extend(bytes);
    }
    frames
}

#[test]
fn a_board_answers_as_the_page_says() {
    let mut board = FunctionalBoard::new(preset("ulx3s-85f").unwrap()).unwrap();
    let frames = example();
    assert_eq!(frames.len(), 18);
    for pair in frames.chunks_exact(2) {
        let said = board.exchange_bytes(&pair[0]);
        let said = Decoder::new().push_all(&said);
        let mut expected = Frame::decode(&pair[1]).unwrap();
        let [Ok(said)] = &said[..] else {
            panic!("{said:?} instead of {expected:?}");
        };
        match expected.kind {
            // The source ID is an example's.
            kind if kind == KIND_INFO | REPLY => {
                expected.payload[8..12].copy_from_slice(&said.payload[8..12]);
            }
            // A simulated board does not keep the number of a frame that it did not understand.
            KIND_NAK => expected.seq = said.seq,
            _ => {}
        }
        assert_eq!(*said, expected);
    }
}
