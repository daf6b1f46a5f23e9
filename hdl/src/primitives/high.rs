//! A flip-flop that wakes up high.
use rust_hdl::prelude::*;

/// A register of one bit for a pin that must be high until the first clock; rust-hdl's own wake up low.
#[derive(LogicBlock, Default)]
pub struct HighDff {
    /// Next value.
    pub d: Signal<In, Bit>,
    /// Present value, high at first.
    pub q: Signal<Out, Bit>,
    /// The clock, rising edge.
    pub clock: Signal<In, Clock>,
    _awake: bool,
}

impl Logic for HighDff {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.q.next = self.d.val();
        } else if !self._awake {
            self.q.next = true;
        }
        self._awake = true;
    }

    fn connect(&mut self) {
        self.q.connect();
    }

    fn hdl(&self) -> Verilog {
        Verilog::Custom("initial q = 1'b1;\nalways @(posedge clock) q <= d;\n".into())
    }
}
