//! A run as one page of HTML that needs nothing else: no network, no script, no font.
//!
//! [`read`] takes the JSON of a run, [`page`] makes the page of it. What JSON does not hold by itself, pictures and times, a
//! [`Collector`] gathers while the plan runs. Whoever wrote the JSON, the page shows its texts as texts: [`maud`] and [`svg`] escape them, pictures
//! are decoded before they are taken, and sizes are bounded.

mod check;
mod collect;
mod cycles;
mod data;
mod document;
mod draw;
mod error;
mod format;
mod maps;
mod page;
mod picture;
mod roofline;
mod scale;
mod strip;
mod summary;
mod timeline;

pub use collect::Collector;
pub use data::{ChannelData, Data, GroupData, HeatMap, MapData};
pub use document::{parse, read, Document, Run, MAX_BYTES};
pub use error::ReportError;
pub use page::page;
pub use picture::Png;

#[cfg(test)]
mod testing;
