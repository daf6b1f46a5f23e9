//! The buffer between the output stage and memory: thirty-two tiles of up to sixteen quads.
use rust_hdl::prelude::*;

/// Tiles it holds.
pub const SLOTS: usize = 32;
/// Quads of a slot.
pub const QUADS: usize = 16;

/// `SLOTS·QUADS` quads of 32 bits in one block RAM; `data` is the word at `read_address` of the clock before.
#[derive(LogicBlock)]
pub struct TileStore {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Stores `write_data`.
    pub write: Signal<In, Bit>,
    /// `slot·16 + place`.
    pub write_address: Signal<In, Bits<9>>,
    /// A quad.
    pub write_data: Signal<In, Bits<32>>,
    /// `slot·16 + place`.
    pub read_address: Signal<In, Bits<9>>,
    /// The quad read.
    pub data: Signal<Out, Bits<32>>,
    _memory: Vec<Bits<32>>,
}

impl Default for TileStore {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            write: Default::default(),
            write_address: Default::default(),
            write_data: Default::default(),
            read_address: Default::default(),
            data: Default::default(),
            _memory: vec![Default::default(); SLOTS * QUADS],
        }
    }
}

impl Logic for TileStore {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.data.next = self._memory[self.read_address.val().to_u16() as usize];
            if self.write.val() {
                let address = self.write_address.val().to_u16() as usize;
                self._memory[address] = self.write_data.val();
            }
        }
    }

    fn connect(&mut self) {
        self.data.connect();
    }

    fn hdl(&self) -> Verilog {
        Verilog::Custom(format!(
            "\
(* ram_style = \"block\", no_rw_check *) reg [31:0] mem [0:{last}];
initial data = 0;
{clear}always @(posedge clock) begin
  if (write) mem[write_address] <= write_data;
  data <= mem[read_address];
end
",
            last = SLOTS * QUADS - 1,
            clear = super::memory_clear("mem", SLOTS * QUADS)
        ))
    }
}
