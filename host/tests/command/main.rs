//! The `rowfuse` command as a user meets it.
#![allow(clippy::unwrap_used)]

mod batch;
mod blocks;
mod documents;
mod dump;
#[cfg(unix)]
mod interrupt;
mod layers;
mod support;
mod trace;
mod verbs;
