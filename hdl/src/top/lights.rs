//! What the board's lights say.
use crate::engine::fixed::Fixed;
use rust_hdl::prelude::*;

/// Clocks for which a light stays on behind the moment that it shows: a tenth of a second at 80 MHz.
pub const LIGHT_CLOCKS: u64 = 8_000_000;
/// Bits of a clock counter that turns over about once a second: 0.84 s at 80 MHz.
const BLINK_BITS: usize = 26;

/// Eight lights: 0 the link (a good frame came), 1 busy (a program runs), 2 error (a damaged or refused frame came, or the last program failed), 7 blinks
/// as long as the clock runs.
///
/// Golden model: three counters.
#[derive(LogicBlock, Default)]
pub struct Lights {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// A good frame has come.
    pub frame_good: Signal<In, Bit>,
    /// A frame was damaged or refused.
    pub frame_bad: Signal<In, Bit>,
    /// A program runs.
    pub busy: Signal<In, Bit>,
    /// The last program failed.
    pub program_failed: Signal<In, Bit>,
    /// The lights.
    pub led: Signal<Out, Bits<8>>,
    good: DFF<Bits<24>>,
    bad: DFF<Bits<24>>,
    blink: DFF<Bits<BLINK_BITS>>,
    lit: DFF<Bits<8>>,
    on: Fixed<24>,
}

impl Lights {
    /// With lights that stay on for so many clocks, fewer than 2²⁴.
    pub fn new(clocks: u64) -> Self {
        Self {
            on: Fixed::new(clocks),
            ..Default::default()
        }
    }
}

impl Logic for Lights {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, good, bad, blink, lit);
        self.blink.d.next = self.blink.q.val() + 1;
        if self.good.q.val().any() {
            self.good.d.next = self.good.q.val() - 1;
        }
        if self.frame_good.val() {
            self.good.d.next = self.on.value.val();
        }
        if self.bad.q.val().any() {
            self.bad.d.next = self.bad.q.val() - 1;
        }
        if self.frame_bad.val() {
            self.bad.d.next = self.on.value.val();
        }
        self.lit.d.next = bit_cast::<8, 1>(self.good.q.val().any().into())
            | (bit_cast::<8, 1>(self.busy.val().into()) << 1)
            | (bit_cast::<8, 1>((self.bad.q.val().any() | self.program_failed.val()).into()) << 2)
            | (bit_cast::<8, 1>(self.blink.q.val().get_bit(25).into()) << 7);
        self.led.next = self.lit.q.val();
    }
}
