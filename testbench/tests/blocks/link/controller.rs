//! The controller by itself, between frames that are handed to it and replies that it posts; the golden model is the link's.

use std::collections::VecDeque;

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rowfuse_hdl::link::Controller;
use rowfuse_spec::frame::{Frame, ReplyStatus, Request};
use rowfuse_spec::uart::MIN_INCREMENT;
use rowfuse_testbench::dut::{Dut, Stimulus};
use rust_hdl::prelude::*;

use super::bench::Input;
use super::golden::{Golden, COUNTERS, INFO, PROGRAM_STATUS};
use crate::memory_model::{MemoryModel, Pace};
use crate::support::{agree, rng};

/// What comes next from the host: a frame, whole or damaged, or the reset button.
#[derive(Clone)]
enum Event {
    Frame { frame: Frame, damaged: bool },
    Reset,
}

struct Around {
    random: ChaCha8Rng,
    memory: MemoryModel,
    events: VecDeque<Event>,
    /// The frame being shown, with its refusal.
    shown: Option<(Frame, u8)>,
    payload: u16,
    select: usize,
    running: bool,
    replies: Vec<Frame>,
    runs: Vec<u32>,
    aborts: usize,
    idle: usize,
}

impl Around {
    fn word(&self, place: usize) -> u16 {
        let payload = self
            .shown
            .as_ref()
            .map_or(&[][..], |(frame, _)| &frame.payload);
        let byte = |n| payload.get(n).copied().unwrap_or(0x5A);
        u16::from_le_bytes([byte(4 + 2 * place), byte(5 + 2 * place)])
    }
}

impl Stimulus<Controller> for &mut Around {
    fn drive(&mut self, b: &mut Controller, _cycle: usize) {
        b.reset.next = false;
        if self.shown.is_none() && self.random.gen_bool(0.1) {
            match self.events.pop_front() {
                Some(Event::Frame { frame, damaged }) => {
                    let refusal = if damaged {
                        ReplyStatus::BadCrc as u8
                    } else {
                        0
                    };
                    self.shown = Some((frame, refusal));
                }
                Some(Event::Reset) => b.reset.next = true,
                None => {}
            }
        }
        let shown = self.shown.clone();
        b.frame_valid.next = shown.is_some();
        let (frame, refusal) = shown.unwrap_or_default();
        let half = |place: usize| {
            let byte = |n| u64::from(frame.payload.get(n).copied().unwrap_or(0xA5));
            byte(place) | byte(place + 1) << 8
        };
        b.frame_refusal.next = u64::from(refusal).to_bits();
        b.frame_kind.next = u64::from(frame.kind).to_bits();
        b.frame_seq.next = u64::from(frame.seq).to_bits();
        b.frame_length.next = (frame.payload.len() as u64).to_bits();
        b.frame_address.next = (half(0) | half(2) << 16).to_bits();
        b.frame_count.next = half(4).to_bits();
        b.frame_reserved.next = half(6).to_bits();
        b.payload_data.next = u64::from(self.payload).to_bits();
        b.reply_ready.next = self.random.gen_bool(0.3);
        b.busy.next = self.running;
        b.program_status.next = u64::from(PROGRAM_STATUS).to_bits();
        b.counter_value.next =
            u64::from(COUNTERS.get(self.select).copied().unwrap_or(!0)).to_bits();
        b.config_id.next = u64::from(INFO.config_id).to_bits();
        b.source_id.next = u64::from(INFO.source_id).to_bits();
        b.lanes.next = u64::from(INFO.lanes).to_bits();
        b.memory_kib.next = u64::from(INFO.memory_kib).to_bits();
        self.memory.drive(&mut b.mem);
    }

