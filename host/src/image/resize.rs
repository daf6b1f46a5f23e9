//! Resize and centre crop, equal to torchvision's on PIL images.

use super::{ImageError, Rgb};
use crate::network::Shape;
use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

/// Largest side of the crop.
const MAX_SIDE: usize = 4096;

/// How an image becomes a network's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preprocess {
    /// Length of the shorter side after resizing.
    pub resize: u32,
    /// Columns cut from the middle.
    pub width: u32,
    /// Rows cut from the middle.
    pub height: u32,
}

impl Preprocess {
    /// 256 and 224 for a network of 224×224, in the same proportion for any other.
    pub fn for_input(input: Shape) -> Result<Preprocess, ImageError> {
        let sides = 1..=MAX_SIDE;
        if ![1, 3].contains(&input.channels)
            || !sides.contains(&input.height)
            || !sides.contains(&input.width)
        {
            return Err(ImageError::Input { found: input });
        }
        let (width, height) = (input.width as u32, input.height as u32);
        Ok(Preprocess {
            resize: (width.max(height) * 256).div_ceil(224),
            width,
            height,
        })
    }

    /// Size after resizing: the longer side in proportion, rounded down as torchvision does.
    fn resized(&self, width: u32, height: u32) -> (u64, u64) {
        let (width, height, side) = (u64::from(width), u64::from(height), u64::from(self.resize));
        if width <= height {
            (side, side * height / width)
        } else {
            (side * width / height, side)
        }
    }
}

/// Resizes the shorter side with an antialiased triangle filter and cuts the middle.
///
/// Only the pixels of the crop are computed, so memory is bounded by the crop and the source however
/// long and thin the image is.
pub fn centre_crop(image: &Rgb, preprocess: &Preprocess) -> Rgb {
    let (width, height) = image.dimensions();
    let (resized_width, resized_height) = preprocess.resized(width, height);
    let (left, columns) = window(resized_width, preprocess.width, width);
    let (top, rows) = window(resized_height, preprocess.height, height);
    let source = ImageRef::new(width, height, image.as_raw(), PixelType::U8x3)
        .expect("a decoded image holds three bytes a pixel");
    let mut target = Image::new(preprocess.width, preprocess.height, PixelType::U8x3);
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::Bilinear))
        .crop(left, top, columns, rows);
    Resizer::new()
        .resize(&source, &mut target, &options)
        .expect("the crop lies inside the image");
    Rgb::from_raw(preprocess.width, preprocess.height, target.into_vec())
        .expect("three bytes a pixel")
}

/// Begin and length, in source pixels, of the middle `crop` of `resized` pixels.
fn window(resized: u64, crop: u32, source: u32) -> (f64, f64) {
    let scale = f64::from(source) / resized as f64;
    // Python's round(): a half goes to the even number.
    let begin = ((resized - u64::from(crop)) as f64 / 2.0).round_ties_even();
    (
        begin * scale,
        (f64::from(crop) * scale).min(f64::from(source) - begin * scale),
    )
}
