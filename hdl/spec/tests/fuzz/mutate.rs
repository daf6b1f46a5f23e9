//! Ways to damage bytes.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rowfuse_spec::frame::{HEADER_BYTES, SYNC};

/// Longest that mutated bytes grow.
const LIMIT: usize = 8_192;

/// A copy with one to four mutations; `others` are what it may be spliced with.
pub fn mutated(bytes: &[u8], others: &[Vec<u8>], random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..random.gen_range(1..5) {
        mutate(&mut bytes, others, random);
        bytes.truncate(LIMIT);
    }
    bytes
}

/// A place from 0 to the length, both included.
fn place(bytes: &[u8], random: &mut ChaCha8Rng) -> usize {
    random.gen_range(0..=bytes.len())
}

fn mutate(bytes: &mut Vec<u8>, others: &[Vec<u8>], random: &mut ChaCha8Rng) {
    let at = place(bytes, random);
    let other = &others[random.gen_range(0..others.len())];
    match random.gen_range(0..10) {
        0 => flip(bytes, at, 1 << random.gen_range(0..8)),
        1 => flip(bytes, at, random.gen()),
        2 => bytes.truncate(at),
        3 => drop(bytes.drain(..at)),
        // A lost byte.
        4 if at < bytes.len() => drop(bytes.remove(at)),
        // The beginning of one and the end of another.
        5 => {
            bytes.truncate(at);
            bytes.extend(&other[place(other, random)..]);
        }
        6 => drop(bytes.splice(at..at, other.iter().copied())),
        // The longest length there is, in a frame's header or anywhere.
        7 => {
            let length = match random.gen() {
                true => HEADER_BYTES - 2,
                false => at,
            };
            let end = bytes.len().min(length + 2);
            bytes
                .iter_mut()
                .take(end)
                .skip(length)
                .for_each(|byte| *byte = 0xFF);
        }
        8 => {
            let syncs = vec![SYNC; random.gen_range(1..20)];
            drop(bytes.splice(at..at, syncs));
        }
        _ => {
            let noise: Vec<u8> = (0..random.gen_range(1..64)).map(|_| random.gen()).collect();
            drop(bytes.splice(at..at, noise));
        }
    }
}

fn flip(bytes: &mut [u8], at: usize, bits: u8) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= bits;
    }
}
