//! A small memory that is written in one clock domain and read in another: one block RAM.

use rust_hdl::prelude::*;

/// `2^N` words of 16 bits with a write port and a registered read port, each with its own clock.
///
/// A read shows its word after the next `read_clock` edge and holds it until the next `read_enable`. Who reads must know that the word was written before.
/// Golden model: an array.
#[derive(LogicBlock)]
pub struct DualClockBuffer<const N: usize> {
    /// The writer's clock, rising edge.
    pub write_clock: Signal<In, Clock>,
    /// Write `write_data` at this edge of `write_clock`.
    pub write_enable: Signal<In, Bit>,
    /// Where to write.
    pub write_address: Signal<In, Bits<N>>,
    /// What to write.
    pub write_data: Signal<In, Bits<16>>,
    /// The reader's clock, rising edge.
    pub read_clock: Signal<In, Clock>,
    /// Read at this edge of `read_clock`.
    pub read_enable: Signal<In, Bit>,
    /// Where to read.
    pub read_address: Signal<In, Bits<N>>,
    /// The word last read.
    pub read_data: Signal<Out, Bits<16>>,
    _words: Vec<Bits<16>>,
}

impl<const N: usize> Default for DualClockBuffer<N> {
    fn default() -> Self {
        DualClockBuffer {
            write_clock: Default::default(),
            write_enable: Default::default(),
            write_address: Default::default(),
            write_data: Default::default(),
            read_clock: Default::default(),
            read_enable: Default::default(),
            read_address: Default::default(),
            read_data: Default::default(),
            _words: vec![Default::default(); 1 << N],
        }
    }
}

impl<const N: usize> Logic for DualClockBuffer<N> {
    fn update(&mut self) {
        if self.read_clock.pos_edge() && self.read_enable.val() {
            self.read_data.next = self._words[self.read_address.val().index()];
        }
        if self.write_clock.pos_edge() && self.write_enable.val() {
            self._words[self.write_address.val().index()] = self.write_data.val();
        }
    }

    fn connect(&mut self) {
        self.read_data.connect();
    }

    fn hdl(&self) -> Verilog {
        Verilog::Custom(format!(
            "\
reg [15:0] words [0:{last}];
initial read_data = 0;
always @(posedge write_clock) if (write_enable) words[write_address] <= write_data;
always @(posedge read_clock) if (read_enable) read_data <= words[read_address];
",
            last = (1 << N) - 1
        ))
    }

    fn timing(&self) -> Vec<TimingInfo> {
        let side = |name: &str, clock: &str, inputs: &[&str], outputs: &[&str]| TimingInfo {
            name: name.into(),
            clock: clock.into(),
            inputs: inputs.iter().map(|&input| input.into()).collect(),
            outputs: outputs.iter().map(|&output| output.into()).collect(),
        };
        vec![
            side(
                "write",
                "write_clock",
                &["write_enable", "write_address", "write_data"],
                &[],
            ),
            side(
                "read",
                "read_clock",
                &["read_enable", "read_address"],
                &["read_data"],
            ),
        ]
    }
}
