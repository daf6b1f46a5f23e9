//! The network in floats, for calibration: quick, single-threaded, with bounded memory.

mod conv;
mod linear;
mod network;
mod pool;

pub use conv::conv3x3;
pub use linear::linear;
pub use network::FloatNetwork;
pub use pool::{adaptive_pool, max_pool, partition};

/// Clamps negative values to zero, in place.
pub fn relu(values: &mut [f32]) {
    for value in values {
        *value = value.max(0.0);
    }
}
