//! Everything between the endpoints of an Opal Kelly host interface and the user interface of MIG.

use crate::accelerator::{Accelerator, BuildError};
use crate::identity::{id_of, sha256};
use crate::link::opal_kelly::{Pipes, FILL_CLOCKS};
use crate::memory::mig::{
    MigController, APP_ADDRESS_BITS, APP_COMMAND_BITS, LINE_BITS, LINE_BYTES,
};
use crate::memory::MemoryClient;
use rowfuse_spec::config::Device;
use rowfuse_spec::EngineConfig;
use rust_hdl::prelude::*;

/// Inputs of the emitted Verilog beside `clock`: name, width. `ti_clk` is the first.
pub const INPUTS: [(&str, usize); 12] = [
    ("ti_clk", 1),
    ("in_write", 1),
    ("in_blockstrobe", 1),
    ("in_dataout", 16),
    ("out_read", 1),
    ("out_blockstrobe", 1),
    ("control", 16),
    ("app_rdy", 1),
    ("app_wdf_rdy", 1),
    ("app_rd_data_valid", 1),
    ("init_calib_complete", 1),
    ("app_rd_data", LINE_BITS),
];
/// Its outputs.
pub const OUTPUTS: [(&str, usize); 16] = [
    ("in_ready", 1),
    ("out_ready", 1),
    ("out_datain", 16),
    ("status", 16),
    ("blocks", 16),
    ("busy", 1),
    ("program_failed", 1),
    ("frame_good", 1),
    ("frame_bad", 1),
    ("app_en", 1),
    ("app_cmd", APP_COMMAND_BITS),
    ("app_addr", APP_ADDRESS_BITS),
    ("app_wdf_wren", 1),
    ("app_wdf_end", 1),
    ("app_wdf_mask", LINE_BYTES),
    ("app_wdf_data", LINE_BITS),
];

/// [`FILL_CLOCKS`] of a simulation, where every clock costs time and the host asks at once.
pub const SIMULATED_FILL_CLOCKS: u64 = 64;

/// Accelerator, pipes and the memory's adapter of one configuration: the part of the design that a test bench simulates.
///
/// `ti_clk` is the clock of `in_`, `out_`, `control`, `status` and `blocks`, as in [`Pipes`]; everything else belongs to `clock`, MIG's `ui_clk`.
/// Golden model: the contract, between the model of the host's pipes and the model of MIG.
#[derive(LogicBlock)]
pub struct OkSystem {
    /// MIG's `ui_clk`, the engine's clock, rising edge.
    pub clock: Signal<In, Clock>,
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
    /// A program runs.
    pub busy: Signal<Out, Bit>,
    /// The last program ended with an error; until the next begins.
    pub program_failed: Signal<Out, Bit>,
    /// One cycle high: a request has been executed and its reply posted.
    pub frame_good: Signal<Out, Bit>,
    /// One cycle high: a frame has been refused or was damaged.
    pub frame_bad: Signal<Out, Bit>,
    /// The memory can be used.
    pub init_calib_complete: Signal<In, Bit>,
    /// Address of an access in words.
    pub app_addr: Signal<Out, Bits<APP_ADDRESS_BITS>>,
    /// Write or read.
    pub app_cmd: Signal<Out, Bits<APP_COMMAND_BITS>>,
    /// An access stands until `app_rdy`.
    pub app_en: Signal<Out, Bit>,
    /// The access is taken.
    pub app_rdy: Signal<In, Bit>,
    /// Data of a write.
    pub app_wdf_data: Signal<Out, Bits<LINE_BITS>>,
    /// They are the access' last.
    pub app_wdf_end: Signal<Out, Bit>,
    /// Data stand until `app_wdf_rdy`.
    pub app_wdf_wren: Signal<Out, Bit>,
    /// Their bytes that are not written.
    pub app_wdf_mask: Signal<Out, Bits<LINE_BYTES>>,
    /// The data are taken.
    pub app_wdf_rdy: Signal<In, Bit>,
    /// Data of a read.
    pub app_rd_data: Signal<In, Bits<LINE_BITS>>,
    /// They are there.
    pub app_rd_data_valid: Signal<In, Bit>,
    pipes: Pipes,
    accelerator: Accelerator,
    mig: MigController,
}

impl OkSystem {
    /// Builds the system of a configuration.
    ///
    /// # Errors
    /// If the configuration is not legal.
    pub fn new(config: &EngineConfig) -> Result<Self, BuildError> {
        let hash = sha256(&Self::unidentified(config)?.emit());
        Self::with_source_id(config, id_of(&hash))
    }

    /// The same with a source ID of zero: the SHA-256 of its Verilog begins with the other's.
    ///
    /// # Errors
    /// As [`OkSystem::new`].
    pub fn unidentified(config: &EngineConfig) -> Result<Self, BuildError> {
        Self::with_source_id(config, 0)
    }

