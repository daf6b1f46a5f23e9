//! The engine's blocks, each against its golden model.

mod command_registers;
mod convolver;
mod counters;
mod delay_line;
mod fifo;
mod flow;
mod output_stage;
mod parameter_buffer;
mod pixel_buffer;
mod requantise;
mod ring_walker;
mod semaphores;
mod tile_store;
mod transform;
mod weight_buffer;
mod winograd;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// A generator whose seed a failing test prints.
fn seeded(seed: u64) -> ChaCha8Rng {
    eprintln!("seed {seed}");
    ChaCha8Rng::seed_from_u64(seed)
}
