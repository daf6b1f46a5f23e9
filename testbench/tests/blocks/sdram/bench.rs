//! A client with many requests under way on one side of the controller, the chip on the other.

use std::collections::VecDeque;

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rowfuse_hdl::memory::sdram::{SdramController, SdramSettings};
use rowfuse_testbench::dut::Stimulus;
use rowfuse_testbench::sdram::{Pins, Sdram};
use rust_hdl::prelude::*;

/// A request for a burst.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Request {
    pub write: bool,
    pub address: u32,
    pub length: u32,
}

/// The controller's inputs in one cycle.
#[derive(Clone, Copy, Debug, Default)]
pub struct Inputs {
    pub request: Option<Request>,
    pub wr_data: u16,
    pub wr_mask: u8,
    pub dq: u16,
}

/// The controller's outputs in one cycle.
#[derive(Clone, Copy, Debug)]
pub struct Outputs {
    pub req_ready: bool,
    pub wr_next: bool,
    pub rd_valid: bool,
    pub rd_data: u16,
    pub done: bool,
    pub pins: Pins,
}

/// Where requests come from: the next one, or none in this cycle.
pub type Source = Box<dyn FnMut(&mut ChaCha8Rng) -> Option<Request>>;

/// What registers in the pins' cells wake up with.
const ASLEEP: Pins = Pins {
    cke: false,
    dqm: 3,
    ..Pins::IDLE
};

/// Plays client and chip, and checks every word.
pub struct Bench {
    random: ChaCha8Rng,
    source: Source,
    request: Option<Request>,
    /// Accepted bursts and the words moved of the first one.
    under_way: VecDeque<Request>,
    moved: u32,
    next_word: u16,
    next_mask: u8,
    chip: Sdram,
    /// Plain memory, addresses modulo its size.
    golden: Vec<u16>,
    /// The controller's pins on their way to the chip: registers in the pins' cells.
    outward: VecDeque<Pins>,
    /// The chip's words on their way to the controller.
    wires: VecDeque<Option<u16>>,
    /// Bursts that may be under way at once.
    pub limit: usize,
    /// Most bursts that were.
    pub deepest: usize,
    /// Cycle of each acceptance.
    pub accepted: Vec<usize>,
    /// Cycle of each word, and whether it was written.
    pub words: Vec<(usize, bool)>,
    /// Cycle of each REFRESH.
    pub refreshes: Vec<usize>,
    /// Commands that open a row.
    pub activations: usize,
}

impl Bench {
    /// A chip with `words` words, filled at random, and requests from `source`.
    pub fn new(seed: u64, settings: &SdramSettings, words: usize, source: Source) -> Bench {
        let mut random = crate::support::rng(seed);
        let mut chip = Sdram::new(settings.clocks().unwrap(), words);
        let golden: Vec<u16> = (0..words).map(|_| random.gen()).collect();
        for (address, word) in golden.iter().enumerate() {
            chip.poke(address, *word);
        }
        let registers = usize::from(settings.pin_registers);
        Bench {
            next_word: random.gen(),
            next_mask: 0,
            random,
            source,
            request: None,
            under_way: VecDeque::new(),
            moved: 0,
            chip,
            golden,
            outward: vec![ASLEEP; registers].into(),
            wires: vec![None; settings.capture_delay as usize + 1 + registers].into(),
            limit: usize::MAX,
            deepest: 0,
            accepted: Vec::new(),
            words: Vec::new(),
            refreshes: Vec::new(),
            activations: 0,
        }
    }

    /// The inputs of the next cycle.
    pub fn inputs(&mut self) -> Inputs {
        if self.request.is_none() && self.under_way.len() < self.limit {
            self.request = (self.source)(&mut self.random);
        }
        // Nobody drives the data pins: whatever the last charge was.
        let floating = self.random.gen();
        Inputs {
            request: self.request,
            wr_data: self.next_word,
            wr_mask: self.next_mask,
            dq: self.wires.pop_front().flatten().unwrap_or(floating),
        }
    }

