//! Injects faults into streams of bytes.

use super::frames::{Frames, Plan};
use super::{Direction, Kind, Length, Rule, When};
use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::time::Duration;
use tokio::time::Instant;

/// What becomes of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::serve) enum Item {
    /// A byte moves.
    Byte(u8),
    /// The line rests.
    Pause(Duration),
    /// Something happens to the link or the board.
    Happening(Happening),
}

/// What happens to the link or the board as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::serve) enum Happening {
    Cut(Option<Duration>),
    Stop(Option<Duration>),
    Echo(Option<Duration>),
    Reset,
    Power,
}

/// How often each kind of fault was injected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts([u64; Kind::ALL.len()]);

impl Counts {
    /// How often that kind was.
    pub fn of(&self, kind: Kind) -> u64 {
        self.0[kind as usize]
    }

    /// Every kind with its count.
    pub fn all(&self) -> impl Iterator<Item = (Kind, u64)> + '_ {
        Kind::ALL.into_iter().map(|kind| (kind, self.of(kind)))
    }

    /// All kinds together.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}

/// A rule for one direction, and where it strikes next.
#[derive(Debug)]
struct Trigger {
    rule: Rule,
    direction: Direction,
    next: Option<u64>,
}

/// Faults by rules and a seed: the same bytes meet the same faults.
#[derive(Debug)]
pub struct Faults {
    triggers: Vec<Trigger>,
    random: ChaCha8Rng,
    counts: Counts,
    /// Bytes so far, and the frames, of requests and of replies.
    places: [u64; 2],
    frames: [Frames; 2],
}

impl Faults {
    /// Faults by those rules.
    pub fn new(rules: &[Rule], seed: u64) -> Faults {
        let mut faults = Faults {
            triggers: Vec::new(),
            random: ChaCha8Rng::seed_from_u64(seed),
            counts: Counts::default(),
            places: [0; 2],
            frames: Default::default(),
        };
        rules.iter().for_each(|rule| faults.add(*rule));
        faults
    }

    /// No faults.
    pub fn none() -> Faults {
        Faults::new(&[], 0)
    }

    /// Adds a rule. Its chances begin with the next byte; a place that is already past is never met.
    pub fn add(&mut self, rule: Rule) {
        for direction in Direction::ALL {
            if rule.direction.is_some_and(|only| only != direction) {
                continue;
            }
            let next = match rule.when {
                When::At(place) => Some(place),
                When::Chance(chance) => self
                    .place(rule.kind, direction)
                    .checked_add(skip(chance, &mut self.random)),
            };
            self.triggers.push(Trigger {
                rule,
                direction,
                next,
            });
        }
    }

    /// Removes all rules. What was injected stays counted.
    pub fn clear(&mut self) {
        self.triggers.clear();
    }

    /// What was injected so far.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Bytes of that direction so far, or frames begun, whichever a kind counts.
    pub fn place(&self, kind: Kind, direction: Direction) -> u64 {
        match kind.of_frames() {
            true => self.frames[direction as usize].begun,
            false => self.places[direction as usize],
        }
    }

    /// A number for what else is random.
    pub(in crate::serve) fn number(&mut self) -> u64 {
        self.random.next_u64()
    }

    /// What becomes of bytes that go that way.
    pub(in crate::serve) fn pass(
        &mut self,
        direction: Direction,
        bytes: &[u8],
        now: Instant,
    ) -> Vec<Item> {
        let mut out = Vec::with_capacity(bytes.len());
        for &byte in bytes {
            if self.frames[direction as usize].begins(byte) {
                let place = self.frames[direction as usize].begun;
                let twice = self.strike(Kind::Twice, direction, place).is_some();
                let swap = self.strike(Kind::Swap, direction, place);
                let until = swap.and_then(|length| duration(length).map(|time| now + time));
                let swap = swap.is_some();
                self.frames[direction as usize].begin(Plan { twice, swap }, until);
            }
            self.frames[direction as usize].push(byte, &mut out);
        }
        self.damage(direction, &out)
    }

