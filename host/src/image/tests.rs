use super::*;
use crate::fault::Fault;
use image::{DynamicImage, ImageFormat};
use proptest::prelude::*;
use std::io::Cursor;

const INPUT: Shape = Shape::new(3, 224, 224);

fn png(image: impl Into<DynamicImage>) -> Vec<u8> {
    let mut bytes = Vec::new();
    image
        .into()
        .write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png)
        .unwrap();
    bytes
}

fn cropped(bytes: &[u8]) -> Rgb {
    let image = decode(bytes, "test").unwrap();
    centre_crop(&image, &Preprocess::for_input(INPUT).unwrap())
}

/// The pattern the fixtures were made of, with Pillow 12: `resize((w, h), BILINEAR)`, then the crop.
fn pattern(width: u32, height: u32) -> Rgb {
    Rgb::from_fn(width, height, |x, y| {
        let checks = if (x / 3 + y / 2) % 2 == 1 { 255 } else { 0 };
        ::image::Rgb([
            (x * 37 + y * 11 + (x * y) % 29 * 3) as u8,
            (x * x + y * 5) as u8,
            checks,
        ])
    })
}

#[test]
fn resize_and_crop_equal_pillow_within_one() {
    let preprocess = Preprocess {
        resize: 32,
        width: 28,
        height: 28,
    };
    for (name, width, height) in [("wide", 83, 47), ("tall", 31, 64), ("small", 7, 5)] {
        let path = format!(
            "{}/tests/data/pillow-{name}.png",
            env!("CARGO_MANIFEST_DIR")
        );
        let expected = open(Path::new(&path)).unwrap();
        let found = centre_crop(&pattern(width, height), &preprocess);
        let worst = found
            .iter()
            .zip(expected.iter())
            .map(|(a, b)| a.abs_diff(*b))
            .max()
            .unwrap();
        assert!(worst <= 1, "{name}: {worst}");
        // A wrong filter is far off: the pattern is full of edges.
        let half_pixel = centre_crop(&pattern(width + 1, height), &preprocess);
        assert!(half_pixel
            .iter()
            .zip(expected.iter())
            .any(|(a, b)| a.abs_diff(*b) > 8));
    }
}

#[test]
fn what_is_no_image_is_refused() {
    for bytes in [
        &b""[..],
        b"hello, world",
        b"GIF89a\0\0\0\0\0\0\0\0",
        b"BM\0\0\0\0\0\0",
    ] {
        assert_eq!(decode(bytes, "x").unwrap_err().code(), "image.not_an_image");
    }
    assert!(decode(b"hello", "x")
        .unwrap_err()
        .to_string()
        .contains("68 65 6c 6c 6f"));
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(open(directory.path()).unwrap_err().code(), "image.io");
    assert_eq!(
        open(&directory.path().join("none.png")).unwrap_err().code(),
        "image.io"
    );
    let whole = png(pattern(40, 30));
    assert_eq!(
        decode(&whole[..whole.len() / 2], "x").unwrap_err().code(),
        "image.decode"
    );
}

#[test]
fn one_pixel_becomes_a_plain_field() {
    let image = cropped(&png(Rgb::from_pixel(1, 1, ::image::Rgb([10, 20, 30]))));
    assert_eq!(image.dimensions(), (224, 224));
    assert!(image.pixels().all(|pixel| pixel.0 == [10, 20, 30]));
}

#[test]
fn a_sliver_of_20000_by_3_works_without_a_gigabyte() {
    for (width, height) in [(20_000, 3), (3, 20_000), (65_000, 1)] {
        let image = cropped(&png(pattern(width, height)));
        assert_eq!(image.dimensions(), (224, 224));
    }
}

#[test]
fn a_bomb_is_refused_by_its_header() {
    // A PNG's width and height are at bytes 16 to 23, the chunk's CRC after byte 28.
    let mut bytes = png(pattern(8, 8));
    bytes[16..20].copy_from_slice(&60_000u32.to_be_bytes());
    bytes[20..24].copy_from_slice(&60_000u32.to_be_bytes());
    let crc = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&crc.to_be_bytes());
    let error = decode(&bytes, "bomb").unwrap_err();
    assert!(
        matches!(error.code(), "image.too_many_pixels" | "image.decode"),
        "{error}"
    );
    assert!(!error.to_string().contains("CRC"), "{error}");
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

#[test]
fn alpha_is_dropped() {
    let rgba = ::image::RgbaImage::from_fn(9, 9, |x, y| {
        ::image::Rgba([200, 100, 50, (x * 20 + y) as u8])
    });
    assert!(decode(&png(rgba), "x")
        .unwrap()
        .pixels()
        .all(|pixel| pixel.0 == [200, 100, 50]));
    let grey = ::image::GrayAlphaImage::from_pixel(4, 4, ::image::LumaA([77, 0]));
    assert!(decode(&png(grey), "x")
        .unwrap()
        .pixels()
        .all(|pixel| pixel.0 == [77; 3]));
}

