//! Photographs: decoded within bounds, resized, cropped and normalised as torchvision's ImageNet
//! preprocessing does.
//!
//! Colour types follow PIL's `convert("RGB")`: grey is copied to three channels, a palette is looked up,
//! alpha is *dropped* (not composed on a background), 16-bit samples are rounded to 8 and CMYK is
//! converted without a colour profile. Orientation tags are ignored, as torchvision ignores them.

mod decode;
mod error;
mod normalise;
mod resize;

pub use decode::{decode, open, Rgb, MAX_FILE_BYTES, MAX_PIXELS};
pub use error::ImageError;
pub use normalise::{normalise, Normalisation, IMAGENET_MEAN, IMAGENET_STD, MAX_NORMALISED};
pub use resize::{centre_crop, Preprocess};

use crate::network::Shape;
use ndarray::Array3;
use std::path::Path;

/// Reads a photograph and prepares it for a network: channels × height × width, normalised; to grey for a network of one channel.
///
/// The shorter side is first brought to the crop's side × 256 / 224, as for ImageNet.
pub fn load(
    path: &Path,
    input: Shape,
    normalisation: &Normalisation,
) -> Result<Array3<f32>, ImageError> {
    let crop = load_crop(path, input)?;
    Ok(normalise(&crop, input.channels, normalisation))
}

/// What [`load`] normalises: the photograph resized and cropped to the network's input.
///
/// # Errors
/// If it cannot be read, or the input is no image, neither of colours nor of grey.
pub fn load_crop(path: &Path, input: Shape) -> Result<Rgb, ImageError> {
    let preprocess = Preprocess::for_input(input)?;
    Ok(centre_crop(&open(path)?, &preprocess))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
