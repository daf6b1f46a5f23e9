//! Flip-flops behind a signal of another clock.

use rust_hdl::prelude::*;

/// Clock edges from a change of `d` to that of `q`; one more if the change comes too late for the first.
pub const LATENCY: usize = 2;

/// `N` bits of another clock domain, two flip-flops late: the first may become metastable, the second sees it settled.
///
/// Each bit goes its own way. So `d` is one bit, bits that mean nothing together, or a Gray code, and it comes from a register: what stands before a
/// register's input may change more than once.
/// Golden model: `d` of two clocks ago.
#[derive(LogicBlock, Default)]
pub struct Synchroniser<const N: usize> {
    /// The clock of `q`, rising edge.
    pub clock: Signal<In, Clock>,
    /// Any timing.
    pub d: Signal<In, Bits<N>>,
    /// `d` of two clocks ago.
    pub q: Signal<Out, Bits<N>>,
    _first: Bits<N>,
}

impl<const N: usize> Logic for Synchroniser<N> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.q.next = self._first;
            self._first = self.d.val();
        }
    }

    fn connect(&mut self) {
        self.q.connect();
    }

    fn hdl(&self) -> Verilog {
        let top = N - 1;
        Verilog::Custom(format!(
            "\
(* ASYNC_REG = \"TRUE\" *) reg [{top}:0] first = 0;
(* ASYNC_REG = \"TRUE\" *) reg [{top}:0] second = 0;
always @(*) q = second;
always @(posedge clock) begin
  first <= d;
  second <= first;
end
"
        ))
    }

    fn timing(&self) -> Vec<TimingInfo> {
        vec![TimingInfo {
            name: "synchroniser".into(),
            clock: "clock".into(),
            inputs: vec!["d".into()],
            outputs: vec!["q".into()],
        }]
    }
}
