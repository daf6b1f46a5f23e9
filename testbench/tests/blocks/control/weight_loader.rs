//! The weight unit: entries into the ring and parameters into their table, and the ring's account.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rowfuse_hdl::engine::sequencer::FREE_DELAY;
use rowfuse_hdl::engine::weight_buffer::WRITE_LATENCY;
use rowfuse_hdl::memory::weight_loader::WeightLoader;
use rowfuse_testbench::dut::{Dut, Stimulus};
use rust_hdl::prelude::*;

use super::LANES;
use crate::memory_model::{MemoryModel, Pace};
use crate::support::agree;

/// Entries of a ring that is soon full, and of the largest.
const SMALL: usize = 64;
const LARGE: usize = 1024;
/// Words of a channel's parameters.
const PARAMETER_WORDS: usize = 4;
/// Memory that commands read.
const WORDS: u32 = 0x4000;

/// One word for one of the buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Write {
    parameter: bool,
    address: usize,
    word: usize,
    data: u16,
}

struct Bench {
    random: ChaCha8Rng,
    /// Entries of the ring.
    depth: usize,
    entry_words: usize,
    pace: Pace,
    /// Probability of a clock in which a group that is ready is used.
    use_group: f64,
    clear: f64,
    memory: MemoryModel,
    running: bool,
    /// Clocks after `clear` in which no command starts: the program's fetch takes longer.
    quiet: usize,
    /// Where the memory's words are.
    base: u32,
    expected: std::vec::IntoIter<Write>,
    /// When each entry since the last clear had its last word written.
    landed: Vec<usize>,
    asked: usize,
    consumed: usize,
    freed: usize,
    frees: Vec<(usize, usize)>,
    cin: usize,
    groups: usize,
    /// Clocks until the new `cin` counts.
    settling: usize,
    done_now: bool,
    ready: bool,
    seen: [usize; 2],
    waited_for_room: usize,
    cleared: usize,
}

impl Bench {
    fn new(
        seed: u64,
        (depth, entry_words): (usize, usize),
        pace: Pace,
        use_group: f64,
        clear: f64,
    ) -> Bench {
        let mut random = crate::support::rng(seed);
        let memory = MemoryModel::new(pace, ChaCha8Rng::seed_from_u64(random.gen()));
        let mut bench = Bench {
            random,
            depth,
            entry_words,
            pace,
            use_group,
            clear,
            memory,
            running: false,
            quiet: 0,
            base: 0,
            expected: Vec::new().into_iter(),
            landed: Vec::new(),
            asked: 0,
            consumed: 0,
            freed: 0,
            frees: Vec::new(),
            cin: 1,
            groups: 0,
            settling: 0,
            done_now: false,
            ready: false,
            seen: [0; 2],
            waited_for_room: 0,
            cleared: 0,
        };
        bench.reset();
        bench
    }

    /// The state after power-up or `clear`.
    fn reset(&mut self) {
        let random = ChaCha8Rng::seed_from_u64(self.random.gen());
        self.memory = MemoryModel::new(self.pace, random);
        self.base = self.random.gen_range(0..0x100_0000 - WORDS);
        for address in 0..WORDS {
            self.memory.set_word(self.base + address, self.random.gen());
        }
        self.running = false;
        self.expected = Vec::new().into_iter();
        self.landed.clear();
        (self.asked, self.consumed, self.freed, self.groups) = (0, 0, 0, 0);
        // Frees on their way still come, but free nothing.
        for (_, entries) in &mut self.frees {
            *entries = 0;
        }
        self.quiet = 50;
    }

    fn command(&mut self, block: &mut WeightLoader) {
        let parameters = self.random.gen_bool(0.3);
        let address = self.base + self.random.gen_range(0..2000_u32);
        let count = self.random.gen_range(1..self.depth - 4);
        let index = self.random.gen_range(0..900_usize);
        let (first, words) = if parameters {
            (index, PARAMETER_WORDS)
        } else {
            self.asked += count;
            (self.asked - count, self.entry_words)
        };
        let write = |n: usize| Write {
            parameter: parameters,
            address: first + n / words,
            word: n % words,
            data: self.memory.word(address + n as u32),
        };
        self.expected = (0..count * words)
            .map(write)
            .collect::<Vec<_>>()
            .into_iter();
        block.start.next = true;
        block.parameters.next = parameters;
        block.address.next = address.to_bits();
        block.entries.next = count.to_bits();
        block.index.next = index.to_bits();
        block.count.next = count.to_bits();
        self.running = true;
    }
}

