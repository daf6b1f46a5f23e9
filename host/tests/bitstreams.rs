//! The committed bitstreams are what their manifest says, and what the current sources give.
#![allow(clippy::unwrap_used)]

use rowfuse::bitstream::{File, Listed, Manifest, Sources};
use rowfuse_spec::config::preset;
use std::path::Path;

#[test]
fn every_bitstream_is_listed_reported_fast_enough_and_of_these_sources() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../bitstreams");
    let mut files: Vec<String> = Vec::new();
    for file in std::fs::read_dir(&directory).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "bit") {
            files.push(path.file_stem().unwrap().to_str().unwrap().to_owned());
        }
    }
    files.sort();
    if !directory.join("manifest.toml").exists() {
        assert!(files.is_empty(), "no manifest for {files:?}");
        return;
    }
    let manifest = Manifest::of_directory(&directory).unwrap();
    assert!(!manifest.entries.is_empty(), "no entries");
    let names: Vec<&String> = manifest.entries.keys().collect();
    assert_eq!(names, files.iter().collect::<Vec<_>>(), "entries and files");

    for (name, entry) in &manifest.entries {
        let listed = File::read(&directory.join(format!("{name}.bit"))).and_then(Listed::find);
        let listed = listed.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(&listed.entry, entry, "{name}");
        listed
            .check_timing()
            .unwrap_or_else(|error| panic!("{error}"));
        let report = std::fs::read_to_string(directory.join(format!("{name}.md")));
        assert!(
            report.is_ok_and(|text| !text.is_empty()),
            "{name} has no report"
        );

        let config = preset(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(entry.device, config.device.name, "{name}");
        assert_eq!(entry.lanes, config.lanes, "{name}");
        assert_eq!(entry.clock_mhz, config.clock_mhz, "{name}");
        let required = f64::from(config.clock_mhz);
        assert!(
            entry
                .clocks
                .iter()
                .any(|clock| clock.required_mhz == required),
            "no clock of {name} was built for its {required} MHz"
        );

        let sources = Sources::of(&config).unwrap();
        let again = "build it again with scripts/synth";
        assert_eq!(
            entry.source_sha256, sources.source_sha256,
            "{name}: {again}"
        );
        assert_eq!(
            entry.verilog_sha256, sources.verilog_sha256,
            "{name}: {again}"
        );
        assert_eq!(
            entry.constraints_sha256, sources.constraints_sha256,
            "{name}: {again}"
        );
    }
}
