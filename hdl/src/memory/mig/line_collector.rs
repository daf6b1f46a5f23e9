//! Words that are to be written, until they are a line.
use super::{LINE_BITS, LINE_BYTES};
use rust_hdl::prelude::*;

/// Collects words with their masks, and hands a line on.
///
/// `put` takes a word to its `place`. With `close` the line is complete: from the next cycle on it stands on `data` and `mask`, until the next
/// `close`. Words that were not put are masked. Golden model: an array.
#[derive(LogicBlock, Default)]
pub struct LineCollector {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Takes `word`.
    pub put: Signal<In, Bit>,
    /// Its place in the line.
    pub place: Signal<In, Bits<3>>,
    /// The word.
    pub word: Signal<In, Bits<16>>,
    /// Its bytes that are not to be written.
    pub word_mask: Signal<In, Bits<2>>,
    /// It is the line's last; only with `put`.
    pub close: Signal<In, Bit>,
    /// A line, its first word lowest.
    pub data: Signal<Out, Bits<LINE_BITS>>,
    /// Its bytes that are not to be written.
    pub mask: Signal<Out, Bits<LINE_BYTES>>,
    _words: u128,
    _written: u16,
}

impl Logic for LineCollector {
    fn update(&mut self) {
        if !self.clock.pos_edge() || !self.put.val() {
            return;
        }
        let place = self.place.val().index();
        let (word, mask) = (self.word.val().to_u16(), self.word_mask.val().to_u8());
        self._words &= !(0xFFFF << (16 * place));
        self._words |= u128::from(word) << (16 * place);
        self._written &= !(3 << (2 * place));
        self._written |= u16::from(!mask & 3) << (2 * place);
        if self.close.val() {
            self.data.next = self._words.to_bits();
            self.mask.next = (!self._written).to_bits();
            self._written = 0;
        }
    }

    fn connect(&mut self) {
        self.data.connect();
        self.mask.connect();
    }

    fn hdl(&self) -> Verilog {
        Verilog::Custom(format!(
            "\
reg [{top}:0] words, words_now;
reg [{mask_top}:0] written, written_now;
initial begin words = 0; written = 0; data = 0; mask = 0; end
always @(*) begin
  words_now = words;
  words_now[{{place, 4'd0}} +: 16] = word;
  written_now = written;
  written_now[{{place, 1'd0}} +: 2] = ~word_mask;
end
always @(posedge clock) if (put) begin
  words <= words_now;
  written <= written_now;
  if (close) begin data <= words_now; mask <= ~written_now; written <= 0; end
end
",
            top = LINE_BITS - 1,
            mask_top = LINE_BYTES - 1
        ))
    }
}
