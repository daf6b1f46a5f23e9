//! How often a trained network is right: in floats, in the engine's integers and on boards, on labelled images.
//!
//! Labelled images come as NumPy arrays ([`Samples`]). A [`Subject`] is a trained network beside its quantised self; its answers
//! are counted by [`Subject::on_host`] and [`Subject::on_board`], whose maps are compared with the golden model's in every value.

mod error;
mod measure;
mod npy;
mod samples;
mod table;

pub use error::AccuracyError;
pub use measure::{OnBoard, OnHost, Score, Subject};
pub use npy::{NpyError, MAX_BYTES};
pub use samples::{images, labels, Samples};
pub use table::{cells, header, markdown, Row};

#[cfg(test)]
mod tests;
