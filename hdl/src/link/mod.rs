//! The link: requests of the host in, replies out, as bytes with back-pressure.

pub mod buffer;
pub mod check;
pub mod checksum;
pub mod controller;
pub mod crc;
pub mod deframer;
pub mod enframer;
pub mod fixed;
#[cfg(feature = "opal-kelly")]
pub mod opal_kelly;
pub mod report;
pub mod uart;

pub use controller::Controller;
pub use deframer::Deframer;
pub use enframer::Enframer;
pub use report::Report;

use crate::memory::MemoryClient;
use rowfuse_spec::uart::RATE_BITS;
use rust_hdl::prelude::*;

/// Cycles from the one that takes a request's last byte to the one that shows its reply's first, when
/// the link was idle. WRITE's reply waits for the memory as well.
pub const REPLY_LATENCY: usize = 9;

/// Deframer, controller, enframer and report.
///
/// Bytes come in on `rx_` and go out on `tx_`: a byte moves at each clock edge with both `valid` and
/// `ready` high; `valid`, once high, stays until then.
#[derive(LogicBlock, Default)]
pub struct Link {
    /// The one clock.
    pub clock: Signal<In, Clock>,
    /// A byte from the host stands on `rx_data`.
    pub rx_valid: Signal<In, Bit>,
    /// The byte.
    pub rx_data: Signal<In, Bits<8>>,
    /// The byte is taken at this clock edge if `rx_valid` is high.
    pub rx_ready: Signal<Out, Bit>,
    /// A byte for the host stands on `tx_data`.
    pub tx_valid: Signal<Out, Bit>,
    /// The byte.
    pub tx_data: Signal<Out, Bits<8>>,
    /// The byte is taken at this clock edge if `tx_valid` is high.
    pub tx_ready: Signal<In, Bit>,
    /// Port to the memory.
    pub mem: MemoryClient,
    /// One cycle high: start the program at `run_addr`.
    pub run: Signal<Out, Bit>,
    /// Word address of the program, valid with `run`.
    pub run_addr: Signal<Out, Bits<24>>,
    /// One cycle high: reset the engine.
    pub abort: Signal<Out, Bit>,
    /// One cycle high: reset the engine as ABORT does, once the request being executed is done.
    pub reset: Signal<In, Bit>,
    /// Increment of the serial port's rate, valid with `rate_valid`.
    pub rate: Signal<Out, Bits<RATE_BITS>>,
    /// One cycle high: a RATE has been executed and its reply posted.
    pub rate_valid: Signal<Out, Bit>,
    /// One cycle high: a request has been executed and its reply posted.
    pub frame_good: Signal<Out, Bit>,
    /// One cycle high: a frame has been refused or was damaged.
    pub frame_bad: Signal<Out, Bit>,
    /// A program is running; rises within eight cycles of `run`.
    pub busy: Signal<In, Bit>,
    /// Status of the last program.
    pub program_status: Signal<In, Bits<16>>,
    /// Which counter to show.
    pub counter_select: Signal<Out, Bits<4>>,
    /// Its value, at the latest in the cycle after `counter_select` has changed.
    pub counter_value: Signal<In, Bits<32>>,
    /// `EngineConfig::id`.
    pub config_id: Signal<In, Bits<32>>,
    /// Hash of the sources.
    pub source_id: Signal<In, Bits<32>>,
    /// Output-channel lanes.
    pub lanes: Signal<In, Bits<16>>,
    /// External memory in KiB, at most 32768.
    pub memory_kib: Signal<In, Bits<32>>,

    deframer: Deframer,
    controller: Controller,
    enframer: Enframer,
    report: Report,
}

impl Logic for Link {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, deframer, controller, enframer, report);
        MemoryClient::link(&mut self.mem, &mut self.controller.mem);

        self.deframer.rx_valid.next = self.rx_valid.val();
        self.deframer.rx_data.next = self.rx_data.val();
        self.rx_ready.next = self.deframer.rx_ready.val();

        self.controller.frame_valid.next = self.deframer.frame_valid.val();
        self.controller.frame_refusal.next = self.deframer.frame_refusal.val();
        self.controller.frame_kind.next = self.deframer.frame_kind.val();
        self.controller.frame_seq.next = self.deframer.frame_seq.val();
        self.controller.frame_length.next = self.deframer.frame_length.val();
        self.controller.frame_address.next = self.deframer.frame_address.val();
        self.controller.frame_count.next = self.deframer.frame_count.val();
        self.controller.frame_reserved.next = self.deframer.frame_reserved.val();
        self.deframer.frame_done.next = self.controller.frame_done.val();
        self.deframer.payload_enable.next = self.controller.payload_enable.val();
        self.deframer.payload_address.next = self.controller.payload_address.val();
        self.controller.payload_data.next = self.deframer.payload_data.val();

        self.enframer.reply_valid.next = self.controller.reply_valid.val();
        self.controller.reply_ready.next = self.enframer.reply_ready.val();
        self.enframer.reply_kind.next = self.controller.reply_kind.val();
        self.enframer.reply_seq.next = self.controller.reply_seq.val();
        self.enframer.reply_status.next = self.controller.reply_status.val();
        self.enframer.reply_length.next = self.controller.reply_length.val();
        self.enframer.word_valid.next = self.controller.word_valid.val();
        self.enframer.word_data.next = self.controller.word_data.val();
        self.tx_valid.next = self.enframer.tx_valid.val();
        self.tx_data.next = self.enframer.tx_data.val();
        self.enframer.tx_ready.next = self.tx_ready.val();

        self.run.next = self.controller.run.val();
        self.run_addr.next = self.controller.run_addr.val();
        self.abort.next = self.controller.abort.val();
        self.controller.reset.next = self.reset.val();
        self.report.posted.next = self.controller.reply_valid.val();
        self.report.status.next = self.controller.reply_status.val();
        self.report.kind.next = self.deframer.frame_kind.val();
        self.report.increment.next = self.deframer.frame_address.val();
        self.rate.next = self.report.rate.val();
        self.rate_valid.next = self.report.rate_valid.val();
        self.frame_good.next = self.report.frame_good.val();
        self.frame_bad.next = self.report.frame_bad.val();
        self.controller.busy.next = self.busy.val();
        self.controller.program_status.next = self.program_status.val();
        self.counter_select.next = self.controller.counter_select.val();
        self.controller.counter_value.next = self.counter_value.val();
        self.controller.config_id.next = self.config_id.val();
        self.controller.source_id.next = self.source_id.val();
        self.controller.lanes.next = self.lanes.val();
        self.controller.memory_kib.next = self.memory_kib.val();
    }
}
