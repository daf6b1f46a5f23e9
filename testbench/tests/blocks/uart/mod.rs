//! The UART at its pins: both simulations and the golden model equal in every cycle, and a host that understands.

pub mod bench;
pub mod golden;
pub mod host;
pub mod link;
pub mod parts;
pub mod rate;

use bench::{clocks, Bench, SETTINGS};
use host::{draw, levels, send};
use rand::seq::SliceRandom;
use rand::Rng;
use rowfuse_hdl::link::uart::{queue, transmitter, UartSettings, RECEIVE_LATENCY};
use rowfuse_spec::uart::{increment, DEFAULT_BAUD, MAX_INCREMENT, MIN_INCREMENT};

/// 3 Mbaud at 80 MHz: 26.67 clocks a bit.
const FAST: u32 = 39_322;

fn shuffled(seed: u64) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..=255).collect();
    bytes.shuffle(&mut crate::support::rng(seed));
    bytes
}

/// Sends `bytes` both ways at once, the host's clock off by `skew`.
fn both_ways(increment: u32, skew: f64, bytes: &[u8]) {
    let mut bench = Bench::new(1).at(increment);
    let from = bench.now();
    let period = clocks(increment) * skew;
    bench.around.line = send(bytes, period, 3.3).into();
    bench.around.bytes = bytes.to_vec().into();
    bench.finish();
    assert_eq!(bench.around.received, bytes, "{increment} {skew}");
    let heard: Option<Vec<u8>> = bench.heard(from, period).into_iter().collect();
    assert_eq!(heard.as_deref(), Some(bytes), "{increment} {skew}");
}

#[test]
fn every_byte_both_ways() {
    assert_eq!(increment(3_000_000, 80), Some(FAST));
    for rate in [MAX_INCREMENT, FAST, increment(2_000_000, 80).unwrap()] {
        both_ways(rate, 1.0, &shuffled(rate.into()));
    }
    let slow = [0x55, 0x00, 0xFF, 0x81, 0x7E, 0xA5];
    both_ways(increment(DEFAULT_BAUD, 80).unwrap(), 1.0, &slow);
    both_ways(MIN_INCREMENT, 1.0, &slow[..2]);
}

#[test]
fn two_per_cent_are_tolerated() {
    for rate in [MAX_INCREMENT, FAST] {
        for skew in [0.98, 1.02] {
            both_ways(rate, skew, &shuffled(5));
        }
    }
}

#[test]
fn latencies() {
    let mut bench = Bench::new(2).at(MAX_INCREMENT);
    let start = bench.now();
    bench.around.line = send(&[0x5A], 8.0, 0.0).into();
    bench.around.bytes = vec![0x33, 0x44].into();
    bench.finish();
    assert_eq!(bench.around.shown, [start + 76 + RECEIVE_LATENCY]);
    let low = (start..).find(|&cycle| !bench.around.sent[cycle]);
    assert_eq!(low, Some(bench.around.taken[0] + transmitter::LATENCY));
    // Ten bits, and a cycle between two bytes.
    assert_eq!(bench.around.taken[1], bench.around.taken[0] + 81);
}

#[test]
fn glitches_are_no_bytes() {
    let mut random = crate::support::rng(3);
    let mut bench = Bench::new(3).at(FAST);
    let period = clocks(FAST);
    let mut line = Vec::new();
    for _ in 0..60 {
        line.extend(vec![false; random.gen_range(1..(period / 2.0) as usize)]);
        line.extend(vec![true; random.gen_range(30..60)]);
    }
    // Now and then a clock of the wrong level within a byte.
    let bytes = shuffled(3);
    for byte in &bytes[..60] {
        line.extend(vec![true; random.gen_range(4..20)]);
        let mut drawn = send(&[*byte], period, 0.0);
        for bit in 0..10 {
            let place = (bit as f64 * period) as usize + random.gen_range(3..24);
            drawn[place] = !drawn[place];
        }
        line.extend(drawn);
    }
    bench.around.line = line.into();
    bench.finish();
    assert_eq!(bench.around.received, bytes[..60]);
}

