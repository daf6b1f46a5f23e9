//! The `rowfuse` command as a user meets it.
#![allow(clippy::unwrap_used)]

mod batch;
mod bench;
mod bitstream;
mod blocks;
mod documents;
mod dump;
mod generated;
#[cfg(unix)]
mod interrupt;
mod layers;
#[cfg(unix)]
mod load;
mod onnx;
#[cfg(unix)]
mod serial;
mod serve;
mod support;
mod trace;
mod verbs;
