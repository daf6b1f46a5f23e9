//! Frames on the wire.

use super::mutate::mutated;
use super::{corpus, fuzz, not_vacuous};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rowfuse_spec::crc32::crc32;
use rowfuse_spec::frame::{Decoder, Frame, CRC_BYTES, HEADER_BYTES, MAX_PAYLOAD, SYNC};

/// Bytes of the longest frame.
const LONGEST: usize = HEADER_BYTES + MAX_PAYLOAD + CRC_BYTES;

/// Garbage: up to four damaged frames, or noise.
fn garbage(random: &mut ChaCha8Rng) -> Vec<u8> {
    if random.gen_ratio(1, 8) {
        return (0..random.gen_range(0..2 * LONGEST))
            .map(|_| random.gen())
            .collect();
    }
    let corpus = corpus::frames();
    let mut bytes = Vec::new();
    for _ in 0..random.gen_range(1..5) {
        bytes.extend(mutated(
            &corpus[random.gen_range(0..corpus.len())],
            &corpus,
            random,
        ));
    }
    bytes
}

/// A valid frame of the corpus.
fn good(random: &mut ChaCha8Rng) -> (Frame, Vec<u8>) {
    let corpus = corpus::frames();
    let bytes = corpus[random.gen_range(0..corpus.len())].clone();
    (Frame::decode(&bytes).unwrap(), bytes)
}

/// The bytes with the length and the CRC that fit them, so that what was mutated is looked at.
fn repaired(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.resize(bytes.len().clamp(HEADER_BYTES + CRC_BYTES, LONGEST), 0);
    let end = bytes.len() - CRC_BYTES;
    let length = (end - HEADER_BYTES) as u16;
    bytes[HEADER_BYTES - 2..HEADER_BYTES].copy_from_slice(&length.to_le_bytes());
    let crc = crc32(&bytes[1..end]);
    bytes[end..].copy_from_slice(&crc.to_le_bytes());
    bytes
}

#[test]
fn what_decodes_encodes_to_the_same_bytes() {
    let (mut found, mut refused) = (0, 0);
    fuzz("frames", |random| {
        let corpus = corpus::frames();
        let mut bytes = mutated(&corpus[random.gen_range(0..corpus.len())], &corpus, random);
        if random.gen() {
            bytes = repaired(bytes);
        }
        match Frame::decode(&bytes) {
            Ok(frame) => {
                assert_eq!(frame.encode().as_deref(), Ok(&bytes[..]));
                found += 1;
            }
            Err(_) => refused += 1,
        }
    });
    not_vacuous(&[found, refused]);
}

#[test]
fn a_stream_holds_what_is_found_in_it_and_no_more_is_kept_than_a_frame() {
    let (mut found, mut spoiled) = (0, 0);
    fuzz("stream", |random| {
        let mut stream = garbage(random);
        stream.extend(good(random).1);
        stream.extend(garbage(random));
        let mut decoder = Decoder::new();
        for (place, &byte) in stream.iter().enumerate() {
            match decoder.push(byte) {
                Some(Ok(frame)) => {
                    let bytes = frame.encode().unwrap();
                    assert!(stream[..=place].ends_with(&bytes), "made up at {place}");
                    found += 1;
                }
                Some(Err(_)) => spoiled += 1,
                None => {}
            }
            assert!(decoder.pending() < LONGEST);
            assert_eq!(decoder.is_idle(), decoder.pending() == 0);
        }
    });
    not_vacuous(&[found, spoiled]);
}

#[test]
fn a_good_frame_is_found_after_garbage_and_a_reset() {
    fuzz("reset", |random| {
        let mut decoder = Decoder::new();
        decoder.push_all(&garbage(random));
        decoder.reset();
        let (frame, bytes) = good(random);
        assert_eq!(decoder.push_all(&bytes), [Ok(frame)]);
    });
}

#[test]
fn a_good_frame_is_found_after_garbage_and_one_frames_worth_of_bytes() {
    let mut within = 0;
    fuzz("resynchronisation", |random| {
        let mut decoder = Decoder::new();
        decoder.push_all(&garbage(random));
        within += u64::from(!decoder.is_idle());
        // Whatever frame has begun is complete or refused behind these, and they begin none.
        let filler: u8 = match random.gen() {
            SYNC => 0,
            byte => byte,
        };
        decoder.push_all(&[filler; LONGEST - 1]);
        assert!(decoder.is_idle());
        let (frame, bytes) = good(random);
        assert_eq!(decoder.push_all(&bytes), [Ok(frame)]);
    });
    not_vacuous(&[within]);
}
