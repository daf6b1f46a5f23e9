//! A whole network in floats.

use super::{convolve, linear, max_pool, relu};
use crate::network::{Layer, Window};
use crate::plan::Blocks;
use crate::weights::{FloatWeights, LayerWeights, WeightsError};
use ndarray::{s, Array1, Array3, ArrayView1, ArrayView2, ArrayView3};

/// A trained network with all its weights in memory.
#[derive(Debug)]
pub struct FloatNetwork {
    layers: Vec<(Layer, Option<LayerWeights>)>,
}

impl FloatNetwork {
    /// Reads all weights.
    ///
    /// # Errors
    /// If they cannot be read, or are not finite.
    pub fn load(model: &mut dyn FloatWeights) -> Result<FloatNetwork, WeightsError> {
        let mut layers = Vec::new();
        for layer in model.network().layers.clone() {
            let weights = model.load(&layer)?;
            layers.push((layer, weights));
        }
        Ok(FloatNetwork { layers })
    }

    /// The last layer's outputs for a normalised image, channels × rows × columns of the network's input. With `blocks` every map that a
    /// convolution reads is cut into them, each padded with zeros on its own.
    ///
    /// # Panics
    /// If the image does not have the network's input shape, or the network's layers do not fit together.
    pub fn scores(&self, image: ArrayView3<'_, f32>, blocks: Option<Blocks>) -> Array1<f32> {
        let layers = self.layers.iter();
        let map = layers.fold(image.to_owned(), |map, (layer, weights)| {
            step(map, layer, weights.as_ref(), blocks)
        });
        Array1::from_iter(map)
    }
}

fn step(
    map: Array3<f32>,
    layer: &Layer,
    weights: Option<&LayerWeights>,
    blocks: Option<Blocks>,
) -> Array3<f32> {
    let rectified = |mut map: Array3<f32>, rectify: bool| {
        if rectify {
            relu(map.as_slice_mut().expect("fresh maps are contiguous"));
        }
        map
    };
    match (layer, weights) {
        (
            Layer::Conv {
                window, relu, cout, ..
            },
            Some(LayerWeights { weight, bias }),
        ) => {
            let weight = ArrayView2::from_shape((*cout, weight.len() / cout), weight)
                .expect("checked when it was read");
            let output = in_blocks(&map, weight, ArrayView1::from(bias), window, blocks);
            rectified(output, *relu)
        }
        (Layer::Linear { relu, .. }, Some(LayerWeights { weight, bias })) => {
            let weight = ArrayView2::from_shape((bias.len(), weight.len() / bias.len()), weight)
                .expect("checked when it was read");
            let output = linear(
                Array1::from_iter(map).view(),
                weight,
                ArrayView1::from(bias),
            );
            let output = output.into_shape_with_order((bias.len(), 1, 1));
            rectified(output.expect("one value an output"), *relu)
        }
        _ => match layer.host_pool() {
            Some(pool) => pool.floats(map.view()),
            None => max_pool(map.view()),
        },
    }
}

/// Convolution of a map, or of each of its blocks if they are smaller.
fn in_blocks(
    map: &Array3<f32>,
    weight: ArrayView2<'_, f32>,
    bias: ArrayView1<'_, f32>,
    window: &Window,
    blocks: Option<Blocks>,
) -> Array3<f32> {
    let (_, height, width) = map.dim();
    let whole = [height, width];
    let block = blocks.map_or(whole, |blocks| {
        blocks
            .of(height as u32, width as u32)
            .map(|side| side as usize)
    });
    if block == whole {
        return convolve(map.view(), weight, bias, window);
    }
    let mut output = Array3::zeros((bias.len(), height, width));
    for top in (0..height).step_by(block[0]) {
        let rows = top..height.min(top + block[0]);
        for left in (0..width).step_by(block[1]) {
            let columns = left..width.min(left + block[1]);
            let part = s![.., rows.clone(), columns];
            let of_block = convolve(map.slice(part), weight, bias, window);
            output.slice_mut(part).assign(&of_block);
        }
    }
    output
}

#[cfg(test)]
#[path = "network_tests.rs"]
mod tests;
