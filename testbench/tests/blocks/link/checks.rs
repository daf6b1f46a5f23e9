//! The link's parts that only judge and count: checksum, report, the check of requests.

use rand::Rng;
use rowfuse_hdl::link::check::{Action, RequestCheck, LATENCY};
use rowfuse_hdl::link::checksum::Checksum;
use rowfuse_hdl::link::Report;
use rowfuse_spec::command::COMMAND_BYTES;
use rowfuse_spec::crc32::crc32;
use rowfuse_spec::frame::{ReplyStatus, Request, KIND_CHECKSUM, KIND_INFO, KIND_RATE, MAX_PAYLOAD};
use rowfuse_spec::uart::{MAX_INCREMENT, MIN_INCREMENT};
use rowfuse_spec::MAX_MEMORY_BYTES;
use rowfuse_testbench::dut::{Dut, Stimulus};
use rust_hdl::prelude::*;

use super::golden::INFO;
use crate::support::{agree, rng};
use rand_chacha::ChaCha8Rng;

pub fn checksum() {
    let mut random = rng(340);
    let mut dut = Dut::new("link_checksum", Checksum::default(), |b, clock| {
        b.clock.next = clock
    })
    .unwrap();
    let trace = agree(&mut dut, 3000, |b: &mut Checksum, t: usize| {
        b.clear.next = t == 0 || random.gen_ratio(1, 60);
        b.enable.next = random.gen_bool(0.6);
        b.word.next = random.gen_range(0..0x1_0000_u64).to_bits();
    });
    let mut bytes = Vec::new();
    for t in 0..trace.cycles() {
        if t > 0 {
            assert_eq!(trace.u64("value", t), u64::from(crc32(&bytes)), "cycle {t}");
        }
        if trace.u64("enable", t) == 1 {
            bytes.extend((trace.u64("word", t) as u16).to_le_bytes());
        }
        if trace.u64("clear", t) == 1 {
            bytes.clear();
        }
    }
}

pub fn report() {
    let mut random = rng(341);
    let mut dut = Dut::new("link_report", Report::default(), |b, clock| {
        b.clock.next = clock
    })
    .unwrap();
    let trace = agree(&mut dut, 2000, |b: &mut Report, _: usize| {
        b.posted.next = random.gen_bool(0.3);
        b.status.next = if random.gen() {
            0
        } else {
            random.gen_range(0..256_u64)
        }
        .to_bits();
        let kind = if random.gen() {
            KIND_RATE
        } else {
            random.gen()
        };
        b.kind.next = u64::from(kind).to_bits();
        b.increment.next = u64::from(random.gen::<u32>()).to_bits();
    });
    for t in 1..trace.cycles() {
        let at = |port: &str| trace.u64(port, t - 1);
        let posted = at("posted") == 1;
        let ok = at("status") == ReplyStatus::Ok as u64;
        let rate = posted && ok && at("kind") == u64::from(KIND_RATE);
        let now = |port: &str| trace.u64(port, t) == 1;
        assert_eq!(now("frame_good"), posted && ok, "cycle {t}");
        assert_eq!(now("frame_bad"), posted && !ok, "cycle {t}");
        assert_eq!(now("rate_valid"), rate, "cycle {t}");
        if rate {
            let mask = (1 << rowfuse_spec::uart::RATE_BITS) - 1;
            assert_eq!(trace.u64("rate", t), at("increment") & mask, "cycle {t}");
        }
    }
}

/// A request as the deframer shows it.
#[derive(Clone, Debug, Default)]
struct Shown {
    refusal: u8,
    kind: u8,
    length: usize,
    address: u32,
    count: u16,
    reserved: u16,
    /// The board's.
    memory_kib: u32,
}

