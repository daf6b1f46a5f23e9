//! How many of the clocks move a word. Cycles of hardware do not vary, so neither do these figures.

use super::bench::{Bench, Request, Source};
use super::{dut, run, settings, READY, WORDS};
use crate::support::agree;
use rand::Rng;

/// Cycles of traffic, about eight batches of refreshes.
const CYCLES: usize = 32_000;

/// Bursts of `length` words one behind the other, over and over.
fn sequential(length: u32, write: bool) -> Source {
    let mut next = 0;
    Box::new(move |_| {
        let address = next;
        next = (next + length) % (WORDS as u32 - 255);
        Some(Request {
            write,
            address,
            length,
        })
    })
}

/// Bursts of `length` words in random rows, each in another bank than the one before.
fn other_banks(length: u32, write: f64) -> Source {
    let mut bank = 0;
    Box::new(move |random| {
        bank = (bank + random.gen_range(1..4)) % 4;
        let row = random.gen_range(0..63);
        let column = random.gen_range(0..512);
        Some(Request {
            write: random.gen_bool(write),
            address: row << 11 | bank << 9 | column,
            length,
        })
    })
}

/// Two streams far apart that take turns: reads of 128 words and writes of 16.
fn interleaved() -> Source {
    let (mut reads, mut writes, mut turn) = (0, WORDS as u32 / 2, 0);
    Box::new(move |_| {
        turn += 1;
        let write = turn % 8 == 0;
        let (next, length) = if write {
            (&mut writes, 16)
        } else {
            (&mut reads, 128)
        };
        let address = *next;
        *next = (*next + length) % (WORDS as u32 - 255);
        Some(Request {
            write,
            address,
            length,
        })
    })
}

#[test]
fn nearly_every_clock_moves_a_word() {
    let cases: [(&str, Source, f64); 8] = [
        (
            "reads of 128 words, sequential",
            sequential(128, false),
            0.98,
        ),
        ("reads of 72 words, sequential", sequential(72, false), 0.98),
        ("reads of 32 words, sequential", sequential(32, false), 0.97),
        ("reads of 8 words, sequential", sequential(8, false), 0.95),
        (
            "writes of 128 words, sequential",
            sequential(128, true),
            0.98,
        ),
        (
            "reads of 64 words, random rows of other banks",
            other_banks(64, 0.0),
            0.93,
        ),
        (
            "writes of 64 words, random rows of other banks",
            other_banks(64, 1.0),
            0.93,
        ),
        ("7 reads of 128 words, 1 write of 16", interleaved(), 0.95),
    ];
    for (name, source, least) in cases {
        let bench = run(21, &settings(125, 3, 0), CYCLES, source);
        let efficiency = bench.efficiency(READY);
        println!("{name}: {efficiency:.4}");
        assert!(efficiency >= least, "{name}: {efficiency:.4} of {least}");
    }
}

#[test]
fn fewer_requests_at_once_cost_clocks() {
    // A client that waits for each burst's end before it asks again, and one that is two bursts ahead.
    for (limit, length, least) in [
        (1, 128, 0.91),
        (1, 72, 0.87),
        (1, 16, 0.64),
        (2, 128, 0.98),
        (2, 72, 0.98),
        (2, 16, 0.98),
    ] {
        let settings = settings(125, 3, 0);
        let mut bench = Bench::new(23, &settings, WORDS, sequential(length, false));
        bench.limit = limit;
        agree(&mut dut(&settings), CYCLES, &mut bench);
        let efficiency = bench.efficiency(READY);
        println!("{limit} at once of {length} words: {efficiency:.4}");
        assert!(efficiency >= least, "{limit} of {length}: {efficiency:.4}");
    }
}

#[test]
fn a_stream_pauses_only_for_commands_and_refreshes() {
    let bench = run(22, &settings(125, 3, 0), CYCLES, sequential(72, false));
    let words: Vec<usize> = bench.words.iter().map(|(cycle, _)| *cycle).collect();
    let gaps: Vec<usize> = words
        .windows(2)
        .map(|w| w[1] - w[0] - 1)
        .filter(|gap| *gap > 0)
        .collect();
    // Opening a row takes the clock of one command or two from the stream; a batch of refreshes takes more.
    let (short, long): (Vec<usize>, Vec<usize>) = gaps.iter().partition(|gap| **gap <= 2);
    println!("pauses for refreshes: {long:?}");
    let batches = bench
        .refreshes
        .iter()
        .zip(&bench.refreshes[1..])
        .filter(|(a, b)| *b - *a > 100)
        .count();
    assert!(
        long.len().abs_diff(batches) <= 1 && long.iter().all(|gap| *gap < 50),
        "{long:?}, {batches} batches"
    );
    let rows = words.len() / 512;
    assert!(short.iter().sum::<usize>() <= 2 * (rows + 1), "{rows} rows");
}
