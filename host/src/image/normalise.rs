//! From bytes to a network's floats.

use super::Rgb;
use crate::network::Shape;
use ndarray::Array3;
use serde::{Deserialize, Serialize};

/// Mean of ImageNet's red, green and blue in units of full scale.
pub const IMAGENET_MEAN: [f32; 3] = [0.485, 0.456, 0.406];
/// Standard deviation of ImageNet's red, green and blue in units of full scale.
pub const IMAGENET_STD: [f32; 3] = [0.229, 0.224, 0.225];
/// Largest magnitude a pixel can have that is normalised as for ImageNet: full blue.
pub const MAX_NORMALISED: f32 = (1.0 - IMAGENET_MEAN[2]) / IMAGENET_STD[2];

/// How bytes become a network's floats: `(byte / 255 − mean) / std` for red, green and blue. Grey has the first of each.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Normalisation {
    /// In units of full scale.
    pub mean: [f32; 3],
    /// In units of full scale; never 0.
    pub std: [f32; 3],
}

impl Default for Normalisation {
    /// [`Normalisation::IMAGENET`].
    fn default() -> Self {
        Normalisation::IMAGENET
    }
}

impl Normalisation {
    /// As torchvision's and timm's models are trained.
    pub const IMAGENET: Normalisation = Normalisation {
        mean: IMAGENET_MEAN,
        std: IMAGENET_STD,
    };
    /// 0 to 1.
    pub const UNIT: Normalisation = Normalisation {
        mean: [0.0; 3],
        std: [1.0; 3],
    };
    /// Bytes as they are, 0 to 255.
    pub const NONE: Normalisation = Normalisation {
        mean: [0.0; 3],
        std: [1.0 / 255.0; 3],
    };

    /// Whether every value is finite and no deviation is 0.
    pub fn is_valid(&self) -> bool {
        let finite = self.mean.iter().chain(&self.std).all(|x| x.is_finite());
        let (low, high) = self.range();
        finite && !self.std.contains(&0.0) && (high - low).is_finite() && high > low
    }

    /// Whether it says what becomes of an input's channels: of three, or of grey if it treats all colours alike.
    pub fn fits(&self, input: Shape) -> bool {
        let alike = |values: &[f32; 3]| values.iter().all(|value| *value == values[0]);
        input.channels != 1 || (alike(&self.mean) && alike(&self.std))
    }

    /// This, and then `scale·x + shift` for each of three channels, or the same for all; `None` for another number of channels, or if
    /// nothing sensible comes of it.
    pub fn then(&self, scale: &[f32], shift: &[f32]) -> Option<Normalisation> {
        let wide = |values: &[f32]| match values {
            [value] => Some([*value; 3]),
            values => <[f32; 3]>::try_from(values).ok(),
        };
        let (scale, shift) = (wide(scale)?, wide(shift)?);
        let std: [f32; 3] = std::array::from_fn(|c| self.std[c] / scale[c]);
        let result = Normalisation {
            mean: std::array::from_fn(|c| self.mean[c] - shift[c] * std[c]),
            std,
        };
        result.is_valid().then_some(result)
    }

    /// The smallest and the largest value there can be.
    fn range(&self) -> (f32, f32) {
        let of = |c: usize| [0.0, 1.0].map(|full: f32| (full - self.mean[c]) / self.std[c]);
        let values = (0..3).flat_map(of);
        values.fold((f32::MAX, f32::MIN), |(low, high), x| {
            (low.min(x), high.max(x))
        })
    }

    /// One step and the zero point of uint8 that cover every value there can be: from zero up if none is below it, else as far below
    /// 128 as above it.
    pub fn quantisation(&self) -> (f32, u8) {
        let (low, high) = self.range();
        match low >= 0.0 {
            true => (high / 255.0, 0),
            false => (high.max(-low) / 127.0, 128),
        }
    }
}

/// `channels` × height × width of normalised floats: 1 channel of grey, or 3 of red, green and blue.
pub fn normalise(image: &Rgb, channels: usize, normalisation: &Normalisation) -> Array3<f32> {
    let Normalisation { mean, std } = normalisation;
    let (width, height) = image.dimensions();
    let shape = (channels, height as usize, width as usize);
    Array3::from_shape_fn(shape, |(channel, y, x)| {
        let pixel = image.get_pixel(x as u32, y as u32).0;
        let byte = match channels {
            1 => luma(pixel),
            _ => pixel[channel],
        };
        (f32::from(byte) / 255.0 - mean[channel]) / std[channel]
    })
}

/// Grey as PIL's `convert("L")`: luma of ITU-R BT.601 in 16 bits behind the point, rounded. Grey stays what it is.
fn luma([red, green, blue]: [u8; 3]) -> u8 {
    let sum = u32::from(red) * 19595 + u32::from(green) * 38470 + u32::from(blue) * 7471;
    ((sum + (1 << 15)) >> 16) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_cover_what_there_can_be() {
        let (scale, zero) = Normalisation::IMAGENET.quantisation();
        assert_eq!((scale, zero), (MAX_NORMALISED / 127.0, 128));
        assert_eq!(Normalisation::UNIT.quantisation(), (1.0 / 255.0, 0));
        let (scale, zero) = Normalisation::NONE.quantisation();
        assert!((scale - 1.0).abs() < 1e-6 && zero == 0);
    }

    #[test]
    fn what_a_model_does_first_is_taken_in() {
        // (255·x − 127.5) / 63.75 of x from 0 to 1.
        let first = Normalisation::NONE.then(&[1.0; 3], &[-127.5; 3]).unwrap();
        let both = first.then(&[1.0 / 63.75; 3], &[0.0; 3]).unwrap();
        for channel in 0..3 {
            assert!((both.mean[channel] - 0.5).abs() < 1e-6);
            assert!((both.std[channel] - 0.25).abs() < 1e-6);
        }
        assert_eq!(first.then(&[0.0; 3], &[0.0; 3]), None);
        assert_eq!(first.then(&[1.0; 2], &[0.0; 2]), None);
        let one = Normalisation::UNIT.then(&[2.0], &[-1.0]).unwrap();
        assert_eq!(
            one,
            Normalisation::UNIT.then(&[2.0; 3], &[-1.0; 3]).unwrap()
        );
    }

    #[test]
    fn a_colour_image_becomes_grey_as_pil_does_it() {
        for value in 0..=255 {
            assert_eq!(luma([value; 3]), value);
        }
        // Image.new("RGB", (1, 1), colour).convert("L").getpixel((0, 0))
        let colours = [
            ([255, 0, 0], 76),
            ([0, 255, 0], 150),
            ([0, 0, 255], 29),
            ([12, 200, 99], 132),
        ];
        for (colour, grey) in colours {
            assert_eq!(luma(colour), grey, "{colour:?}");
        }
        let image = Rgb::from_pixel(2, 1, image::Rgb([0, 255, 0]));
        let grey = normalise(&image, 1, &Normalisation::NONE);
        assert_eq!(
            (grey.shape(), grey[(0, 0, 1)].round()),
            (&[1, 1, 2][..], 150.0)
        );
        let input = |channels| Shape::new(channels, 1, 2);
        assert!(Normalisation::NONE.fits(input(1)) && !Normalisation::IMAGENET.fits(input(1)));
        assert!(Normalisation::IMAGENET.fits(input(3)));
    }
}
