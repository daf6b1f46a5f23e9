//! The convolution engine: buffers, datapath, sequencing.
pub mod address_generator;
pub mod array;
pub mod command_registers;
pub mod convolver;
pub mod counters;
pub mod delay_line;
pub mod fetcher;
pub mod fifo;
pub mod fixed;
pub mod issue;
pub mod output_control;
pub mod output_stage;
pub mod parameter_buffer;
pub mod parameter_control;
pub mod pixel_buffer;
mod pixel_buffer_verilog;
pub mod requantise;
pub mod ring_walker;
pub mod semaphores;
pub mod sequencer;
pub mod tile_store;
pub mod transform;
pub mod weight_buffer;
pub mod window;

/// Block memories carry `no_rw_check`: no word is read in the clock in which it is written, or the word read is dropped. Without it Yosys builds a comparator and a
/// multiplexer round every one of them to say what such a read gives.
///
/// Verilog that zeroes a memory at the start of a simulation. The device's memories start at zero by themselves, and Yosys would keep every word of
/// an initial loop as a cell of its own.
fn memory_clear(name: &str, depth: usize) -> String {
    format!(
        "`ifndef SYNTHESIS
integer clear_{name}; initial for (clear_{name} = 0; clear_{name} < {depth}; clear_{name} = clear_{name} + 1) {name}[clear_{name}] = 0;
`endif
"
    )
}
