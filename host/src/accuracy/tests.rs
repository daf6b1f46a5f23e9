use super::*;
use crate::fault::{Exit, Fault};
use crate::image::{Normalisation, Rgb};
use crate::network::Network;
use crate::plan::Blocks;
use crate::progress::testing::StopAfter;
use crate::progress::Silent;
use crate::quantise::{save, Options};
use crate::weights::write_random;
use ndarray::{Array, Array1, Array3, Array4, Dimension};
use ndarray_npy::{WritableElement, WriteNpyExt};
use rowfuse_spec::config::preset;
use rowfuse_testbench::board::{Client, FunctionalBoard};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn write<T: WritableElement, D: Dimension>(
    directory: &Path,
    name: &str,
    array: &Array<T, D>,
) -> PathBuf {
    let path = directory.join(name);
    array
        .write_npy(std::fs::File::create(&path).unwrap())
        .unwrap();
    path
}

fn refused<T: std::fmt::Debug>(result: Result<T, AccuracyError>, code: &str) -> String {
    let error = result.unwrap_err();
    assert_eq!((error.code(), error.exit()), (code, Exit::Input), "{error}");
    assert!(!error.help().is_empty());
    error.to_string()
}

#[test]
fn grey_is_copied_to_three_channels_and_colours_are_kept() {
    let directory = tempfile::tempdir().unwrap();
    let grey = Array3::from_shape_fn((2, 3, 4), |(n, y, x)| (n * 100 + y * 10 + x) as u8);
    let found = images(&write(directory.path(), "grey.npy", &grey)).unwrap();
    assert_eq!((found.len(), found[1].dimensions()), (2, (4, 3)));
    assert_eq!(found[1].get_pixel(3, 2).0, [123; 3]);
    let shape = (1, 3, 4, 3);
    let colour = Array4::from_shape_fn(shape, |(_, y, x, c)| (c * 100 + y * 10 + x) as u8);
    let found = images(&write(directory.path(), "colour.npy", &colour)).unwrap();
    assert_eq!(found[0].get_pixel(1, 2).0, [21, 121, 221]);
}

#[test]
fn arrays_that_are_no_images_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let bytes = |shape: &[usize]| {
        let array = ndarray::ArrayD::<u8>::zeros(shape);
        images(&write(path, "a.npy", &array))
    };
    for shape in [
        &[32, 32][..],
        &[0, 32, 32],
        &[1, 0, 32],
        &[1, 2, 4097],
        &[1, 4, 4, 2],
        &[1, 2, 2, 3, 1],
        &[],
    ] {
        let text = refused(bytes(shape), "accuracy.images");
        assert!(text.contains(&format!("{shape:?}")), "{text}");
    }
    let floats = write(path, "f.npy", &Array3::<f32>::zeros((1, 4, 4)));
    assert!(refused(images(&floats), "npy.dtype").contains("<f4, expected uint8"));
    let text = refused(images(&path.join("none.npy")), "npy.io");
    assert!(text.contains("none.npy"));
}

#[test]
fn labels_are_integers_of_any_width() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let expected = [3, 0, 200];
    let of = |file: PathBuf| labels(&file).unwrap();
    assert_eq!(
        of(write(path, "a", &Array1::from(vec![3u8, 0, 200]))),
        expected
    );
    assert_eq!(
        of(write(path, "a", &Array1::from(vec![3i16, 0, 200]))),
        expected
    );
    assert_eq!(
        of(write(path, "a", &Array1::from(vec![3u32, 0, 200]))),
        expected
    );
    assert_eq!(
        of(write(path, "a", &Array1::from(vec![3i64, 0, 200]))),
        expected
    );
    assert_eq!(
        of(write(path, "a", &Array1::from(vec![3i8, 0, 127]))),
        [3, 0, 127]
    );

    let negative = write(path, "a", &Array1::from(vec![3i64, -1]));
    assert!(refused(labels(&negative), "accuracy.label").contains("label 1 is negative"));
    let one_hot = write(path, "a", &ndarray::Array2::<u8>::zeros((3, 10)));
    assert!(refused(labels(&one_hot), "accuracy.labels").contains("[3, 10]"));
    let floats = write(path, "a", &Array1::<f64>::zeros(3));
    assert!(refused(labels(&floats), "npy.dtype").contains("<f8"));
}

