//! The UART, cycle by cycle, in plain Rust: the golden model. Bits are places on an elapsed phase, times are cycle numbers.

use std::collections::VecDeque;

use rowfuse_hdl::link::uart::queue::DEPTH;
use rowfuse_hdl::link::uart::UartSettings;
use rowfuse_spec::uart::{BYTE_BITS, RATE_BITS};

/// Inputs of a cycle.
#[derive(Clone, Copy, Debug, Default)]
pub struct Inputs {
    pub reset: bool,
    pub rx: bool,
    pub rx_ready: bool,
    /// The byte that stands on `tx_data`.
    pub tx: Option<u8>,
    pub rate: Option<u32>,
    pub frame_good: bool,
}

/// Outputs of a cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outputs {
    pub tx: bool,
    pub tx_ready: bool,
    /// The byte that stands on `rx_data`.
    pub rx: Option<u8>,
}

enum Line {
    Idle,
    Stuck,
    /// Phase since the start bit was seen, samples taken.
    Byte(u64, Vec<bool>),
}

/// A UART.
pub struct Golden {
    settings: UartSettings,
    now: usize,
    increment: u32,
    /// First cycle in which another rate than the default holds.
    away: Option<usize>,
    last_good: usize,
    /// A rate that waits, and the first cycle of the quiet it waits for.
    waiting: Option<(u32, usize)>,
    /// The line to the board in the last cycles, the latest first.
    heard: [bool; 5],
    line: Line,
    received: Option<u8>,
    /// Bytes in the block RAM, and when they were put there.
    queue: VecDeque<(u8, usize)>,
    front: Option<u8>,
    /// The last cycle that moved a byte to the front or cleared the queue.
    moved: Option<usize>,
    /// Byte being sent, phase since its start bit began.
    sending: Option<(u8, u64)>,
    /// Bytes lost because the queue was full.
    pub lost: usize,
}

impl Golden {
    /// After power-up.
    pub fn new(settings: UartSettings) -> Golden {
        Golden {
            settings,
            now: 0,
            increment: 0,
            away: None,
            last_good: 0,
            waiting: None,
            heard: [true; 5],
            line: Line::Idle,
            received: None,
            queue: VecDeque::new(),
            front: None,
            moved: None,
            sending: None,
            lost: 0,
        }
    }

    /// The increment of this cycle.
    pub fn increment(&self) -> u32 {
        self.increment
    }

    /// The byte that the receiver hands to the queue in this cycle.
    pub fn received(&self) -> Option<u8> {
        self.received
    }

    /// Lets the receiver hand over that byte in this cycle.
    pub fn receives(&mut self, byte: Option<u8>) {
        self.received = byte;
    }

    /// Outputs of this cycle, which depend on no input of it.
    pub fn outputs(&self) -> Outputs {
        let tx = self.sending.is_none_or(|(byte, phase)| {
            // Start bit, data, stop bit.
            let bits = u32::from(byte) << 1 | 1 << 9;
            bits >> (phase >> RATE_BITS) & 1 == 1
        });
        Outputs {
            tx,
            tx_ready: self.sending.is_none(),
            rx: self.front,
        }
    }

    /// Goes on to the next cycle.
    pub fn step(&mut self, inputs: &Inputs) {
        let increment = self.increment;
        self.queue(inputs);
        self.receive(increment);
        self.rate(inputs);
        self.send(inputs, increment);
        if inputs.reset {
            self.line = Line::Stuck;
            self.received = None;
            self.queue.clear();
            self.front = None;
            self.moved = Some(self.now);
            self.sending = None;
            self.away = None;
            self.waiting = None;
        }
        self.heard.rotate_right(1);
        self.heard[0] = inputs.rx;
        self.now += 1;
    }

    fn queue(&mut self, inputs: &Inputs) {
        let room = self.queue.len() < DEPTH;
        if inputs.rx_ready {
            self.front = None;
        }
        let shows = self.moved.is_none_or(|moved| moved + 1 < self.now) && self.now > 0;
        if self.front.is_none() && shows {
            let readable = |(byte, put): &(u8, usize)| (put + 2 <= self.now).then_some(*byte);
            self.front = self.queue.front().and_then(readable);
            if self.front.is_some() {
                self.queue.pop_front();
                self.moved = Some(self.now);
            }
        }
        match self.received {
            Some(byte) if room => self.queue.push_back((byte, self.now)),
            Some(_) => self.lost += 1,
            None => {}
        }
    }

    fn receive(&mut self, increment: u32) {
        // Two flip-flops, three samples, one register.
        let low = self.heard[2..].iter().filter(|&&high| !high).count() >= 2;
        self.received = None;
        match &mut self.line {
            Line::Idle if low => self.line = Line::Byte(0, Vec::new()),
            Line::Idle => {}
            Line::Stuck if !low => self.line = Line::Idle,
            Line::Stuck => {}
            Line::Byte(phase, samples) => {
                *phase += u64::from(increment);
                let middles = (*phase + (1 << (RATE_BITS - 1))) >> RATE_BITS;
                if middles as usize > samples.len() {
                    samples.push(!low);
                    if samples[0] {
                        self.line = Line::Idle;
                    } else if samples.len() == BYTE_BITS as usize {
                        let byte = (0..8).map(|bit| u8::from(samples[bit + 1]) << bit).sum();
                        self.received = samples[9].then_some(byte);
                        self.line = if samples[9] { Line::Idle } else { Line::Stuck };
                    }
                }
            }
        }
    }

    fn rate(&mut self, inputs: &Inputs) {
        let next = self.now + 1;
        let was_away = self.away;
        if was_away.is_none() {
            self.increment = self.settings.default_increment;
        }
        if let Some((rate, since)) = &mut self.waiting {
            if self.sending.is_some() || inputs.tx.is_some() {
                *since = next;
            } else if next - *since == self.settings.settle_clocks as usize {
                self.increment = *rate;
                self.away = Some(was_away.unwrap_or(next));
                self.waiting = None;
            }
        }
        if let Some(away) = was_away {
            if inputs.frame_good {
                self.last_good = next;
            } else if next - away.max(self.last_good) == self.settings.hold_clocks as usize {
                self.away = None;
                self.waiting = None;
            }
        }
        if let Some(rate) = inputs.rate {
            self.waiting = Some((rate, next));
        }
    }

    fn send(&mut self, inputs: &Inputs, increment: u32) {
        match &mut self.sending {
            Some((_, phase)) => {
                *phase += u64::from(increment);
                if *phase >> RATE_BITS >= u64::from(BYTE_BITS) {
                    self.sending = None;
                }
            }
            None => self.sending = inputs.tx.map(|byte| (byte, 0)),
        }
    }
}
