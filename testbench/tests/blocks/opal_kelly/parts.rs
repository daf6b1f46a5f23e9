//! The parts of the pipes: cycle for cycle as the golden models have it.

use std::collections::VecDeque;

use rand::{Rng, RngCore};
use rand_chacha::ChaCha8Rng;
use rowfuse_hdl::link::opal_kelly::{replies, requests, Packer, Replies, Requests};
use rowfuse_spec::frame::{Decoder, Frame, MAX_PAYLOAD};
use rowfuse_testbench::dut::{Dut, Stimulus};
use rust_hdl::prelude::*;

use super::crossing::phase;
use super::golden::{Fifo, Packer as GoldenPacker, WORDS};
use super::world::{rises, Ticking};
use crate::support::{agree, rng};

/// Clocks without a byte after which blocks are filled, in these tests.
pub const PATIENCE: usize = 40;

/// The host's side of a test: blocks at random moments, never without `ep_ready`, with or without pauses between words.
pub struct Blocks {
    left: usize,
    gaps: f64,
}

impl Blocks {
    pub fn new(gaps: f64) -> Blocks {
        Blocks { left: 0, gaps }
    }

    /// Strobe and word of the next clock; whether the pipe was ready before the edge.
    pub fn next(&mut self, ready: bool, eager: f64, random: &mut ChaCha8Rng) -> (bool, bool) {
        if self.left == 0 {
            let begins = ready && random.gen_bool(eager);
            self.left = if begins { 256 } else { 0 };
            return (begins, false);
        }
        let word = !random.gen_bool(self.gaps);
        self.left -= usize::from(word);
        (false, word)
    }
}

struct RequestsWorld {
    random: ChaCha8Rng,
    clock: Ticking,
    blocks: Blocks,
    ready: bool,
}

impl Stimulus<Requests> for &mut RequestsWorld {
    fn drive(&mut self, b: &mut Requests, t: usize) {
        let (level, free) = self.clock.tick(&mut self.random);
        b.ti_clk.next = level.into();
        let (send, take) = phase(t, 2500);
        if free {
            let (strobe, write) = self.blocks.next(self.ready, send * send, &mut self.random);
            b.ep_blockstrobe.next = strobe;
            b.ep_write.next = write;
            b.ep_dataout.next = u64::from(self.random.gen::<u16>()).to_bits();
        }
        b.rx_ready.next = self.random.gen_bool(take);
    }

    fn observe(&mut self, b: &Requests, _: usize) {
        self.ready = b.ep_ready.val();
    }
}

pub fn pipe_requests() {
    for (seed, gaps) in [(710, 0.0), (711, 0.2)] {
        let mut world = RequestsWorld {
            random: rng(seed),
            clock: Ticking::new(),
            blocks: Blocks::new(gaps),
            ready: false,
        };
        let mut dut = Dut::new("pipe_requests", Requests::default(), |b, clock| {
            b.clock.next = clock
        })
        .unwrap()
        .with_driven_clocks(&["ti_clk"]);
        let trace = agree(&mut dut, 40_000, &mut world);
        let written = (0..).find(|&t| rises(&trace, "ti_clk", t) && trace.u64("ep_write", t) == 1);
        let first = trace.when("rx_valid").next();
        assert_eq!(first, written.map(|t| t + requests::LATENCY));
        let mut fifo = Fifo::default();
        let (mut coming, mut bytes) = (0_u64, VecDeque::new());
        let mut refused = 0;
        for t in 0..trace.cycles() {
            let bit = |port: &str| trace.u64(port, t) == 1;
            if rises(&trace, "ti_clk", t) {
                let write = bit("ep_write").then(|| trace.u64("ep_dataout", t));
                assert!(write.is_none() || fifo.held() < WORDS, "cycle {t}: no room");
                fifo.write_edge(write);
                coming -= u64::from(write.is_some() && coming > 0);
                if bit("ep_blockstrobe") {
                    coming = 256;
                }
            }
            let fits = fifo.write_level() + coming + 256 <= WORDS;
            assert_eq!(bit("ep_ready"), fits, "cycle {t}");
            refused += usize::from(!fits);
            // What is given: the bytes of one word.
            assert_eq!(bit("rx_valid"), !bytes.is_empty(), "cycle {t}");
            if let Some(byte) = bytes.front() {
                assert_eq!(trace.u64("rx_data", t), *byte, "cycle {t}");
            }
            let some = fifo.read_level() > 0;
            if bit("rx_ready") {
                let free = bytes.len() < 2;
                bytes.pop_front();
                fifo.read_edge(free);
                take(&mut bytes, fifo.data, some && free);
            } else {
                let free = bytes.is_empty();
                fifo.read_edge(free);
                take(&mut bytes, fifo.data, some && free);
            }
        }
        assert!(refused > 1000);
    }
}

