//! Which rate holds: the default, or one that was asked for.

use crate::engine::fixed::Fixed;
use rowfuse_spec::uart::{
    increment, DEFAULT_BAUD, RATE_BITS, RATE_HOLD_CLOCKS, RATE_SETTLE_CLOCKS,
};
use rust_hdl::prelude::*;

/// Cycles from the last quiet one to that with a new increment.
pub const LATENCY: usize = 1;

/// Bits that count to `clocks - 1`.
const fn bits(clocks: u32) -> usize {
    (u32::BITS - (clocks - 1).leading_zeros()) as usize
}

const SETTLE_BITS: usize = bits(RATE_SETTLE_CLOCKS);
const HOLD_BITS: usize = bits(RATE_HOLD_CLOCKS);

/// What a UART is built for. The times are those of the contract; tests have shorter ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UartSettings {
    /// Increment of the default rate, below 2^[`RATE_BITS`].
    pub default_increment: u32,
    /// Quiet clocks before a new rate holds, 1..=[`RATE_SETTLE_CLOCKS`].
    pub settle_clocks: u32,
    /// Clocks without a good frame before the default holds again, 1..=[`RATE_HOLD_CLOCKS`].
    pub hold_clocks: u32,
}

impl UartSettings {
    /// The contract's settings at a clock of `clock_mhz` MHz; `None` if the default rate does not go with that clock;
    /// it does with every one from 1 to 250 MHz.
    pub fn new(clock_mhz: u32) -> Option<Self> {
        Some(Self {
            default_increment: increment(DEFAULT_BAUD, clock_mhz)?,
            settle_clocks: RATE_SETTLE_CLOCKS,
            hold_clocks: RATE_HOLD_CLOCKS,
        })
    }
}

/// Keeps the increment of both directions.
///
/// A rate that was asked for waits until the transmitter has been quiet for `settle_clocks`. While it holds, `hold_clocks` in a row without
/// a good frame, or a reset, bring the default back at once and drop a rate that waits.
#[derive(LogicBlock)]
pub struct Rate {
    /// The one clock.
    pub clock: Signal<In, Clock>,
    /// One cycle high: back to the default.
    pub reset: Signal<In, Bit>,
    /// The increment asked for.
    pub rate: Signal<In, Bits<RATE_BITS>>,
    /// One cycle high: `rate` is meant; the last one counts.
    pub rate_valid: Signal<In, Bit>,
    /// One cycle high: the host was understood.
    pub frame_good: Signal<In, Bit>,
    /// The transmitter has nothing to send.
    pub quiet: Signal<In, Bit>,
    /// The increment that holds; zero for a cycle after power-up.
    pub increment: Signal<Out, Bits<RATE_BITS>>,

    present: DFF<Bits<RATE_BITS>>,
    /// Another rate than the default was asked for and holds.
    away: DFF<Bit>,
    wanted: DFF<Bits<RATE_BITS>>,
    waits: DFF<Bit>,
    settle: DFF<Bits<SETTLE_BITS>>,
    hold: DFF<Bits<HOLD_BITS>>,

    usual: Fixed<RATE_BITS>,
    settle_last: Fixed<SETTLE_BITS>,
    hold_last: Fixed<HOLD_BITS>,
}

impl Rate {
    /// For these settings.
    ///
    /// # Panics
    /// If one is out of its range: a fault of the design, not of its input.
    pub fn new(settings: &UartSettings) -> Self {
        assert!(settings.default_increment < 1 << RATE_BITS);
        assert!((1..=RATE_SETTLE_CLOCKS).contains(&settings.settle_clocks));
        assert!((1..=RATE_HOLD_CLOCKS).contains(&settings.hold_clocks));
        Self {
            clock: Default::default(),
            reset: Default::default(),
            rate: Default::default(),
            rate_valid: Default::default(),
            frame_good: Default::default(),
            quiet: Default::default(),
            increment: Default::default(),
            present: Default::default(),
            away: Default::default(),
            wanted: Default::default(),
            waits: Default::default(),
            settle: Default::default(),
            hold: Default::default(),
            usual: Fixed::new(settings.default_increment.into()),
            settle_last: Fixed::new(u64::from(settings.settle_clocks) - 1),
            hold_last: Fixed::new(u64::from(settings.hold_clocks) - 1),
        }
    }
}

impl Logic for Rate {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, present, away, wanted, waits, settle, hold);

        if !self.away.q.val() {
            self.present.d.next = self.usual.value.val();
        }
        self.settle.d.next = 0.into();
        if self.waits.q.val() & self.quiet.val() {
            self.settle.d.next = self.settle.q.val() + 1;
            if self.settle.q.val() == self.settle_last.value.val() {
                self.present.d.next = self.wanted.q.val();
                self.away.d.next = true;
                self.waits.d.next = false;
            }
        }
        self.hold.d.next = 0.into();
        if self.away.q.val() & !self.frame_good.val() {
            self.hold.d.next = self.hold.q.val() + 1;
            if self.hold.q.val() == self.hold_last.value.val() {
                self.away.d.next = false;
                self.waits.d.next = false;
            }
        }
        if self.rate_valid.val() {
            self.wanted.d.next = self.rate.val();
            self.waits.d.next = true;
            self.settle.d.next = 0.into();
        }
        if self.reset.val() {
            self.away.d.next = false;
            self.waits.d.next = false;
        }
        self.increment.next = self.present.q.val();
    }
}