#[test]
fn a_low_stop_bit_drops_the_byte() {
    let mut bench = Bench::new(4).at(FAST);
    let bytes = shuffled(4);
    let mut line = Vec::new();
    for (place, &byte) in bytes[..40].iter().enumerate() {
        line.extend(levels(byte, true));
        match place % 3 {
            // A byte without a stop bit, and a bit of quiet to find the next.
            0 => line.extend([levels(byte, false), vec![true]].concat()),
            // A break.
            1 => line.extend([vec![false; 37], vec![true]].concat()),
            _ => {}
        }
    }
    bench.around.line = draw(&line, clocks(FAST), 0.7).into();
    bench.finish();
    assert_eq!(bench.around.received, bytes[..40]);
}

#[test]
fn a_reset_within_a_byte_drops_it() {
    let mut bench = Bench::new(5).at(FAST);
    for wait in [5, 40, 150, 240, 258] {
        let start = bench.now();
        bench.around.line = send(&[0xC5], clocks(FAST), 0.0).into();
        bench.around.bytes = vec![0x99].into();
        bench.run(wait);
        bench.around.line.clear();
        bench.around.reset = true;
        bench.finish();
        assert!(bench.around.received.is_empty(), "{wait}");
        let sent = &bench.around.sent[start + wait + 1..];
        assert!(sent.iter().all(|&high| high), "{wait}");
        bench = bench.at(FAST);
    }
    // What has been received already is forgotten, too.
    bench.around.take = 0.0;
    bench.around.line = send(&[1, 2, 3, 4], clocks(FAST), 0.0).into();
    bench.finish();
    bench.around.reset = true;
    bench.run(1);
    bench.around.take = 1.0;
    bench.run(50);
    assert!(bench.around.received.is_empty());
    bench.around.line = send(&[5], clocks(SETTINGS.default_increment), 0.0).into();
    bench.finish();
    assert_eq!(bench.around.received, [5]);
}

#[test]
fn a_full_queue_loses_bytes_and_goes_on() {
    let mut bench = Bench::new(6).at(MAX_INCREMENT);
    let bytes: Vec<u8> = (0..queue::DEPTH + 40).map(|n| (n * n / 7) as u8).collect();
    bench.around.take = 0.0;
    bench.around.line = send(&bytes, 8.0, 0.0).into();
    bench.finish();
    bench.around.take = 0.8;
    bench.run(4000);
    let kept = queue::DEPTH + 1;
    assert_eq!(bench.around.received, bytes[..kept]);
    assert_eq!(bench.lost(), bytes.len() - kept);
    bench.around.line = send(&bytes[..200], 8.0, 0.0).into();
    bench.finish();
    assert_eq!(bench.around.received[kept..], bytes[..200]);
}

pub fn anything_at_random() {
    for seed in 20..24 {
        let mut random = crate::support::rng(seed);
        let mut bench = Bench::new(seed);
        bench.around.wild = true;
        bench.around.take = 0.01;
        bench.around.offer = 0.3;
        bench.around.good = if seed % 2 == 0 { 0.001 } else { 0.0 };
        for _ in 0..100 {
            // A byte at the rate of the moment or any other, or levels of any length.
            let now = *bench.around.increments.last().expect("it has run");
            let period = clocks(if random.gen_bool(0.7) { now } else { FAST });
            let line = if random.gen_bool(0.7) {
                send(&[random.gen(), random.gen()], period, random.gen())
            } else {
                let length = random.gen_range(1..30);
                draw(
                    &(0..length).map(|_| random.gen()).collect::<Vec<_>>(),
                    random.gen_range(1.0..12.0),
                    0.0,
                )
            };
            let cycles = line.len() + random.gen_range(0..200);
            bench.around.line = line.into();
            bench.run(cycles);
        }
        assert!(bench.around.received.len() > 20);
    }
}

#[test]
fn settings_are_the_contract() {
    let settings = UartSettings::new(80).unwrap();
    assert_eq!(settings.default_increment, 1510);
    assert_eq!(settings.settle_clocks, 1024);
    assert_eq!(settings.hold_clocks, 1 << 27);
    assert_eq!(UartSettings::new(0), None);
}
