//! The memory arbiter against a scoreboard: every client sees its own bursts whole and in order, nobody
//! starves, nothing is lost between bursts, and an abort cuts off the engine's bursts alone.

use std::collections::VecDeque;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rowfuse_hdl::memory::{MemoryArbiter, MemoryServer};
use rowfuse_testbench::dut::{Dut, Stimulus};
use rust_hdl::prelude::*;

use crate::memory_model::{MemoryModel, Pace};
use crate::support::agree;

/// Pages of 4,096 words that are asked for, all over the memory.
const PAGES: u32 = 16;
const CLIENTS: usize = 5;
const LINK: usize = 4;

fn ports(arbiter: &mut MemoryArbiter) -> [&mut MemoryServer; CLIENTS] {
    [
        &mut arbiter.fetch,
        &mut arbiter.weights,
        &mut arbiter.features,
        &mut arbiter.writer,
        &mut arbiter.link,
    ]
}

fn ports_ref(arbiter: &MemoryArbiter) -> [&MemoryServer; CLIENTS] {
    [
        &arbiter.fetch,
        &arbiter.weights,
        &arbiter.features,
        &arbiter.writer,
        &arbiter.link,
    ]
}

/// One client: asks for random bursts and keeps what it saw of them.
#[derive(Default)]
struct Client {
    request: Option<(bool, u32, usize)>,
    /// Accepted bursts that have not ended.
    bursts_under_way: VecDeque<(bool, u32, usize, Vec<u16>)>,
    next_word: u16,
    /// Which of its bytes are not to be written, and those of the words that the burst under way has given.
    next_mask: u8,
    masks: Vec<u8>,
    /// Bursts of others accepted while this one asked.
    passed_over: usize,
    words_read: u32,
    words_written: u32,
    bursts: usize,
}

/// Client, whether it wrote, address, words, masks of those written.
type Finished = (usize, bool, u32, Vec<u16>, Vec<u8>);

struct Bench {
    clients: [Client; CLIENTS],
    memory: MemoryModel,
    random: ChaCha8Rng,
    ask: f64,
    abort: f64,
    aborts: usize,
    reset_late: bool,
    silent: bool,
    idle_with_request: usize,
    finished: Vec<Finished>,
    reads_seen: u32,
    writes_seen: u32,
}

/// First address of a page: each bit of the upper half differs between some of them.
fn page_base(page: u32) -> u32 {
    (page.wrapping_mul(0x9E3) & 0xFFF) << 12
}

impl Bench {
    fn new(seed: u64, pace: Pace, ask: f64, abort: f64) -> Bench {
        let mut random = crate::support::rng(seed);
        let mut memory = MemoryModel::new(pace, ChaCha8Rng::seed_from_u64(random.gen()));
        for page in 0..PAGES {
            for offset in 0..0x1000 {
                memory.set_word(page_base(page) | offset, random.gen());
            }
        }
        Bench {
            clients: Default::default(),
            memory,
            random,
            ask,
            abort,
            aborts: 0,
            reset_late: false,
            silent: false,
            idle_with_request: 0,
            finished: Vec::new(),
            reads_seen: 0,
            writes_seen: 0,
        }
    }

    /// Resets the engine's clients.
    fn reset(&mut self) {
        for client in &mut self.clients[..LINK] {
            client.request = None;
            client.bursts_under_way.clear();
            client.masks.clear();
            client.passed_over = 0;
        }
    }
}

impl Stimulus<MemoryArbiter> for &mut Bench {
    fn drive(&mut self, arbiter: &mut MemoryArbiter, _cycle: usize) {
        let Bench {
            clients,
            random,
            ask,
            silent,
            ..
        } = &mut **self;
        // An engine reset with the abort asks for nothing in the next cycle.
        let silent = std::mem::take(silent);
        for (index, (client, port)) in clients.iter_mut().zip(ports(arbiter)).enumerate() {
            let may_ask = !silent || index == LINK;
            if client.request.is_none() && may_ask && random.gen_bool(*ask) {
                let length = match random.gen_range(0..4) {
                    0 => 1,
                    1 => 128,
                    _ => random.gen_range(2..40),
                };
                let address = page_base(random.gen_range(0..PAGES)) | random.gen_range(0..0xF80);
                client.request = Some((random.gen(), address, length));
            }
            let (write, address, length) = client.request.unwrap_or_default();
            port.req_valid.next = client.request.is_some();
            port.req_write.next = write;
            port.req_addr.next = address.to_bits();
            port.req_len.next = length.to_bits();
            port.wr_data.next = client.next_word.to_bits();
            port.wr_mask.next = u64::from(client.next_mask).to_bits();
        }
        arbiter.abort.next = self.random.gen_bool(self.abort);
        self.memory.drive(&mut arbiter.memory);
    }

