//! The `rowfuse` command as a user meets it.
#![allow(clippy::unwrap_used)]

mod accuracy;
mod batch;
mod bench;
mod bitstream;
mod blocks;
mod documents;
mod dump;
#[cfg(unix)]
mod examples;
#[cfg(all(unix, feature = "frontpanel"))]
mod frontpanel;
mod generated;
#[cfg(unix)]
mod interrupt;
mod layers;
#[cfg(unix)]
mod load;
mod onnx;
mod report;
#[cfg(unix)]
mod serial;
mod serve;
mod support;
mod trace;
mod verbs;
#[cfg(not(feature = "frontpanel"))]
mod without_frontpanel;