#[test]
fn sixteen_bits_and_grey_become_eight_bit_rgb() {
    let wide = ::image::ImageBuffer::from_fn(4, 4, |_, _| ::image::Rgb([65535u16, 257 * 128, 0]));
    let image = decode(&png(DynamicImage::ImageRgb16(wide)), "x").unwrap();
    assert!(image.pixels().all(|pixel| pixel.0 == [255, 128, 0]));
    let grey16 = ::image::ImageBuffer::from_fn(4, 4, |_, _| ::image::Luma([257u16 * 9]));
    let image = decode(&png(DynamicImage::ImageLuma16(grey16)), "x").unwrap();
    assert!(image.pixels().all(|pixel| pixel.0 == [9; 3]));
    let grey = ::image::GrayImage::from_pixel(4, 4, ::image::Luma([31]));
    assert!(decode(&png(grey), "x")
        .unwrap()
        .pixels()
        .all(|pixel| pixel.0 == [31; 3]));
}

#[test]
fn a_palette_is_looked_up() {
    // Two by one pixels, 8-bit palette, written by hand: the image crate does not encode palettes.
    let chunk = |kind: &[u8; 4], data: &[u8]| {
        let body = [&kind[..], data].concat();
        [
            &(data.len() as u32).to_be_bytes()[..],
            &body,
            &crc32(&body).to_be_bytes(),
        ]
        .concat()
    };
    let header = [0, 0, 0, 2, 0, 0, 0, 1, 8, 3, 0, 0, 0];
    // zlib, one stored block of three bytes (filter 0, index 1, index 0), Adler-32.
    let data = [0x78, 0x01, 1, 3, 0, 0xFC, 0xFF, 0, 1, 0, 0, 5, 0, 2];
    let bytes = [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(b"IHDR", &header),
        chunk(b"PLTE", &[1, 2, 3, 40, 50, 60]),
        chunk(b"IDAT", &data),
        chunk(b"IEND", &[]),
    ]
    .concat();
    let image = decode(&bytes, "palette").unwrap();
    assert_eq!(image.as_raw(), &[40, 50, 60, 1, 2, 3]);
}

/// A plain 8×8 baseline JPEG of these component values, written by hand: one block a component, only the
/// mean coded. `transform` is Adobe's colour transform.
fn plain_jpeg(components: &[u8], transform: u8) -> Vec<u8> {
    let segment = |marker: u8, data: &[u8]| {
        [
            &[0xFF, marker][..],
            &(data.len() as u16 + 2).to_be_bytes(),
            data,
        ]
        .concat()
    };
    let count = components.len() as u8;
    let frame: Vec<u8> = (1..=count).flat_map(|id| [id, 0x11, 0]).collect();
    let scan: Vec<u8> = (1..=count).flat_map(|id| [id, 0]).collect();
    // Twelve codes of four bits for the size of a mean; one code of one bit, end of block, for the rest.
    let sizes = [
        [0, 0, 0, 12].as_slice(),
        &[0; 12],
        &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
    ]
    .concat();
    let ends = [[1].as_slice(), &[0; 15], &[0]].concat();
    let mut bits = String::new();
    for &component in components {
        let mean = (i32::from(component) - 128) * 8;
        let size = 32 - mean.unsigned_abs().leading_zeros();
        bits += &format!("{size:04b}");
        if size > 0 {
            let code = if mean < 0 {
                mean + (1 << size) - 1
            } else {
                mean
            };
            bits += &format!("{code:0width$b}", width = size as usize);
        }
        bits.push('0');
    }
    bits.extend(std::iter::repeat_n(
        '1',
        bits.len().next_multiple_of(8) - bits.len(),
    ));
    let bytes = bits.as_bytes().chunks(8).map(|byte| {
        byte.iter()
            .fold(0u8, |value, bit| value << 1 | (bit - b'0'))
    });
    let data = bytes.flat_map(|byte| {
        if byte == 0xFF {
            vec![0xFF, 0]
        } else {
            vec![byte]
        }
    });
    [
        vec![0xFF, 0xD8],
        segment(
            0xEE,
            &[b"Adobe\0\x64\0\0\0\0".as_slice(), &[transform]].concat(),
        ),
        segment(0xDB, &[[0].as_slice(), &[1; 64]].concat()),
        segment(0xC0, &[[8, 0, 8, 0, 8, count].as_slice(), &frame].concat()),
        segment(0xC4, &[[0x00].as_slice(), &sizes].concat()),
        segment(0xC4, &[[0x10].as_slice(), &ends].concat()),
        segment(0xDA, &[[count].as_slice(), &scan, &[0, 63, 0]].concat()),
        data.collect(),
        vec![0xFF, 0xD9],
    ]
    .concat()
}

