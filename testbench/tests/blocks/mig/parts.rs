//! What the controller is made of, each against plain Rust.

use std::collections::VecDeque;

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rowfuse_hdl::memory::mig::{LineBuffer, LineCollector, MigReads, MigWrites, LINES};
use rowfuse_testbench::dut::{Dut, Stimulus};
use rust_hdl::prelude::*;

use crate::support::{agree, rng};

/// A word of a line.
fn word(line: u128, place: u32) -> u64 {
    (line >> (16 * place)) as u64 & 0xFFFF
}

pub fn line_buffer() {
    let mut random = rng(501);
    let mut dut = Dut::new("mig_line_buffer", LineBuffer::default(), |b, clock| {
        b.clock.next = clock
    })
    .unwrap();
    let mut lines = [None; LINES];
    let (mut expected, mut shown) = (Vec::new(), 0);
    let trace = agree(&mut dut, 4000, |b: &mut LineBuffer, _: usize| {
        expected.push(shown);
        let (to, line) = (random.gen_range(0..LINES), random.gen::<u128>());
        let (from, place) = (random.gen_range(0..LINES), random.gen_range(0..8u32));
        let write = random.gen_bool(0.4);
        b.write.next = write;
        b.write_line.next = to.to_bits();
        b.line.next = line.to_bits();
        // Nobody reads a line that nobody wrote.
        let read = lines[from].filter(|_| random.gen_bool(0.7));
        b.read.next = read.is_some();
        b.read_line.next = from.to_bits();
        b.read_word.next = place.to_bits();
        shown = read.map_or(shown, |line| word(line, place));
        if write {
            lines[to] = Some(line);
        }
    });
    for (t, expected) in expected.iter().enumerate() {
        assert_eq!(trace.u64("word", t), *expected, "cycle {t}");
    }
}

pub fn line_collector() {
    let mut random = rng(502);
    let mut dut = Dut::new(
        "mig_line_collector",
        LineCollector::default(),
        |b, clock| b.clock.next = clock,
    )
    .unwrap();
    let mut collected = [None; 8];
    let (mut expected, mut out) = (Vec::new(), [None; 8]);
    let mut closed = false;
    let trace = agree(&mut dut, 4000, |b: &mut LineCollector, _: usize| {
        expected.push(closed.then_some(out));
        let (put, close) = (random.gen_bool(0.7), random.gen_bool(0.25));
        let (place, word, mask) = (
            random.gen_range(0..8usize),
            random.gen::<u16>(),
            random.gen_range(0..4u64),
        );
        b.put.next = put;
        b.close.next = close;
        b.place.next = place.to_bits();
        b.word.next = word.to_bits();
        b.word_mask.next = mask.to_bits();
        if put {
            collected[place] = Some((word, mask));
            if close {
                out = std::mem::take(&mut collected);
                closed = true;
            }
        }
    });
    for (t, expected) in expected.iter().enumerate() {
        let Some(out) = expected else { continue };
        for (place, put) in out.iter().enumerate() {
            let data = trace.words("data", t)[place / 2] >> (16 * (place % 2)) & 0xFFFF;
            let mask = trace.u64("mask", t) >> (2 * place) & 3;
            match put {
                Some((word, kept)) => {
                    assert_eq!(
                        (data, mask),
                        (u32::from(*word), *kept),
                        "cycle {t}, {place}"
                    )
                }
                None => assert_eq!(mask, 3, "cycle {t}, word {place} was not put"),
            }
        }
    }
}

/// Bursts, a memory that answers in order after any time, and what must come out.
struct Reads {
    random: ChaCha8Rng,
    to_ask: VecDeque<u32>,
    asked: VecDeque<u32>,
    /// Words to come: their values and whether each is its burst's last.
    words: VecDeque<(u64, bool)>,
    unfinished: usize,
    hold: bool,
    bursts: usize,
}

/// Bursts that the block keeps beside the one whose words move.
const WAITING: usize = 4;

/// A word of the memory.
fn stored(address: u32) -> u64 {
    u64::from(address.wrapping_mul(0x9E37) as u16)
}

impl Stimulus<MigReads> for &mut Reads {
    fn drive(&mut self, b: &mut MigReads, t: usize) {
        let random = &mut self.random;
        // What stands must not be taken back.
        self.hold = match self.to_ask.is_empty() {
            true => random.gen_bool(0.3),
            false => self.hold && random.gen_bool(0.7),
        };
        b.hold.next = self.hold;
        b.taken.next = random.gen_bool([0.4, 1.0][t / 900 % 2]);
        let comes = !self.asked.is_empty() && random.gen_bool([0.05, 1.0, 0.3][t / 500 % 3]);
        b.line_valid.next = comes;
        let line = self.asked.pop_front_if(|_| comes).map(|line| {
            let words = (0..8).rev().map(|place| stored(8 * line + place));
            words.fold(0u128, |line, word| line << 16 | u128::from(word))
        });
        b.line_data.next = line.unwrap_or_else(|| random.gen()).to_bits();
        let start = self.to_ask.is_empty()
            && self.unfinished < WAITING
            && random.gen_bool([0.9, 0.05][t / 700 % 2]);
        let most = [8u32, 255][random.gen_range(0..2)];
        let (address, length) = (random.gen_range(0..1u32 << 23), random.gen_range(1..=most));
        b.start.next = start;
        b.address.next = address.to_bits();
        b.length.next = length.to_bits();
        if start {
            self.to_ask.extend(address / 8..=(address + length - 1) / 8);
            let words = (0..length).map(|k| (stored(address + k), k + 1 == length));
            self.words.extend(words);
            self.unfinished += 1;
        }
    }

