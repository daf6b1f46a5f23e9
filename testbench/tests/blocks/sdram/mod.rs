//! The SDRAM controller against the chip's model: no rule of the chip is broken, every word is right, and nearly every
//! clock moves one.

pub mod bench;
pub mod efficiency;
pub mod long;
pub mod parts;

use bench::{Bench, Request, Source};
use rand::Rng;
use rowfuse_hdl::memory::sdram::{
    SdramController, SdramError, SdramSettings, SdramTiming, AS4C16M16SA_7, LATENCY,
};
use rowfuse_testbench::dut::Dut;

use crate::support::agree;

/// Cycles after which a controller with a shortened power-up wait is ready.
const READY: usize = 600;
/// Words of the tests' chips: 64 rows of each bank.
const WORDS: usize = 1 << 17;

/// The part with a power-up wait of 2 µs.
fn quick() -> SdramTiming {
    SdramTiming {
        power_up_ns: 2_000,
        ..AS4C16M16SA_7
    }
}

fn settings(clock_mhz: u32, cas_latency: u32, capture_delay: u32) -> SdramSettings {
    SdramSettings {
        cas_latency,
        capture_delay,
        ..SdramSettings::new(quick(), clock_mhz)
    }
}

/// The same with registers in the cells of the pins, as on a board.
fn on_a_board(clock_mhz: u32, cas_latency: u32, capture_delay: u32) -> SdramSettings {
    SdramSettings {
        pin_registers: true,
        ..settings(clock_mhz, cas_latency, capture_delay)
    }
}

fn dut(settings: &SdramSettings) -> Dut<SdramController> {
    let controller = SdramController::new(settings).unwrap();
    Dut::new("sdram", controller, |b, clock| b.clock.next = clock).expect("a legal block")
}

fn run(seed: u64, settings: &SdramSettings, cycles: usize, source: Source) -> Bench {
    let mut bench = Bench::new(seed, settings, WORDS, source);
    agree(&mut dut(settings), cycles, &mut bench);
    bench.check_chip();
    bench
}

/// Requests at random moments in random places: near each other, in the same row, in another row of the same bank, anywhere.
fn random_source(ask: f64, write: f64) -> Source {
    let mut address = 0_u32;
    Box::new(move |random| {
        if !random.gen_bool(ask) {
            return None;
        }
        let length = match random.gen_range(0..6) {
            0 => 1,
            1 => random.gen_range(2..5),
            2 => 128,
            3 => 255,
            _ => random.gen_range(5..80),
        };
        address = match random.gen_range(0..6) {
            0 => random.gen(),
            1 => address ^ random.gen_range(0..4) << 9,
            2 => address ^ random.gen_range(1..64) << 11,
            3 => (address & !511) + random.gen_range(440..512),
            _ => address + random.gen_range(0..100),
        } % (WORDS as u32 - 255);
        let write = random.gen_bool(write);
        Some(Request {
            write,
            address,
            length,
        })
    })
}

pub fn random_traffic_is_right_at_every_clock() {
    for (seed, settings) in [
        (1, settings(50, 2, 1)),
        (2, settings(80, 2, 0)),
        (3, settings(100, 2, 1)),
        (4, settings(100, 3, 2)),
        (5, settings(125, 3, 0)),
        (6, settings(125, 3, 1)),
        (7, settings(143, 3, 4)),
        (8, on_a_board(80, 2, 0)),
        (9, on_a_board(90, 2, 0)),
        (10, on_a_board(100, 3, 1)),
    ] {
        let mut dut = dut(&settings);
        // A controller's past does not matter: the same one goes on with other traffic, its chip with it.
        let busy = random_source(1.0, 0.4);
        let mut paces = [busy, random_source(0.01, 0.5), random_source(0.1, 0.5)];
        // A busy source is asked once a request, an idle one every cycle.
        let (mut pace, mut left) = (0, 150);
        let source: Source = Box::new(move |random| {
            if left == 0 {
                pace = (pace + 1) % 3;
                left = [150, 3000, 3000][pace];
            }
            left -= 1;
            paces[pace](random)
        });
        let mut bench = Bench::new(seed, &settings, WORDS, source);
        agree(&mut dut, 24_000, &mut bench);
        bench.check_chip();
        let written = bench.words.iter().filter(|(_, write)| *write).count();
        let read = bench.words.len() - written;
        assert!(written > 2000 && read > 2000, "{written} and {read} words");
        assert!(bench.deepest >= 3, "{} bursts under way", bench.deepest);
    }
}

