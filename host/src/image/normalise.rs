//! From bytes to a network's floats.

use super::Rgb;
use ndarray::Array3;

/// Mean of ImageNet's red, green and blue in units of full scale.
pub const IMAGENET_MEAN: [f32; 3] = [0.485, 0.456, 0.406];
/// Standard deviation of ImageNet's red, green and blue in units of full scale.
pub const IMAGENET_STD: [f32; 3] = [0.229, 0.224, 0.225];
/// Largest magnitude a normalised pixel can have: full blue.
pub const MAX_NORMALISED: f32 = (1.0 - IMAGENET_MEAN[2]) / IMAGENET_STD[2];

/// 3 × height × width of (byte / 255 − mean) / std.
pub fn normalise(image: &Rgb) -> Array3<f32> {
    let (width, height) = image.dimensions();
    Array3::from_shape_fn((3, height as usize, width as usize), |(channel, y, x)| {
        let byte = image.get_pixel(x as u32, y as u32).0[channel];
        (f32::from(byte) / 255.0 - IMAGENET_MEAN[channel]) / IMAGENET_STD[channel]
    })
}
