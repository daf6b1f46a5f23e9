//! A line that does what it likes with whole frames and with bytes.
#![allow(missing_docs)]

use super::testing::Far;
use super::timing::Timing;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rowfuse_spec::frame::{Decoder, Frame, KIND_INFO, REPLY};
use std::collections::VecDeque;
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    Lose,
    Damage,
    Tear,
    Duplicate,
    Delay,
    Echo,
    Noise,
    Alien,
    Length,
}

impl Fault {
    pub const ALL: [Fault; 10] = [
        Fault::None,
        Fault::Lose,
        Fault::Damage,
        Fault::Tear,
        Fault::Duplicate,
        Fault::Delay,
        Fault::Echo,
        Fault::Noise,
        Fault::Alien,
        Fault::Length,
    ];
}

/// Longest extra delay of a frame: replies of that age must not be mistaken.
pub const DELAY: u64 = 40;

/// Chunks under way in one direction, with the times at which they arrive.
#[derive(Default)]
pub struct Way(pub VecDeque<(Duration, Vec<u8>)>);

impl Way {
    pub fn put(&mut self, at: Duration, bytes: Vec<u8>) {
        let place = self.0.partition_point(|(time, _)| *time <= at);
        self.0.insert(place, (at, bytes));
    }

    pub fn due(&mut self, now: Duration) -> Option<Vec<u8>> {
        (self.0.front()?.0 <= now).then(|| self.0.pop_front().unwrap().1)
    }
}

/// A line whose n-th frame suffers `fault(n)`.
pub struct Adversary<'a> {
    pub rng: ChaCha8Rng,
    pub fault: &'a mut dyn FnMut(usize, &mut ChaCha8Rng) -> Fault,
    pub frames: usize,
    pub out: Way,
    pub back: Way,
    pub free: Duration,
    pub far: Far,
}

impl Adversary<'_> {
    /// Sends a frame one way: `out` towards the board.
    pub fn carry(&mut self, mut frame: Vec<u8>, now: Duration, out: bool, timing: Timing) {
        let fault = (self.fault)(self.frames, &mut self.rng);
        self.frames += 1;
        let rng = &mut self.rng;
        let mut at = now + timing.bytes(frame.len());
        if out {
            at = self.free.max(now) + timing.bytes(frame.len());
            self.free = at;
        }
        let mut copies = 1;
        match fault {
            Fault::None => {}
            Fault::Lose => copies = 0,
            Fault::Damage => {
                let place = rng.gen_range(0..frame.len());
                frame[place] ^= 1 << rng.gen_range(0..8);
            }
            Fault::Tear => {
                let from = rng.gen_range(0..frame.len());
                let to = rng.gen_range(from + 1..=frame.len());
                frame.drain(from..to);
            }
            Fault::Duplicate => copies = 2,
            Fault::Delay => at += Duration::from_millis(rng.gen_range(1..=DELAY)),
            Fault::Echo => match out {
                true => self.back.put(at, frame.clone()),
                false => self.out.put(at, frame.clone()),
            },
            Fault::Noise => {
                let noise: Vec<u8> = (0..rng.gen_range(1..40)).map(|_| rng.gen()).collect();
                frame = match rng.gen() {
                    true => [noise, frame].concat(),
                    false => [frame, noise].concat(),
                };
            }
            Fault::Alien => {
                // Never a reply that could be right: nobody asks for INFO here.
                let alien = Frame {
                    kind: KIND_INFO | REPLY,
                    seq: rng.gen(),
                    status: rng.gen(),
                    payload: vec![7; rng.gen_range(0..50)],
                };
                self.back.put(at, alien.encode().unwrap());
            }
            Fault::Length => {
                let length: u16 = rng.gen();
                frame[4..6].copy_from_slice(&length.to_le_bytes());
            }
        }
        for _ in 0..copies {
            match out {
                true => self.out.put(at, frame.clone()),
                false => self.back.put(at, frame.clone()),
            }
        }
    }

    /// Brings what is due to the board, and its replies on their way.
    pub fn deliver(&mut self, now: Duration, timing: Timing) {
        while let Some(bytes) = self.out.due(now) {
            let replies = self.far.take(&bytes, now);
            for frame in frames(&replies) {
                self.carry(frame, now, false, timing);
            }
        }
    }

    pub fn next(&self) -> Option<Duration> {
        let ways = [&self.out, &self.back];
        ways.iter().filter_map(|way| Some(way.0.front()?.0)).min()
    }
}

fn frames(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut decoder = Decoder::new();
    let good = decoder.push_all(bytes).into_iter();
    good.map(|frame| frame.unwrap().encode().unwrap()).collect()
}

pub fn adversary<'a>(
    seed: u64,
    fault: &'a mut dyn FnMut(usize, &mut ChaCha8Rng) -> Fault,
) -> Adversary<'a> {
    Adversary {
        rng: ChaCha8Rng::seed_from_u64(seed),
        fault,
        frames: 0,
        out: Way::default(),
        back: Way::default(),
        free: Duration::ZERO,
        far: Far::new("tiny-1"),
    }
}
