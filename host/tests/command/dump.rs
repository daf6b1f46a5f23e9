//! `--dump`: the maps of a run as files.

use crate::support::{outcome, prepared, rowfuse};
use ndarray::Array3;
use ndarray_npy::read_npy;
use rowfuse::dump::{Index, MapFile, INDEX, SCHEMA};
use rowfuse::progress::Silent;
use rowfuse::{image, quantise, run};
use std::path::Path;

fn index(directory: &Path) -> Index {
    let text = std::fs::read_to_string(directory.join(INDEX)).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn map(directory: &Path, file: &MapFile) -> Array3<u8> {
    let map: Array3<u8> = read_npy(directory.join(&file.file)).unwrap();
    assert_eq!(<[usize; 3]>::from(map.dim()), file.shape);
    map
}

#[test]
fn maps_are_those_of_the_golden_model() {
    let (directory, photograph) = prepared(32);
    let path = directory.path();
    let run = [
        "run",
        "network",
        &photograph,
        "--fuse",
        "off",
        "--layers",
        "1..3",
        "--dump",
        "new/maps",
    ];
    let result = outcome(path, &run, 0);
    assert_eq!(result["dump"], "new/maps");
    let (network, _) = quantise::load(&path.join("network"), &Silent).unwrap();
    let pixels = image::load(
        photograph.as_ref(),
        network.network.input,
        &network.normalisation,
    )
    .unwrap();
    let pixels = network.quantise_input(pixels.view());
    let golden =
        |count| run::golden_output(&network.layers[..count], &pixels, None, &Silent).unwrap();

    let maps = path.join("new/maps");
    let index = index(&maps);
    assert_eq!((index.schema, index.groups.len()), (SCHEMA, 2));
    assert_eq!(
        (index.board.as_str(), index.config.as_str()),
        ("functional", "small-4")
    );
    assert_eq!(map(&maps, &index.input), golden(1));
    assert_eq!(index.input.scale, network.layers[1].input_scale);
    for (layer, group) in (1..).zip(&index.groups) {
        assert_eq!(group.layers, [network.layers[layer].name.clone()]);
        assert_eq!(group.output.scale, network.layers[layer].output_scale);
        assert_eq!(group.mismatches, Some(0));
        let output = map(&maps, &group.output);
        assert_eq!(output, golden(layer + 1));
        assert_eq!(map(&maps, group.expected.as_ref().unwrap()), output);
    }
    // Nothing is left beside it.
    assert_eq!(std::fs::read_dir(path.join("new")).unwrap().count(), 1);
}

#[test]
fn a_directory_in_use_is_left_alone_unless_forced() {
    let (directory, photograph) = prepared(32);
    let path = directory.path();
    let maps = path.join("maps");
    std::fs::create_dir(&maps).unwrap();
    let run = ["run", "network", &photograph, "--dump", "maps"];
    outcome(path, &run, 0);
    let before = index(&maps);
    assert_eq!(before.input.zero_point, 128);
    std::fs::write(maps.join("mine"), "mine").unwrap();

    let first = [&run[..], &["--layers", "1", "--no-verify"]].concat();
    let error = outcome(path, &first, 2);
    assert_eq!(error["code"], "dump.not_empty");
    assert_eq!(index(&maps), before);

    outcome(path, &[&first[..], &["--force"]].concat(), 0);
    let after = index(&maps);
    assert_eq!(after.groups.len(), 1);
    assert_eq!(after.groups[0].expected, None);
    let mut names: Vec<_> = std::fs::read_dir(&maps)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["group-1.output.npy", INDEX, "input.npy", "mine"]);

    std::fs::write(path.join("file"), "").unwrap();
    let error = outcome(path, &["run", "network", &photograph, "--dump", "file"], 5);
    assert_eq!(error["code"], "dump.file");
    let force = rowfuse(path, &["run", "network", &photograph, "--force"]);
    assert_eq!(force.status.code(), Some(2), "there is nothing to force");
}
