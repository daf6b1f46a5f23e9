//! The golden model, layer by layer beside the board.

use ndarray::Array3;
use rowfuse_testbench::board::BoardError;
use rowfuse_testbench::golden::{plain, quick, GoldenError, Layer, Map};

use super::RunError;
use crate::plan::{Blocks, LayerPlan};
use crate::progress::{Progress, Unit};
use crate::quantise::QuantisedConv;

/// What is compared with the golden model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verify {
    /// Every group's output.
    Layers,
    /// The last group's output.
    Answer,
    /// Nothing.
    None,
}

/// What came of comparing a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Differences {
    /// Values that were compared.
    pub values: u64,
    /// How many of them differ.
    pub mismatches: u64,
    /// Channel, row and column of the first that differs.
    pub first_mismatch: Option<(usize, usize, usize)>,
}

/// What the board's outputs must be.
pub(super) struct Reference<'a> {
    map: Map,
    layers: &'a [QuantisedConv],
}

impl<'a> Reference<'a> {
    /// Before the first layer: the image itself.
    pub(super) fn new(image: &Array3<u8>, layers: &'a [QuantisedConv]) -> Reference<'a> {
        let zero_point = layers.first().map_or(0, |layer| layer.input_zero_point);
        Reference {
            map: Map::with_zero_point(image.clone(), zero_point),
            layers,
        }
    }

    /// Computes the next layer, if there is one, in blocks of so many rows and columns if they are smaller than the map.
    pub(super) fn advance(&mut self, block: Option<[u32; 2]>) -> Result<(), GoldenError> {
        let Some((layer, later)) = self.layers.split_first() else {
            return Ok(());
        };
        self.layers = later;
        let zero_point = self.map.zero_point;
        for pool in &layer.before {
            self.map.data = pool.integers(self.map.data.view(), zero_point);
        }
        let data = match layer.window.is_native() {
            true => self.native(layer, block)?,
            false => self.direct(layer)?,
        };
        self.map = Map::with_zero_point(data, layer.output_zero_point);
        Ok(())
    }

    /// The engine's own convolution.
    fn native(
        &self,
        layer: &QuantisedConv,
        block: Option<[u32; 2]>,
    ) -> Result<Array3<u8>, GoldenError> {
        let golden = Layer {
            weights: layer.weights.clone(),
            requants: layer.unfolded_requant(),
            pool: layer.pool_after,
        };
        let (_, height, width) = self.map.data.dim();
        let block = block.map(|block| block.map(|n| n as usize));
        let map = match block.filter(|[rows, cols]| *rows < height || *cols < width) {
            Some(block) => quick::layer_in_blocks(&self.map, &golden, block)?,
            None => quick::layer(&self.map, &golden)?,
        };
        Ok(map.data)
    }

    /// Any other, straight from its definition: nothing is known here of how the planner maps it.
    fn direct(&self, layer: &QuantisedConv) -> Result<Array3<u8>, GoldenError> {
        let window = &layer.window;
        let (padding, stride) = (window.padding, window.stride);
        let sums = plain::convolve_any(&self.map, &layer.weights, padding, stride)?;
        let output = plain::requantise(&sums, &layer.unfolded_requant())?;
        Ok(match layer.pool_after {
            true => plain::max_pool(&output),
            false => output,
        })
    }

    /// What the last layer computed gives, or the input before the first.
    pub(super) fn map(&self) -> &Array3<u8> {
        &self.map.data
    }

    /// Computes the next layers, those of a group.
    pub(super) fn advance_by(&mut self, layers: &[LayerPlan]) -> Result<(), GoldenError> {
        let mut layers = layers.iter();
        layers.try_for_each(|layer| self.advance(Some(layer.shape.block)))
    }

    /// Compares a map of the board with what the last layer computed gives. Both have the shape that the plan says.
    pub(super) fn compare(&self, found: &Array3<u8>) -> Differences {
        let pairs = self.map.data.indexed_iter().zip(found);
        let mut differing = pairs.filter(|((_, expected), found)| expected != found);
        let first_mismatch = differing.next().map(|((place, _), _)| place);
        Differences {
            values: found.len() as u64,
            mismatches: u64::from(first_mismatch.is_some()) + differing.count() as u64,
            first_mismatch,
        }
    }
}

/// What convolutions make of an image (channels × rows × columns), by the golden model: the input of a run that
/// begins behind them. `blocks` are those into which that run's maps are cut.
///
/// # Errors
/// If the image does not fit them, or `progress` is interrupted.
pub fn golden_output(
    layers: &[QuantisedConv],
    image: &Array3<u8>,
    blocks: Option<Blocks>,
    progress: &dyn Progress,
) -> Result<Array3<u8>, RunError> {
    let mut reference = Reference::new(image, layers);
    progress.begin("golden model", layers.len() as u64, Unit::Steps);
    for layer in layers {
        let stopped = |_| BoardError::Interrupted;
        progress.item(&layer.name).map_err(stopped)?;
        let (_, height, width) = reference.map().dim();
        let of_map = |blocks: Blocks| blocks.of(height as u32, width as u32);
        reference.advance(blocks.map(of_map))?;
        progress.advance(1).map_err(stopped)?;
    }
    progress.end();
    Ok(reference.map().clone())
}