    /// When a frame that is held is to go on without the next one.
    pub(in crate::serve) fn due(&self, direction: Direction) -> Option<Instant> {
        self.frames[direction as usize].until
    }

    /// Lets a frame go on whose time is over.
    pub(in crate::serve) fn release(&mut self, direction: Direction) -> Vec<Item> {
        let mut out = Vec::new();
        self.frames[direction as usize].release(&mut out);
        self.damage(direction, &out)
    }

    /// Another client: what was held is lost.
    pub(in crate::serve) fn restart(&mut self) {
        self.frames.iter_mut().for_each(Frames::restart);
    }

    fn damage(&mut self, direction: Direction, bytes: &[u8]) -> Vec<Item> {
        let mut items = Vec::with_capacity(bytes.len());
        for &byte in bytes {
            let place = self.places[direction as usize];
            self.places[direction as usize] += 1;
            let before = items.len();
            items.push(Item::Byte(byte));
            for kind in Kind::ALL.into_iter().filter(|kind| !kind.of_frames()) {
                if let Some(length) = self.strike(kind, direction, place) {
                    self.inject(kind, length, before, &mut items);
                }
            }
        }
        items
    }

    /// Applies a fault to the byte that stands at `at`, or to what has become of it.
    fn inject(&mut self, kind: Kind, length: Length, at: usize, items: &mut Vec<Item>) {
        match kind {
            Kind::Flip => {
                if let Some(Item::Byte(byte)) = items.last_mut() {
                    *byte ^= 1 << self.random.gen_range(0..8);
                }
            }
            Kind::Lose => items.truncate(at),
            Kind::Double => items.extend_from_within(at..),
            Kind::Delay => items.insert(at, Item::Pause(duration(length).unwrap_or_default())),
            Kind::Noise => {
                let Length::Bytes(bytes) = length else {
                    return;
                };
                items.truncate(at);
                items.extend((0..bytes).map(|_| Item::Byte(self.random.gen())));
            }
            Kind::Cut => items.insert(at, Item::Happening(Happening::Cut(duration(length)))),
            Kind::Stop => items.insert(at, Item::Happening(Happening::Stop(duration(length)))),
            Kind::Echo => items.insert(at, Item::Happening(Happening::Echo(duration(length)))),
            Kind::Reset => items.insert(at, Item::Happening(Happening::Reset)),
            Kind::Power => items.insert(at, Item::Happening(Happening::Power)),
            Kind::Twice | Kind::Swap => {}
        }
    }

    /// Whether a kind of fault strikes there, and its figure.
    fn strike(&mut self, kind: Kind, direction: Direction, place: u64) -> Option<Length> {
        let mut struck = None;
        for trigger in &mut self.triggers {
            let here = trigger.rule.kind == kind
                && trigger.direction == direction
                && trigger.next == Some(place);
            if !here {
                continue;
            }
            struck = Some(trigger.rule.length);
            trigger.next = match trigger.rule.when {
                When::At(_) => None,
                When::Chance(chance) => (place + 1).checked_add(skip(chance, &mut self.random)),
            };
        }
        if struck.is_some() {
            self.counts.0[kind as usize] += 1;
            let (kind, direction) = (kind.name(), direction.name());
            tracing::info!(kind, direction, place, "fault");
        }
        struck
    }
}

/// A time, or none if it has no end.
fn duration(length: Length) -> Option<Duration> {
    match length {
        Length::For(time) => Some(time),
        _ => None,
    }
}

/// How many places pass before one is struck that each is with that probability.
fn skip(chance: f64, random: &mut ChaCha8Rng) -> u64 {
    // Of a geometric distribution; the logarithm of zero is avoided.
    let uniform: f64 = 1.0 - random.gen::<f64>();
    if chance >= 1.0 {
        return 0;
    }
    (uniform.ln() / (-chance).ln_1p()) as u64
}