    /// The clock edge that ends a cycle with these outputs.
    pub fn clock(&mut self, outputs: &Outputs, cycle: usize) {
        self.word(outputs, cycle);
        if outputs.req_ready {
            if let Some(request) = self.request.take() {
                self.under_way.push_back(request);
                self.deepest = self.deepest.max(self.under_way.len());
                self.accepted.push(cycle);
            }
        }
        let pins = &outputs.pins;
        if !pins.cs_n && !pins.ras_n {
            self.refreshes
                .extend((!pins.cas_n && pins.we_n).then_some(cycle));
            self.activations += usize::from(pins.cas_n && pins.we_n);
        }
        // The pipe of the capture delay gets what the chip drives in the next cycle.
        self.outward.push_back(*pins);
        let pins = self.outward.pop_front().unwrap_or(*pins);
        let driven = self.chip.clock(&pins).unwrap_or_else(|v| panic!("{v}"));
        self.wires.push_back(driven);
    }

    /// A word moves, and belongs to the first burst under way.
    fn word(&mut self, outputs: &Outputs, cycle: usize) {
        assert!(!(outputs.wr_next && outputs.rd_valid), "cycle {cycle}");
        if !outputs.wr_next && !outputs.rd_valid {
            assert!(!outputs.done, "done without a word in cycle {cycle}");
            return;
        }
        let burst = *self.under_way.front().expect("a word belongs to a burst");
        assert_eq!(outputs.wr_next, burst.write, "cycle {cycle}");
        let address = (burst.address + self.moved) as usize % self.golden.len();
        if burst.write {
            let [low, high] = [self.next_mask & 1, self.next_mask >> 1];
            let kept = u16::from(low) * 0x00FF + u16::from(high) * 0xFF00;
            let word = &mut self.golden[address];
            *word = (self.next_word & !kept) | (*word & kept);
            self.next_word = self.random.gen();
            self.next_mask = self.random.gen_range(0..4) & self.random.gen_range(0..4);
        } else {
            let expected = self.golden[address];
            assert_eq!(
                outputs.rd_data, expected,
                "address {address:#x}, cycle {cycle}"
            );
        }
        self.words.push((cycle, burst.write));
        self.moved += 1;
        assert_eq!(outputs.done, self.moved == burst.length, "cycle {cycle}");
        if outputs.done {
            self.moved = 0;
            self.under_way.pop_front();
        }
    }

    /// What the client wrote is what the chip holds, but for the burst under way.
    pub fn check_chip(&self) {
        let differ = |address: &usize| self.chip.peek(*address) != Some(self.golden[*address]);
        let wrong = (0..self.golden.len()).filter(differ).count();
        // The last words taken may not have reached the chip yet.
        assert!(wrong <= 1 + self.outward.len(), "{wrong} words differ");
    }

    /// Words a clock from the first word that comes `warm_up` cycles or more after the start to the last one.
    pub fn efficiency(&self, warm_up: usize) -> f64 {
        let words: Vec<usize> = self
            .words
            .iter()
            .map(|(cycle, _)| *cycle)
            .filter(|cycle| *cycle >= warm_up)
            .collect();
        let span = words.last().unwrap() - words.first().unwrap();
        (words.len() - 1) as f64 / span as f64
    }
}

impl Stimulus<SdramController> for &mut Bench {
    fn drive(&mut self, block: &mut SdramController, _cycle: usize) {
        let inputs = self.inputs();
        let request = inputs.request.unwrap_or_default();
        block.port.req_valid.next = inputs.request.is_some();
        block.port.req_write.next = request.write;
        block.port.req_addr.next = request.address.to_bits();
        block.port.req_len.next = request.length.to_bits();
        block.port.wr_data.next = inputs.wr_data.to_bits();
        block.port.wr_mask.next = u64::from(inputs.wr_mask).to_bits();
        block.dq_in.next = inputs.dq.to_bits();
    }

    fn observe(&mut self, block: &SdramController, cycle: usize) {
        let dq = block.dq_out.val().index() as u16;
        let pins = Pins {
            cke: block.cke.val(),
            cs_n: block.cs_n.val(),
            ras_n: block.ras_n.val(),
            cas_n: block.cas_n.val(),
            we_n: block.we_n.val(),
            ba: block.ba.val().index() as u8,
            a: block.a.val().index() as u16,
            dqm: block.dqm.val().index() as u8,
            dq: block.dq_oe.val().then_some(dq),
        };
        let outputs = Outputs {
            req_ready: block.port.req_ready.val(),
            wr_next: block.port.wr_next.val(),
            rd_valid: block.port.rd_valid.val(),
            rd_data: block.port.rd_data.val().index() as u16,
            done: block.port.done.val(),
            pins,
        };
        self.clock(&outputs, cycle);
    }
}