impl Stimulus<WeightLoader> for &mut Bench {
    fn drive(&mut self, block: &mut WeightLoader, cycle: usize) {
        block.start.next = false;
        self.quiet = self.quiet.saturating_sub(1);
        if !self.running && self.quiet == 0 && self.random.gen_bool(0.1) {
            self.command(block);
        }
        // A convolution is some groups of `cin` entries, each used when it is ready, freed a while later.
        self.settling = self.settling.saturating_sub(1);
        if self.groups == 0 && self.settling == 0 {
            self.cin = self.random.gen_range(1..=self.depth / 2);
            self.groups = self.random.gen_range(1..4);
            self.settling = 3;
        }
        block.cin.next = self.cin.to_bits();
        self.done_now = self.settling == 0 && self.ready && self.random.gen_bool(self.use_group);
        block.group_done.next = self.done_now;
        let free = self.frees.first().is_some_and(|(at, _)| *at == cycle);
        if free {
            self.freed += self.frees.remove(0).1;
        }
        block.group_free.next = free;
        block.clear.next = self.random.gen_bool(self.clear);
        self.memory.drive(&mut block.mem);
    }

    fn observe(&mut self, block: &WeightLoader, cycle: usize) {
        if block.weight_write.val() || block.parameter_write.val() {
            assert_ne!(block.weight_write.val(), block.parameter_write.val());
            let parameter = block.parameter_write.val();
            let found = Write {
                parameter,
                address: block.write_address.val().index(),
                word: block.write_word.val().index(),
                data: block.write_data.val().index() as u16,
            };
            assert_eq!(Some(found), self.expected.next(), "cycle {cycle}");
            if !parameter {
                // The ring's entry is free: `depth` entries earlier one was freed.
                assert!(found.address < self.freed + self.depth, "cycle {cycle}");
                if found.word == self.entry_words - 1 {
                    self.landed.push(cycle);
                }
            }
        }
        if self.done_now {
            self.consumed += self.cin;
            self.groups -= 1;
            self.frees.push((cycle + FREE_DELAY, self.cin));
            // Another convolution, with another `cin`, begins after the last free of this one.
            self.settling = if self.groups == 0 { FREE_DELAY + 1 } else { 0 };
        }
        // What is said to be ready has reached the buffer.
        self.ready = block.weights_ready.val() && !self.done_now;
        if self.ready && self.settling == 0 && self.groups > 0 {
            let last = self.landed.get(self.consumed + self.cin - 1);
            let readable = last.is_some_and(|at| at + WRITE_LATENCY as usize <= cycle);
            assert!(readable, "cycle {cycle}: not ready");
        }
        if self.running && self.asked > self.freed + self.depth {
            self.waited_for_room += 1;
        }
        if block.finished.val() {
            assert!(self.running && self.expected.len() == 0, "cycle {cycle}");
            self.running = false;
            self.seen[usize::from(block.parameters.val())] += 1;
        }
        self.memory.observe(&block.mem);
        if block.clear.val() {
            self.cleared += usize::from(self.running);
            self.reset();
            self.ready = false;
        }
    }
}

fn run(seed: u64, pace: Pace, use_group: f64, clear: f64, commands: usize) -> usize {
    let each = |lanes| {
        run_ring(
            (SMALL, lanes, 20_000),
            seed,
            pace,
            use_group,
            clear,
            commands,
        )
    };
    LANES.into_iter().map(each).sum()
}

fn run_ring(
    (depth, lanes, cycles): (usize, u32, usize),
    seed: u64,
    pace: Pace,
    use_group: f64,
    clear: f64,
    commands: usize,
) -> usize {
    eprintln!("seed {seed}");
    let entry_words = (9 * lanes).div_ceil(2);
    let block = WeightLoader::new(depth as u32, entry_words);
    let mut dut =
        Dut::new("weight_loader", block, |b, clock| b.clock.next = clock).expect("a legal block");
    let shape = (depth, entry_words as usize);
    let mut bench = Bench::new(seed, shape, pace, use_group, clear);
    agree(&mut dut, cycles, &mut bench);
    let seen = bench.seen;
    assert!(
        seen.iter().all(|n| *n >= commands),
        "{lanes} lanes: {seen:?}"
    );
    assert_eq!(bench.cleared > 3, clear > 0.0, "{lanes} lanes");
    bench.waited_for_room
}

/// Counts and addresses need all of their bits.
#[test]
fn the_largest_ring_is_filled_and_emptied() {
    let each = |seed, pace, clear| run_ring((LARGE, 1, 60_000), seed, pace, 0.0015, clear, 2);
    assert!(each(56, Pace::FULL, 0.0) > 1000);
    assert!(each(57, Pace::SLOW, 0.0001) > 500);
}

#[test]
fn entries_and_parameters_arrive_from_a_quick_memory() {
    run(51, Pace::FULL, 0.5, 0.0, 8);
}

#[test]
fn a_full_ring_waits_until_a_group_is_freed() {
    assert!(run(52, Pace::FULL, 0.004, 0.0, 3) > 1000);
}

pub fn a_slow_memory_is_waited_for() {
    run(53, Pace::SLOW, 0.2, 0.0, 4);
}

pub fn clear_empties_the_ring() {
    run(54, Pace::SLOW, 0.2, 0.001, 3);
    assert!(run(55, Pace::FULL, 0.02, 0.002, 3) > 1000);
}
