//! The `rowfuse` command as a user meets it.
#![allow(clippy::unwrap_used)]

mod documents;
#[cfg(unix)]
mod interrupt;
mod support;
mod verbs;
