//! Where mutations begin: a few valid frames and commands, one a line in hexadecimal.

use rowfuse_spec::frame::Frame;
use rowfuse_spec::Command;

/// Frames of every kind, requests and replies.
pub fn frames() -> Vec<Vec<u8>> {
    lines(include_str!("frames.txt"))
}

/// Commands of every opcode.
pub fn commands() -> Vec<Vec<u8>> {
    lines(include_str!("commands.txt"))
}

fn lines(text: &str) -> Vec<Vec<u8>> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let byte = |line: &str, at: usize| u8::from_str_radix(&line[at..at + 2], 16).unwrap();
    lines
        .map(|line| {
            (0..line.len())
                .step_by(2)
                .map(|at| byte(line, at))
                .collect()
        })
        .collect()
}

#[test]
fn the_corpus_is_valid() {
    let kinds: Vec<u8> = frames()
        .iter()
        .map(|bytes| Frame::decode(bytes).unwrap().kind)
        .collect();
    for kind in 1..=rowfuse_spec::frame::KIND_CHECKSUM {
        assert!(kinds.contains(&kind), "request {kind}");
        assert!(
            kinds.contains(&(kind | rowfuse_spec::frame::REPLY)),
            "reply to {kind}"
        );
    }
    assert!(kinds.contains(&rowfuse_spec::frame::KIND_NAK));
    let commands: Vec<&str> = commands()
        .iter()
        .map(|bytes| {
            Command::from_bytes(bytes[..].try_into().unwrap())
                .unwrap()
                .name()
        })
        .collect();
    for name in ["LOAD", "WEIGHTS", "PARAMS", "CONV", "END"] {
        assert!(commands.contains(&name), "{name}");
    }
}