#[test]
fn single_words_are_right() {
    let settings = settings(125, 3, 0);
    let source: Source = Box::new(|random| {
        random.gen_bool(0.8).then(|| Request {
            write: random.gen(),
            // Few enough that words are read soon after they are written, across the ends of rows.
            address: (random.gen_range(0..3) << 11) + 510 + random.gen_range(0..4),
            length: random.gen_range(1..4),
        })
    });
    let bench = run(11, &settings, 20_000, source);
    assert!(bench.words.len() > 2000, "{}", bench.words.len());
}

#[test]
fn an_open_row_answers_after_the_stated_latency() {
    for settings in [
        settings(100, 2, 0),
        settings(125, 3, 0),
        settings(125, 3, 2),
    ] {
        let mut count = 0;
        let mut pause = 0;
        // Time to open the row, then one read and one write far apart, before the first refresh is due.
        let source: Source = Box::new(move |_| {
            pause += 1;
            (pause % 60 == 0 && pause > READY).then(|| {
                count += 1;
                Request {
                    write: count == 3,
                    address: 100,
                    length: 4,
                }
            })
        });
        let bench = run(12, &settings, READY + 4 * 60, source);
        let first = |burst: usize| bench.words[4 * burst].0 - bench.accepted[burst];
        assert_eq!(first(1), settings.read_latency() as usize);
        assert_eq!(first(2), LATENCY as usize);
        assert_eq!(bench.activations, 1);
    }
}

#[test]
fn a_write_waits_for_the_read_before_it() {
    // A read that opens the row, then a read of two words and a write of one right behind it.
    let mut requests = [(READY, 4), (READY + 60, 2), (0, 1)].into_iter().peekable();
    let mut cycle = 0;
    let source: Source = Box::new(move |_| {
        cycle += 1;
        let (_, length) = requests.next_if(|(earliest, _)| cycle > *earliest)?;
        Some(Request {
            write: length == 1,
            address: 100,
            length,
        })
    });
    let bench = run(15, &settings(125, 3, 0), READY + 100, source);
    let start = bench.accepted[1];
    assert_eq!(bench.accepted[2], start + 3);
    let words = [(start + 8, false), (start + 9, false), (start + 10, true)];
    assert_eq!(bench.words[4..], words);
}

#[test]
fn the_chip_has_its_time_at_power_up() {
    let settings = SdramSettings::new(AS4C16M16SA_7, 125);
    let bench = run(13, &settings, 27_000, random_source(0.1, 0.5));
    let first = bench.refreshes[0];
    assert!(
        (25_000..25_100).contains(&first),
        "first refresh in cycle {first}"
    );
    assert!(bench.words.len() > 500);
}

#[test]
fn other_parts_figures_are_kept() {
    // A part whose tRC is more than tRAS and tRP, with a slow write recovery and a long tMRD.
    let timing = SdramTiming {
        ras_ns: 37,
        rc_ns: 80,
        wr_ns: 40,
        mrd_clocks: 5,
        initial_refreshes: 2,
        ..quick()
    };
    let settings = SdramSettings::new(timing, 125);
    let bench = run(14, &settings, 12_000, random_source(1.0, 0.5));
    assert!(bench.words.len() > 5000);
}

#[test]
fn impossible_settings_are_refused() {
    let refused = |settings: &SdramSettings| SdramController::new(settings).err().unwrap();
    assert!(matches!(
        refused(&settings(125, 2, 0)),
        SdramError::Clock { .. }
    ));
    assert_eq!(refused(&settings(125, 3, 5)), SdramError::CaptureDelay(5));
    let slow = SdramTiming {
        rfc_ns: 200,
        ..quick()
    };
    let error = refused(&SdramSettings::new(slow, 125));
    assert_eq!(
        error.to_string(),
        "tRFC of 25 clocks: the controller counts 1 to 16"
    );
}