    fn observe(&mut self, b: &MigReads, t: usize) {
        if b.word_valid.val() {
            let found = (b.word.val().index() as u64, b.word_last.val());
            assert_eq!(Some(found), self.words.pop_front(), "cycle {t}");
            if found.1 {
                self.unfinished -= 1;
                self.bursts += 1;
            }
        } else {
            assert!(!b.word_last.val(), "cycle {t}");
        }
        if b.quiet.val() && !b.start.val() {
            assert_eq!((self.words.len(), self.to_ask.len()), (0, 0), "cycle {t}");
        }
        if b.command.val() {
            assert!(!self.hold, "cycle {t}");
            let line = self.to_ask.front().copied();
            assert_eq!(Some(b.line.val().index() as u32), line, "cycle {t}");
            if b.taken.val() {
                self.to_ask.pop_front();
                self.asked.extend(line);
            }
        }
        assert!(self.asked.len() <= LINES, "cycle {t}");
        let busy = !self.to_ask.is_empty() || self.unfinished >= WAITING;
        assert!(b.free.val() || busy, "cycle {t}");
    }
}

pub fn reads() {
    let mut dut = Dut::new("mig_reads", MigReads::default(), |b, clock| {
        b.clock.next = clock
    })
    .unwrap();
    let mut bench = Reads {
        random: rng(503),
        to_ask: VecDeque::new(),
        asked: VecDeque::new(),
        words: VecDeque::new(),
        unfinished: 0,
        hold: false,
        bursts: 0,
    };
    agree(&mut dut, 12_000, &mut bench);
    assert!(bench.bursts > 100, "{} bursts", bench.bursts);
}

/// A line as it must be written: number, words with their masks.
type Line = (u32, [Option<(u16, u8)>; 8]);

/// Bursts of words, a memory that takes lines when it likes, and the lines it must get.
struct Writes {
    random: ChaCha8Rng,
    /// First word and words of a burst.
    burst: (u32, u32),
    word: (u16, u8),
    line: [Option<(u16, u8)>; 8],
    data: VecDeque<Line>,
    commands: VecDeque<u32>,
    lines: usize,
}

impl Stimulus<MigWrites> for &mut Writes {
    fn drive(&mut self, b: &mut MigWrites, t: usize) {
        let random = &mut self.random;
        let start = self.burst.1 == 0 && random.gen_bool([1.0, 0.05][t / 700 % 2]);
        let most = [3u32, 255][random.gen_range(0..2)];
        let burst = (random.gen_range(0..1u32 << 23), random.gen_range(1..=most));
        b.start.next = start;
        b.address.next = burst.0.to_bits();
        b.length.next = burst.1.to_bits();
        self.word = (random.gen(), random.gen_range(0..4));
        b.word.next = self.word.0.to_bits();
        b.word_mask.next = u64::from(self.word.1).to_bits();
        let ready = [1.0, 0.1, 0.4][t / 500 % 3];
        b.data_taken.next = random.gen_bool(ready);
        b.taken.next = random.gen_bool(ready);
    }

    fn observe(&mut self, b: &MigWrites, t: usize) {
        let waits = self.data.len() + self.commands.len();
        let (mut address, mut left) = self.burst;
        assert_eq!(b.busy.val(), left + waits as u32 > 0, "cycle {t}");
        assert_eq!(b.data_valid.val(), !self.data.is_empty(), "cycle {t}");
        assert_eq!(b.command.val(), !self.commands.is_empty(), "cycle {t}");
        if let Some((_, words)) = self.data.front() {
            let (data, mask) = (b.data.val().to_u128(), b.mask.val().index());
            for (place, put) in words.iter().enumerate() {
                let found = (
                    (data >> (16 * place)) as u16,
                    (mask >> (2 * place) & 3) as u8,
                );
                match put {
                    Some(put) => assert_eq!(found, *put, "cycle {t}, word {place}"),
                    None => assert_eq!(found.1, 3, "cycle {t}, word {place}"),
                }
            }
        }
        if let Some(line) = self.commands.front() {
            assert_eq!(b.line.val().index() as u32, *line, "cycle {t}");
            if b.taken.val() {
                self.commands.pop_front();
                self.lines += 1;
            }
        }
        if b.data_taken.val() {
            self.commands
                .extend(self.data.pop_front().map(|line| line.0));
        }
        // A word is taken unless it completes a line while another one waits.
        let completes = left == 1 || address % 8 == 7;
        let moves = left > 0 && !(completes && waits > 0);
        assert_eq!(b.word_next.val(), moves, "cycle {t}");
        assert_eq!(b.word_last.val(), moves && left == 1, "cycle {t}");
        assert_eq!(b.free.val(), left == 0 || (moves && left == 1), "cycle {t}");
        if moves {
            self.line[address as usize % 8] = Some(self.word);
            if completes {
                let line = std::mem::take(&mut self.line);
                self.data.push_back((address / 8, line));
            }
            (address, left) = (address + 1, left - 1);
        }
        self.burst = match b.start.val() {
            true => (
                b.address.val().index() as u32,
                b.length.val().index() as u32,
            ),
            false => (address, left),
        };
    }
}

pub fn writes() {
    let mut dut = Dut::new("mig_writes", MigWrites::default(), |b, clock| {
        b.clock.next = clock
    })
    .unwrap();
    let mut bench = Writes {
        random: rng(504),
        burst: (0, 0),
        word: (0, 0),
        line: [None; 8],
        data: VecDeque::new(),
        commands: VecDeque::new(),
        lines: 0,
    };
    agree(&mut dut, 12_000, &mut bench);
    assert!(bench.lines > 500, "{} lines", bench.lines);
}
