//! Gathers [`Data`] while a plan runs.

use image::GrayImage;
use ndarray::{Array3, ArrayView2, Axis};

use super::data::{
    ChannelData, Data, GroupData, HeatMap, MapData, CHANNEL_SIDE, HEAT_SIDE, IMAGE_SIDE,
    MAX_CHANNELS,
};
use super::picture::Png;
use super::ReportError;
use crate::image::Rgb;
use crate::plan::{tracks, Plan};
use crate::run::Event;

/// What has been gathered so far.
#[derive(Debug)]
pub struct Collector {
    image: Png,
    maps: Vec<MapData>,
}

impl Collector {
    /// Begins with what the network sees of the photograph.
    ///
    /// # Errors
    /// If it cannot be encoded.
    pub fn new(image: &Rgb) -> Result<Collector, ReportError> {
        Ok(Collector {
            image: Png::colour(image, IMAGE_SIDE)?,
            maps: Vec::new(),
        })
    }

    /// Takes what an [`Event::End`] says; other events say nothing.
    ///
    /// # Errors
    /// If a picture cannot be encoded.
    pub fn group(&mut self, event: &Event<'_>) -> Result<(), ReportError> {
        let Event::End {
            index,
            result,
            output,
            expected,
        } = event
        else {
            return Ok(());
        };
        // A run that began again begins at the first group.
        self.maps.truncate(*index);
        let compared = expected.filter(|_| result.mismatches.is_some());
        self.maps.push(map(output, compared)?);
        Ok(())
    }

    /// Adds what the planner says of the time.
    ///
    /// # Errors
    /// If a group's program is not one.
    pub fn finish(self, plan: &Plan) -> Result<Data, ReportError> {
        let groups = plan.groups.iter().zip(self.maps);
        let groups = groups.map(|(group, map)| {
            let tracks = tracks(group, &plan.config)?;
            Ok(GroupData { map, tracks })
        });
        Ok(Data {
            image: self.image,
            groups: groups.collect::<Result<_, ReportError>>()?,
        })
    }
}

fn map(output: &Array3<u8>, expected: Option<&Array3<u8>>) -> Result<MapData, ReportError> {
    let brightest = output.iter().copied().max().unwrap_or(0);
    let (count, ..) = output.dim();
    let kept = count.min(MAX_CHANNELS);
    let channels = (0..kept).map(|n| {
        let channel = n * count / kept;
        let values = output.index_axis(Axis(0), channel);
        let png = Png::grey(&stretched(values, brightest), CHANNEL_SIDE)?;
        Ok(ChannelData { channel, png })
    });
    Ok(MapData {
        shape: output.dim().into(),
        brightest,
        channels: channels.collect::<Result<_, ReportError>>()?,
        differences: expected.map(|expected| differences(output, expected)),
    })
}

/// A channel with the map's largest value made white.
fn stretched(values: ArrayView2<'_, u8>, brightest: u8) -> GrayImage {
    let (rows, cols) = values.dim();
    let white = u16::from(brightest.max(1));
    GrayImage::from_fn(cols as u32, rows as u32, |x, y| {
        let value = u16::from(values[(y as usize, x as usize)]);
        image::Luma([(value * 255 / white) as u8])
    })
}

/// Where two maps of one shape differ.
fn differences(found: &Array3<u8>, expected: &Array3<u8>) -> HeatMap {
    let (_, height, width) = found.dim();
    let (rows, cols) = (height.min(HEAT_SIDE), width.min(HEAT_SIDE));
    let mut counts = vec![0u64; rows * cols];
    for (((_, y, x), value), wanted) in found.indexed_iter().zip(expected) {
        if value != wanted {
            counts[y * rows / height * cols + x * cols / width] += 1;
        }
    }
    let cells = counts.iter().enumerate().filter(|(_, count)| **count > 0);
    HeatMap {
        rows,
        cols,
        cells: cells
            .map(|(place, count)| [(place / cols) as u64, (place % cols) as u64, *count])
            .collect(),
    }
}

#[cfg(test)]
#[path = "collect_tests.rs"]
mod tests;
