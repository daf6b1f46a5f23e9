//! A host, a memory and an engine around the link, each at random speed.

use std::collections::VecDeque;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rowfuse_hdl::link::Link;
use rowfuse_testbench::dut::{Dut, Stimulus};
use rust_hdl::prelude::*;

use super::golden::{Golden, COUNTERS, INFO, PROGRAM_STATUS};
use crate::memory_model::{MemoryModel, Pace};
use crate::support::agree;

/// What the host does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Sends a byte.
    Byte(u8),
    /// Sends nothing for that many cycles.
    Pause(usize),
    /// Holds reset high for a cycle, sending nothing.
    Reset,
}

/// Speeds and delays of everything around the link.
#[derive(Clone, Copy, Debug)]
pub struct Around {
    /// Probability that the host sends in a cycle.
    pub send: f64,
    /// Probability that the host receives in a cycle.
    pub receive: f64,
    /// The memory.
    pub pace: Pace,
    /// Whether counters are behind a register.
    pub registered_counters: bool,
    /// Cycles between `run` and `busy`.
    pub busy_delay: usize,
    /// Cycles a program takes; `usize::MAX` until it is aborted.
    pub program: usize,
}

impl Around {
    /// Nothing waits.
    pub const FULL: Around = Around {
        send: 1.0,
        receive: 1.0,
        pace: Pace::FULL,
        registered_counters: false,
        busy_delay: 1,
        program: usize::MAX,
    };
    /// Everything waits.
    pub const SLOW: Around = Around {
        send: 0.6,
        receive: 0.5,
        pace: Pace::SLOW,
        registered_counters: true,
        busy_delay: 8,
        program: usize::MAX,
    };
}

/// The world around a link.
pub struct Bench {
    around: Around,
    random: ChaCha8Rng,
    inputs: VecDeque<Input>,
    offered: bool,
    tx: Option<u8>,
    select: usize,
    countdown: Option<usize>,
    running: usize,
    /// The memory.
    pub memory: MemoryModel,
    /// Every byte received.
    pub received: Vec<u8>,
    /// Cycle of every byte received.
    pub times: Vec<usize>,
    /// Byte address of every program started.
    pub runs: Vec<u32>,
    /// Number of aborts.
    pub aborts: usize,
    /// Increment of every rate set.
    pub rates: Vec<u32>,
    /// For every frame, whether it was reported as good.
    pub frames: Vec<bool>,
    now: usize,
    /// Cycle of the last byte sent.
    pub sent_last: usize,
}

impl Bench {
    /// A bench that will send `inputs`.
    pub fn new(seed: u64, around: Around, inputs: Vec<Input>) -> Bench {
        let mut random = crate::support::rng(seed);
        let memory = MemoryModel::new(around.pace, ChaCha8Rng::seed_from_u64(random.gen()));
        Bench {
            around,
            random,
            inputs: inputs.into(),
            offered: false,
            tx: None,
            select: 0,
            countdown: None,
            running: 0,
            memory,
            received: Vec::new(),
            times: Vec::new(),
            runs: Vec::new(),
            aborts: 0,
            rates: Vec::new(),
            frames: Vec::new(),
            now: 0,
            sent_last: 0,
        }
    }

    /// Runs until everything is sent and nothing has moved for a while; then compares replies, memory,
    /// runs and aborts with the golden model of the same inputs.
    pub fn run(mut self) -> Bench {
        let mut golden = Golden::new(self.around.program);
        for input in &self.inputs {
            golden.input(input);
        }
        let mut dut = Dut::new("link", Link::default(), |b, clock| b.clock.next = clock)
            .expect("a legal block")
            .with_zeros();
        while !self.inputs.is_empty() || self.quiet_cycles() < 400 {
            agree(&mut dut, 500, &mut self);
            let pairs = self.received.iter().zip(&golden.replies);
            if let Some(place) = pairs.into_iter().position(|(got, wanted)| got != wanted) {
                let near = |bytes: &[u8]| -> Vec<u8> {
                    bytes[place.saturating_sub(12)..]
                        .iter()
                        .take(24)
                        .copied()
                        .collect()
                };
                panic!(
                    "reply byte {place}: {:02x?}, not {:02x?}",
                    near(&self.received),
                    near(&golden.replies)
                );
            }
            assert!(self.now < 1_000_000, "the link hangs");
        }
        assert_eq!(
            self.received.len(),
            golden.replies.len(),
            "bytes of replies"
        );
        assert_eq!(self.runs, golden.runs);
        assert_eq!(self.aborts, golden.aborts);
        assert_eq!(self.rates, golden.rates);
        assert_eq!(self.frames, golden.frames);
        for (&address, &word) in &golden.memory {
            assert_eq!(self.memory.word(address), word, "memory word {address:#x}");
        }
        let written = |burst: &&crate::memory_model::Burst| burst.write;
        for burst in self.memory.bursts.iter().filter(written) {
            for address in burst.address..burst.address + burst.length as u32 {
                assert!(
                    golden.memory.contains_key(&address),
                    "a stray write to {address:#x}"
                );
            }
        }
        self
    }

