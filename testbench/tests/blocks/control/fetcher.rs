//! The fetcher: every word of every command in the queue of its unit, and nowhere else.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rowfuse_hdl::engine::fetcher::Fetcher;
use rowfuse_spec::command::STATUS_INVALID;
use rowfuse_spec::command::{COMMAND_WORDS, OP_CONV, OP_END, OP_LOAD, OP_PARAMS, OP_WEIGHTS};
use rowfuse_testbench::dut::{Dut, Stimulus};
use rust_hdl::prelude::*;

use crate::memory_model::{MemoryModel, Pace};
use crate::support::agree;

/// Load, weight, compute.
type Queues = [Vec<u16>; 3];

fn queue_of(opcode: u8) -> Option<usize> {
    [(OP_LOAD, 0), (OP_WEIGHTS, 1), (OP_PARAMS, 1), (OP_CONV, 2)]
        .into_iter()
        .find(|(code, _)| *code == opcode)
        .map(|(_, queue)| queue)
}

struct Bench {
    random: ChaCha8Rng,
    pace: Pace,
    room: f64,
    clear: f64,
    memory: MemoryModel,
    running: bool,
    address: u32,
    commands: usize,
    fetched: usize,
    status: u16,
    expected: Queues,
    found: Queues,
    invalid: usize,
    ended: usize,
    cleared: usize,
    waits_for_units: usize,
}

impl Bench {
    /// Writes a program of random commands to memory.
    fn program(&mut self) {
        let random = ChaCha8Rng::seed_from_u64(self.random.gen());
        self.memory = MemoryModel::new(self.pace, random);
        (self.expected, self.found) = Default::default();
        self.address = self.random.gen_range(0..0xFF_0000);
        self.commands = self.random.gen_range(1..6);
        self.fetched = 0;
        for n in 0..self.commands {
            let last = n == self.commands - 1;
            let opcode = if !last {
                [OP_LOAD, OP_WEIGHTS, OP_PARAMS, OP_CONV][self.random.gen_range(0..4)]
            } else if self.random.gen_bool(0.6) {
                OP_END
            } else {
                let unknown = |code: &u8| queue_of(*code).is_none() && *code != OP_END;
                let codes: Vec<u8> = (0..=255).filter(unknown).collect();
                codes[self.random.gen_range(0..codes.len())]
            };
            let mut words: Vec<u16> = (0..COMMAND_WORDS).map(|_| self.random.gen()).collect();
            words[0] = words[0] & 0xFF00 | u16::from(opcode);
            for (index, word) in words.iter().enumerate() {
                let address = self.address + (n * COMMAND_WORDS + index) as u32;
                self.memory.set_word(address, *word);
            }
            if last {
                self.status = if opcode == OP_END {
                    words[1]
                } else {
                    STATUS_INVALID
                };
            }
            if let Some(queue) = queue_of(opcode) {
                self.expected[queue].extend(words);
            }
        }
    }
}

impl Stimulus<Fetcher> for &mut Bench {
    fn drive(&mut self, block: &mut Fetcher, _cycle: usize) {
        block.run.next = false;
        if !self.running && self.random.gen_bool(0.1) {
            self.program();
            block.run.next = true;
            block.run_addr.next = self.address.to_bits();
        }
        block.room.next = self.random.gen_bool(self.room);
        block.units_idle.next = self.random.gen_bool(0.1);
        block.clear.next = self.running && self.random.gen_bool(self.clear);
        self.memory.drive(&mut block.mem);
    }

    fn observe(&mut self, block: &Fetcher, cycle: usize) {
        assert_eq!(block.busy.val(), self.running, "cycle {cycle}");
        let word = block.word.val().index() as u16;
        let puts = [&block.put_load, &block.put_weight, &block.put_compute].map(|put| put.val());
        for (queue, put) in self.found.iter_mut().zip(puts) {
            if put {
                queue.push(word);
            }
        }
        if block.mem.req_valid.val() {
            assert!(block.room.val() && self.running, "cycle {cycle}");
            assert!(self.fetched < self.commands, "cycle {cycle}");
            let address = self.address + (self.fetched * COMMAND_WORDS) as u32;
            assert_eq!(block.mem.req_addr.val().index() as u32, address);
            assert_eq!(block.mem.req_len.val().index(), COMMAND_WORDS);
            assert!(!block.mem.req_write.val());
        }
        self.memory.observe(&block.mem);
        let all = self.fetched == self.commands;
        if self.running && all {
            self.waits_for_units += 1;
            if block.units_idle.val() {
                assert_eq!(self.found, self.expected, "cycle {cycle}");
                let status = block.program_status.val().index() as u16;
                assert_eq!(status, self.status, "cycle {cycle}");
                self.ended += 1;
                self.invalid += usize::from(status == STATUS_INVALID);
                self.running = false;
            }
        }
        assert_eq!(block.command.val(), block.mem.done.val(), "cycle {cycle}");
        self.fetched += usize::from(block.command.val());
        if block.run.val() {
            self.running = true;
        }
        if block.clear.val() {
            self.cleared += 1;
            self.running = false;
            let random = ChaCha8Rng::seed_from_u64(self.random.gen());
            self.memory = MemoryModel::new(self.pace, random);
        }
    }
}

fn run(seed: u64, pace: Pace, room: f64, clear: f64) {
    eprintln!("seed {seed}");
    let mut dut = Dut::new("fetcher", Fetcher::new(), |b, clock| b.clock.next = clock)
        .expect("a legal block");
    let mut random = crate::support::rng(seed);
    let memory = MemoryModel::new(pace, ChaCha8Rng::seed_from_u64(random.gen()));
    let mut bench = Bench {
        random,
        pace,
        room,
        clear,
        memory,
        running: false,
        address: 0,
        commands: 0,
        fetched: 0,
        status: 0,
        expected: Queues::default(),
        found: Queues::default(),
        invalid: 0,
        ended: 0,
        cleared: 0,
        waits_for_units: 0,
    };
    agree(&mut dut, 12_000, &mut bench);
    assert!(bench.invalid > 2 && bench.ended > bench.invalid + 2);
    assert!(bench.waits_for_units > 2 * bench.ended);
    assert_eq!(bench.cleared > 3, clear > 0.0);
}

pub fn programs_reach_their_units_and_end() {
    run(81, Pace::FULL, 1.0, 0.0);
    run(82, Pace::SLOW, 0.1, 0.0);
}

pub fn clear_drops_the_program_anywhere() {
    run(83, Pace::SLOW, 0.5, 0.004);
}
