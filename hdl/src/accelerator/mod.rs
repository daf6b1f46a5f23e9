//! The whole accelerator between a byte stream and a memory port: its parts. How they are joined is in `wiring.rs`.

mod wiring;

use crate::board::floorplan::Floorplan;
use crate::dataflow::LeafError;
use crate::engine::command_registers::{
    ConvRegisters, LoadRegisters, ParamsRegisters, WeightsRegisters,
};
use crate::engine::convolver::{Convolver, WEIGHT_STAGE};
use crate::engine::counters::Counters;
use crate::engine::fetcher::Fetcher;
use crate::engine::fifo::Fifo;
use crate::engine::fixed::Fixed;
use crate::engine::issue::{Issue, QUEUE_WORDS};
use crate::engine::output_control::OutputControl;
use crate::engine::output_stage::OutputStage;
use crate::engine::parameter_buffer::ParameterBuffer;
use crate::engine::parameter_control::ParameterControl;
use crate::engine::pixel_buffer::PixelBuffer;
use crate::engine::semaphores::Semaphores;
use crate::engine::sequencer::Sequencer;
use crate::engine::weight_buffer::WeightBuffer;
use crate::link::Link;
use crate::memory::loader::Loader;
use crate::memory::sdram::SdramError;
use crate::memory::weight_loader::WeightLoader;
use crate::memory::writer::Writer;
use crate::memory::{MemoryArbiter, MemoryClient};
use crate::primitives::PllError;
use rowfuse_spec::command::{COMMAND_WORDS, FIRST_ERROR_STATUS, OP_PARAMS};
use rowfuse_spec::uart::RATE_BITS;
use rowfuse_spec::{ConfigError, EngineConfig};
use rust_hdl::prelude::*;

/// Why an accelerator cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The configuration is not a legal one.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The datapath's graph is not sound.
    #[error(transparent)]
    Datapath(#[from] LeafError),
    /// The memory does not run at the configuration's clock.
    #[error(transparent)]
    Memory(#[from] SdramError),
    /// The configuration is for the simulation.
    #[error("{0} is for the simulation only: it has no device, and so no pins and no clock")]
    NoBoard(String),
    /// The configuration is for a board of another vendor's FPGA.
    #[error(
        "{0} is for Opal Kelly's XEM7010, which has no serial port: `scripts/synth-xem7010 {0}` writes what its vendor's tool builds"
    )]
    Xem7010(String),
    /// The configuration is for another board than the XEM7010.
    #[error("{0} is not for Opal Kelly's XEM7010: `xem7010-a50` and `xem7010-a200` are")]
    NotXem7010(String),
    /// The serial port has no first rate at the configuration's clock.
    #[error("a serial port at {0} MHz has no rate to begin with")]
    Rate(u32),
    /// The configuration's clock cannot be made of the board's.
    #[error(transparent)]
    Clock(#[from] PllError),
}

/// Link, engine and memory arbiter of one configuration, in one clock domain.
///
/// Bytes come and go on `rx_` and `tx_` (`valid`/`ready`); `mem` is the external memory. There is no reset: registers start at zero, and ABORT
/// returns a running engine to that state.
#[derive(LogicBlock)]
pub struct Accelerator {
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
    /// External memory.
    pub mem: MemoryClient,
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
    link: Link,
    arbiter: MemoryArbiter,
    fetcher: Fetcher,
    load_queue: Fifo<16>,
    weight_queue: Fifo<16>,
    compute_queue: Fifo<16>,
    load_issue: Issue,
    weight_issue: Issue,
    compute_issue: Issue,
    semaphores: Semaphores,
    load_regs: LoadRegisters,
    weights_regs: WeightsRegisters,
    params_regs: ParamsRegisters,
    conv_regs: ConvRegisters,
    loader: Loader,
    weight_loader: WeightLoader,
    writer: Writer,
    sequencer: Sequencer,
    pixels: PixelBuffer,
    weights: WeightBuffer,
    parameters: ParameterBuffer,
    parameter_control: ParameterControl,
    convolver: Convolver,
    output_stage: OutputStage,
    output_control: OutputControl,
    counters: Counters,
    clear: DFF<Bit>,
    // Registers between units that lie far apart on the device: a strobe that crosses it has its clock to itself.
    run: DFF<Bit>,
    run_addr: DFF<Bits<24>>,
    abort: DFF<Bit>,
    put_load: DFF<Bit>,
    put_weight: DFF<Bit>,
    put_compute: DFF<Bit>,
    fetched: DFF<Bits<16>>,
    load_put: DFF<Bit>,
    load_word: DFF<Bits<16>>,
    weight_put: DFF<Bit>,
    weight_word: DFF<Bits<16>>,
    compute_put: DFF<Bit>,
    compute_word: DFF<Bits<16>>,
    give: DFF<Bits<4>>,
    take: DFF<Bits<4>>,
    output_full: DFF<Bit>,
    outputs_done: DFF<Bit>,
    failed: DFF<Bit>,
    is_pool: Signal<Local, Bit>,
    to_line_buffer: Signal<Local, Bit>,
    config_id: Fixed<32>,
    source_id: Fixed<32>,
    lanes: Fixed<16>,
    memory_kib: Fixed<32>,
    room_level: Fixed<16>,
    op_params: Fixed<8>,
    first_error: Fixed<16>,
}

