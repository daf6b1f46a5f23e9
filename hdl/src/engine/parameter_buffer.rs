//! The table of requantisation parameters, one entry of 64 bits a channel.
use crate::dataflow::Pack;
use rust_hdl::prelude::*;

/// Clocks from `read_address` to `parameters`: memory and one data register.
pub const READ_LATENCY: u32 = 2;
const WORDS: usize = 4;

/// Four memories of `depth` 16-bit words: word `w` of channel `c` is stored by (`write_address` = c, `write_word` = w).
///
/// `parameters` holds the four words of `read_address`, word 0 in the low bits, [`READ_LATENCY`] clocks later. The meaning of the words is
/// `rowfuse_spec::numerics::Requant`'s.
#[derive(LogicBlock)]
pub struct ParameterBuffer {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Stores `write_data`.
    pub write: Signal<In, Bit>,
    /// Channel to write.
    pub write_address: Signal<In, Bits<16>>,
    /// Word, `0..=3`.
    pub write_word: Signal<In, Bits<2>>,
    /// The word.
    pub write_data: Signal<In, Bits<16>>,
    /// Channel to read.
    pub read_address: Signal<In, Bits<16>>,
    /// Four words, word 0 in the low bits.
    pub parameters: Signal<Out, Bits<64>>,
    _memories: Vec<Vec<u16>>,
    _fetched: [u16; WORDS],
}

impl ParameterBuffer {
    /// A table of `depth` channels.
    ///
    /// # Panics
    /// If `depth` is not a power of two: a fault of the design, not of its input.
    pub fn new(depth: u32) -> Self {
        assert!(depth.is_power_of_two());
        Self {
            clock: Default::default(),
            write: Default::default(),
            write_address: Default::default(),
            write_word: Default::default(),
            write_data: Default::default(),
            read_address: Default::default(),
            parameters: Default::default(),
            _memories: vec![vec![0; depth as usize]; WORDS],
            _fetched: [0; WORDS],
        }
    }
}

impl Logic for ParameterBuffer {
    fn update(&mut self) {
        if !self.clock.pos_edge() {
            return;
        }
        let mask = self._memories[0].len() - 1;
        self.parameters.next = Pack::pack(16, self._fetched.iter().map(|&word| word.into()));
        let read = self.read_address.val().to_u16() as usize & mask;
        for (fetched, memory) in self._fetched.iter_mut().zip(&self._memories) {
            *fetched = memory[read];
        }
        if self.write.val() {
            let word = self.write_word.val().to_u8() as usize;
            self._memories[word][self.write_address.val().to_u16() as usize & mask] =
                self.write_data.val().to_u16();
        }
    }

    fn connect(&mut self) {
        self.parameters.connect();
    }

    fn hdl(&self) -> Verilog {
        let depth = self._memories[0].len();
        let top = depth.trailing_zeros() - 1;
        let memory = |w: usize| {
            format!(
                "\
(* ram_style = \"block\", no_rw_check *) reg [15:0] m{w} [0:{last}]; reg [15:0] f{w}, p{w};
initial begin f{w} = 0; p{w} = 0; end
{clear}always @(posedge clock) begin
  if (write && write_word == 2'd{w}) m{w}[write_address[{top}:0]] <= write_data;
  f{w} <= m{w}[read_address[{top}:0]]; p{w} <= f{w};
end
always @(*) parameters[{hi}:{lo}] = p{w};
",
                last = depth - 1,
                clear = super::memory_clear(&format!("m{w}"), depth),
                hi = 16 * w + 15,
                lo = 16 * w
            )
        };
        Verilog::Custom((0..WORDS).map(memory).collect())
    }
}