fn take(bytes: &mut VecDeque<u64>, word: u64, taken: bool) {
    if taken {
        bytes.extend([word & 0xFF, word >> 8]);
    }
}

/// Frames and now and then a byte between them that begins none.
pub fn stream(random: &mut ChaCha8Rng) -> VecDeque<u8> {
    let mut bytes = VecDeque::new();
    for number in 0..30_usize {
        let length = match number % 4 {
            0 => 0,
            1 => random.gen_range(1..40),
            2 => random.gen_range(0..300),
            _ => random.gen_range(MAX_PAYLOAD - 60..=MAX_PAYLOAD),
        };
        let mut payload = vec![0; length];
        if random.gen() {
            random.fill_bytes(&mut payload);
        }
        let frame = Frame {
            kind: random.gen(),
            seq: random.gen(),
            status: 0,
            payload,
        };
        bytes.extend(frame.encode().unwrap());
        if random.gen_ratio(1, 8) {
            bytes.push_back(random.gen_range(0..0xA0));
        }
    }
    bytes
}

/// A sender: bytes with pauses within frames and behind them, some of them so long that blocks are filled where they may be.
pub struct Sender {
    bytes: VecDeque<u8>,
    frames: Decoder,
    ended: bool,
    pause: usize,
    offered: bool,
}

impl Sender {
    pub fn new(bytes: VecDeque<u8>) -> Sender {
        Sender {
            bytes,
            frames: Decoder::new(),
            ended: false,
            pause: 0,
            offered: false,
        }
    }

    /// The byte of this cycle.
    pub fn next(&mut self, random: &mut ChaCha8Rng) -> Option<u8> {
        let odds = if std::mem::take(&mut self.ended) {
            2
        } else {
            200
        };
        if !self.offered && self.pause == 0 && random.gen_ratio(1, odds) {
            self.pause = random.gen_range(1..12 * PATIENCE);
        }
        self.pause -= usize::from(self.pause > 0);
        self.offered = self.offered || (self.pause == 0 && random.gen_bool(0.8));
        self.bytes.front().copied().filter(|_| self.offered)
    }

    /// The byte was taken or not.
    pub fn taken(&mut self, taken: bool) {
        if !(taken && self.offered) {
            return;
        }
        if let Some(byte) = self.bytes.pop_front() {
            self.offered = false;
            self.ended = !self.frames.push_all(&[byte]).is_empty();
        }
    }
}

struct PackerWorld {
    random: ChaCha8Rng,
    sender: Sender,
}

impl Stimulus<Packer> for &mut PackerWorld {
    fn drive(&mut self, b: &mut Packer, t: usize) {
        let byte = self.sender.next(&mut self.random);
        b.tx_valid.next = byte.is_some();
        b.tx_data.next = u64::from(byte.unwrap_or(0xA5)).to_bits();
        b.room.next = self.random.gen_bool([1.0, 0.6][t / 3000 % 2]);
    }

    fn observe(&mut self, b: &Packer, _: usize) {
        self.sender.taken(b.tx_ready.val());
    }
}