#[test]
fn jpeg_in_rgb_grey_and_cmyk() {
    let near = |bytes: &[u8], expected: [u8; 3]| {
        let image = decode(bytes, "jpeg").unwrap();
        assert!(image.width() == 8 && image.height() == 8);
        for pixel in image.pixels() {
            let close = pixel
                .0
                .iter()
                .zip(expected)
                .all(|(a, b)| a.abs_diff(b) <= 3);
            assert!(close, "{pixel:?} {expected:?}");
        }
    };
    near(&plain_jpeg(&[99], 0), [99; 3]);
    near(&plain_jpeg(&[200, 80, 20], 0), [200, 80, 20]);
    near(&plain_jpeg(&[114, 76, 184], 1), [193, 92, 22]);
    // Adobe stores ink inverted: 255 is none. Cyan 0.2, magenta 0.4, yellow 0.6, black 0, and then black
    // 0.5: red = (1 − c)(1 − k) and so on.
    near(&plain_jpeg(&[204, 153, 102, 255], 0), [204, 153, 102]);
    near(&plain_jpeg(&[204, 153, 102, 128], 0), [102, 77, 51]);
    // The same as luma and chroma of the ink.
    near(&plain_jpeg(&[93, 162, 98, 255], 2), [204, 153, 102]);
    near(&plain_jpeg(&[93, 162, 98, 128], 2), [102, 77, 51]);
}

/// The fixtures hold every eighth pixel of what Pillow makes of the photographs; the JPEG decoders'
/// rounding adds to the resizing's.
#[test]
fn photographs_of_the_repository_equal_pillows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in ["china", "flower"] {
        let photograph = open(&root.join(format!("../testbench/data/{name}.jpg"))).unwrap();
        let found = centre_crop(&photograph, &Preprocess::for_input(INPUT).unwrap());
        let expected = open(&root.join(format!("tests/data/pillow-{name}.png"))).unwrap();
        let (mut worst, mut sum) = (0, 0);
        for (x, y, pixel) in expected.enumerate_pixels() {
            for (a, b) in pixel.0.iter().zip(found.get_pixel(8 * x, 8 * y).0) {
                worst = worst.max(a.abs_diff(b));
                sum += u32::from(a.abs_diff(b));
            }
        }
        let mean = f64::from(sum) / f64::from(28 * 28 * 3);
        assert!(
            worst <= 4 && mean < 0.5,
            "{name}: {worst} at most, {mean} on average"
        );
    }
}

#[test]
fn a_photograph_of_the_repository_loads() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testbench/data/china.jpg");
    let map = load(&path, INPUT, &Normalisation::IMAGENET).unwrap();
    assert_eq!(map.dim(), (3, 224, 224));
    assert!(map.iter().all(|value| value.abs() <= MAX_NORMALISED));
    assert!(map.iter().any(|&value| value > 1.0) && map.iter().any(|&value| value < -1.0));
}

#[test]
fn normalised_values_and_refused_inputs() {
    let map = normalise(
        &Rgb::from_pixel(1, 1, ::image::Rgb([0, 128, 255])),
        3,
        &Normalisation::IMAGENET,
    );
    assert!((map[(0, 0, 0)] + 2.117_904).abs() < 1e-5);
    assert!((map[(1, 0, 0)] - 0.205_182).abs() < 1e-5);
    assert!((map[(2, 0, 0)] - MAX_NORMALISED).abs() < 1e-6);
    for input in [
        Shape::new(2, 224, 224),
        Shape::new(3, 0, 224),
        Shape::new(3, 224, 1 << 20),
    ] {
        assert_eq!(
            Preprocess::for_input(input).unwrap_err().code(),
            "image.input_shape"
        );
    }
    let small = Preprocess::for_input(Shape::new(3, 32, 48)).unwrap();
    assert_eq!(
        small,
        Preprocess {
            resize: 55,
            width: 48,
            height: 32
        }
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn every_size_gives_the_crop_and_keeps_a_plain_colour(width in 1u32..400, height in 1u32..400, colour: [u8; 3]) {
        let image = centre_crop(
            &Rgb::from_pixel(width, height, ::image::Rgb(colour)),
            &Preprocess::for_input(INPUT).unwrap(),
        );
        prop_assert_eq!(image.dimensions(), (224, 224));
        prop_assert!(image.pixels().all(|pixel| pixel.0 == colour));
    }

    #[test]
    fn noise_never_panics(noise in prop::collection::vec(any::<u8>(), 0..300), at in 0usize..4000, flip: u8) {
        let _ = decode(&noise, "noise");
        let mut bytes = png(pattern(24, 18));
        let at = at % bytes.len();
        bytes[at] ^= flip;
        let _ = decode(&bytes, "flipped");
    }
}