    fn with_source_id(config: &EngineConfig, source_id: u32) -> Result<Self, BuildError> {
        let fill_clocks = match config.device == Device::simulation() {
            true => SIMULATED_FILL_CLOCKS,
            false => FILL_CLOCKS,
        };
        Ok(Self {
            clock: Default::default(),
            ti_clk: Default::default(),
            in_write: Default::default(),
            in_blockstrobe: Default::default(),
            in_dataout: Default::default(),
            in_ready: Default::default(),
            out_read: Default::default(),
            out_blockstrobe: Default::default(),
            out_datain: Default::default(),
            out_ready: Default::default(),
            control: Default::default(),
            status: Default::default(),
            blocks: Default::default(),
            busy: Default::default(),
            program_failed: Default::default(),
            frame_good: Default::default(),
            frame_bad: Default::default(),
            init_calib_complete: Default::default(),
            app_addr: Default::default(),
            app_cmd: Default::default(),
            app_en: Default::default(),
            app_rdy: Default::default(),
            app_wdf_data: Default::default(),
            app_wdf_end: Default::default(),
            app_wdf_wren: Default::default(),
            app_wdf_mask: Default::default(),
            app_wdf_rdy: Default::default(),
            app_rd_data: Default::default(),
            app_rd_data_valid: Default::default(),
            pipes: Pipes::new(fill_clocks),
            accelerator: Accelerator::new(config, source_id)?,
            mig: Default::default(),
        })
    }

    /// The system's Verilog for simulation: module `top` and the primitives under it.
    ///
    /// # Errors
    /// As [`OkSystem::new`].
    pub fn verilog(config: &EngineConfig) -> Result<String, BuildError> {
        Ok(Self::new(config)?.emit())
    }

    /// This system's Verilog.
    pub fn emit(mut self) -> String {
        self.connect_all();
        format!(
            "{}\n{}",
            generate_verilog_unchecked(&self),
            crate::primitives::verilog()
        )
    }
}

impl Logic for OkSystem {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, pipes, accelerator, mig);
        self.pipes.ti_clk.next = self.ti_clk.val();

        self.pipes.in_write.next = self.in_write.val();
        self.pipes.in_blockstrobe.next = self.in_blockstrobe.val();
        self.pipes.in_dataout.next = self.in_dataout.val();
        self.in_ready.next = self.pipes.in_ready.val();
        self.pipes.out_read.next = self.out_read.val();
        self.pipes.out_blockstrobe.next = self.out_blockstrobe.val();
        self.out_datain.next = self.pipes.out_datain.val();
        self.out_ready.next = self.pipes.out_ready.val();
        self.pipes.control.next = self.control.val();
        self.status.next = self.pipes.status.val();
        self.blocks.next = self.pipes.blocks.val();

        self.accelerator.rx_valid.next = self.pipes.rx_valid.val();
        self.accelerator.rx_data.next = self.pipes.rx_data.val();
        self.pipes.rx_ready.next = self.accelerator.rx_ready.val();
        self.pipes.tx_valid.next = self.accelerator.tx_valid.val();
        self.pipes.tx_data.next = self.accelerator.tx_data.val();
        self.accelerator.tx_ready.next = self.pipes.tx_ready.val();
        self.accelerator.reset.next = self.pipes.reset.val();
        self.pipes.busy.next = self.accelerator.busy.val();
        self.pipes.program_failed.next = self.accelerator.program_failed.val();
        self.pipes.memory_ready.next = self.init_calib_complete.val();
        self.busy.next = self.accelerator.busy.val();
        self.program_failed.next = self.accelerator.program_failed.val();
        self.frame_good.next = self.accelerator.frame_good.val();
        self.frame_bad.next = self.accelerator.frame_bad.val();

        MemoryClient::join(&mut self.accelerator.mem, &mut self.mig.port);
        self.mig.init_calib_complete.next = self.init_calib_complete.val();
        self.app_addr.next = self.mig.app_addr.val();
        self.app_cmd.next = self.mig.app_cmd.val();
        self.app_en.next = self.mig.app_en.val();
        self.mig.app_rdy.next = self.app_rdy.val();
        self.app_wdf_data.next = self.mig.app_wdf_data.val();
        self.app_wdf_end.next = self.mig.app_wdf_end.val();
        self.app_wdf_wren.next = self.mig.app_wdf_wren.val();
        self.app_wdf_mask.next = self.mig.app_wdf_mask.val();
        self.mig.app_wdf_rdy.next = self.app_wdf_rdy.val();
        self.mig.app_rd_data.next = self.app_rd_data.val();
        self.mig.app_rd_data_valid.next = self.app_rd_data_valid.val();
    }
}
