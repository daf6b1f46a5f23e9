//! The far side of a memory port, for tests: a memory that answers at random speed, with two bursts under way at most.

use std::collections::{HashMap, VecDeque};

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rowfuse_hdl::memory::arbiter::OUTSTANDING;
use rowfuse_hdl::memory::port::MAX_BURST;
use rowfuse_hdl::memory::MemoryClient;
use rust_hdl::prelude::*;

/// How quick the memory is. Probabilities of a cycle, 1.0 for always.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// It is ready for a request.
    pub ready: f64,
    /// It moves a word.
    pub word: f64,
    /// Most cycles between acceptance and the first word.
    pub latency: u32,
}

impl Pace {
    /// Never waits.
    pub const FULL: Pace = Pace {
        ready: 1.0,
        word: 1.0,
        latency: 0,
    };
    /// Like an SDRAM behind other traffic.
    pub const SLOW: Pace = Pace {
        ready: 0.3,
        word: 0.6,
        latency: 12,
    };
}

/// A burst as the memory saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Burst {
    /// Written or read.
    pub write: bool,
    /// First word address.
    pub address: u32,
    /// The words moved so far.
    pub data: Vec<u16>,
    /// Which of their bytes were not written, if they were.
    pub masks: Vec<u8>,
    /// Words asked for.
    pub length: usize,
}

/// A memory of 2^24 words, zero at first.
pub struct MemoryModel {
    words: HashMap<u32, u16>,
    /// What bytes are that nobody wrote.
    pub fill: u8,
    pace: Pace,
    random: ChaCha8Rng,
    wait: u32,
    current: VecDeque<Burst>,
    /// Every finished burst in order.
    pub bursts: Vec<Burst>,
}

impl MemoryModel {
    /// An idle memory of that pace.
    pub fn new(pace: Pace, random: ChaCha8Rng) -> MemoryModel {
        MemoryModel {
            words: HashMap::new(),
            fill: 0,
            pace,
            random,
            wait: 0,
            current: VecDeque::new(),
            bursts: Vec::new(),
        }
    }

    /// The word at that address.
    pub fn word(&self, address: u32) -> u16 {
        let words = self.words.get(&address);
        words.copied().unwrap_or(u16::from_le_bytes([self.fill; 2]))
    }

    /// Changes the word at that address.
    pub fn set_word(&mut self, address: u32, word: u16) {
        self.words.insert(address, word);
    }

    /// Whether no burst is under way.
    pub fn is_idle(&self) -> bool {
        self.current.is_empty()
    }

    /// Drives the port for this cycle.
    pub fn drive(&mut self, port: &mut MemoryClient) {
        let ready =
            self.current.len() < OUTSTANDING as usize && self.random.gen_bool(self.pace.ready);
        let moves =
            !self.current.is_empty() && self.wait == 0 && self.random.gen_bool(self.pace.word);
        port.req_ready.next = ready;
        port.wr_next.next = false;
        port.rd_valid.next = false;
        // Garbage where nobody may look.
        port.rd_data.next = self.random.gen_range(0..=0xFFFF_u64).to_bits();
        port.done.next = false;
        self.wait = self.wait.saturating_sub(1);
        let Some(burst) = self.current.front().filter(|_| moves) else {
            return;
        };
        port.done.next = burst.data.len() + 1 == burst.length;
        if burst.write {
            port.wr_next.next = true;
        } else {
            port.rd_valid.next = true;
            let word = self.word(burst.address + burst.data.len() as u32);
            port.rd_data.next = word.to_bits();
        }
    }

    /// Sees the settled port at the clock edge.
    pub fn observe(&mut self, port: &MemoryClient) {
        let accepted = port.req_valid.val() && port.req_ready.val();
        if let Some(mut burst) = self.current.pop_front() {
            let address = burst.address + burst.data.len() as u32;
            if port.wr_next.val() {
                let word = port.wr_data.val().index() as u16;
                let mask = port.wr_mask.val().index() as u8;
                let [low, high] = [mask & 1, mask >> 1].map(|bit| u16::from(bit) * 0xFF);
                let kept = low | high << 8;
                let new = (word & !kept) | (self.word(address) & kept);
                self.words.insert(address, new);
                burst.data.push(word);
                burst.masks.push(mask);
            } else if port.rd_valid.val() {
                burst.data.push(port.rd_data.val().index() as u16);
            }
            if port.done.val() {
                self.bursts.push(burst);
            } else {
                self.current.push_front(burst);
            }
        }
        if accepted {
            let length = port.req_len.val().index();
            assert!(
                (1..=MAX_BURST as usize).contains(&length),
                "a burst of {length} words"
            );
            self.current.push_back(Burst {
                write: port.req_write.val(),
                address: port.req_addr.val().index() as u32,
                data: Vec::new(),
                masks: Vec::new(),
                length,
            });
            self.wait = self.wait.max(self.random.gen_range(0..=self.pace.latency));
        }
    }
}