#[test]
fn images_and_labels_must_be_as_many() {
    let directory = tempfile::tempdir().unwrap();
    let images = write(directory.path(), "i", &Array3::<u8>::zeros((3, 4, 4)));
    let labels = write(directory.path(), "l", &Array1::<u8>::zeros(4));
    let text = refused(Samples::read(&images, &labels), "accuracy.counts");
    assert!(
        text.contains("3 images") && text.contains("4 labels"),
        "{text}"
    );

    let labels = write(directory.path(), "l", &Array1::from(vec![0u8, 9, 10]));
    let samples = Samples::read(&images, &labels).unwrap();
    assert_eq!(samples.size(), (4, 4));
    assert!(samples.check_labels(11, &labels).is_ok());
    let text = refused(samples.check_labels(10, &labels), "accuracy.label");
    assert!(
        text.contains("label 2 is 10, the network has classes 0 to 9"),
        "{text}"
    );
}

/// Untrained weights of a network, and so many images of noise that are all said to be of class 3.
fn untrained(arch: &str, count: u32) -> (TempDir, PathBuf, Samples) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("some.weights");
    let network = Network::named(arch, None).unwrap();
    write_random(&file, &network, 5, &Silent).unwrap();
    let noise = |n: u32| {
        Rgb::from_fn(32, 32, |x, y| {
            let value = (x * 7 + y * 13 + n * 31 + x * y * (n + 1)) as u8;
            image::Rgb([value, value / 2, 255 - value])
        })
    };
    let samples = Samples {
        images: (0..count).map(noise).collect(),
        labels: vec![3; count as usize],
    };
    (directory, file, samples)
}

#[test]
fn a_board_answers_as_the_golden_model_does() {
    for (arch, cut) in [("tiny", true), ("lenet", false)] {
        let (_directory, file, samples) = untrained(arch, 4);
        let ways = [Options::default()];
        let subject = Subject::open(&file, (32, 32), &samples.images, &ways, &Silent).unwrap();
        assert_eq!((subject.name(), subject.takes_blocks()), ("some", cut));
        let config = preset("small-4").unwrap();
        let board = FunctionalBoard::new(config.clone()).unwrap();
        let mut client = Client::connect(board, &config).unwrap();
        for blocks in [None, cut.then_some(Blocks::Fixed(8))] {
            let host = subject.on_host(&samples, blocks, &Silent).unwrap();
            let float = host.float.map(|float| float.images);
            assert_eq!((float, host.int8.images), (Some(4), 4));
            let mut board = |expected: &[Array3<u8>]| {
                subject
                    .on_board(&mut client, &config, &samples, expected, blocks, &Silent)
                    .unwrap()
            };
            let found = board(&host.maps);
            assert_eq!(found.int8, host.int8);
            let values: usize = host.maps.iter().map(Array3::len).sum();
            assert_eq!((found.values, found.mismatches), (values as u64, 0));

            // Fewer are compared, and what differs is counted.
            let mut wrong = host.maps[..2].to_vec();
            wrong[1][(0, 0, 0)] ^= 1;
            wrong[1][(1, 0, 0)] ^= 255;
            let found = board(&wrong);
            assert_eq!((found.int8.images, found.mismatches), (2, 2));
        }
    }
}

/// Labels that are the network's own answers are all right, others all wrong.
#[test]
fn right_and_wrong_are_counted() {
    let (_directory, file, mut samples) = untrained("tiny", 6);
    let ways = [Options::default()];
    let subject = Subject::open(&file, (32, 32), &samples.images, &ways, &Silent).unwrap();
    let mut float = 0;
    let mut int8 = 0;
    for class in 0..subject.quantised().classes() {
        samples.labels = vec![class; 6];
        let found = subject.on_host(&samples, None, &Silent).unwrap();
        float += found.float.unwrap().correct;
        int8 += found.int8.correct;
    }
    // Each image is of exactly one class.
    assert_eq!((float, int8), (6, 6));
}

#[test]
fn files_and_sizes_that_do_not_fit_are_refused() {
    let (directory, file, samples) = untrained("lenet", 1);
    let ways = [Options::default()];
    let open = |file: &Path, size| Subject::open(file, size, &samples.images, &ways, &Silent);
    let text = refused(open(&file, (28, 28)), "network.features");
    assert!(
        text.starts_with("lenet for images of 28×28 pixels"),
        "{text}"
    );
    let other = directory.path().join("other");
    let network = Network::vgg_like(crate::network::Shape::new(3, 32, 32), &[&[4]]);
    write_random(&other, &network, 1, &Silent).unwrap();
    assert!(refused(open(&other, (32, 32)), "trained.unknown").contains("digits"));
    assert!(open(&directory.path().join("none"), (32, 32)).is_err());
}

