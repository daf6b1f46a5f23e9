//! Issue: a command is taken whole, waits for its semaphores, runs, and gives its own.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rowfuse_hdl::engine::issue::Issue;
use rowfuse_spec::command::COMMAND_WORDS;
use rowfuse_testbench::dut::{Dut, Stimulus};
use rust_hdl::prelude::*;

use crate::support::agree;

/// Where the unit must be; the registers beside it are part of the bench.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    /// Words taken so far.
    Reading(usize),
    /// Whether the semaphores were there a clock ago.
    Waiting(bool),
    Running,
}

struct Bench {
    random: ChaCha8Rng,
    state: State,
    clear: f64,
    /// Words in the registers, and the command they hold.
    words: usize,
    wait: u64,
    signal: u64,
    started: usize,
    finished: usize,
    waited: usize,
    cleared: usize,
}

impl Stimulus<Issue> for &mut Bench {
    fn drive(&mut self, block: &mut Issue, _cycle: usize) {
        let header = self.random.gen_range(0..256_u64) | self.wait << 8 | self.signal << 12;
        block.header.next = header.to_bits();
        // The registers' strobe follows the last word by a clock, or by more.
        let whole = self.words == COMMAND_WORDS && self.state == State::Reading(COMMAND_WORDS);
        block.complete.next = whole && self.random.gen_bool(0.6);
        block.queue_valid.next = self.random.gen_bool(0.7);
        let available = self.random.gen_range(0..16_u64) & self.random.gen_range(0..16_u64);
        block.available.next = available.to_bits();
        block.finished.next = self.state == State::Running && self.random.gen_bool(0.1);
        block.clear.next = self.random.gen_bool(self.clear);
    }

    fn observe(&mut self, block: &Issue, cycle: usize) {
        let available = block.available.val().index() as u64;
        let (mut put, mut start, mut give) = (false, false, 0);
        let before = self.state;
        match self.state {
            // A word of the next command must stay in the queue.
            State::Reading(COMMAND_WORDS) => {
                if block.complete.val() {
                    self.state = State::Waiting(false);
                }
            }
            State::Reading(words) => {
                put = block.queue_valid.val();
                self.words = words + usize::from(put);
                self.state = State::Reading(self.words);
                if self.words == COMMAND_WORDS {
                    self.wait = self.random.gen_range(0..16);
                    self.signal = self.random.gen_range(0..16);
                }
            }
            State::Waiting(true) => {
                start = true;
                self.state = State::Running;
                self.started += 1;
            }
            State::Waiting(false) => {
                let ready = self.wait & !available == 0;
                self.waited += usize::from(!ready);
                self.state = State::Waiting(ready);
            }
            State::Running => {
                if block.finished.val() {
                    give = self.signal;
                    self.words = 0;
                    self.state = State::Reading(0);
                    self.finished += 1;
                }
            }
        }
        let take = if start {
            block.header.val().index() as u64 >> 8 & 15
        } else {
            0
        };
        assert_eq!(block.put.val(), put, "cycle {cycle}, {before:?}");
        assert_eq!(block.start.val(), start, "cycle {cycle}, {before:?}");
        assert_eq!(block.take.val().index() as u64, take, "cycle {cycle}");
        assert_eq!(block.give.val().index() as u64, give, "cycle {cycle}");
        assert_eq!(
            block.idle.val(),
            before == State::Reading(0),
            "cycle {cycle}"
        );
        assert_eq!(
            block.waiting.val(),
            matches!(before, State::Waiting(_)),
            "cycle {cycle}"
        );
        if block.clear.val() {
            self.cleared += usize::from(before != State::Reading(0));
            self.state = State::Reading(0);
            self.words = 0;
        }
    }
}

pub fn commands_wait_run_and_signal() {
    for (seed, clear) in [(71, 0.0), (72, 0.01)] {
        eprintln!("seed {seed}");
        let mut dut = Dut::new("issue", Issue::default(), |b, clock| b.clock.next = clock).unwrap();
        let mut bench = Bench {
            random: crate::support::rng(seed),
            state: State::Reading(0),
            clear,
            words: 0,
            wait: 0,
            signal: 0,
            started: 0,
            finished: 0,
            waited: 0,
            cleared: 0,
        };
        agree(&mut dut, 8000, &mut bench);
        let Bench {
            started, finished, ..
        } = bench;
        assert!(started > 20 && finished > 20, "{started} {finished}");
        assert!(bench.waited > 100, "{}", bench.waited);
        assert_eq!(bench.cleared > 10, clear > 0.0);
    }
}
