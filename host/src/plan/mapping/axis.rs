//! A kernel along one axis as kernels of three taps on copies of the map.

use serde::{Deserialize, Serialize};

/// Taps of the engine's kernel along an axis.
const TAPS: usize = 3;

/// A copy of the map: place `y` of it is pixel `y·stride + offset`. The engine's three taps are those of places `y − 1`, `y` and `y + 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapCopy {
    /// The pixel at place 0; it may lie beyond the map.
    pub offset: i32,
    /// Which tap of the kernel each tap of the engine's is; zero where none.
    pub taps: [Option<u8>; TAPS],
}

/// All that the host does along an axis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Axis {
    /// Pixels of the map from one place of a copy to the next.
    pub stride: u32,
    /// The copies. Every tap of the kernel is in one of them, once.
    pub copies: Vec<MapCopy>,
    /// Places before the first one that counts.
    pub margin: u32,
    /// Places of a copy.
    pub size: u32,
    /// Places that count, one behind the other or `step` apart.
    pub places: u32,
    /// From one place that counts to the next.
    pub step: u32,
}

/// A kernel's way along an axis.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub kernel: usize,
    pub stride: usize,
    pub padding: usize,
    /// Pixels of the map.
    pub size: usize,
    /// Places that the kernel takes.
    pub places: usize,
}

impl Axis {
    /// Cuts a kernel. `dense` computes the places between the strides too, so that fewer copies are needed; else each copy holds the pixels of
    /// one phase of the stride. The margin is a multiple of `even`.
    pub(super) fn new(line: &Line, dense: bool, even: u32) -> Axis {
        let (stride, step) = if dense {
            (1, line.stride)
        } else {
            (line.stride, 1)
        };
        let places = (line.places - 1) * step + 1;
        let copies = copies(line, stride);
        // Beyond a copy's ends the engine finds padding. Where the map has pixels there, a place more is needed, which does not count.
        let pixels = |pixel: i64| (0..line.size as i64).contains(&pixel);
        let beyond = |tap: usize, place: i64| {
            copies.iter().any(|copy| {
                copy.taps[tap].is_some() && pixels(place * stride as i64 + i64::from(copy.offset))
            })
        };
        let margin = if beyond(0, -1) { even } else { 0 };
        let behind = u32::from(beyond(TAPS - 1, places as i64));
        Axis {
            stride: stride as u32,
            copies,
            margin,
            size: places as u32 + margin + behind,
            places: line.places as u32,
            step: step as u32,
        }
    }

    /// Whether the copies are one, and that the map itself.
    pub(super) fn is_identity(&self, size: usize) -> bool {
        self.stride == 1
            && self.size as usize == size
            && matches!(self.copies[..], [copy] if copy.offset == self.margin as i32)
    }

    /// Whether all places count.
    pub(super) fn is_whole(&self) -> bool {
        self.size == self.places
    }

    /// The pixel at place `place` of a copy, if the map of `size` pixels has it.
    pub(super) fn pixel(&self, copy: &MapCopy, place: u32, size: usize) -> Option<usize> {
        let places = i64::from(place) - i64::from(self.margin);
        let pixel = places * i64::from(self.stride) + i64::from(copy.offset);
        usize::try_from(pixel).ok().filter(|&pixel| pixel < size)
    }

    /// Whether every tap of a kernel of that size is in one copy.
    pub(super) fn covers(&self, kernel: usize) -> bool {
        let mut found: Vec<usize> = self.taps().map(usize::from).collect();
        found.sort_unstable();
        found.into_iter().eq(0..kernel)
    }

    /// The taps of the kernel in all copies.
    pub(super) fn taps(&self) -> impl Iterator<Item = u8> + '_ {
        self.copies.iter().flat_map(|copy| copy.taps).flatten()
    }
}

/// Phase by phase, three taps each.
fn copies(line: &Line, stride: usize) -> Vec<MapCopy> {
    let (stride, padding) = (stride as i32, line.padding as i32);
    let mut copies = Vec::new();
    for phase in 0..stride {
        // Places of this phase that taps read from place 0, and the taps.
        let taps: Vec<(i32, u8)> = (0..line.kernel as i32)
            .filter(|tap| (tap - padding).rem_euclid(stride) == phase)
            .map(|tap| ((tap - padding).div_euclid(stride), tap as u8))
            .collect();
        for taps in taps.chunks(TAPS) {
            let mut copy = MapCopy {
                offset: 0,
                taps: [None; TAPS],
            };
            // A tap alone stands in the middle, where it needs no neighbours.
            let first = if taps.len() == 1 { 1 } else { 0 };
            for (index, (_, tap)) in taps.iter().enumerate() {
                copy.taps[first + index] = Some(*tap);
            }
            copy.offset = stride * (taps[0].0 + 1 - first as i32) + phase;
            copies.push(copy);
        }
    }
    copies
}

#[cfg(test)]
#[path = "axis_tests.rs"]
mod tests;
