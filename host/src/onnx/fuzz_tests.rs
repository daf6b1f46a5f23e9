//! Bytes that were a model once: whatever they are now, there is an answer, and what is taken is sound.
//!
//! `ROWFUSE_FUZZ_CASES` asks for more cases, `ROWFUSE_FUZZ_SEED` for others, as in the fuzzing of the contract.

use super::testing::{models, Builder};
use super::*;
use rand::Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Cases if nobody asks for another number.
const CASES: u64 = 3_000;

fn setting(name: &str, default: u64) -> u64 {
    let text = std::env::var(name).ok();
    let number = |text: String| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name} must be a number, not '{text}'"))
    };
    text.map_or(default, number)
}

fn corpus() -> Vec<Vec<u8>> {
    let paths = models(&["float-", "qdq-", "qop-"]);
    let mut corpus: Vec<Vec<u8>> = paths
        .iter()
        .map(|path| std::fs::read(path).unwrap())
        .collect();
    corpus.push(Builder::conv(4).bytes().to_vec());
    corpus
}

/// One damage, most often to the structure, which is a small part of a file.
fn mutate(bytes: &mut Vec<u8>, others: &[Vec<u8>], random: &mut ChaCha8Rng) {
    let other = &others[random.gen_range(0..others.len())];
    let near_text = |bytes: &[u8], random: &mut ChaCha8Rng| {
        let from = random.gen_range(0..=bytes.len());
        if random.gen_range(0..3) == 0 {
            return from;
        }
        let text = bytes[from..]
            .windows(4)
            .position(|four| four.iter().all(u8::is_ascii_alphanumeric));
        text.map_or(from, |at| {
            (from + at).saturating_sub(random.gen_range(0..6))
        })
    };
    let at = near_text(bytes, random);
    match random.gen_range(0..8) {
        0 | 1 => bytes
            .get_mut(at)
            .into_iter()
            .for_each(|byte| *byte ^= 1 << random.gen_range(0..8)),
        2 => bytes
            .get_mut(at)
            .into_iter()
            .for_each(|byte| *byte = random.gen()),
        3 => bytes.truncate(at),
        4 if at < bytes.len() => drop(bytes.remove(at)),
        5 => {
            let from = near_text(other, random);
            let length = random.gen_range(0..64).min(other.len() - from);
            drop(bytes.splice(at..at, other[from..from + length].iter().copied()));
        }
        6 => bytes
            .iter_mut()
            .skip(at)
            .take(random.gen_range(1..10))
            .for_each(|byte| *byte = 0xFF),
        _ => {
            let from = near_text(other, random);
            let length = random.gen_range(0..32).min(other.len() - from);
            let end = (at + length).min(bytes.len());
            drop(bytes.splice(at..end, other[from..from + length].iter().copied()));
        }
    }
}

/// Whatever is taken has layers that fit together, and weights as large as they say, or none that can be read.
fn sound(bytes: Vec<u8>) -> bool {
    let Ok(mut imported) = decode(&bytes.into(), "fuzz", Some((12, 12)), Default::default()) else {
        return false;
    };
    let network = imported.network().clone();
    assert!(network.shapes().is_ok());
    match &mut imported.model {
        ImportedModel::Float(model) => {
            for layer in &network.layers {
                if let (Some((weight, bias)), Ok(loaded)) =
                    (layer.weight_shapes(), model.load(layer))
                {
                    let loaded = loaded.unwrap();
                    assert_eq!(loaded.weight.len(), weight.iter().product::<usize>());
                    assert_eq!([loaded.bias.len()], bias);
                }
            }
        }
        ImportedModel::Quantised(quantised) => {
            for conv in &quantised.layers {
                assert!(conv
                    .requant
                    .iter()
                    .all(|requant| requant.validate().is_ok()));
            }
        }
    }
    true
}

#[test]
fn mutated_models_are_taken_or_refused() {
    let corpus = corpus();
    let (cases, first) = (
        setting("ROWFUSE_FUZZ_CASES", CASES),
        setting("ROWFUSE_FUZZ_SEED", 1),
    );
    println!("{cases} cases from ROWFUSE_FUZZ_SEED={first}");
    let (mut taken, mut refused) = (0u64, 0u64);
    for seed in (first..).take(cases as usize) {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut bytes = corpus[random.gen_range(0..corpus.len())].clone();
        for _ in 0..random.gen_range(1..3) {
            mutate(&mut bytes, &corpus, &mut random);
        }
        let answer = std::panic::catch_unwind(|| sound(bytes));
        match answer {
            Ok(true) => taken += 1,
            Ok(false) => refused += 1,
            Err(_) => panic!("ROWFUSE_FUZZ_SEED={seed} ROWFUSE_FUZZ_CASES=1 repeats it"),
        }
    }
    println!("{taken} taken, {refused} refused");
    assert!(
        cases < 100 || (taken > 0 && refused > 0),
        "nothing was looked at"
    );
}
