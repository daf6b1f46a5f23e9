//! What `rowfuse run --report-data` adds to the JSON of a run, so that a report needs that one file.

use serde::{Deserialize, Serialize};

use super::picture::Png;
use crate::plan::Track;

/// Channels of a map that are kept at most.
pub const MAX_CHANNELS: usize = 16;
/// Longest side of a channel's picture in pixels.
pub const CHANNEL_SIDE: u32 = 56;
/// Longest side of the image's picture in pixels.
pub const IMAGE_SIDE: u32 = 224;
/// Rows and columns of a [`HeatMap`] at most.
pub const HEAT_SIDE: usize = 28;

/// Pictures and times of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Data {
    /// What the network sees of the photograph: resized and cropped.
    pub image: Png,
    /// Every group that ran, in order.
    pub groups: Vec<GroupData>,
}

/// Those of a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupData {
    /// The group's output.
    pub map: MapData,
    /// What its units do when: predicted.
    pub tracks: Vec<Track>,
}

/// A map as the board gave it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MapData {
    /// Channels, rows, columns.
    pub shape: [usize; 3],
    /// Its largest value, which is white in the pictures.
    pub brightest: u8,
    /// Some of its channels, at most `MAX_CHANNELS`, evenly spaced.
    pub channels: Vec<ChannelData>,
    /// Where it differs from the golden model; none if it was not compared.
    pub differences: Option<HeatMap>,
}

/// A channel of a map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChannelData {
    /// Its number, counted from 0.
    pub channel: usize,
    /// Its values, of which each pixel is the mean of some.
    pub png: Png,
}

/// Counts of values that differ, those of all channels together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeatMap {
    /// Rows into which the map's rows are gathered, at most `HEAT_SIDE`.
    pub rows: usize,
    /// Columns likewise.
    pub cols: usize,
    /// Row, column and count of every cell with a value that differs, in order.
    pub cells: Vec<[u64; 3]>,
}

impl HeatMap {
    /// Values that differ.
    pub fn total(&self) -> u64 {
        self.cells.iter().map(|[.., count]| count).sum()
    }
}