impl Shown {
    fn random(random: &mut ChaCha8Rng) -> Shown {
        let largest = (MAX_MEMORY_BYTES / 1024) as u32;
        let memory_kib = match random.gen_range(0..3) {
            0 => INFO.memory_kib,
            1 => largest,
            _ => random.gen_range(64..largest),
        };
        let end = 1024 * memory_kib;
        let kind = random.gen_range(KIND_INFO.saturating_sub(1)..=KIND_CHECKSUM.max(KIND_RATE) + 1);
        let near = |random: &mut ChaCha8Rng, value: u32| {
            value.wrapping_add(random.gen_range(0..5)).wrapping_sub(2)
        };
        let count = match random.gen_range(0..5) {
            0 => near(random, 1024) as u16,
            1 => near(random, 0) as u16,
            _ => 2 * random.gen_range(1..=512),
        };
        let place = match random.gen_range(0..7) {
            0 => near(random, end),
            1 => near(random, end - u32::from(count)),
            2 => near(random, MIN_INCREMENT),
            3 => near(random, MAX_INCREMENT),
            4 => near(random, end - COMMAND_BYTES as u32),
            5 => random.gen(),
            _ => 2 * random.gen_range(0..end / 2),
        };
        Shown {
            refusal: if random.gen_ratio(1, 12) {
                ReplyStatus::BadCrc as u8
            } else {
                0
            },
            kind: if random.gen_ratio(1, 10) {
                random.gen()
            } else {
                kind
            },
            length: match random.gen_range(0..6) {
                0 => 0,
                1 => random.gen_range(0..=MAX_PAYLOAD),
                2 => 4 + usize::from(count).min(MAX_PAYLOAD - 4),
                3 => 4,
                _ => 8,
            },
            address: place,
            memory_kib,
            count,
            reserved: if random.gen_ratio(1, 8) {
                random.gen()
            } else {
                0
            },
        }
    }

    /// What `Request::decode` and the memory's end say, and the words to move.
    fn verdict(&self) -> (Action, u8, Option<usize>) {
        let refused = |status: u8| (Action::Refuse, status, None);
        if self.refusal != 0 {
            return refused(self.refusal);
        }
        let mut payload = self.address.to_le_bytes().to_vec();
        payload.extend(self.count.to_le_bytes());
        payload.extend(self.reserved.to_le_bytes());
        payload.resize(self.length, 0);
        let request = match Request::decode(self.kind, &payload) {
            Ok(request) => request,
            Err(error) => return refused(ReplyStatus::from(&error) as u8),
        };
        let (action, moved) = match &request {
            Request::Info => (Action::Info, None),
            Request::Status => (Action::Status, None),
            Request::Abort => (Action::Abort, None),
            Request::Rate { .. } => (Action::Rate, None),
            Request::Write { address, data } => (Action::Write, Some((*address, data.len()))),
            Request::Read { address, length } => {
                (Action::Read, Some((*address, usize::from(*length))))
            }
            Request::Checksum { address, length } => {
                (Action::Checksum, Some((*address, usize::from(*length))))
            }
            Request::Run { address } => (Action::Run, Some((*address, COMMAND_BYTES))),
        };
        match moved {
            Some((address, bytes))
                if u64::from(address) + bytes as u64 > 1024 * u64::from(self.memory_kib) =>
            {
                refused(ReplyStatus::BadAddress as u8)
            }
            Some((_, bytes)) => (action, 0, Some(bytes / 2)),
            None => (action, 0, None),
        }
    }
}

struct Judge {
    random: ChaCha8Rng,
    shown: Shown,
    since: usize,
    seen: [usize; 2],
}

impl Stimulus<RequestCheck> for &mut Judge {
    fn drive(&mut self, b: &mut RequestCheck, cycle: usize) {
        if cycle == 0 || (cycle - self.since > LATENCY && self.random.gen_bool(0.7)) {
            self.shown = Shown::random(&mut self.random);
            self.since = cycle;
        }
        let shown = &self.shown;
        b.refusal.next = u64::from(shown.refusal).to_bits();
        b.kind.next = u64::from(shown.kind).to_bits();
        b.length.next = (shown.length as u64).to_bits();
        b.address.next = u64::from(shown.address).to_bits();
        b.count.next = u64::from(shown.count).to_bits();
        b.reserved.next = u64::from(shown.reserved).to_bits();
        b.memory_kib.next = u64::from(shown.memory_kib).to_bits();
    }

    fn observe(&mut self, b: &RequestCheck, cycle: usize) {
        if cycle - self.since < LATENCY {
            return;
        }
        let (action, status, words) = self.shown.verdict();
        let shown = &self.shown;
        assert_eq!(
            b.status.val().index(),
            usize::from(status),
            "cycle {cycle}: {shown:?}"
        );
        assert_eq!(b.action.val(), action, "cycle {cycle}: {shown:?}");
        if let Some(words) = words {
            assert_eq!(b.words.val().index(), words, "cycle {cycle}: {shown:?}");
        }
        self.seen[usize::from(action == Action::Refuse)] += 1;
    }
}

pub fn request_check() {
    let mut dut = Dut::new("request_check", RequestCheck::default(), |b, clock| {
        b.clock.next = clock
    })
    .unwrap();
    let mut judge = Judge {
        random: rng(342),
        shown: Shown::default(),
        since: 0,
        seen: [0; 2],
    };
    agree(&mut dut, 30_000, &mut judge);
    assert!(
        judge.seen.iter().all(|seen| *seen > 500),
        "{:?}",
        judge.seen
    );
}