pub fn packer() {
    let mut random = rng(720);
    let bytes = stream(&mut random);
    let mut world = PackerWorld {
        random,
        sender: Sender::new(bytes),
    };
    let block = Packer::new(PATIENCE as u64);
    let mut dut = Dut::new("packer", block, |b, clock| b.clock.next = clock).unwrap();
    let trace = agree(&mut dut, 60_000, &mut world);
    let mut golden = GoldenPacker::default();
    let (mut within, mut quiet) = (0, 0);
    for t in 0..trace.cycles() {
        let bit = |port: &str| trace.u64(port, t) == 1;
        let tx = bit("tx_valid").then(|| trace.u64("tx_data", t) as u8);
        quiet = if tx.is_some() { 0 } else { quiet + 1 };
        within += usize::from(golden.within() && quiet > PATIENCE);
        let word = golden.clock(PATIENCE, tx, bit("room"));
        assert_eq!(bit("tx_ready"), bit("room"), "cycle {t}");
        assert_eq!(bit("put"), word.is_some(), "cycle {t}");
        if let Some(word) = word {
            assert_eq!(trace.u64("word", t), word, "cycle {t}");
        }
    }
    assert!(world.sender.bytes.is_empty(), "everything is sent");
    let filler = golden.filler;
    assert!(filler > 1000 && within > 1000, "{filler} {within}");
    assert!(
        golden.bytes.len().is_multiple_of(512),
        "the last block is whole"
    );
}

struct RepliesWorld {
    random: ChaCha8Rng,
    clock: Ticking,
    blocks: Blocks,
    sender: Sender,
    ready: bool,
}

impl Stimulus<Replies> for &mut RepliesWorld {
    fn drive(&mut self, b: &mut Replies, t: usize) {
        let (level, free) = self.clock.tick(&mut self.random);
        b.ti_clk.next = level.into();
        if free {
            let eager = [1.0, 0.02, 0.0001][t / 9000 % 3];
            let (strobe, read) = self.blocks.next(self.ready, eager, &mut self.random);
            b.ep_blockstrobe.next = strobe;
            b.ep_read.next = read;
        }
        let byte = self.sender.next(&mut self.random);
        b.tx_valid.next = byte.is_some();
        b.tx_data.next = u64::from(byte.unwrap_or(0)).to_bits();
    }

    fn observe(&mut self, b: &Replies, _: usize) {
        self.ready = b.ep_ready.val();
        self.sender.taken(b.tx_ready.val());
    }
}

pub fn pipe_replies() {
    for (seed, gaps) in [(730, 0.0), (731, 0.2)] {
        let mut random = rng(seed);
        let mut bytes = stream(&mut random);
        bytes.extend(stream(&mut random));
        let mut world = RepliesWorld {
            random,
            clock: Ticking::new(),
            blocks: Blocks::new(gaps),
            sender: Sender::new(bytes),
            ready: false,
        };
        let block = Replies::new(PATIENCE as u64);
        let mut dut = Dut::new("pipe_replies", block, |b, clock| b.clock.next = clock)
            .unwrap()
            .with_driven_clocks(&["ti_clk"]);
        let trace = agree(&mut dut, 100_000, &mut world);
        let (mut packer, mut fifo) = (GoldenPacker::default(), Fifo::default());
        let (mut leaving, mut shown, mut most, mut stalled) = (0_u64, 0, 0, 0);
        let blocks = |fifo: &Fifo, leaving: u64| fifo.read_level().saturating_sub(leaving) / 256;
        let mut whole = None;
        let mut edges = 0;
        for t in 0..trace.cycles() {
            let bit = |port: &str| trace.u64(port, t) == 1;
            if rises(&trace, "ti_clk", t) {
                edges += usize::from(whole.is_none() && packer.bytes.len() >= 512);
                if bit("ep_ready") {
                    whole.get_or_insert(edges);
                }
                shown = blocks(&fifo, leaving);
                let read = bit("ep_read");
                fifo.read_edge(read);
                leaving -= u64::from(read && leaving > 0);
                if bit("ep_blockstrobe") {
                    leaving = 256;
                }
            }
            assert_eq!(bit("ep_ready"), blocks(&fifo, leaving) > 0, "cycle {t}");
            assert_eq!(trace.u64("blocks", t), shown, "cycle {t}");
            assert_eq!(trace.u64("ep_datain", t), fifo.data, "cycle {t}");
            most = most.max(shown);
            let room = fifo.write_level() < WORDS;
            assert_eq!(bit("tx_ready"), room, "cycle {t}");
            stalled += usize::from(!room);
            let tx = bit("tx_valid").then(|| trace.u64("tx_data", t) as u8);
            fifo.write_edge(packer.clock(PATIENCE, tx, room));
        }
        assert_eq!(whole, Some(replies::LATENCY));
        let filler = packer.filler;
        assert!(
            most == 4 && stalled > 1000 && filler > 1000,
            "{most} {stalled} {filler}"
        );
    }
}
