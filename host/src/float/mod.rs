//! The network in floats, for calibration: quick, single-threaded, with bounded memory.

mod conv;
mod linear;
mod network;
mod pool;

pub use conv::convolve;
pub use linear::linear;
pub use network::FloatNetwork;
pub use pool::max_pool;

/// Clamps negative values to zero, in place.
pub fn relu(values: &mut [f32]) {
    for value in values {
        *value = value.max(0.0);
    }
}
