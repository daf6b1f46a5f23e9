//! From the link's bytes to the pipe with replies.

use super::fifo::{self, DualClockFifo, LEVEL_BITS};
use super::packer::Packer;
use crate::link::fixed::Fixed;
use rowfuse_spec::pipes::BLOCK_WORDS;
use rust_hdl::prelude::*;

/// Edges of `ti_clk` behind the edge of `clock` that takes a block's last byte to `ep_ready`, one more if it comes too late for the first.
pub const LATENCY: usize = fifo::LATENCY;

// The lowest eight bits of a level are a word's place in its block.
const _: () = assert!(BLOCK_WORDS == 1 << 8);

/// Bytes of the link to words of whole blocks for `okBTPipeOut`, by [`Packer`].
///
/// `ep_ready` means that a whole block waits behind whatever is still to be read of the one that began; the host looks at it between blocks.
/// Golden model: the bytes in their order, and `rowfuse_spec::frame`.
#[derive(LogicBlock, Default)]
pub struct Replies {
    /// The engine's clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// A byte for the host stands on `tx_data`.
    pub tx_valid: Signal<In, Bit>,
    /// The byte.
    pub tx_data: Signal<In, Bits<8>>,
    /// The byte is taken at this edge of `clock` if `tx_valid` is high.
    pub tx_ready: Signal<Out, Bit>,
    /// The host interface's clock, rising edge.
    pub ti_clk: Signal<In, Clock>,
    /// The next word is to stand on `ep_datain` from this edge of `ti_clk` on.
    pub ep_read: Signal<In, Bit>,
    /// One clock high before the first word of a block.
    pub ep_blockstrobe: Signal<In, Bit>,
    /// The word last read.
    pub ep_datain: Signal<Out, Bits<16>>,
    /// A whole block waits.
    pub ep_ready: Signal<Out, Bit>,
    /// Whole blocks that wait, [`rowfuse_spec::pipes::WIRE_BLOCKS`].
    pub blocks: Signal<Out, Bits<16>>,

    packer: Packer,
    fifo: DualClockFifo,
    /// Words to be read of the block that began.
    leaving: DFF<Bits<LEVEL_BITS>>,
    promised: Signal<Local, Bits<LEVEL_BITS>>,
    rest: Signal<Local, Bits<LEVEL_BITS>>,
    ready: Signal<Local, Bit>,
    waiting: DFF<Bits<16>>,

    block: Fixed<LEVEL_BITS, { BLOCK_WORDS as u64 }>,
}

impl Replies {
    /// Fills a block that is begun after so many clocks without a byte, fewer than 2¹⁶.
    pub fn new(fill_clocks: u64) -> Self {
        Self {
            packer: Packer::new(fill_clocks),
            ..Default::default()
        }
    }
}

impl Logic for Replies {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, ti_clk, leaving, waiting);
        clock!(self, clock, packer);
        self.fifo.write_clock.next = self.clock.val();
        self.fifo.read_clock.next = self.ti_clk.val();

        // The engine's side.
        self.packer.tx_valid.next = self.tx_valid.val();
        self.packer.tx_data.next = self.tx_data.val();
        self.tx_ready.next = self.packer.tx_ready.val();
        self.packer.room.next = !self.fifo.write_level.val().get_bit(10);
        self.fifo.put.next = self.packer.put.val();
        self.fifo.data_in.next = self.packer.word.val();

        // The host's side.
        self.fifo.take.next = self.ep_read.val();
        self.ep_datain.next = self.fifo.data_out.val();
        if self.ep_read.val() & self.leaving.q.val().any() {
            self.leaving.d.next = self.leaving.q.val() - 1;
        }
        if self.ep_blockstrobe.val() {
            self.leaving.d.next = self.block.val();
        }
        self.promised.next = self.leaving.q.val() + self.block.val();
        self.rest.next = self.fifo.read_level.val() - self.leaving.q.val();
        self.ready.next = self.fifo.read_level.val() >= self.promised.val();
        self.ep_ready.next = self.ready.val();
        self.waiting.d.next = 0.into();
        if self.ready.val() {
            self.waiting.d.next = bit_cast::<16, 3>(self.rest.val().get_bits::<3>(8));
        }
        self.blocks.next = self.waiting.q.val();
    }
}
