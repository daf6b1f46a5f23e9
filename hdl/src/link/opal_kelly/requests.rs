//! From the pipe with requests to the link's bytes.

use super::fifo::{self, DualClockFifo, LEVEL_BITS, WORDS};
use crate::link::fixed::Fixed;
use rowfuse_spec::pipes::BLOCK_WORDS;
use rust_hdl::prelude::*;

/// Engine clocks from the first edge behind the one of `ti_clk` that takes a word to its first byte in `rx_valid`, when nothing else waited.
pub const LATENCY: usize = fifo::LATENCY + 1;

/// Words of blocks from `okBTPipeIn` to bytes, low byte first, as the link takes them.
///
/// `ep_ready` means that a whole block fits behind whatever is still to come of the one that began; the host looks at it between blocks.
/// Golden model: the bytes in their order.
#[derive(LogicBlock, Default)]
pub struct Requests {
    /// The host interface's clock, rising edge.
    pub ti_clk: Signal<In, Clock>,
    /// A word stands on `ep_dataout`, and is taken at this edge of `ti_clk`.
    pub ep_write: Signal<In, Bit>,
    /// One clock high before the first word of a block.
    pub ep_blockstrobe: Signal<In, Bit>,
    /// The word.
    pub ep_dataout: Signal<In, Bits<16>>,
    /// A whole block may come.
    pub ep_ready: Signal<Out, Bit>,
    /// The engine's clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// A byte from the host stands on `rx_data`; held until taken.
    pub rx_valid: Signal<Out, Bit>,
    /// The byte.
    pub rx_data: Signal<Out, Bits<8>>,
    /// The byte is taken at this edge of `clock` if `rx_valid` is high.
    pub rx_ready: Signal<In, Bit>,

    fifo: DualClockFifo,
    /// Words to come of the block that began.
    coming: DFF<Bits<LEVEL_BITS>>,
    expected: Signal<Local, Bits<LEVEL_BITS>>,
    /// The word last taken is not wholly given.
    present: DFF<Bit>,
    /// Its high byte is next.
    high: DFF<Bit>,
    take: Signal<Local, Bit>,

    block: Fixed<LEVEL_BITS, { BLOCK_WORDS as u64 }>,
    highest: Fixed<LEVEL_BITS, { (WORDS - BLOCK_WORDS) as u64 }>,
}

impl Logic for Requests {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, ti_clk, coming);
        dff_setup!(self, clock, present, high);
        self.fifo.write_clock.next = self.ti_clk.val();
        self.fifo.read_clock.next = self.clock.val();

        // The host's side.
        self.fifo.put.next = self.ep_write.val();
        self.fifo.data_in.next = self.ep_dataout.val();
        if self.ep_write.val() & self.coming.q.val().any() {
            self.coming.d.next = self.coming.q.val() - 1;
        }
        if self.ep_blockstrobe.val() {
            self.coming.d.next = self.block.val();
        }
        self.expected.next = self.fifo.write_level.val() + self.coming.q.val();
        self.ep_ready.next = self.expected.val() <= self.highest.val();

        // The engine's side.
        self.take.next = self.fifo.valid.val()
            & (!self.present.q.val() | (self.rx_ready.val() & self.high.q.val()));
        self.fifo.take.next = self.take.val();
        if self.present.q.val() & self.rx_ready.val() {
            self.high.d.next = !self.high.q.val();
            self.present.d.next = !self.high.q.val();
        }
        if self.take.val() {
            self.present.d.next = true;
        }
        self.rx_valid.next = self.present.q.val();
        self.rx_data.next = self.fifo.data_out.val().get_bits::<8>(0);
        if self.high.q.val() {
            self.rx_data.next = self.fifo.data_out.val().get_bits::<8>(8);
        }
    }
}