/// A network of grey images in ONNX: in floats, quantised by onnxruntime, and as rowfuse's own file.
#[test]
fn every_format_is_measured_and_grey_images_too() {
    let onnx = |name: &str| {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/onnx");
        directory.join(name).with_extension("onnx")
    };
    let noise = |n: u32| {
        Rgb::from_fn(28, 28, |x, y| {
            image::Rgb([(x * 5 + y * 11 + n * 67 + x * y * (n + 3)) as u8; 3])
        })
    };
    let samples = Samples {
        images: (0..5).map(noise).collect(),
        labels: vec![2; 5],
    };
    let ways = [Options {
        normalisation: Normalisation::UNIT,
        ..Options::default()
    }];
    let open = |file: &Path, calibration: &[Rgb]| {
        Subject::open(file, samples.size(), calibration, &ways, &Silent)
    };
    let float = open(&onnx("float-grey"), &samples.images).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let own = directory.path().join("own");
    save(&own, float.quantised(), &Silent).unwrap();
    let larger = Subject::open(&own, (32, 32), &[], &ways, &Silent);
    assert!(refused(larger, "accuracy.input").contains("32×32"));
    let own = open(&own, &[]).unwrap();
    let quantised = open(&onnx("qop-u8s8-channels-grey"), &[]).unwrap();
    let config = preset("small-4").unwrap();
    let board = FunctionalBoard::new(config.clone()).unwrap();
    let mut client = Client::connect(board, &config).unwrap();
    let mut maps = Vec::new();
    for (subject, in_floats) in [(&float, true), (&own, false), (&quantised, false)] {
        assert_eq!(subject.quantised().network.input.channels, 1);
        let host = subject.on_host(&samples, None, &Silent).unwrap();
        assert_eq!(host.float.is_some(), in_floats, "{}", subject.name());
        let board = subject.on_board(&mut client, &config, &samples, &host.maps, None, &Silent);
        let board = board.unwrap();
        assert_eq!((board.mismatches, board.int8), (0, host.int8));
        maps.push(host.maps);
    }
    assert!(maps[0] == maps[1] && maps[0] != maps[2]);

    refused(open(&onnx("float-grey"), &[]), "quantise.no_images");
    let ways = [Options::default()];
    let file = onnx("float-grey");
    let imagenet = Subject::open(&file, samples.size(), &samples.images, &ways, &Silent);
    refused(imagenet, "quantise.grey_normalisation");
}

#[test]
fn an_interrupt_stops_host_and_board() {
    let (_directory, file, samples) = untrained("tiny", 4);
    let ways = [Options::default()];
    let subject = Subject::open(&file, (32, 32), &samples.images, &ways, &Silent).unwrap();
    let error = subject.on_host(&samples, None, &StopAfter::new(2));
    assert_eq!(error.unwrap_err().exit(), Exit::Interrupted);
    let maps = subject.on_host(&samples, None, &Silent).unwrap().maps;
    let config = preset("small-4").unwrap();
    let board = FunctionalBoard::new(config.clone()).unwrap();
    let mut client = Client::connect(board, &config).unwrap();
    let stop = StopAfter::new(2);
    let error = subject.on_board(&mut client, &config, &samples, &maps, None, &stop);
    assert_eq!(error.unwrap_err().exit(), Exit::Interrupted);
}

#[test]
fn the_table_in_markdown() {
    let score = |correct| Score {
        correct,
        images: 360,
    };
    let board = |values, mismatches| OnBoard {
        int8: score(355),
        values,
        mismatches,
    };
    let row = |network: &str, blocks| Row {
        network: network.into(),
        blocks,
        float: Some(score(356)),
        int8: score(355),
        boards: vec![
            ("functional".into(), board(1000, 0)),
            ("verilated".into(), board(100, 3)),
        ],
    };
    let rows = [row("digits", None), row("a|b", Some(Blocks::Fixed(8)))];
    let expected = "\
| network | maps | float | int8, golden model | int8, functional | int8, verilated | values compared | differ |
|---|---|---|---|---|---|---|---|
| digits | whole | 356 of 360 (98.9 %) | 355 of 360 (98.6 %) | 355 of 360 (98.6 %) | 355 of 360 (98.6 %) | 1100 | 3 |
| a\\|b | blocks of 8 | 356 of 360 (98.9 %) | 355 of 360 (98.6 %) | 355 of 360 (98.6 %) | 355 of 360 (98.6 %) | 1100 | 3 |
";
    assert_eq!(markdown(&rows), expected);
    let came_quantised = Row {
        float: None,
        ..row("q", None)
    };
    assert!(markdown(&[came_quantised]).contains("| q | whole | - | 355 of 360"));
    assert!(!markdown(&[]).contains("differ"));
}