impl Accelerator {
    /// Builds the accelerator of a configuration that says it was built from `source_id`.
    ///
    /// # Errors
    /// If the configuration is not legal.
    pub fn new(config: &EngineConfig, source_id: u32) -> Result<Self, BuildError> {
        config.validate()?;
        let lanes = config.lanes;
        Ok(Self {
            clock: Default::default(),
            rx_valid: Default::default(),
            rx_data: Default::default(),
            rx_ready: Default::default(),
            tx_valid: Default::default(),
            tx_data: Default::default(),
            tx_ready: Default::default(),
            mem: Default::default(),
            busy: Default::default(),
            program_failed: Default::default(),
            reset: Default::default(),
            rate: Default::default(),
            rate_valid: Default::default(),
            frame_good: Default::default(),
            frame_bad: Default::default(),
            link: Default::default(),
            arbiter: Default::default(),
            fetcher: Fetcher::new(),
            load_queue: Fifo::new(QUEUE_WORDS),
            weight_queue: Fifo::new(QUEUE_WORDS),
            compute_queue: Fifo::new(QUEUE_WORDS),
            load_issue: Default::default(),
            weight_issue: Default::default(),
            compute_issue: Default::default(),
            semaphores: Default::default(),
            load_regs: Default::default(),
            weights_regs: Default::default(),
            params_regs: Default::default(),
            conv_regs: Default::default(),
            loader: Loader::new(lanes),
            weight_loader: WeightLoader::new(config.weight_depth, config.entry_words()),
            writer: Writer::new(lanes),
            sequencer: Sequencer::new(lanes),
            pixels: PixelBuffer::new(config.lane_depth),
            weights: WeightBuffer::new(lanes, config.weight_depth, WEIGHT_STAGE),
            parameters: ParameterBuffer::new(config.parameter_depth),
            parameter_control: ParameterControl::new(lanes),
            convolver: Convolver::new(lanes, &Floorplan::new(&config.device, lanes))?,
            output_stage: OutputStage::new(lanes, config.requantiser_in_luts())?,
            output_control: OutputControl::new(lanes),
            counters: Default::default(),
            clear: Default::default(),
            run: Default::default(),
            run_addr: Default::default(),
            abort: Default::default(),
            put_load: Default::default(),
            put_weight: Default::default(),
            put_compute: Default::default(),
            fetched: Default::default(),
            load_put: Default::default(),
            load_word: Default::default(),
            weight_put: Default::default(),
            weight_word: Default::default(),
            compute_put: Default::default(),
            compute_word: Default::default(),
            give: Default::default(),
            take: Default::default(),
            output_full: Default::default(),
            outputs_done: Default::default(),
            failed: Default::default(),
            is_pool: Default::default(),
            to_line_buffer: Default::default(),
            config_id: Fixed::new(config.id().into()),
            source_id: Fixed::new(source_id.into()),
            lanes: Fixed::new(lanes.into()),
            memory_kib: Fixed::new(config.memory_bytes / 1024),
            room_level: Fixed::new((QUEUE_WORDS - COMMAND_WORDS) as u64),
            op_params: Fixed::new(OP_PARAMS.into()),
            first_error: Fixed::new(FIRST_ERROR_STATUS.into()),
        })
    }
}
