//! Convolutions other than the engine's own, on the engine.
//!
//! The engine convolves 3×3 with stride 1 and padding 1. Another kernel is cut into pieces of 3×3 taps, each of which reads a copy of the map,
//! moved by the piece's place; copies are input channels, so that the engine's exact sum over channels joins the pieces. With a stride a copy
//! holds only every so many pixels (a phase), and there are as many more of them; or all places are computed, and those between the strides
//! dropped. Which of the two is a question of cycles. Copies are made by the host, between two groups, and so are the pools that
//! the engine does not have.

mod axis;

pub use axis::{Axis, MapCopy};

use axis::Line;
use ndarray::{s, Array3, Array4};
use rowfuse_spec::numerics::MAX_INPUT_CHANNELS;
use rowfuse_spec::EngineConfig;
use serde::{Deserialize, Serialize};

use super::cost::tile_interval;
use super::shape::{MAX_HEIGHT, MAX_WIDTH};
use super::PlanError;
use crate::network::{Pool, Shape, MAX_VALUES};
use crate::quantise::QuantisedConv;

/// How the host lays out a map for a convolution, and which of the results count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrange {
    /// From top to bottom.
    pub rows: Axis,
    /// From left to right.
    pub columns: Axis,
}

/// What the host does with a map between two groups, or before the first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostStep {
    /// The map that it is given.
    pub map: Shape,
    /// Pools, in that order.
    pub pools: Vec<Pool>,
    /// Whether it then makes the layer's copies; else what the pools leave is what the engine reads.
    pub copies: bool,
}

impl HostStep {
    /// What the pools leave of a map (channels × rows × columns) with that zero point.
    ///
    /// # Errors
    /// If the map is another than [`HostStep::map`], or too small for a pool.
    pub fn pooled(&self, map: &Array3<u8>, zero_point: u8) -> Result<Array3<u8>, PlanError> {
        let shape = |map: &Array3<u8>| {
            let (channels, height, width) = map.dim();
            Shape::new(channels, height, width)
        };
        let (expected, found) = (self.map, shape(map));
        if found != expected {
            return Err(PlanError::HostMap { expected, found });
        }
        let mut map = map.clone();
        for pool in &self.pools {
            let found = shape(&map);
            let output = pool.output(found).map_or(0, |output| output.len());
            if !(1..=MAX_VALUES).contains(&output) {
                return Err(PlanError::HostPool { found });
            }
            map = pool.integers(map.view(), zero_point);
        }
        Ok(map)
    }
}

impl Arrange {
    /// For a convolution of a map that its pools have left: none if it is the engine's own. Of the ways within the engine's limits, that with the
    /// fewest cycles, about; if there is none, the one with the fewest channels.
    pub(super) fn of(conv: &QuantisedConv, map: Shape, config: &EngineConfig) -> Option<Arrange> {
        let window = &conv.window;
        let [rows, columns] = window.output(map.height, map.width)?;
        if window.is_native() {
            return None;
        }
        let even = if conv.pool_after { 2 } else { 1 };
        let line = |axis: usize, size: usize, places: usize| Line {
            kernel: window.kernel[axis],
            stride: window.stride[axis],
            padding: window.padding[axis],
            size,
            places,
        };
        let lines = [line(0, map.height, rows), line(1, map.width, columns)];
        let way = |dense: bool| {
            let [rows, columns] = lines.map(|line| Axis::new(&line, dense, even));
            Arrange { rows, columns }
        };
        let strided = window.stride != [1, 1];
        // Places between the strides must be gone before the engine pools.
        let ways = [
            Some(way(false)),
            (strided && !conv.pool_after).then(|| way(true)),
        ];
        let channels = |way: &Arrange| way.count() * conv.cin();
        let fits = |way: &Arrange| {
            channels(way) <= MAX_INPUT_CHANNELS.min(config.weight_depth) as usize
                && way.rows.size <= MAX_HEIGHT
                && way.columns.size <= MAX_WIDTH
        };
        let cycles = |way: &Arrange| {
            let tiles = way.rows.size.div_ceil(4) * way.columns.size.div_ceil(4);
            u64::from(tiles) * u64::from(tile_interval(channels(way) as u32, config))
        };
        let ways = ways.into_iter().flatten();
        ways.min_by_key(|way| match fits(way) {
            true => (false, cycles(way)),
            false => (true, channels(way) as u64),
        })
    }

    /// Copies of each channel.
    pub fn count(&self) -> usize {
        self.rows.copies.len() * self.columns.copies.len()
    }

    /// Whether the map is already as the engine reads it.
    pub(super) fn is_identity(&self, height: usize, width: usize) -> bool {
        self.rows.is_identity(height) && self.columns.is_identity(width)
    }