    fn observe(&mut self, b: &Controller, cycle: usize) {
        if b.word_valid.val() {
            let reply = self
                .replies
                .last_mut()
                .unwrap_or_else(|| panic!("a word for no reply in cycle {cycle}"));
            reply
                .payload
                .extend((b.word_data.val().index() as u16).to_le_bytes());
        }
        if b.reply_valid.val() {
            self.replies.push(Frame {
                kind: b.reply_kind.val().index() as u8,
                seq: b.reply_seq.val().index() as u8,
                status: b.reply_status.val().index() as u8,
                payload: Vec::new(),
            });
        }
        if b.run.val() {
            assert!(!self.running, "a second program in cycle {cycle}");
            self.runs.push(2 * b.run_addr.val().index() as u32);
            self.running = true;
        }
        if b.abort.val() {
            self.aborts += 1;
            self.running = false;
        }
        if b.payload_enable.val() {
            self.payload = self.word(b.payload_address.val().index());
        }
        self.select = b.counter_select.val().index();
        self.memory.observe(&b.mem);
        self.idle = if self.shown.is_some() {
            0
        } else {
            self.idle + 1
        };
        if b.frame_done.val() {
            self.shown = None;
        }
    }
}

fn request(random: &mut ChaCha8Rng) -> Request {
    // Few places, so that what is written is read; now and then past the memory's end.
    let end = 1024 * INFO.memory_kib;
    let address = match random.gen_range(0..12) {
        0 => end - 2 * random.gen_range(0..40),
        _ => 0x1000 + 2 * random.gen_range(0..100),
    };
    let length = if random.gen_ratio(1, 5) {
        2 * random.gen_range(1..=512)
    } else {
        2 * random.gen_range(1..20)
    };
    match random.gen_range(0..9) {
        0 => Request::Info,
        1 => Request::Status,
        2 => Request::Abort,
        3 => Request::Run { address },
        4 => Request::Rate {
            increment: MIN_INCREMENT + random.gen_range(0..100),
        },
        5 => Request::Checksum { address, length },
        6 => Request::Read { address, length },
        _ => {
            let data = (0..length).map(|_| random.gen()).collect();
            Request::Write { address, data }
        }
    }
}

pub fn requests_at_random_speeds() {
    for (seed, pace) in [(360, Pace::FULL), (361, Pace::SLOW)] {
        let mut random = rng(seed);
        let mut golden = Golden::new(usize::MAX);
        let mut events = VecDeque::new();
        for seq in 0..120 {
            if random.gen_ratio(1, 10) {
                events.push_back(Event::Reset);
                golden.input(&Input::Reset);
            }
            let mut frame = request(&mut random).frame(seq).unwrap();
            if random.gen_ratio(1, 15) {
                frame.kind = random.gen_range(0..0x80);
            }
            let damaged = random.gen_ratio(1, 20);
            let mut bytes = frame.encode().unwrap();
            if damaged {
                *bytes.last_mut().unwrap() ^= 1;
            }
            bytes
                .into_iter()
                .for_each(|byte| golden.input(&Input::Byte(byte)));
            events.push_back(Event::Frame { frame, damaged });
        }
        let memory = MemoryModel::new(pace, rng(seed + 100));
        let mut around = Around {
            random,
            memory,
            events,
            shown: None,
            payload: 0,
            select: 0,
            running: false,
            replies: Vec::new(),
            runs: Vec::new(),
            aborts: 0,
            idle: 0,
        };
        let mut dut = Dut::new("link_controller", Controller::default(), |b, clock| {
            b.clock.next = clock
        })
        .unwrap();
        for _ in 0..300 {
            if !around.events.is_empty() || around.idle < 20 {
                agree(&mut dut, 500, &mut around);
            }
        }
        let replies: Vec<u8> = around
            .replies
            .iter()
            .flat_map(|reply| reply.encode().unwrap())
            .collect();
        let wrong = replies
            .iter()
            .zip(&golden.replies)
            .position(|(found, expected)| found != expected);
        assert_eq!((wrong, replies.len()), (None, golden.replies.len()));
        assert_eq!(around.runs, golden.runs);
        assert_eq!(around.aborts, golden.aborts);
        for (&address, &word) in &golden.memory {
            assert_eq!(
                around.memory.word(address),
                word,
                "memory word {address:#x}"
            );
        }
    }
}