    fn observe(&mut self, arbiter: &MemoryArbiter, cycle: usize) {
        self.reads_seen += u32::from(arbiter.read_words_strobe.val());
        self.writes_seen += u32::from(arbiter.write_words_strobe.val());
        let accepted = arbiter.memory.req_valid.val() && arbiter.memory.req_ready.val();
        let mut acceptances = 0;
        for (index, port) in ports_ref(arbiter).into_iter().enumerate() {
            let client = &mut self.clients[index];
            if let Some((write, address, length, data)) = client.bursts_under_way.front_mut() {
                let wrong_way = if *write {
                    &port.rd_valid
                } else {
                    &port.wr_next
                };
                assert!(!wrong_way.val(), "client {index}, cycle {cycle}");
                if port.rd_valid.val() {
                    data.push(port.rd_data.val().index() as u16);
                    client.words_read += 1;
                }
                if port.wr_next.val() {
                    data.push(client.next_word);
                    client.masks.push(client.next_mask);
                    client.next_word = self.random.gen();
                    client.next_mask = self.random.gen_range(0..4);
                    client.words_written += 1;
                }
                assert_eq!(
                    port.done.val(),
                    data.len() == *length,
                    "client {index}, cycle {cycle}"
                );
                if port.done.val() {
                    let (data, masks) = (std::mem::take(data), std::mem::take(&mut client.masks));
                    self.finished.push((index, *write, *address, data, masks));
                    client.bursts_under_way.pop_front();
                    client.bursts += 1;
                }
            } else {
                let quiet = !port.rd_valid.val() && !port.wr_next.val() && !port.done.val();
                assert!(quiet, "client {index} is disturbed in cycle {cycle}");
            }
            if port.req_valid.val() && port.req_ready.val() {
                acceptances += 1;
                let (write, address, length) = client.request.take().expect("it asked");
                client
                    .bursts_under_way
                    .push_back((write, address, length, Vec::new()));
                client.passed_over = 0;
            } else if port.req_valid.val() {
                client.passed_over += usize::from(accepted);
                assert!(
                    client.passed_over < CLIENTS,
                    "client {index} starves, cycle {cycle}"
                );
            }
        }
        assert_eq!(acceptances, usize::from(accepted), "cycle {cycle}");
        // Between bursts a request may wait one cycle for the owner to change, never two.
        let asked = ports_ref(arbiter).iter().any(|port| port.req_valid.val());
        let waits = self.memory.is_idle() && asked && !arbiter.memory.req_valid.val();
        self.idle_with_request = if waits { self.idle_with_request + 1 } else { 0 };
        assert!(self.idle_with_request <= 1, "cycle {cycle}");
        self.memory.observe(&arbiter.memory);
        // The engine is reset with the abort, or one cycle later.
        if self.reset_late {
            self.reset_late = false;
            self.reset();
        }
        if arbiter.abort.val() {
            self.aborts += 1;
            self.reset_late = self.random.gen();
            if !self.reset_late {
                self.reset();
                self.silent = true;
            }
        }
    }
}

fn run(seed: u64, pace: Pace, ask: f64, abort: f64, cycles: usize) -> Bench {
    let mut dut = Dut::new("memory_arbiter", MemoryArbiter::default(), |b, clock| {
        b.clock.next = clock;
    })
    .expect("a legal block");
    let mut bench = Bench::new(seed, pace, ask, abort);
    agree(&mut dut, cycles, &mut bench);
    bench
}

/// Everything the clients finished is what the memory saw, in the same order.
fn check_bursts(bench: &Bench) {
    let finished = bench
        .finished
        .iter()
        .map(|(_, write, address, data, masks)| (*write, *address, data, masks));
    let seen = bench
        .memory
        .bursts
        .iter()
        .map(|burst| (burst.write, burst.address, &burst.data, &burst.masks));
    assert!(finished.eq(seen));
}

pub fn all_clients_are_served_whole() {
    for (seed, pace, ask) in [
        (1, Pace::FULL, 1.0),
        (2, Pace::FULL, 0.02),
        (3, Pace::SLOW, 0.5),
        (
            4,
            Pace {
                ready: 1.0,
                word: 1.0,
                latency: 5,
            },
            0.005,
        ),
    ] {
        let bench = run(seed, pace, ask, 0.0, 6000);
        check_bursts(&bench);
        assert!(
            bench.clients.iter().all(|client| client.bursts > 5),
            "seed {seed}"
        );
    }
}

#[test]
fn the_strobes_count_the_engines_words() {
    let bench = run(5, Pace::SLOW, 0.2, 0.0, 12_000);
    let engine = &bench.clients[..LINK];
    // A strobe comes one cycle after its word; the last one may be cut off by the end of the run.
    let read: u32 = engine.iter().map(|client| client.words_read).sum();
    let written: u32 = engine.iter().map(|client| client.words_written).sum();
    assert!(read > 500 && (read - 1..=read).contains(&bench.reads_seen));
    assert!(written > 500 && (written - 1..=written).contains(&bench.writes_seen));
    assert!(bench.clients[LINK].words_read > 100);
}

pub fn an_aborted_burst_disturbs_nobody() {
    for (seed, pace) in [(6, Pace::FULL), (7, Pace::SLOW)] {
        let bench = run(seed, pace, 0.3, 0.02, 8000);
        assert!(bench.aborts > 50);
        // Whatever was finished is found among what the memory saw, in order; the link's all are.
        let mut seen = bench.memory.bursts.iter();
        for (_, write, address, data, masks) in &bench.finished {
            assert!(seen.any(|b| {
                let same = b.write == *write && b.address == *address;
                same && b.data == *data && b.masks == *masks
            }));
        }
        assert!(bench.finished.len() < bench.memory.bursts.len());
        assert!(bench.clients[LINK].bursts > 20);
    }
}

#[test]
fn requests_follow_each_other_without_a_gap() {
    // All ask for ever, the memory never waits: a burst of n words takes n cycles. A single word is over before the owner has changed and the next request was accepted.
    let bench = run(8, Pace::FULL, 1.0, 0.0, 4000);
    let words: usize = bench
        .memory
        .bursts
        .iter()
        .map(|burst| burst.length.max(2))
        .sum();
    assert!(words + 200 > 4000, "{words}");
}
