//! The host side of rowfuse: from a network's weights and a photograph to a quantised model, a plan,
//! a run on a board and a verdict.
//!
//! Data goes one way: [`network`] and [`weights`] describe the model, [`onnx`] reads it from another
//! format, [`trained`] takes either, [`image`] prepares a photograph,
//! [`quantise`] turns floats into the engine's integers, [`classify`] runs the fully connected layers
//! that stay on the host. Nothing here prints: long work reports to a [`progress::Progress`], and every
//! error is a [`fault::Fault`] with a stable code and the next step.
#![warn(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod accuracy;
pub mod atomic;
pub mod bitstream;
pub mod boards;
mod bounded;
pub mod campaign;
pub mod classify;
pub mod dump;
pub mod fault;
pub mod float;
pub mod frontpanel;
pub mod image;
pub mod network;
pub mod onnx;
pub mod plan;
pub mod programmer;
pub mod progress;
pub mod quantise;
pub mod report;
pub mod run;
pub mod serial;
pub mod serve;
mod simulation;
pub mod throughput;
pub mod trained;
pub mod weights;
