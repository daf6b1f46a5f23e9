//! Commands of the engine, and programs of them.

use super::mutate::mutated;
use super::{corpus, fuzz, not_vacuous};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rowfuse_spec::command::{
    decode_program, disassemble, disassemble_text, encode_program, COMMAND_BYTES,
};
use rowfuse_spec::Command;

/// Bytes of a few commands, most of them still valid.
fn program(random: &mut ChaCha8Rng) -> Vec<u8> {
    let corpus = corpus::commands();
    let mut bytes = Vec::new();
    for _ in 0..random.gen_range(0..6) {
        let command = &corpus[random.gen_range(0..corpus.len())];
        match random.gen_range(0..4) {
            0 => bytes.extend(mutated(command, &corpus, random)),
            1 => {
                let mut flipped = command.clone();
                flipped[random.gen_range(0..command.len())] ^= 1u8 << random.gen_range(0..8);
                bytes.extend(flipped);
            }
            _ => bytes.extend(command),
        }
    }
    bytes
}

#[test]
fn commands_that_decode_encode_to_the_same_bytes() {
    let (mut found, mut refused) = (0, 0);
    fuzz("commands", |random| {
        let bytes = program(random);
        for bytes in bytes.chunks_exact(COMMAND_BYTES) {
            match Command::from_bytes(bytes.try_into().unwrap()) {
                Ok(command) => {
                    assert_eq!(command.to_bytes().unwrap(), bytes);
                    found += 1;
                }
                Err(_) => refused += 1,
            }
        }
    });
    not_vacuous(&[found, refused]);
}

#[test]
fn every_program_has_its_lines_of_text() {
    let mut found = 0;
    fuzz("programs", |random| {
        let bytes = program(random);
        let lines = disassemble(&bytes);
        assert_eq!(lines.len(), bytes.len().div_ceil(COMMAND_BYTES));
        assert_eq!(disassemble_text(&bytes).lines().count(), lines.len());
        let whole = lines.iter().all(|line| line.command.is_ok());
        // A program may decode and still not encode: two units may share a semaphore in it.
        match decode_program(&bytes) {
            Ok(commands) => {
                assert!(whole);
                if let Ok(encoded) = encode_program(&commands) {
                    assert_eq!(encoded, bytes);
                    found += 1;
                }
            }
            Err(_) => assert!(!whole),
        }
    });
    not_vacuous(&[found]);
}
