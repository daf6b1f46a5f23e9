//! Every block that is emitted, with its test.

use rowfuse_hdl::accelerator::Accelerator;
use rowfuse_hdl::board::floorplan::Floorplan;
use rowfuse_hdl::engine::address_generator::AddressGenerator;
use rowfuse_hdl::engine::command_registers::{
    ConvRegisters, LoadRegisters, ParamsRegisters, WeightsRegisters,
};
use rowfuse_hdl::engine::convolver::Convolver;
use rowfuse_hdl::engine::counters::Counters;
use rowfuse_hdl::engine::delay_line::DelayLine;
use rowfuse_hdl::engine::fetcher::Fetcher;
use rowfuse_hdl::engine::fifo::Fifo;
use rowfuse_hdl::engine::fixed::Fixed;
use rowfuse_hdl::engine::issue::Issue;
use rowfuse_hdl::engine::output_control::OutputControl;
use rowfuse_hdl::engine::output_stage::OutputStage;
use rowfuse_hdl::engine::parameter_buffer::ParameterBuffer;
use rowfuse_hdl::engine::parameter_control::ParameterControl;
use rowfuse_hdl::engine::pixel_buffer::PixelBuffer;
use rowfuse_hdl::engine::ring_walker::RingWalker;
use rowfuse_hdl::engine::semaphores::Semaphores;
use rowfuse_hdl::engine::sequencer::Sequencer;
use rowfuse_hdl::engine::tile_store::TileStore;
use rowfuse_hdl::engine::weight_buffer::WeightBuffer;
use rowfuse_hdl::link::buffer::WordBuffer;
use rowfuse_hdl::link::check::RequestCheck;
use rowfuse_hdl::link::checksum::Checksum;
use rowfuse_hdl::link::crc::Crc32Step;
#[cfg(feature = "opal-kelly")]
use rowfuse_hdl::link::opal_kelly;
use rowfuse_hdl::link::uart::queue::ReceiveQueue;
use rowfuse_hdl::link::uart::rate::Rate;
use rowfuse_hdl::link::uart::receiver::Receiver;
use rowfuse_hdl::link::uart::transmitter::Transmitter;
use rowfuse_hdl::link::uart::Uart;
use rowfuse_hdl::link::{Controller, Deframer, Enframer, Link, Report};
use rowfuse_hdl::memory::arbiter::MemoryArbiter;
use rowfuse_hdl::memory::loader::Loader;
use rowfuse_hdl::memory::sdram::{
    Bank, Banks, RefreshTimer, ReturnPath, SdramController, SdramPads, SdramPins, SdramSettings,
    AS4C16M16SA_7,
};
use rowfuse_hdl::memory::weight_loader::WeightLoader;
use rowfuse_hdl::memory::writer::Writer;
use rowfuse_hdl::primitives::{Clocks, DataPins, HighDff, InputPins, OutputPins};
use rowfuse_hdl::system::System;
#[cfg(feature = "opal-kelly")]
use rowfuse_hdl::top::opal_kelly::{Ddr3, HostInterface, OkSystem, OkTop};
use rowfuse_hdl::top::{Lights, SerialSystem, Top};
use rowfuse_spec::config::preset;
use rowfuse_spec::EngineConfig;
use rust_hdl::prelude::*;

use super::{judge, Entry, Exception};
use crate::sdram::parts::clocks;
use crate::uart::bench::SETTINGS as UART;

