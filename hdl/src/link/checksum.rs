//! The CRC-32 of words, one a cycle.

use super::crc::Crc32Step;
use super::fixed::Fixed;
use rowfuse_spec::crc32::{CRC32_INIT, CRC32_XOROUT};
use rust_hdl::prelude::*;

/// Cycles from a word to the CRC that has it in.
pub const LATENCY: usize = 1;

/// The CRC of all words since `clear`, each its low byte first.
#[derive(LogicBlock, Default)]
pub struct Checksum {
    /// The one clock.
    pub clock: Signal<In, Clock>,
    /// Begins anew; a word in the same cycle is not added.
    pub clear: Signal<In, Bit>,
    /// Adds `word`.
    pub enable: Signal<In, Bit>,
    /// The next word.
    pub word: Signal<In, Bits<16>>,
    /// The CRC, as `rowfuse_spec::crc32::crc32` gives it.
    pub value: Signal<Out, Bits<32>>,
    state: DFF<Bits<32>>,
    low: Crc32Step,
    high: Crc32Step,
    init: Fixed<32, { CRC32_INIT as u64 }>,
    xorout: Fixed<32, { CRC32_XOROUT as u64 }>,
}

impl Logic for Checksum {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state);
        self.low.state.next = self.state.q.val();
        self.low.data.next = self.word.val().get_bits::<8>(0);
        self.high.state.next = self.low.result.val();
        self.high.data.next = self.word.val().get_bits::<8>(8);
        if self.enable.val() {
            self.state.d.next = self.high.result.val();
        }
        if self.clear.val() {
            self.state.d.next = self.init.val();
        }
        self.value.next = self.state.q.val() ^ self.xorout.val();
    }
}
