//! The judge must refuse tests that are none.

use rowfuse_hdl::engine::delay_line::DelayLine;
use rowfuse_testbench::dut::{Dut, Trace};
use rust_hdl::prelude::Block;

use super::judge::judge;
use super::Entry;
use crate::support::agree;

fn delayed(drive: fn(usize) -> bool) -> Trace {
    let block = DelayLine::new(2);
    let mut dut = Dut::new("delay_line2", block, |b, clock| b.clock.next = clock).unwrap();
    agree(&mut dut, 400, |b: &mut DelayLine, t: usize| {
        b.strobe_in.next = drive(t)
    })
}

fn compares(drive: fn(usize) -> bool) {
    let trace = delayed(drive);
    for t in 2..400 {
        assert_eq!(trace.u64("strobe_out", t), trace.u64("strobe_in", t - 2));
    }
}

/// Looks random, and is the same whenever it is asked.
fn hash(t: usize) -> bool {
    (t as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40 & 1 == 1
}

const fn entry(tests: &'static [fn()], quiet: &'static [(&'static str, &'static str)]) -> Entry {
    Entry {
        name: "DelayLine",
        source: "",
        golden: "",
        samples: || vec![Box::new(DelayLine::new(3)) as Box<dyn Block>],
        tests,
        quiet,
    }
}

#[test]
fn a_real_test_passes_whatever_the_blocks_size() {
    static REAL: Entry = entry(&[|| compares(hash)], &[]);
    assert_eq!(judge(&REAL).unwrap().cycles, 400);
}

#[test]
fn a_test_that_compares_nothing_is_refused() {
    static EMPTY: Entry = entry(&[|| drop(delayed(hash))], &[]);
    assert!(judge(&EMPTY).unwrap_err().contains("does not notice"));
}

#[test]
fn a_test_of_another_block_is_refused() {
    static OTHER: Entry = entry(&[crate::registers::flip_flop], &[]);
    assert!(judge(&OTHER).unwrap_err().contains("never run"));
}

#[test]
fn inputs_must_move_at_random() {
    static STILL: Entry = entry(&[|| compares(|_| true)], &[]);
    assert!(judge(&STILL)
        .unwrap_err()
        .contains("strobe_in changes only 0 times"));
    static EVEN: Entry = entry(&[|| compares(|t| t % 2 == 0)], &[]);
    assert!(judge(&EVEN)
        .unwrap_err()
        .contains("after 1 different times"));
    static SAID: Entry = entry(&[|| compares(hash)], &[("strobe_in", "it is said")]);
    assert!(judge(&SAID)
        .unwrap_err()
        .contains("though it is said not to"));
    static UNKNOWN: Entry = entry(&[|| compares(hash)], &[("nothing", "")]);
    assert!(judge(&UNKNOWN).unwrap_err().contains("no one-bit input"));
}