/// Makes the list and a `#[test]` of each entry.
macro_rules! entries {
    ($($(#[$when:meta])? $test:ident: $name:literal, $source:literal, $golden:literal, [$($sample:expr),+], [$($part:path),+], [$(($quiet:literal, $why:literal)),*];)+) => {
        /// The list.
        pub static ENTRIES: &[Entry] = &[$($(#[$when])? Entry {
            name: $name,
            source: $source,
            golden: $golden,
            samples: || vec![$(Box::new($sample) as Box<dyn Block>),+],
            tests: &[$($part),+],
            quiet: &[$(($quiet, $why)),*],
        }),+];

        mod each {
            $($(#[$when])?
            #[test]
            fn $test() {
                let entry = super::ENTRIES.iter().find(|entry| entry.name == $name);
                super::judge::run(entry.expect("it is in the list"));
            })+
        }
    };
}

fn tiny() -> EngineConfig {
    preset("tiny-1").unwrap()
}

fn convolver(lanes: u32) -> Convolver {
    Convolver::new(lanes, &Floorplan::default()).unwrap()
}

fn sdram(pin_registers: bool) -> SdramSettings {
    SdramSettings {
        pin_registers,
        ..SdramSettings::new(AS4C16M16SA_7, 100)
    }
}

entries! {
    accelerator: "Accelerator", "accelerator", "the contract: what a board answers to frames",
        [Accelerator::new(&tiny(), 7).unwrap()],
        [crate::accelerator::a_board_sees_what_happens_and_can_reset],
        [];
    system: "System", "system.rs", "the contract, and the memory chip's checker",
        [System::unidentified(&tiny()).unwrap()],
        [crate::top::system::a_host_that_waits_at_random],
        [];
    serial_system: "SerialSystem", "top/serial_system.rs", "the contract over a line, and the memory chip's checker",
        [SerialSystem::new(&preset("ulx3s-45f").unwrap(), None).unwrap()],
        [crate::top::serial_system::a_host_talks_to_the_memory_through_line_and_pins],
        [];
    lights: "Lights", "top/lights.rs", "counters that run down",
        [Lights::new(50)],
        [crate::top::lights_show_what_happened_for_a_while],
        [];
    fetcher: "Fetcher", "engine/fetcher.rs", "words of a program by opcode",
        [Fetcher::new()],
        [crate::control::fetcher::programs_reach_their_units_and_end, crate::control::fetcher::clear_drops_the_program_anywhere],
        [("wr_next", "it only reads")];
    issue: "Issue", "engine/issue.rs", "a state machine",
        [Issue::default()],
        [crate::control::issue::commands_wait_run_and_signal],
        [];
    sequencer: "Sequencer", "engine/sequencer.rs", "`LineBufferRegion` and a model of the stalls",
        [Sequencer::new(2)],
        [crate::control::sequencer::clear_stops_a_command_anywhere, crate::control::sequencer::tiles_wait_for_output_and_weights],
        [];
    address_generator: "AddressGenerator", "engine/address_generator.rs", "`LineBufferRegion`",
        [AddressGenerator::new()],
        [crate::control::address_generator::every_channel_of_random_commands],
        [];
    ring_walker: "RingWalker", "engine/ring_walker.rs", "`LineBufferRegion`",
        [RingWalker::default()],
        [crate::engine::ring_walker::it_walks_every_kind_of_ring],
        [];
    output_control: "OutputControl", "engine/output_control.rs", "addresses by `rowfuse_spec::layout`",
        [OutputControl::new(2)],
        [crate::control::output_control::clear_drops_what_is_on_its_way, crate::control::output_control::quads_with_gaps],
        [];
    parameter_control: "ParameterControl", "engine/parameter_control.rs", "channels and clocks counted",
        [ParameterControl::new(2)],
        [crate::control::parameter_control::every_channel_is_read_in_time],
        [];
    convolver: "Convolver", "engine/convolver.rs", "Winograd sums in `i64`",
        [convolver(4)],
        [crate::engine::convolver::one_lane, crate::engine::convolver::two_lanes, crate::engine::convolver::four_lanes],
        [];
    output_stage: "OutputStage", "engine/output_stage.rs", "inverse transform and `rowfuse_spec::numerics`",
        [OutputStage::new(4, false).unwrap()],
        [crate::engine::output_stage::one_lane, crate::engine::output_stage::two_lanes, crate::engine::output_stage::four_lanes],
        [("pool", "a layer pools or does not, for all its tiles; both are run")];
    pixel_buffer: "PixelBuffer", "engine/pixel_buffer.rs", "a map of writes by lane and address",
        [PixelBuffer::new(2048)],
        [crate::engine::pixel_buffer::one_slice_a_lane, crate::engine::pixel_buffer::four_slices_a_lane],
        [];
    weight_buffer: "WeightBuffer", "engine/weight_buffer.rs", "a table of writes",
        [WeightBuffer::new(4, 64, 6)],
        [crate::engine::weight_buffer::one_lane, crate::engine::weight_buffer::two_lanes, crate::engine::weight_buffer::four_lanes],
        [];
    parameter_buffer: "ParameterBuffer", "engine/parameter_buffer.rs", "a table",
        [ParameterBuffer::new(64)],
        [crate::engine::parameter_buffer::it_holds_what_was_written],
        [];
    tile_store: "TileStore", "engine/tile_store.rs", "an array",
        [TileStore::default()],
        [crate::engine::tile_store::it_holds_what_was_written],
        [];
    fifo: "Fifo", "engine/fifo.rs", "`VecDeque`",
        [Fifo::<12>::new(16)],
        [crate::engine::fifo::two_words, crate::engine::fifo::sixteen_words, crate::engine::fifo::many_words],
        [];
    semaphores: "Semaphores", "engine/semaphores.rs", "four integers",
        [Semaphores::default()],
        [crate::engine::semaphores::they_count],
        [];
    counters: "Counters", "engine/counters.rs", "an array of integers",
        [Counters::default()],
        [crate::engine::counters::each_counts_its_own_strobe],
        [];
    delay_line: "DelayLine", "engine/delay_line.rs", "the input of some clocks ago",
        [DelayLine::new(7)],
        [crate::engine::delay_line::it_delays_by_its_depth],
        [];
    load_registers: "LoadRegisters", "engine/command_registers.rs", "`rowfuse_spec::command`",
        [LoadRegisters::default()],
        [crate::engine::command_registers::load],
        [];
    weights_registers: "WeightsRegisters", "engine/command_registers.rs", "`rowfuse_spec::command`",
        [WeightsRegisters::default()],
        [crate::engine::command_registers::weights],
        [];
    params_registers: "ParamsRegisters", "engine/command_registers.rs", "`rowfuse_spec::command`",
        [ParamsRegisters::default()],
        [crate::engine::command_registers::params],
        [];
    conv_registers: "ConvRegisters", "engine/command_registers.rs", "`rowfuse_spec::command`",
        [ConvRegisters::default()],
        [crate::engine::command_registers::conv],
        [];
    fixed: "Fixed", "engine/fixed.rs", "the constant",
        [Fixed::<16>::new(7)],
        [crate::registers::fixed],
        [];
    loader: "Loader", "memory/loader.rs", "`rowfuse_spec::layout`",
        [Loader::new(2)],
        [crate::control::loader::clear_stops_a_load_anywhere, crate::control::loader::a_slow_memory_and_a_busy_port],
        [("wr_next", "it only reads")];
    weight_loader: "WeightLoader", "memory/weight_loader.rs", "`rowfuse_spec::layout`",
        [WeightLoader::new(64, 18)],
        [crate::control::weight_loader::clear_empties_the_ring, crate::control::weight_loader::a_slow_memory_is_waited_for],
        [("wr_next", "it only reads")];
    writer: "Writer", "memory/writer.rs", "a memory and its masks",
        [Writer::new(2)],
        [crate::control::writer::clear_forgets_all_tiles, crate::control::writer::a_slow_memory_fills_the_store],
        [("rd_valid", "it only writes")];
    memory_arbiter: "MemoryArbiter", "memory/arbiter.rs", "every client's words in its order",
        [MemoryArbiter::default()],
        [crate::memory_arbiter::all_clients_are_served_whole, crate::memory_arbiter::an_aborted_burst_disturbs_nobody],
        [];
    sdram_controller: "SdramController", "memory/sdram/controller.rs", "the chip's model with its checker",
        [SdramController::new(&sdram(false)).unwrap()],
        [crate::sdram::random_traffic_is_right_at_every_clock],
        [];
    banks: "Banks", "memory/sdram/banks.rs", "times in cycle numbers",
        [Banks::new(&clocks())],
        [crate::sdram::parts::banks],
        [];
    bank: "Bank", "memory/sdram/bank.rs", "times in cycle numbers",
        [Bank::new(&clocks())],
        [crate::sdram::parts::bank],
        [];
    refresh_timer: "RefreshTimer", "memory/sdram/refresh.rs", "a debt and a clock",
        [RefreshTimer::new(&clocks())],
        [crate::sdram::parts::refresh_timer],
        [];
    return_path: "ReturnPath", "memory/sdram/return_path.rs", "the requests of some clocks ago",
        [ReturnPath::new(&sdram(false))],
        [crate::sdram::parts::return_path],
        [];
    sdram_pins: "SdramPins", "memory/sdram/pins.rs", "the chip's truth table",
        [SdramPins::default()],
        [crate::sdram::parts::pins],
        [];
    sdram_pads: "SdramPads", "memory/sdram/pads.rs", "the pins of a clock ago",
        [SdramPads::new(&sdram(true))],
        [crate::sdram::parts::pads],
        [];
    link: "Link", "link/mod.rs", "a board in plain Rust",
        [Link::default()],
        [crate::link::every_request_with_everything_waiting, crate::link::reset_stops_a_program_and_nothing_else],
        [];
    deframer: "Deframer", "link/deframer.rs", "`rowfuse_spec::frame`",
        [Deframer::default()],
        [crate::link::frames::deframer],
        [];
    controller: "Controller", "link/controller.rs", "a board in plain Rust",
        [Controller::default()],
        [crate::link::controller::requests_at_random_speeds],
        [];
    request_check: "RequestCheck", "link/check.rs", "`Request::decode`",
        [RequestCheck::default()],
        [crate::link::checks::request_check],
        [];
    checksum: "Checksum", "link/checksum.rs", "`crc32`",
        [Checksum::default()],
        [crate::link::checks::checksum],
        [];
    enframer: "Enframer", "link/enframer.rs", "`rowfuse_spec::frame`",
        [Enframer::default()],
        [crate::link::frames::enframer],
        [];
    report: "Report", "link/report.rs", "the reply of a clock ago",
        [Report::default()],
        [crate::link::checks::report],
        [];
    crc_step: "Crc32Step", "link/crc.rs", "`crc32_step`",
        [Crc32Step::default()],
        [crate::link::parts::crc_network],
        [];
    word_buffer: "WordBuffer", "link/buffer.rs", "an array",
        [WordBuffer::<10>::default()],
        [crate::link::parts::word_buffer],
        [];
    uart: "Uart", "link/uart/mod.rs", "a UART in plain Rust",
        [Uart::new(&UART)],
        [crate::uart::anything_at_random],
        [];
    uart_receiver: "Receiver", "link/uart/receiver.rs", "a UART in plain Rust",
        [Receiver::default()],
        [crate::uart::parts::receiver],
        [];
    uart_queue: "ReceiveQueue", "link/uart/queue.rs", "a UART in plain Rust",
        [ReceiveQueue::default()],
        [crate::uart::parts::queue],
        [];
    uart_transmitter: "Transmitter", "link/uart/transmitter.rs", "a UART in plain Rust",
        [Transmitter::default()],
        [crate::uart::parts::transmitter],
        [];
    uart_rate: "Rate", "link/uart/rate.rs", "a UART in plain Rust",
        [Rate::new(&UART)],
        [crate::uart::parts::rate],
        [];
    output_pins: "OutputPins", "primitives/pins.rs", "the input of a clock ago",
        [OutputPins::<6>::new(true, 1), OutputPins::<6>::new(false, 1)],
        [crate::registers::output_pins],
        [];
    input_pins: "InputPins", "primitives/pins.rs", "the input of a clock ago",
        [InputPins::<6>::new(true), InputPins::<6>::new(false)],
        [crate::registers::input_pins],
        [];
    high_dff: "HighDff", "primitives/high.rs", "the input of a clock ago",
        [HighDff::default()],
        [crate::registers::high_flip_flop],
        [];
    dff: "DFF", "rust-hdl's own", "the input of a clock ago",
        [DFF::<Bits<8>>::default()],
        [crate::registers::flip_flop],
        [];
    #[cfg(feature = "opal-kelly")]
    mig_controller: "MigController", "memory/mig/controller.rs", "a model of MIG with its rules, and a plain memory",
        [rowfuse_hdl::memory::mig::MigController::default()],
        [crate::mig::random_traffic_is_right_at_every_clock],
        [("init_calib_complete", "it rises once, at different moments")];
    #[cfg(feature = "opal-kelly")]
    mig_reads: "MigReads", "memory/mig/reads.rs", "lines and words of bursts in their order",
        [rowfuse_hdl::memory::mig::MigReads::default()],
        [crate::mig::parts::reads],
        [];
    #[cfg(feature = "opal-kelly")]
    mig_writes: "MigWrites", "memory/mig/writes.rs", "lines made of words",
        [rowfuse_hdl::memory::mig::MigWrites::default()],
        [crate::mig::parts::writes],
        [];
    #[cfg(feature = "opal-kelly")]
    mig_line_buffer: "LineBuffer", "memory/mig/line_buffer.rs", "an array",
        [rowfuse_hdl::memory::mig::LineBuffer::default()],
        [crate::mig::parts::line_buffer],
        [];
    #[cfg(feature = "opal-kelly")]
    mig_line_collector: "LineCollector", "memory/mig/line_collector.rs", "an array",
        [rowfuse_hdl::memory::mig::LineCollector::default()],
        [crate::mig::parts::line_collector],
        [];
    #[cfg(feature = "opal-kelly")]
    ok_system: "OkSystem", "top/opal_kelly/system.rs", "the contract, the host's model and MIG's with its rules",
        [OkSystem::unidentified(&tiny()).unwrap()],
        [crate::opal_kelly::system::a_host_and_a_memory_that_wait_at_random],
        [("init_calib_complete", "it rises once")];
    #[cfg(feature = "opal-kelly")]
    pipes: "Pipes", "link/opal_kelly/mod.rs", "bytes in their order, the wires of some clocks ago",
        [opal_kelly::Pipes::new(50)],
        [crate::opal_kelly::pipes::a_host_and_an_engine_that_wait_at_random],
        [];
    #[cfg(feature = "opal-kelly")]
    pipe_requests: "Requests", "link/opal_kelly/requests.rs", "`VecDeque` and the counts of some edges ago",
        [opal_kelly::Requests::default()],
        [crate::opal_kelly::parts::pipe_requests],
        [];
    #[cfg(feature = "opal-kelly")]
    pipe_replies: "Replies", "link/opal_kelly/replies.rs", "`VecDeque` and the counts of some edges ago",
        [opal_kelly::Replies::new(50)],
        [crate::opal_kelly::parts::pipe_replies],
        [];
    #[cfg(feature = "opal-kelly")]
    pipe_packer: "Packer", "link/opal_kelly/packer.rs", "all bytes, frame by frame",
        [opal_kelly::Packer::new(50)],
        [crate::opal_kelly::parts::packer],
        [];
    #[cfg(feature = "opal-kelly")]
    dual_clock_fifo: "DualClockFifo", "link/opal_kelly/fifo.rs", "`VecDeque` and the counts of some edges ago",
        [opal_kelly::DualClockFifo::default()],
        [crate::opal_kelly::crossing::a_fast_writer, crate::opal_kelly::crossing::a_fast_reader],
        [];
    #[cfg(feature = "opal-kelly")]
    dual_clock_buffer: "DualClockBuffer", "link/opal_kelly/buffer.rs", "an array",
        [opal_kelly::DualClockBuffer::<4>::default()],
        [crate::opal_kelly::crossing::buffer],
        [];
    #[cfg(feature = "opal-kelly")]
    synchroniser: "Synchroniser", "link/opal_kelly/synchroniser.rs", "the input of two clocks ago",
        [opal_kelly::Synchroniser::<3>::default()],
        [crate::opal_kelly::crossing::synchroniser],
        [];
}

/// What cannot be run by itself.
pub static EXCEPTIONS: &[Exception] = &[
    Exception {
        name: "Top",
        reason: "wires between the device's pins, its clocks and `SerialSystem`; its data pins are bidirectional, which neither simulation drives from outside",
        sample: || Box::new(Top::new(&preset("ulx3s-85f").unwrap()).unwrap()),
    },
    Exception {
        name: "Clocks",
        reason: "the device's PLL and clock gate, of which there is no model; in simulation the clock passes through",
        sample: || Box::new(Clocks::new(25, 90, 270).unwrap()),
    },
    Exception {
        name: "DataPins",
        reason: "the device's bidirectional cells; in simulation a tristate wire, beside the registers that `OutputPins` and `InputPins` test",
        sample: || Box::new(DataPins::<16>::default()),
    },
    #[cfg(feature = "opal-kelly")]
    Exception {
        name: "OkTop",
        reason: "wires between the module's pins, the vendors' modules and `OkSystem`; its ports' names are checked against the vendors'",
        sample: || Box::new(OkTop::of(&tiny()).unwrap()),
    },
    #[cfg(feature = "opal-kelly")]
    Exception {
        name: "HostInterface",
        reason: "instances of the vendor's host interface and endpoints; the test bench has a model of them for what is behind",
        sample: || Box::new(HostInterface::default()),
    },
    #[cfg(feature = "opal-kelly")]
    Exception {
        name: "Ddr3",
        reason: "an instance of the vendor's memory controller; the test bench has a model of it for what is behind",
        sample: || Box::new(Ddr3::default()),
    },
];
