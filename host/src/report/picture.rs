//! Small pictures as base64 of PNG, which JSON and HTML both hold.

use base64::prelude::{Engine, BASE64_STANDARD};
use image::{imageops, DynamicImage, GrayImage, ImageFormat, ImageReader, Limits};
use serde::{Deserialize, Serialize};
use std::io::Cursor;

use super::ReportError;
use crate::image::Rgb;

/// Longest base64 that is read.
const MAX_TEXT: usize = 1 << 20;
/// Longest side that is read, in pixels.
const MAX_SIDE: u32 = 512;
/// Memory that decoding may take, in bytes.
const MAX_DECODED: u64 = 16 << 20;

/// Base64 of a PNG. One that was read from a file is what [`Png::check`] says of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Png(String);

impl Png {
    /// A colour image, shrunk until no side is longer than `side`.
    ///
    /// # Errors
    /// If it cannot be encoded.
    pub fn colour(image: &Rgb, side: u32) -> Result<Png, ReportError> {
        let [width, height] = fit(image.width(), image.height(), side);
        Png::encode(&imageops::thumbnail(image, width, height).into())
    }

    /// A grey image, shrunk likewise.
    ///
    /// # Errors
    /// If it cannot be encoded.
    pub fn grey(image: &GrayImage, side: u32) -> Result<Png, ReportError> {
        let [width, height] = fit(image.width(), image.height(), side);
        Png::encode(&imageops::thumbnail(image, width, height).into())
    }

    fn encode(image: &DynamicImage) -> Result<Png, ReportError> {
        let mut bytes = Cursor::new(Vec::new());
        image
            .write_to(&mut bytes, ImageFormat::Png)
            .map_err(|error| ReportError::Encode(error.to_string()))?;
        Ok(Png(BASE64_STANDARD.encode(bytes.into_inner())))
    }

    /// Width and height in pixels, or why it is no picture of at most 512×512.
    pub fn check(&self) -> Result<[u32; 2], String> {
        if self.0.len() > MAX_TEXT {
            return Err(format!("{} characters", self.0.len()));
        }
        let bytes = BASE64_STANDARD.decode(&self.0);
        let bytes = bytes.map_err(|error| format!("no base64: {error}"))?;
        let mut reader = ImageReader::with_format(Cursor::new(bytes), ImageFormat::Png);
        let mut limits = Limits::default();
        limits.max_image_width = Some(MAX_SIDE);
        limits.max_image_height = Some(MAX_SIDE);
        limits.max_alloc = Some(MAX_DECODED);
        reader.limits(limits);
        let image = reader.decode().map_err(|error| error.to_string())?;
        Ok([image.width(), image.height()])
    }

    /// An address that holds the picture itself.
    pub fn url(&self) -> String {
        format!("data:image/png;base64,{}", self.0)
    }
}

/// Width and height in the same proportion, neither longer than `side` nor shorter than 1.
fn fit(width: u32, height: u32, side: u32) -> [u32; 2] {
    let longest = width.max(height);
    if longest <= side {
        return [width, height];
    }
    let scaled = |n: u32| (u64::from(n) * u64::from(side) / u64::from(longest)) as u32;
    [scaled(width).max(1), scaled(height).max(1)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    #[test]
    fn pictures_are_small_and_those_of_others_are_looked_at() {
        let image = GrayImage::from_fn(300, 90, |x, y| Luma([(x + y) as u8]));
        let png = Png::grey(&image, 56).unwrap();
        assert_eq!(png.check(), Ok([56, 16]));
        assert_eq!(Png::grey(&image, 1000).unwrap().check(), Ok([300, 90]));
        let line = GrayImage::new(1000, 1);
        assert_eq!(Png::grey(&line, 10).unwrap().check(), Ok([10, 1]));

        let wide = Png::encode(&GrayImage::new(513, 1).into()).unwrap();
        assert!(wide.check().is_err());
        let cut = Png(png.0[..png.0.len() - 40].into());
        assert!(cut.check().is_err());
        for text in ["", "\"><script>", "R0lGODlh", &"A".repeat(MAX_TEXT + 4)] {
            assert!(Png(text.into()).check().is_err());
        }
    }

    #[test]
    fn a_pixel_is_the_mean_of_what_it_stands_for() {
        let image = GrayImage::from_fn(4, 4, |x, _| Luma([if x < 2 { 10 } else { 200 }]));
        let png = Png::grey(&image, 2).unwrap();
        let bytes = BASE64_STANDARD.decode(&png.0).unwrap();
        let decoded = image::load_from_memory(&bytes).unwrap().into_luma8();
        assert_eq!(decoded.into_raw(), [10, 200, 10, 200]);
    }
}
