//! Labelled images from NumPy's files.

use super::npy::{read, Npy, NpyError};
use super::AccuracyError;
use crate::image::Rgb;
use std::path::Path;

/// Largest side of an image: as for photographs.
const MAX_SIDE: usize = 4096;

/// Images with their classes, of one size.
#[derive(Clone, Debug)]
pub struct Samples {
    /// At least one.
    pub images: Vec<Rgb>,
    /// The class of each, counted from 0.
    pub labels: Vec<usize>,
}

impl Samples {
    /// Reads both files.
    ///
    /// # Errors
    /// As [`images`] and [`labels`]; if there are not as many labels as images.
    pub fn read(image_file: &Path, label_file: &Path) -> Result<Samples, AccuracyError> {
        let (images, labels) = (images(image_file)?, labels(label_file)?);
        if images.len() != labels.len() {
            return Err(AccuracyError::Counts {
                images: images.len(),
                image_file: image_file.display().to_string(),
                labels: labels.len(),
                label_file: label_file.display().to_string(),
            });
        }
        Ok(Samples { images, labels })
    }

    /// Height and width of the images.
    pub fn size(&self) -> (usize, usize) {
        size(&self.images)
    }

    /// Refuses labels that are no class of a network with so many; `file` is for the message.
    pub fn check_labels(&self, classes: usize, file: &Path) -> Result<(), AccuracyError> {
        let mut labels = self.labels.iter().enumerate();
        match labels.find(|(_, &label)| label >= classes) {
            None => Ok(()),
            Some((index, &label)) => Err(AccuracyError::Label {
                file: file.display().to_string(),
                index,
                found: label.to_string(),
                classes,
            }),
        }
    }
}

/// Height and width of the first image; zero without one.
pub(super) fn size(images: &[Rgb]) -> (usize, usize) {
    let (width, height) = images.first().map_or((0, 0), Rgb::dimensions);
    (height as usize, width as usize)
}

/// Reads images: uint8, number × rows × columns of grey, which is copied to three channels, or number × rows × columns × 3 of red,
/// green and blue; at least one, with sides of at most 4096.
///
/// # Errors
/// If the file is none of these.
pub fn images(file: &Path) -> Result<Vec<Rgb>, AccuracyError> {
    let Npy { shape, dtype, data } = read(file)?;
    let path = || file.display().to_string();
    if dtype != "|u1" {
        return Err(AccuracyError::Npy(NpyError::Dtype {
            path: path(),
            expected: "uint8",
            found: dtype,
        }));
    }
    let (height, width, channels) = match shape[..] {
        [_, height, width] => (height, width, 1),
        [_, height, width, 3] => (height, width, 3),
        _ => (0, 0, 0),
    };
    let sides = 1..=MAX_SIDE;
    if !sides.contains(&height) || !sides.contains(&width) || data.is_empty() {
        return Err(AccuracyError::Images {
            file: path(),
            found: shape,
        });
    }
    let images = data.chunks_exact(height * width * channels);
    let image = |bytes: &[u8]| {
        let pixels = match channels {
            1 => bytes.iter().flat_map(|&grey| [grey; 3]).collect(),
            _ => bytes.to_vec(),
        };
        Rgb::from_raw(width as u32, height as u32, pixels).expect("three bytes a pixel")
    };
    Ok(images.map(image).collect())
}

/// Reads labels: integers of any width, one dimension.
///
/// # Errors
/// If the file is none of these, or a label is negative.
pub fn labels(file: &Path) -> Result<Vec<usize>, AccuracyError> {
    let Npy { shape, dtype, data } = read(file)?;
    let path = || file.display().to_string();
    let [_] = shape[..] else {
        return Err(AccuracyError::Labels {
            file: path(),
            found: shape,
        });
    };
    let (width, signed) = match dtype.as_str() {
        "|u1" => (1, false),
        "|i1" => (1, true),
        "<u2" => (2, false),
        "<i2" => (2, true),
        "<u4" => (4, false),
        "<i4" => (4, true),
        "<u8" => (8, false),
        "<i8" => (8, true),
        _ => {
            return Err(AccuracyError::Npy(NpyError::Dtype {
                path: path(),
                expected: "a little-endian integer",
                found: dtype,
            }))
        }
    };
    let mut labels = Vec::with_capacity(data.len() / width);
    for (index, bytes) in data.chunks_exact(width).enumerate() {
        let negative = signed && bytes[width - 1] >= 0x80;
        let label = bytes
            .iter()
            .rev()
            .fold(0u64, |n, &byte| n << 8 | u64::from(byte));
        match usize::try_from(label) {
            Ok(label) if !negative => labels.push(label),
            _ => {
                return Err(AccuracyError::NoLabel {
                    file: path(),
                    index,
                })
            }
        }
    }
    Ok(labels)
}
