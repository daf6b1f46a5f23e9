//! The memory port: how every part of the accelerator asks for a burst of external memory.
//!
//! A port moves one burst at a time, in three steps:
//! 1. **Request.** The client holds `req_valid` with `req_write`, `req_addr` and `req_len` until a
//!    clock edge at which `req_ready` is high too: the request is accepted. From the next cycle the
//!    client may drop the request or show the following one.
//! 2. **Data.** From the cycle after acceptance on, the server moves words at its own pace. Writing,
//!    `wr_next` says that the word on `wr_data` is taken at this clock edge; the client must have the
//!    next one there in the very next cycle. Bytes that `wr_mask` names are not written. Reading, each cycle with `rd_valid` brings one word on
//!    `rd_data`; the client cannot refuse it.
//! 3. **Done.** `done` is high in the cycle of the last word, and only then.
//!
//! In emitted Verilog a field `port` of either type becomes the signals `port$req_valid` and so on.

#![allow(missing_docs)] // only for the methods that the derive adds

use rust_hdl::prelude::*;

/// Width of a word address: 2^24 words of 16 bits, 32 MB.
pub const ADDRESS_BITS: usize = rowfuse_spec::WORD_ADDRESS_BITS as usize;
/// Width of a memory word.
pub const WORD_BITS: usize = 16;
/// Bytes of a memory word, each with its bit in a mask.
pub const MASK_BITS: usize = 2;
/// Width of a burst length.
pub const LENGTH_BITS: usize = 8;
/// Longest burst, in words.
pub const MAX_BURST: u32 = 128;

/// The asking end of a memory port.
#[derive(LogicInterface, Clone, Debug, Default)]
#[join = "MemoryServer"]
pub struct MemoryClient {
    /// A request stands; held until it is accepted.
    pub req_valid: Signal<Out, Bit>,
    /// The request writes (high) or reads (low).
    pub req_write: Signal<Out, Bit>,
    /// First word address of the burst.
    pub req_addr: Signal<Out, Bits<ADDRESS_BITS>>,
    /// Words in the burst, 1..=[`MAX_BURST`].
    pub req_len: Signal<Out, Bits<LENGTH_BITS>>,
    /// The request is accepted at this clock edge if `req_valid` is high.
    pub req_ready: Signal<In, Bit>,
    /// The next word to write.
    pub wr_data: Signal<Out, Bits<WORD_BITS>>,
    /// Bytes of `wr_data` that are not written: bit 0 for bits 7..0, bit 1 for bits 15..8.
    pub wr_mask: Signal<Out, Bits<MASK_BITS>>,
    /// `wr_data` is taken at this clock edge.
    pub wr_next: Signal<In, Bit>,
    /// `rd_data` holds the next word read.
    pub rd_valid: Signal<In, Bit>,
    /// The word read.
    pub rd_data: Signal<In, Bits<WORD_BITS>>,
    /// This is the cycle of the burst's last word.
    pub done: Signal<In, Bit>,
}

/// The serving end of a memory port: the mirror of [`MemoryClient`].
#[derive(LogicInterface, Clone, Debug, Default)]
#[join = "MemoryClient"]
pub struct MemoryServer {
    /// A request stands; held until it is accepted.
    pub req_valid: Signal<In, Bit>,
    /// The request writes (high) or reads (low).
    pub req_write: Signal<In, Bit>,
    /// First word address of the burst.
    pub req_addr: Signal<In, Bits<ADDRESS_BITS>>,
    /// Words in the burst, 1..=[`MAX_BURST`].
    pub req_len: Signal<In, Bits<LENGTH_BITS>>,
    /// The request is accepted at this clock edge if `req_valid` is high.
    pub req_ready: Signal<Out, Bit>,
    /// The next word to write.
    pub wr_data: Signal<In, Bits<WORD_BITS>>,
    /// Bytes of `wr_data` that are not written: bit 0 for bits 7..0, bit 1 for bits 15..8.
    pub wr_mask: Signal<In, Bits<MASK_BITS>>,
    /// `wr_data` is taken at this clock edge.
    pub wr_next: Signal<Out, Bit>,
    /// `rd_data` holds the next word read.
    pub rd_valid: Signal<Out, Bit>,
    /// The word read.
    pub rd_data: Signal<Out, Bits<WORD_BITS>>,
    /// This is the cycle of the burst's last word.
    pub done: Signal<Out, Bit>,
}
