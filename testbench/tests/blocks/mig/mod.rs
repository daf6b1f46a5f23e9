//! The memory port by MIG against a model of MIG: no rule of its user interface is broken, and every word is right.

pub mod bench;
pub mod parts;

use bench::Bench;
use rand::Rng;
use rowfuse_hdl::memory::mig::{MigController, LATENCY, RETURN_LATENCY};
use rowfuse_testbench::dut::Dut;
use rowfuse_testbench::mig::MigSettings;

use crate::sdram::bench::{Request, Source};
use crate::support::agree;

/// Words of the tests' memories.
const WORDS: usize = 1 << 14;

/// A memory that makes everyone wait.
const SLOW: MigSettings = MigSettings {
    access: 0.2,
    data: 0.25,
    least_latency: 3,
    most_latency: 60,
    refresh_interval: 300,
    refresh_clocks: 50,
    ..MigSettings::BOARD
};

fn dut() -> Dut<MigController> {
    let controller = MigController::default();
    Dut::new("mig", controller, |b, clock| b.clock.next = clock).expect("a legal block")
}

fn settings(settings: MigSettings, calibration: u64) -> MigSettings {
    MigSettings {
        words: WORDS,
        calibration,
        ..settings
    }
}

/// Requests at random moments in random places, near each other and within the same line more often than not.
fn random_source(ask: f64, write: f64, most: u32) -> Source {
    let mut address = 0_u32;
    Box::new(move |random| {
        if !random.gen_bool(ask) {
            return None;
        }
        let length = match random.gen_range(0..5) {
            0 => 1,
            1 => random.gen_range(2..10),
            2 => most,
            _ => random.gen_range(1..=most),
        };
        address = match random.gen_range(0..4) {
            0 => random.gen(),
            1 => address ^ random.gen_range(0..8),
            2 => address + random.gen_range(0..20),
            _ => address,
        } % (WORDS as u32 - 255);
        Some(Request {
            write: random.gen_bool(write),
            address,
            length,
        })
    })
}

pub fn random_traffic_is_right_at_every_clock() {
    for (seed, memory, calibration) in [
        (1, MigSettings::IDEAL, 5),
        (2, MigSettings::BOARD, 211),
        (3, SLOW, 1000),
    ] {
        // Busy, idle, and one word here, another there.
        let mut paces = [
            random_source(1.0, 0.4, 128),
            random_source(0.02, 0.5, 128),
            random_source(0.6, 0.5, 3),
        ];
        let (mut pace, mut left) = (0, 100);
        let source: Source = Box::new(move |random| {
            if left == 0 {
                pace = (pace + 1) % 3;
                left = [60, 1500, 600][pace];
            }
            left -= 1;
            paces[pace](random)
        });
        let mut bench = Bench::new(seed, settings(memory, calibration), source);
        agree(&mut dut(), 20_000, &mut bench);
        bench.check_memory();
        assert!(bench.accepted[0] > calibration as usize, "not calibrated");
        let written = bench.words.iter().filter(|(_, write)| *write).count();
        let read = bench.words.len() - written;
        assert!(written > 1500 && read > 1500, "{written} and {read} words");
        assert!(bench.deepest >= 3, "{} bursts under way", bench.deepest);
    }
}

#[test]
fn bursts_of_255_words_are_right() {
    let mut bench = Bench::new(
        4,
        settings(MigSettings::BOARD, 0),
        random_source(1.0, 0.3, 255),
    );
    agree(&mut dut(), 12_000, &mut bench);
    bench.check_memory();
    assert!(bench.words.len() > 8000, "{}", bench.words.len());
}

#[test]
fn one_burst_alone_takes_the_stated_latency() {
    for length in [1, 8, 128] {
        for (offset, memory) in [(0, MigSettings::IDEAL), (7, MigSettings::IDEAL), (3, SLOW)] {
            let memory = MigSettings {
                access: 1.0,
                data: 1.0,
                least_latency: memory.most_latency,
                refresh_interval: 0,
                ..settings(memory, 0)
            };
            let mut asked = 0;
            // A read and a write far apart.
            let source: Source = Box::new(move |_| {
                asked += 1;
                (asked == 10 || asked == 400).then_some(Request {
                    write: asked == 400,
                    address: 8 + offset,
                    length,
                })
            });
            let mut bench = Bench::new(5, memory, source);
            agree(&mut dut(), 700, &mut bench);
            let words: Vec<usize> = bench.words.iter().map(|(cycle, _)| *cycle).collect();
            let (read, write) = words.split_at(length as usize);
            let waits = LATENCY + memory.least_latency + RETURN_LATENCY;
            let first = bench.accepted[0] + waits as usize;
            let gapless = |first: usize| first..first + length as usize;
            assert!(read.iter().copied().eq(gapless(first)), "{read:?}, {first}");
            let first = bench.accepted[1] + LATENCY as usize;
            assert!(
                write.iter().copied().eq(gapless(first)),
                "{write:?}, {first}"
            );
            let lines = (offset + length).div_ceil(8) as usize;
            assert_eq!(bench.accesses.len(), 2 * lines);
        }
    }
}

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

#[test]
fn streams_are_as_quick_as_stated() {
    let board = settings(MigSettings::BOARD, 0);
    // Reads: bursts under way at once, their words, words a clock.
    for (limit, length, least) in [
        (1, 128, 0.79),
        (1, 16, 0.32),
        (2, 128, 0.99),
        (2, 72, 0.99),
        (2, 16, 0.63),
        (usize::MAX, 128, 0.99),
    ] {
        let mut bench = Bench::new(6, board, sequential(length, false));
        bench.limit = limit;
        agree(&mut dut(), 16_000, &mut bench);
        let efficiency = bench.efficiency();
        println!("{limit} reads at once of {length} words: {efficiency:.3}");
        assert!(efficiency >= least, "{limit} of {length}: {efficiency:.3}");
    }
    for (length, least) in [(128, 0.95), (16, 0.95), (1, 0.3)] {
        let mut bench = Bench::new(7, board, sequential(length, true));
        agree(&mut dut(), 16_000, &mut bench);
        let efficiency = bench.efficiency();
        println!("writes of {length} words: {efficiency:.3}");
        assert!(efficiency >= least, "writes of {length}: {efficiency:.3}");
    }
}
