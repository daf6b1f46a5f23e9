//! A client with many requests under way on one side of the controller, the memory on the other.

use std::collections::VecDeque;

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rowfuse_hdl::memory::mig::MigController;
use rowfuse_testbench::dut::Stimulus;
use rowfuse_testbench::mig::{Mig, MigInputs, MigSettings};
use rust_hdl::prelude::*;

use crate::sdram::bench::{Request, Source};

/// Plays client and memory, and checks every word.
pub struct Bench {
    random: ChaCha8Rng,
    source: Source,
    request: Option<Request>,
    /// Accepted bursts and the words moved of the first one.
    under_way: VecDeque<Request>,
    moved: u32,
    next_word: u16,
    next_mask: u8,
    mig: Mig,
    /// Plain memory.
    golden: Vec<u16>,
    /// Bursts that may be under way at once.
    pub limit: usize,
    /// Most bursts that were.
    pub deepest: usize,
    /// Cycle of each acceptance.
    pub accepted: Vec<usize>,
    /// Cycle of each word, and whether it was written.
    pub words: Vec<(usize, bool)>,
    /// Cycle of each access that was taken.
    pub accesses: Vec<usize>,
    /// Cycle of each line that came.
    pub lines: Vec<usize>,
}

impl Bench {
    /// A memory filled at random, and requests from `source`.
    pub fn new(seed: u64, settings: MigSettings, source: Source) -> Bench {
        let mut random = crate::support::rng(seed);
        let mut mig = Mig::new(settings, random.gen());
        let golden: Vec<u16> = (0..settings.words).map(|_| random.gen()).collect();
        for (address, word) in golden.iter().enumerate() {
            mig.poke(address, *word);
        }
        Bench {
            next_word: random.gen(),
            next_mask: 0,
            random,
            source,
            request: None,
            under_way: VecDeque::new(),
            moved: 0,
            mig,
            golden,
            limit: usize::MAX,
            deepest: 0,
            accepted: Vec::new(),
            words: Vec::new(),
            accesses: Vec::new(),
            lines: Vec::new(),
        }
    }

    /// A word moves, and belongs to the first burst under way.
    fn word(&mut self, block: &MigController, cycle: usize) {
        let port = &block.port;
        let (wr_next, rd_valid, done) = (port.wr_next.val(), port.rd_valid.val(), port.done.val());
        assert!(!(wr_next && rd_valid), "cycle {cycle}");
        if !wr_next && !rd_valid {
            assert!(!done, "done without a word in cycle {cycle}");
            return;
        }
        let burst = *self.under_way.front().expect("a word belongs to a burst");
        assert_eq!(wr_next, burst.write, "cycle {cycle}");
        let address = (burst.address + self.moved) as usize;
        if burst.write {
            let [low, high] = [self.next_mask & 1, self.next_mask >> 1];
            let kept = u16::from(low) * 0x00FF + u16::from(high) * 0xFF00;
            let word = &mut self.golden[address];
            *word = (self.next_word & !kept) | (*word & kept);
            self.next_word = self.random.gen();
            self.next_mask = self.random.gen_range(0..4) & self.random.gen_range(0..4);
        } else {
            let found = port.rd_data.val().index() as u16;
            let expected = self.golden[address];
            assert_eq!(found, expected, "address {address:#x}, cycle {cycle}");
        }
        self.words.push((cycle, burst.write));
        self.moved += 1;
        assert_eq!(done, self.moved == burst.length, "cycle {cycle}");
        if done {
            self.moved = 0;
            self.under_way.pop_front();
        }
    }

    /// What the client wrote is what the memory holds, but for the last words taken: those of two lines may not have reached it yet.
    pub fn check_memory(&self) {
        let differ = |address: &usize| self.mig.peek(*address) != Some(self.golden[*address]);
        let wrong = (0..self.golden.len()).filter(differ).count();
        assert!(wrong <= 16, "{wrong} words differ");
    }

    /// Words a clock from the first word to the last one.
    pub fn efficiency(&self) -> f64 {
        let (first, last) = (self.words.first().unwrap(), self.words.last().unwrap());
        (self.words.len() - 1) as f64 / (last.0 - first.0) as f64
    }
}

impl Stimulus<MigController> for &mut Bench {
    fn drive(&mut self, block: &mut MigController, cycle: usize) {
        if self.request.is_none() && self.under_way.len() < self.limit {
            self.request = (self.source)(&mut self.random);
        }
        let request = self.request.unwrap_or_default();
        block.port.req_valid.next = self.request.is_some();
        block.port.req_write.next = request.write;
        block.port.req_addr.next = request.address.to_bits();
        block.port.req_len.next = request.length.to_bits();
        block.port.wr_data.next = self.next_word.to_bits();
        block.port.wr_mask.next = u64::from(self.next_mask).to_bits();
        let outputs = self.mig.outputs();
        block.app_rdy.next = outputs.rdy;
        block.app_wdf_rdy.next = outputs.wdf_rdy;
        block.app_rd_data.next = outputs.rd_data.to_bits();
        block.app_rd_data_valid.next = outputs.rd_data_valid;
        block.init_calib_complete.next = outputs.init_calib_complete;
        self.lines.extend(outputs.rd_data_valid.then_some(cycle));
    }

    fn observe(&mut self, block: &MigController, cycle: usize) {
        self.word(block, cycle);
        if block.port.req_ready.val() {
            if let Some(request) = self.request.take() {
                self.under_way.push_back(request);
                self.deepest = self.deepest.max(self.under_way.len());
                self.accepted.push(cycle);
            }
        }
        let inputs = MigInputs {
            en: block.app_en.val(),
            cmd: block.app_cmd.val().index() as u8,
            addr: block.app_addr.val().index() as u32,
            wdf_wren: block.app_wdf_wren.val(),
            wdf_end: block.app_wdf_end.val(),
            wdf_data: block.app_wdf_data.val().to_u128(),
            wdf_mask: block.app_wdf_mask.val().index() as u16,
        };
        let before = self.mig.accesses();
        self.mig.clock(&inputs).unwrap_or_else(|v| panic!("{v}"));
        let taken = self.mig.accesses() > before;
        self.accesses.extend(taken.then_some(cycle));
    }
}
