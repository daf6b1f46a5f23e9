//! When which rate holds.

use rowfuse_spec::uart::MAX_INCREMENT;

use super::bench::{clocks, Bench, SETTINGS};
use super::host::send;
use super::FAST;

const DEFAULT: u32 = SETTINGS.default_increment;
const SETTLE: usize = SETTINGS.settle_clocks as usize;
const HOLD: usize = SETTINGS.hold_clocks as usize;

/// Cycles at which the increment changed, and what to.
fn changes(bench: &Bench, from: usize) -> Vec<(usize, u32)> {
    let increments = &bench.around.increments;
    (from..increments.len())
        .filter(|&cycle| increments[cycle] != increments[cycle - 1])
        .map(|cycle| (cycle, increments[cycle]))
        .collect()
}

#[test]
fn the_reply_goes_out_at_the_old_rate() {
    let mut bench = Bench::new(40);
    let from = bench.now();
    bench.around.good = 0.005;
    // The reply begins after the request for the rate; there is a pause in it.
    bench.around.rate = Some(FAST);
    bench.run(9);
    bench.around.bytes = vec![0xA5, 0x87, 1].into();
    bench.run(3 * 161 + SETTLE - 20);
    bench.around.bytes = vec![0, 0, 0x42].into();
    bench.run(3 * 161 + SETTLE - 20);
    assert_eq!(changes(&bench, from), []);
    let reply: Vec<u8> = bench.heard(from, 16.0).into_iter().flatten().collect();
    assert_eq!(reply, [0xA5, 0x87, 1, 0, 0, 0x42]);
    bench.run(40);
    // Ten bits of the last byte, then the quiet.
    let last = bench.around.taken[5] + 1 + 160;
    assert_eq!(changes(&bench, from), [(last + SETTLE, FAST)]);

    let from = bench.now();
    bench.around.line = send(&[7, 8, 9], clocks(FAST), 0.0).into();
    bench.around.bytes = vec![9, 8, 7].into();
    bench.finish();
    assert_eq!(bench.around.received, [7, 8, 9]);
    assert_eq!(bench.heard(from, clocks(FAST)), [Some(9), Some(8), Some(7)]);

    // The last of several requests counts, and it may be the rate that holds.
    for rate in [MAX_INCREMENT, DEFAULT] {
        bench.around.rate = Some(rate);
        bench.run(SETTLE / 2);
    }
    bench.run(SETTLE);
    assert_eq!(changes(&bench, from).last().unwrap().1, DEFAULT);
}

#[test]
fn silence_brings_the_default_back() {
    let mut bench = Bench::new(41);
    let from = bench.now();
    bench.around.rate = Some(FAST);
    bench.run(SETTLE + HOLD + 10);
    let away = from + SETTLE + 1;
    let back = away + HOLD + 1;
    assert_eq!(changes(&bench, from), [(away, FAST), (back, DEFAULT)]);

    // A good frame begins the time anew; bad ones, that is none, do not. What waits is forgotten.
    let from = bench.now();
    bench.around.rate = Some(MAX_INCREMENT);
    bench.run(SETTLE + HOLD - 50);
    bench.around.good = 1.0;
    bench.run(1);
    bench.around.good = 0.0;
    let good = bench.now() - 1;
    bench.run(HOLD - 200);
    bench.around.rate = Some(FAST);
    bench.run(110);
    bench.around.rate = Some(FAST);
    bench.run(SETTLE + 300);
    let expected = [
        (from + SETTLE + 1, MAX_INCREMENT),
        (good + HOLD - 200 + 1 + SETTLE + 1, FAST),
        (good + 1 + HOLD + 1, DEFAULT),
    ];
    assert_eq!(changes(&bench, from), expected);
    let from = bench.now();
    bench.around.line = send(&[0xE1], clocks(DEFAULT), 0.0).into();
    bench.around.bytes = vec![0x1E].into();
    bench.finish();
    assert_eq!(bench.around.received, [0xE1]);
    assert_eq!(bench.heard(from, clocks(DEFAULT)), [Some(0x1E)]);
}

#[test]
fn reset_brings_the_default_back() {
    let mut bench = Bench::new(42).at(FAST);
    let from = bench.now();
    bench.around.rate = Some(MAX_INCREMENT);
    bench.run(SETTLE / 2);
    bench.around.reset = true;
    bench.run(2 * SETTLE);
    assert_eq!(changes(&bench, from), [(from + SETTLE / 2 + 2, DEFAULT)]);
}
