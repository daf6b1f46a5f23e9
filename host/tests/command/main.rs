//! The `rowfuse` command as a user meets it.
#![allow(clippy::unwrap_used)]

mod batch;
mod bitstream;
mod blocks;
mod documents;
mod dump;
#[cfg(unix)]
mod interrupt;
mod layers;
#[cfg(unix)]
mod load;
mod serial;
mod support;
mod trace;
mod verbs;