    /// Whether all results count.
    pub(super) fn is_whole(&self) -> bool {
        self.rows.is_whole() && self.columns.is_whole()
    }

    /// Multiply-accumulate operations that the layer asks for: those of its own kernel. `channels` are input channels of the engine times output
    /// channels.
    pub(super) fn macs(&self, channels: u64) -> u64 {
        let taps = (self.rows.taps().count() * self.columns.taps().count()) as u64;
        let places = u64::from(self.rows.places) * u64::from(self.columns.places);
        taps * places * channels / self.count().max(1) as u64
    }

    /// The copies of a map: all channels of the first, then those of the next.
    pub fn copies(&self, map: &Array3<u8>, zero_point: u8) -> Array3<u8> {
        let (channels, height, width) = map.dim();
        let shape = (
            self.count() * channels,
            self.rows.size as usize,
            self.columns.size as usize,
        );
        let mut all = Array3::from_elem(shape, zero_point);
        let pairs = self.pairs();
        for (index, (down, across)) in pairs.enumerate() {
            let from: Vec<Option<usize>> = (0..self.columns.size)
                .map(|x| self.columns.pixel(across, x, width))
                .collect();
            let mut copies = all.slice_mut(s![index * channels..(index + 1) * channels, .., ..]);
            for (mut copy, channel) in copies.outer_iter_mut().zip(map.outer_iter()) {
                for (y, mut target) in copy.outer_iter_mut().enumerate() {
                    let Some(row) = self.rows.pixel(down, y as u32, height) else {
                        continue;
                    };
                    let row = channel.row(row);
                    for (target, from) in target.iter_mut().zip(&from) {
                        *target = from.map_or(zero_point, |from| row[from]);
                    }
                }
            }
        }
        all
    }

    /// The weights for the copies: cout × (copies × cin) × 3 × 3. Nothing if the kernel is not the one that the copies were made for.
    pub fn weights(&self, kernel: &Array4<i8>) -> Option<Array4<i8>> {
        let (cout, cin, rows, columns) = kernel.dim();
        if !self.rows.covers(rows) || !self.columns.covers(columns) {
            return None;
        }
        let mut weights = Array4::zeros((cout, self.count() * cin, 3, 3));
        for (index, (down, across)) in self.pairs().enumerate() {
            for (y, x) in ndarray::indices((3, 3)) {
                let (Some(row), Some(column)) = (down.taps[y], across.taps[x]) else {
                    continue;
                };
                let tap = kernel.slice(s![.., .., usize::from(row), usize::from(column)]);
                let copy = index * cin..(index + 1) * cin;
                weights.slice_mut(s![.., copy, y, x]).assign(&tap);
            }
        }
        Some(weights)
    }

    fn pairs(&self) -> impl Iterator<Item = (&MapCopy, &MapCopy)> {
        let rows = self.rows.copies.iter();
        rows.flat_map(|row| self.columns.copies.iter().map(move |column| (row, column)))
    }
}

/// Which of the engine's results count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crop {
    /// First row and column.
    pub start: [u32; 2],
    /// Rows and columns from one to the next.
    pub step: [u32; 2],
    /// How many rows and columns.
    pub size: [u32; 2],
}

impl Crop {
    /// Of a layer with these axes, behind a 2×2 pool or not.
    pub(super) fn of(arrange: &Arrange, pool: bool) -> Crop {
        let by = if pool { 2 } else { 1 };
        let axes = [&arrange.rows, &arrange.columns];
        Crop {
            start: axes.map(|axis| axis.margin / by),
            step: axes.map(|axis| axis.step),
            size: axes.map(|axis| axis.places / by),
        }
    }

    /// The results that count.
    ///
    /// # Errors
    /// If the map is smaller than that.
    pub fn apply(&self, map: &Array3<u8>) -> Result<Array3<u8>, PlanError> {
        let (_, height, width) = map.dim();
        let last = |axis: usize| {
            let steps = u64::from(self.size[axis].saturating_sub(1)) * u64::from(self.step[axis]);
            u64::from(self.start[axis]) + steps
        };
        let within = last(0) < height as u64 && last(1) < width as u64;
        if !within || self.step.contains(&0) || self.size.contains(&0) {
            return Err(PlanError::Crop {
                crop: *self,
                height,
                width,
            });
        }
        let part = |axis: usize| {
            let start = self.start[axis] as isize;
            ndarray::Slice::new(
                start,
                Some(last(axis) as isize + 1),
                self.step[axis] as isize,
            )
        };
        Ok(map.slice(s![.., part(0), part(1)]).to_owned())
    }
}

#[cfg(test)]
mod tests;
