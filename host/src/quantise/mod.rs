//! Post-training quantisation to the engine's integers, from a few unlabelled images.
//!
//! Weights become int8, symmetric, one scale for each output channel (largest magnitude / 127).
//! Activations become uint8 with zero point 0 after each ReLU, 128 behind a convolution without one; their scales come from the float network
//! run on the calibration images. The network's input is uint8 with zero point 128, and its scale covers
//! every pixel there can be. No training, no labels.

mod calibrate;
mod convert;
mod equalise;
mod error;
mod follow;
mod load;
mod model;
mod noise;
mod range;
mod requant;
mod save;

pub(crate) use calibrate::check_structure;
pub use calibrate::{best_of, quantise, Options, Tried};
pub use error::QuantiseError;
pub use load::{is_quantised, load};
pub(crate) use model::lift_of;
pub use model::{
    LayerReport, LinearOutput, QuantisedConv, QuantisedLinear, QuantisedNetwork, INPUT_SCALE,
    INPUT_ZERO_POINT, SIGNED_ZERO_POINT,
};
pub use range::{Method, Range};
pub use requant::requant_for;
pub use save::{save, SCHEMA};

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
#[cfg(test)]
mod ways_tests;
