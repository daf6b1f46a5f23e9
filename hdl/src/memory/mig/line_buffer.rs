//! Lines that were read, on their way to the port.
use super::{LINES, LINE_BITS};
use rust_hdl::prelude::*;

/// [`LINES`] lines of eight words in distributed memory: lines go in, words come out.
///
/// A word read shows one cycle later and is held until the next `read`. A line can be read from the cycle after its `write` on.
/// Golden model: an array.
#[derive(LogicBlock)]
pub struct LineBuffer {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Stores `line` at `write_line`.
    pub write: Signal<In, Bit>,
    /// Where to.
    pub write_line: Signal<In, Bits<5>>,
    /// A line, its first word lowest.
    pub line: Signal<In, Bits<LINE_BITS>>,
    /// Reads a word.
    pub read: Signal<In, Bit>,
    /// Of this line.
    pub read_line: Signal<In, Bits<5>>,
    /// Its place in the line.
    pub read_word: Signal<In, Bits<3>>,
    /// The word last read.
    pub word: Signal<Out, Bits<16>>,
    _lines: Vec<u128>,
}

impl Default for LineBuffer {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            write: Default::default(),
            write_line: Default::default(),
            line: Default::default(),
            read: Default::default(),
            read_line: Default::default(),
            read_word: Default::default(),
            word: Default::default(),
            _lines: vec![0; LINES],
        }
    }
}

impl Logic for LineBuffer {
    fn update(&mut self) {
        if !self.clock.pos_edge() {
            return;
        }
        if self.read.val() {
            let line = self._lines[self.read_line.val().index()];
            let word = (line >> (16 * self.read_word.val().index())) as u16;
            self.word.next = word.to_bits();
        }
        if self.write.val() {
            self._lines[self.write_line.val().index()] = self.line.val().to_u128();
        }
    }

    fn connect(&mut self) {
        self.word.connect();
    }

    fn hdl(&self) -> Verilog {
        Verilog::Custom(format!(
            "\
(* ram_style = \"distributed\" *) reg [{top}:0] lines [0:{last}];
initial word = 16'd0;
wire [{top}:0] shown = lines[read_line];
always @(posedge clock) begin
  if (read) word <= shown[{{read_word, 4'd0}} +: 16];
  if (write) lines[write_line] <= line;
end
",
            top = LINE_BITS - 1,
            last = LINES - 1
        ))
    }
}
