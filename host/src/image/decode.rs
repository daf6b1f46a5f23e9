//! Decoding with bounded memory.

use super::ImageError;
use crate::bounded;
use image::{ImageDecoder, ImageError as CodecError, ImageFormat, ImageReader, Limits};
use std::io::Cursor;
use std::path::Path;

/// Longest file accepted.
pub const MAX_FILE_BYTES: u64 = 128 << 20;
/// Most pixels accepted: with 8 bytes a pixel the decoder stays below 1 GiB.
pub const MAX_PIXELS: u64 = 100_000_000;
/// Memory the decoder may take.
const MAX_DECODER_BYTES: u64 = 1 << 30;

/// 8-bit red, green and blue.
pub type Rgb = image::RgbImage;

/// Reads and decodes a file. Refuses what is no regular file, too long, or no image.
pub fn open(path: &Path) -> Result<Rgb, ImageError> {
    let name = path.display().to_string();
    let bytes = bounded::read(path, MAX_FILE_BYTES).map_err(|refused| match refused.into_io() {
        Ok(source) => ImageError::Io {
            path: name.clone(),
            source,
        },
        Err(found) => ImageError::FileTooLarge {
            path: name.clone(),
            found,
            limit: MAX_FILE_BYTES,
        },
    })?;
    decode(&bytes, &name)
}

/// Decodes JPEG or PNG bytes, recognised by their content; `name` is for messages.
pub fn decode(bytes: &[u8], name: &str) -> Result<Rgb, ImageError> {
    let failed = |error: CodecError| ImageError::Decode {
        path: name.into(),
        reason: error.to_string(),
    };
    let mut reader = match image::guess_format(bytes) {
        Ok(format @ (ImageFormat::Jpeg | ImageFormat::Png)) => {
            ImageReader::with_format(Cursor::new(bytes), format)
        }
        _ => {
            let found: Vec<String> = bytes
                .iter()
                .take(8)
                .map(|byte| format!("{byte:02x}"))
                .collect();
            let found = if found.is_empty() {
                "nothing".into()
            } else {
                found.join(" ")
            };
            return Err(ImageError::NotAnImage {
                path: name.into(),
                found,
            });
        }
    };
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_DECODER_BYTES);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(failed)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(ImageError::TooManyPixels {
            path: name.into(),
            width,
            height,
            limit: MAX_PIXELS,
        });
    }
    let image = image::DynamicImage::from_decoder(decoder).map_err(failed)?;
    Ok(image.into_rgb8())
}
