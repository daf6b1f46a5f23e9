//! The memory port on one side, the vendor's memory controller on the other.
use super::super::port::{MemoryServer, ADDRESS_BITS, LENGTH_BITS};
use super::{
    MigReads, MigWrites, APP_ADDRESS_BITS, APP_COMMAND_BITS, LINE_BITS, LINE_BYTES,
    LINE_NUMBER_BITS,
};
use rust_hdl::prelude::*;

/// Serves the memory port by the user interface of MIG 7 for a 16-bit DDR3 with a 4:1 PHY.
///
/// `clock` is MIG's `ui_clk`, the only clock; `port` serves bursts of 1..=255 words from any address, in the order of their requests, and
/// takes the next request while words are on their way. Requests wait until the memory is calibrated. The memory must answer in the order of the accesses.
///
/// Reads: all lines of a burst are asked for at once, and those of the next one behind them, as room and `app_rdy` allow; words come one a
/// clock. Writes: a line's words are collected with their masks; its data go first, then its command. A read's accesses follow those of the
/// writes before it; a write's words are taken when the reads before it have had theirs.
///
/// A read of `n` words alone has its first word [`LATENCY`](super::LATENCY) + L + [`RETURN_LATENCY`](super::RETURN_LATENCY) clocks after its
/// acceptance, where MIG answers an access after L clocks, and its last `n − 1` clocks later.
#[derive(LogicBlock, Default)]
pub struct MigController {
    /// MIG's `ui_clk`, rising edge.
    pub clock: Signal<In, Clock>,
    /// Requests and words.
    pub port: MemoryServer,
    /// The memory can be used.
    pub init_calib_complete: Signal<In, Bit>,
    /// Address of an access in words, a multiple of eight.
    pub app_addr: Signal<Out, Bits<APP_ADDRESS_BITS>>,
    /// [`APP_WRITE`](super::APP_WRITE) or [`APP_READ`](super::APP_READ).
    pub app_cmd: Signal<Out, Bits<APP_COMMAND_BITS>>,
    /// An access stands until `app_rdy`.
    pub app_en: Signal<Out, Bit>,
    /// The access is taken at this edge.
    pub app_rdy: Signal<In, Bit>,
    /// Data of a write, its first word lowest.
    pub app_wdf_data: Signal<Out, Bits<LINE_BITS>>,
    /// They are the access' last: always, as they are its only ones.
    pub app_wdf_end: Signal<Out, Bit>,
    /// Data stand until `app_wdf_rdy`.
    pub app_wdf_wren: Signal<Out, Bit>,
    /// Their bytes that are not written.
    pub app_wdf_mask: Signal<Out, Bits<LINE_BYTES>>,
    /// The data are taken at this edge.
    pub app_wdf_rdy: Signal<In, Bit>,
    /// Data of a read, in the order of the accesses.
    pub app_rd_data: Signal<In, Bits<LINE_BITS>>,
    /// They are there, in this cycle alone.
    pub app_rd_data_valid: Signal<In, Bit>,

    calibrated: DFF<Bit>,
    pending: DFF<Bit>,
    pending_write: DFF<Bit>,
    pending_address: DFF<Bits<ADDRESS_BITS>>,
    pending_length: DFF<Bits<LENGTH_BITS>>,
    accept: Signal<Local, Bit>,
    start_read: Signal<Local, Bit>,
    start_write: Signal<Local, Bit>,
    reads: MigReads,
    writes: MigWrites,
    line: Signal<Local, Bits<LINE_NUMBER_BITS>>,
}

impl Logic for MigController {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            calibrated,
            pending,
            pending_write,
            pending_address,
            pending_length
        );
        clock!(self, clock, reads, writes);

        // One request waits for its turn.
        self.calibrated.d.next = self.init_calib_complete.val();
        self.port.req_ready.next = self.calibrated.q.val() & !self.pending.q.val();
        self.accept.next =
            self.port.req_valid.val() & self.calibrated.q.val() & !self.pending.q.val();
        self.start_read.next = self.pending.q.val()
            & !self.pending_write.q.val()
            & self.reads.free.val()
            & self.writes.free.val();
        self.start_write.next = self.pending.q.val()
            & self.pending_write.q.val()
            & self.reads.quiet.val()
            & self.writes.free.val();
        if self.start_read.val() | self.start_write.val() {
            self.pending.d.next = false;
        }
        if self.accept.val() {
            self.pending.d.next = true;
            self.pending_write.d.next = self.port.req_write.val();
            self.pending_address.d.next = self.port.req_addr.val();
            self.pending_length.d.next = self.port.req_len.val();
        }

        self.reads.start.next = self.start_read.val();
        self.reads.address.next = self.pending_address.q.val();
        self.reads.length.next = self.pending_length.q.val();
        self.reads.hold.next = self.writes.busy.val();
        self.reads.taken.next = self.app_rdy.val();
        self.reads.line_valid.next = self.app_rd_data_valid.val();
        self.reads.line_data.next = self.app_rd_data.val();
        self.writes.start.next = self.start_write.val();
        self.writes.address.next = self.pending_address.q.val();
        self.writes.length.next = self.pending_length.q.val();
        self.writes.word.next = self.port.wr_data.val();
        self.writes.word_mask.next = self.port.wr_mask.val();
        self.writes.data_taken.next = self.app_wdf_rdy.val();
        self.writes.taken.next = self.app_rdy.val();

        self.port.rd_valid.next = self.reads.word_valid.val();
        self.port.rd_data.next = self.reads.word.val();
        self.port.wr_next.next = self.writes.word_next.val();
        self.port.done.next = self.reads.word_last.val() | self.writes.word_last.val();

        // Reads hold while anything is to be written, so at most one of both asks.
        self.app_en.next = self.reads.command.val() | self.writes.command.val();
        self.app_cmd.next = 1.into();
        self.line.next = self.reads.line.val();
        if self.writes.command.val() {
            self.app_cmd.next = 0.into();
            self.line.next = self.writes.line.val();
        }
        self.app_addr.next = bit_cast::<APP_ADDRESS_BITS, LINE_NUMBER_BITS>(self.line.val()) << 3;
        self.app_wdf_data.next = self.writes.data.val();
        self.app_wdf_mask.next = self.writes.mask.val();
        self.app_wdf_wren.next = self.writes.data_valid.val();
        self.app_wdf_end.next = self.writes.data_valid.val();
    }
}
