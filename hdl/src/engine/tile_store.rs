//! The buffer between the output stage and memory: thirty-two tiles of up to sixteen quads.
use rust_hdl::prelude::*;

/// Tiles it holds.
pub const SLOTS: usize = 32;
/// Quads of a slot.
pub const QUADS: usize = 16;

/// `SLOTS·QUADS` quads of 32 bits, and what of them is dropped, in one block RAM; `data` and `drop` are those at `read_address` of the clock before.
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
    /// Its pixels that must not be written.
    pub write_drop: Signal<In, Bits<2>>,
    /// `slot·16 + place`.
    pub read_address: Signal<In, Bits<9>>,
    /// The quad read.
    pub data: Signal<Out, Bits<32>>,
    /// Its pixels that must not be written.
    pub drop: Signal<Out, Bits<2>>,
    _memory: Vec<(Bits<32>, Bits<2>)>,
}

impl Default for TileStore {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            write: Default::default(),
            write_address: Default::default(),
            write_data: Default::default(),
            write_drop: Default::default(),
            read_address: Default::default(),
            data: Default::default(),
            drop: Default::default(),
            _memory: vec![Default::default(); SLOTS * QUADS],
        }
    }
}

impl Logic for TileStore {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            let (data, drop) = self._memory[self.read_address.val().to_u16() as usize];
            self.data.next = data;
            self.drop.next = drop;
            if self.write.val() {
                let address = self.write_address.val().to_u16() as usize;
                self._memory[address] = (self.write_data.val(), self.write_drop.val());
            }
        }
    }

    fn connect(&mut self) {
        self.data.connect();
        self.drop.connect();
    }

    fn hdl(&self) -> Verilog {
        Verilog::Custom(format!(
            "\
(* ram_style = \"block\", no_rw_check *) reg [33:0] mem [0:{last}];
initial begin data = 0; drop = 0; end
{clear}always @(posedge clock) begin
  if (write) mem[write_address] <= {{write_drop, write_data}};
  {{drop, data}} <= mem[read_address];
end
",
            last = SLOTS * QUADS - 1,
            clear = super::memory_clear("mem", SLOTS * QUADS)
        ))
    }
}