    fn quiet_cycles(&self) -> usize {
        self.now - self.sent_last.max(self.times.last().copied().unwrap_or(0))
    }
}

impl Stimulus<Link> for &mut Bench {
    fn drive(&mut self, link: &mut Link, _cycle: usize) {
        link.config_id.next = INFO.config_id.to_bits();
        link.source_id.next = INFO.source_id.to_bits();
        link.lanes.next = INFO.lanes.to_bits();
        link.memory_kib.next = INFO.memory_kib.to_bits();

        link.reset.next = self.inputs.front() == Some(&Input::Reset);
        let byte = match self.inputs.front_mut() {
            Some(Input::Reset) => {
                self.inputs.pop_front();
                None
            }
            Some(Input::Pause(0)) => {
                self.inputs.pop_front();
                None
            }
            Some(Input::Pause(cycles)) => {
                *cycles -= 1;
                if *cycles == 0 {
                    self.inputs.pop_front();
                }
                None
            }
            Some(Input::Byte(byte)) if self.offered || self.random.gen_bool(self.around.send) => {
                Some(*byte)
            }
            _ => None,
        };
        self.offered = byte.is_some();
        link.rx_valid.next = self.offered;
        link.rx_data.next = byte.unwrap_or_else(|| self.random.gen()).to_bits();
        link.tx_ready.next = self.random.gen_bool(self.around.receive);

        link.busy.next = self.running > 0 && self.countdown.is_none();
        link.program_status.next = PROGRAM_STATUS.to_bits();
        let select = if self.around.registered_counters {
            self.select
        } else {
            link.counter_select.val().index()
        };
        link.counter_value.next = COUNTERS.get(select).copied().unwrap_or(!0).to_bits();
        self.memory.drive(&mut link.mem);
    }

    fn observe(&mut self, link: &Link, _cycle: usize) {
        self.now += 1;
        if link.rx_valid.val() && link.rx_ready.val() {
            self.inputs.pop_front();
            self.offered = false;
            self.sent_last = self.now;
        }
        if let Some(byte) = self.tx {
            assert!(
                link.tx_valid.val() && link.tx_data.val().index() as u8 == byte,
                "not held"
            );
        }
        self.tx = link
            .tx_valid
            .val()
            .then(|| link.tx_data.val().index() as u8);
        if link.tx_ready.val() {
            if let Some(byte) = self.tx.take() {
                self.received.push(byte);
                self.times.push(self.now);
            }
        }
        self.select = link.counter_select.val().index();

        self.countdown = self
            .countdown
            .and_then(|left| left.checked_sub(1))
            .filter(|&left| left > 0);
        if self.running > 0 && self.running < usize::MAX {
            self.running -= 1;
        }
        if link.run.val() {
            assert_eq!(self.running, 0, "run while running");
            self.runs.push(2 * link.run_addr.val().index() as u32);
            self.running = self.around.program;
            self.countdown = Some(self.around.busy_delay - 1).filter(|&left| left > 0);
        }
        if link.abort.val() {
            self.aborts += 1;
            self.running = 0;
        }
        assert!(
            !(link.frame_good.val() && link.frame_bad.val()),
            "good and bad"
        );
        if link.frame_good.val() || link.frame_bad.val() {
            self.frames.push(link.frame_good.val());
        }
        if link.rate_valid.val() {
            assert!(link.frame_good.val(), "a rate without a good frame");
            self.rates.push(link.rate.val().index() as u32);
        }
        self.memory.observe(&link.mem);
    }
}
