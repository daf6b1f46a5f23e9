//! The accelerator with its memory: everything between a byte stream and the pins of an SDRAM chip.
use crate::accelerator::{Accelerator, BuildError};
use crate::identity;
use crate::memory::sdram::{SdramController, SdramPads, SdramSettings, AS4C16M16SA_7};
use crate::memory::MemoryClient;
use rowfuse_spec::config::Family;
use rowfuse_spec::uart::RATE_BITS;
use rowfuse_spec::EngineConfig;
use rust_hdl::prelude::*;

/// Inputs of the emitted Verilog beside its clock: name, width.
pub const INPUTS: [(&str, usize); 5] = [
    ("rx_valid", 1),
    ("rx_data", 8),
    ("tx_ready", 1),
    ("reset", 1),
    ("dq_in", 16),
];
/// Its outputs.
pub const OUTPUTS: [(&str, usize); 19] = [
    ("rx_ready", 1),
    ("tx_valid", 1),
    ("tx_data", 8),
    ("busy", 1),
    ("program_failed", 1),
    ("rate", RATE_BITS),
    ("rate_valid", 1),
    ("frame_good", 1),
    ("frame_bad", 1),
    ("cke", 1),
    ("cs_n", 1),
    ("ras_n", 1),
    ("cas_n", 1),
    ("we_n", 1),
    ("ba", 2),
    ("a", 13),
    ("dqm", 2),
    ("dq_out", 16),
    ("dq_z", 16),
];

/// Wait of a chip that exists in simulations alone: no supply settles there.
const SIMULATED_POWER_UP_NS: u64 = 1_000;

/// The memory chip of a configuration, at the engine's clock. A real device has registers in its pins' cells. Boards without such a chip have it in
/// simulations alone.
pub fn memory(config: &EngineConfig) -> SdramSettings {
    let mut settings = SdramSettings::new(AS4C16M16SA_7, config.clock_mhz);
    match config.device.family() {
        Family::Ecp5 => settings.pin_registers = true,
        Family::Artix7 | Family::Simulation => {
            settings.timing.power_up_ns = SIMULATED_POWER_UP_NS;
        }
    }
    settings
}

/// Accelerator and SDRAM controller of one configuration, in one clock domain.
///
/// Ports are those of [`Accelerator`] and [`SdramController`].
#[derive(LogicBlock)]
pub struct System {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// A byte from the host.
    pub rx_valid: Signal<In, Bit>,
    /// The byte.
    pub rx_data: Signal<In, Bits<8>>,
    /// The byte is taken.
    pub rx_ready: Signal<Out, Bit>,
    /// A byte for the host.
    pub tx_valid: Signal<Out, Bit>,
    /// The byte.
    pub tx_data: Signal<Out, Bits<8>>,
    /// The byte is taken.
    pub tx_ready: Signal<In, Bit>,
    /// A program runs.
    pub busy: Signal<Out, Bit>,
    /// The last program ended with an error; until the next begins.
    pub program_failed: Signal<Out, Bit>,
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
    /// Clock enable.
    pub cke: Signal<Out, Bit>,
    /// Chip select, active low.
    pub cs_n: Signal<Out, Bit>,
    /// Row address strobe, active low.
    pub ras_n: Signal<Out, Bit>,
    /// Column address strobe, active low.
    pub cas_n: Signal<Out, Bit>,
    /// Write enable, active low.
    pub we_n: Signal<Out, Bit>,
    /// Bank.
    pub ba: Signal<Out, Bits<2>>,
    /// Row, column or mode.
    pub a: Signal<Out, Bits<13>>,
    /// Byte masks.
    pub dqm: Signal<Out, Bits<2>>,
    /// The word to write.
    pub dq_out: Signal<Out, Bits<16>>,
    /// Data pins that `dq_out` does not drive: all or none.
    pub dq_z: Signal<Out, Bits<16>>,
    /// The data pins.
    pub dq_in: Signal<In, Bits<16>>,
    accelerator: Accelerator,
    sdram: SdramController,
    pads: SdramPads,
}

