//! A small dual-port memory of 16-bit words: one block RAM for up to 1024 of them.

use rust_hdl::prelude::*;

/// `2^N` words of 16 bits with one write port and one registered read port on the same clock.
///
/// A read shows its word one cycle later and holds it until the next `read_enable`. Reading an
/// address in the cycle in which it is written gives the old word.
#[derive(LogicBlock)]
pub struct WordBuffer<const N: usize> {
    /// The one clock.
    pub clock: Signal<In, Clock>,
    /// Write `write_data` at this clock edge.
    pub write_enable: Signal<In, Bit>,
    /// Where to write.
    pub write_address: Signal<In, Bits<N>>,
    /// What to write.
    pub write_data: Signal<In, Bits<16>>,
    /// Read at this clock edge.
    pub read_enable: Signal<In, Bit>,
    /// Where to read.
    pub read_address: Signal<In, Bits<N>>,
    /// The word last read.
    pub read_data: Signal<Out, Bits<16>>,
    _words: Vec<Bits<16>>,
}

impl<const N: usize> Default for WordBuffer<N> {
    fn default() -> Self {
        WordBuffer {
            clock: Default::default(),
            write_enable: Default::default(),
            write_address: Default::default(),
            write_data: Default::default(),
            read_enable: Default::default(),
            read_address: Default::default(),
            read_data: Default::default(),
            _words: vec![Default::default(); 1 << N],
        }
    }
}

impl<const N: usize> Logic for WordBuffer<N> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            if self.read_enable.val() {
                self.read_data.next = self._words[self.read_address.val().index()];
            }
            if self.write_enable.val() {
                self._words[self.write_address.val().index()] = self.write_data.val();
            }
        }
    }

    fn connect(&mut self) {
        self.read_data.connect();
    }

    fn hdl(&self) -> Verilog {
        Verilog::Custom(format!(
            "\
reg [15:0] words [0:{last}];
always @(posedge clock) begin
    if (read_enable) read_data <= words[read_address];
    if (write_enable) words[write_address] <= write_data;
end",
            last = (1 << N) - 1
        ))
    }

    fn timing(&self) -> Vec<TimingInfo> {
        vec![TimingInfo {
            name: "buffer".into(),
            clock: "clock".into(),
            inputs: [
                "write_enable",
                "write_address",
                "write_data",
                "read_enable",
                "read_address",
            ]
            .map(Into::into)
            .to_vec(),
            outputs: vec!["read_data".into()],
        }]
    }
}
