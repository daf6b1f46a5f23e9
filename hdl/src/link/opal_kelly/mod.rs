//! The link over an Opal Kelly host interface: the two pipes and the wires of [`rowfuse_spec::pipes`], between the vendor's endpoints, which run with
//! `ti_clk`, and the engine's clock.

pub mod buffer;
pub mod crossings;
pub mod fifo;
pub mod packer;
pub mod replies;
pub mod requests;
pub mod synchroniser;

pub use buffer::DualClockBuffer;
pub use crossings::{Crossing, CROSSINGS};
pub use fifo::DualClockFifo;
pub use packer::Packer;
pub use replies::Replies;
pub use requests::Requests;
pub use synchroniser::Synchroniser;

use rowfuse_spec::pipes::{
    BLOCK_WORDS, REPLY_ROOM, REQUEST_ROOM, STATUS_BUSY, STATUS_FAILED, STATUS_MEMORY,
};
use rust_hdl::prelude::*;

/// Clock of the host interface of modules on USB 2.0, MHz.
pub const HOST_MHZ: u32 = 48;

/// Clocks of the engine without a byte after which the block that is begun is filled: 41 µs at 100 MHz. It is longer than a WRITE takes to arrive, so that
/// replies to WRITEs in a row share blocks, and short beside the time that USB takes to ask for one.
pub const FILL_CLOCKS: u64 = 4096;

/// Edges of the engine's clock from the one of `ti_clk` at which CONTROL_RESET rises in `control` to `reset`, one more if it comes too late for the first.
pub const RESET_LATENCY: usize = synchroniser::LATENCY + 1;

/// Bits of a wire to the host, as the contract has them.
const STATUS_BITS: usize = 3;
const _: () = assert!(STATUS_BUSY == 1 && STATUS_FAILED == 2 && STATUS_MEMORY == 4);

// What a host has under way must fit into either queue.
const _: () =
    assert!(REQUEST_ROOM * BLOCK_WORDS <= fifo::WORDS && REPLY_ROOM * BLOCK_WORDS <= fifo::WORDS);

/// Requests, replies and wires.
///
/// Ports `in_…` and `out_…` are those of `okBTPipeIn` and `okBTPipeOut` without `ep_`, `control`, `status` and `blocks` the `ep_` data of wires; they belong to
/// `ti_clk`, all others to `clock`.
/// Golden models: those of [`Requests`] and [`Replies`]; the wires' values of some clocks ago.
#[derive(LogicBlock, Default)]
pub struct Pipes {
    /// The host interface's clock, rising edge.
    pub ti_clk: Signal<In, Clock>,
    /// A word of requests stands on `in_dataout`.
    pub in_write: Signal<In, Bit>,
    /// One clock high before a block of requests.
    pub in_blockstrobe: Signal<In, Bit>,
    /// The word.
    pub in_dataout: Signal<In, Bits<16>>,
    /// A whole block may come.
    pub in_ready: Signal<Out, Bit>,
    /// The next word of replies is to stand on `out_datain` in the next clock.
    pub out_read: Signal<In, Bit>,
    /// One clock high before a block of replies.
    pub out_blockstrobe: Signal<In, Bit>,
    /// The word.
    pub out_datain: Signal<Out, Bits<16>>,
    /// A whole block waits.
    pub out_ready: Signal<Out, Bit>,
    /// [`rowfuse_spec::pipes::WIRE_CONTROL`].
    pub control: Signal<In, Bits<16>>,
    /// [`rowfuse_spec::pipes::WIRE_STATUS`].
    pub status: Signal<Out, Bits<16>>,
    /// [`rowfuse_spec::pipes::WIRE_BLOCKS`].
    pub blocks: Signal<Out, Bits<16>>,

    /// The engine's clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// A byte from the host stands on `rx_data`; held until taken.
    pub rx_valid: Signal<Out, Bit>,
    /// The byte.
    pub rx_data: Signal<Out, Bits<8>>,
    /// The byte is taken at this clock edge if `rx_valid` is high.
    pub rx_ready: Signal<In, Bit>,
    /// A byte for the host stands on `tx_data`.
    pub tx_valid: Signal<In, Bit>,
    /// The byte.
    pub tx_data: Signal<In, Bits<8>>,
    /// The byte is taken at this clock edge if `tx_valid` is high.
    pub tx_ready: Signal<Out, Bit>,
    /// A program runs.
    pub busy: Signal<In, Bit>,
    /// The last program ended with an error.
    pub program_failed: Signal<In, Bit>,
    /// The memory can be used.
    pub memory_ready: Signal<In, Bit>,
    /// One cycle high: CONTROL_RESET has risen.
    pub reset: Signal<Out, Bit>,

    requests: Requests,
    replies: Replies,
    // What crosses comes from a register.
    control_sent: DFF<Bits<1>>,
    control_seen: Synchroniser<1>,
    control_before: DFF<Bits<1>>,
    rising: DFF<Bit>,
    status_sent: DFF<Bits<STATUS_BITS>>,
    status_seen: Synchroniser<STATUS_BITS>,
}

impl Pipes {
    /// Fills a block of replies that is begun after so many clocks without a byte, fewer than 2¹⁶: [`FILL_CLOCKS`] but in tests.
    pub fn new(fill_clocks: u64) -> Self {
        Self {
            replies: Replies::new(fill_clocks),
            ..Default::default()
        }
    }
}

impl Logic for Pipes {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, requests, replies, control_seen);
        clock!(self, ti_clk, status_seen);
        self.requests.ti_clk.next = self.ti_clk.val();
        self.replies.ti_clk.next = self.ti_clk.val();
        dff_setup!(self, clock, control_before, rising, status_sent);
        dff_setup!(self, ti_clk, control_sent);

        self.requests.ep_write.next = self.in_write.val();
        self.requests.ep_blockstrobe.next = self.in_blockstrobe.val();
        self.requests.ep_dataout.next = self.in_dataout.val();
        self.in_ready.next = self.requests.ep_ready.val();
        self.rx_valid.next = self.requests.rx_valid.val();
        self.rx_data.next = self.requests.rx_data.val();
        self.requests.rx_ready.next = self.rx_ready.val();

        self.replies.tx_valid.next = self.tx_valid.val();
        self.replies.tx_data.next = self.tx_data.val();
        self.tx_ready.next = self.replies.tx_ready.val();
        self.replies.ep_read.next = self.out_read.val();
        self.replies.ep_blockstrobe.next = self.out_blockstrobe.val();
        self.out_datain.next = self.replies.ep_datain.val();
        self.out_ready.next = self.replies.ep_ready.val();
        self.blocks.next = self.replies.blocks.val();

        self.control_sent.d.next = self.control.val().get_bits::<1>(0);
        self.control_seen.d.next = self.control_sent.q.val();
        self.control_before.d.next = self.control_seen.q.val();
        self.rising.d.next = self.control_seen.q.val().any() & !self.control_before.q.val().any();
        self.reset.next = self.rising.q.val();

        self.status_sent.d.next = bit_cast::<STATUS_BITS, 1>(self.busy.val().into())
            | (bit_cast::<STATUS_BITS, 1>(self.program_failed.val().into()) << 1)
            | (bit_cast::<STATUS_BITS, 1>(self.memory_ready.val().into()) << 2);
        self.status_seen.d.next = self.status_sent.q.val();
        self.status.next = bit_cast::<16, STATUS_BITS>(self.status_seen.q.val());
    }
}