impl System {
    /// Builds the system of a configuration.
    ///
    /// # Errors
    /// If the configuration is not legal, or the memory does not run at its clock.
    pub fn new(config: &EngineConfig) -> Result<Self, BuildError> {
        Self::with_source_id(config, identity::source_id(config)?)
    }

    /// The same with a source ID of zero, of which [`identity::source_hash`] is made.
    ///
    /// # Errors
    /// As [`System::new`].
    pub fn unidentified(config: &EngineConfig) -> Result<Self, BuildError> {
        Self::with_source_id(config, 0)
    }

    fn with_source_id(config: &EngineConfig, source_id: u32) -> Result<Self, BuildError> {
        let accelerator = Accelerator::new(config, source_id)?;
        Ok(Self {
            clock: Default::default(),
            rx_valid: Default::default(),
            rx_data: Default::default(),
            rx_ready: Default::default(),
            tx_valid: Default::default(),
            tx_data: Default::default(),
            tx_ready: Default::default(),
            busy: Default::default(),
            program_failed: Default::default(),
            reset: Default::default(),
            rate: Default::default(),
            rate_valid: Default::default(),
            frame_good: Default::default(),
            frame_bad: Default::default(),
            cke: Default::default(),
            cs_n: Default::default(),
            ras_n: Default::default(),
            cas_n: Default::default(),
            we_n: Default::default(),
            ba: Default::default(),
            a: Default::default(),
            dqm: Default::default(),
            dq_out: Default::default(),
            dq_z: Default::default(),
            dq_in: Default::default(),
            accelerator,
            sdram: SdramController::new(&memory(config))?,
            pads: SdramPads::new(&memory(config)),
        })
    }

    /// The system's Verilog: module `top` and the primitives under it.
    ///
    /// # Errors
    /// As [`System::new`].
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

impl Logic for System {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, accelerator, sdram, pads);
        self.accelerator.rx_valid.next = self.rx_valid.val();
        self.accelerator.rx_data.next = self.rx_data.val();
        self.rx_ready.next = self.accelerator.rx_ready.val();
        self.tx_valid.next = self.accelerator.tx_valid.val();
        self.tx_data.next = self.accelerator.tx_data.val();
        self.accelerator.tx_ready.next = self.tx_ready.val();
        self.busy.next = self.accelerator.busy.val();
        self.program_failed.next = self.accelerator.program_failed.val();
        self.accelerator.reset.next = self.reset.val();
        self.rate.next = self.accelerator.rate.val();
        self.rate_valid.next = self.accelerator.rate_valid.val();
        self.frame_good.next = self.accelerator.frame_good.val();
        self.frame_bad.next = self.accelerator.frame_bad.val();
        MemoryClient::join(&mut self.accelerator.mem, &mut self.sdram.port);
        self.pads.cke_in.next = self.sdram.cke.val();
        self.pads.cs_n_in.next = self.sdram.cs_n.val();
        self.pads.ras_n_in.next = self.sdram.ras_n.val();
        self.pads.cas_n_in.next = self.sdram.cas_n.val();
        self.pads.we_n_in.next = self.sdram.we_n.val();
        self.pads.ba_in.next = self.sdram.ba.val();
        self.pads.a_in.next = self.sdram.a.val();
        self.pads.dqm_in.next = self.sdram.dqm.val();
        self.pads.dq_out_in.next = self.sdram.dq_out.val();
        self.pads.dq_oe_in.next = self.sdram.dq_oe.val();
        self.sdram.dq_in.next = self.pads.dq_in_out.val();
        self.cke.next = self.pads.controls.val().get_bit(0);
        self.cs_n.next = self.pads.controls.val().get_bit(1);
        self.ras_n.next = self.pads.controls.val().get_bit(2);
        self.cas_n.next = self.pads.controls.val().get_bit(3);
        self.we_n.next = self.pads.controls.val().get_bit(4);
        self.ba.next = self.pads.ba.val();
        self.a.next = self.pads.a.val();
        self.dqm.next = self.pads.dqm.val();
        self.dq_out.next = self.pads.dq_out.val();
        self.dq_z.next = self.pads.dq_z.val();
        self.pads.dq_in.next = self.dq_in.val();
    }
}
