use super::*;
use crate::fault::{Exit, Fault};
use rowfuse_hdl::identity::source_hash;
use rowfuse_spec::config::preset;
use rowfuse_testbench::board::{Client, FunctionalBoard};

/// A directory as `scripts/manifest.py` writes it; `scripts/test_manifest.py` checks that it does.
fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/bitstreams")
}

/// Copies the sample, with a change to the manifest's text.
fn copy(change: impl FnOnce(String) -> String) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    std::fs::copy(sample().join("good.bit"), directory.path().join("good.bit")).unwrap();
    let text = std::fs::read_to_string(sample().join(MANIFEST)).unwrap();
    std::fs::write(directory.path().join(MANIFEST), change(text)).unwrap();
    directory
}

fn find(path: &Path) -> Result<Listed, BitstreamError> {
    Listed::find(File::read(path)?)
}

/// The error of `good.bit` beside a changed manifest.
fn error(change: impl FnOnce(String) -> String) -> BitstreamError {
    find(&copy(change).path().join("good.bit")).unwrap_err()
}

#[test]
fn what_the_script_writes_is_read() {
    let good = find(&sample().join("good.bit")).unwrap();
    let entry = &good.entry;
    assert_eq!((good.config.as_str(), good.file.bytes), ("good", 12));
    assert_eq!(
        (entry.board.as_str(), entry.device.as_str()),
        ("ULX3S", "LFE5U-85F")
    );
    assert_eq!((entry.lanes, entry.clock_mhz, entry.seed), (4, 80, 3));
    assert_eq!(
        (entry.lut, entry.ff, entry.ebr, entry.dsp),
        (100, 200, 160, 152)
    );
    assert_eq!(entry.tools.nextpnr, "0.9.0.0");
    assert_eq!(entry.clocks[1].required_mhz, 80.0, "a whole number");
    assert_eq!(entry.source_id(), 0x0123_abcd);
    assert!(entry.critical_paths[0].contains(r#"`b\c "d"`"#));
    assert_eq!(entry.critical_paths[1], "5.00 ns → `e`");
    good.check_timing().unwrap();
}

#[test]
fn a_file_is_found_by_its_bytes_under_another_name() {
    let directory = copy(|text| text);
    let renamed = directory.path().join("renamed.bit");
    std::fs::rename(directory.path().join("good.bit"), &renamed).unwrap();
    assert_eq!(find(&renamed).unwrap().config, "good");
    std::fs::write(&renamed, "other").unwrap();
    let error = find(&renamed).unwrap_err();
    assert_eq!(error.code(), "bitstream.not_listed");
}

#[test]
fn what_is_not_as_it_should_be_has_an_error_of_its_own() {
    let late = find(&sample().join("late.bit")).unwrap();
    let slow = late.check_timing().unwrap_err();
    assert_eq!(slow.code(), "bitstream.timing");
    assert!(slow.to_string().contains("79.99"), "{slow}");

    let directory = copy(|text| text);
    let path = directory.path().join("good.bit");
    std::fs::write(&path, "a bitstr").unwrap();
    let altered = find(&path).unwrap_err();
    assert_eq!(altered.code(), "bitstream.altered");
    assert!(altered.to_string().contains("8 bytes"), "{altered}");
    std::fs::remove_file(directory.path().join(MANIFEST)).unwrap();
    assert_eq!(find(&path).unwrap_err().code(), "bitstream.no_manifest");
    std::fs::remove_file(&path).unwrap();
    assert_eq!(find(&path).unwrap_err().code(), "bitstream.file");

    assert_eq!(error(|text| text + "[").code(), "bitstream.manifest");
    for (from, to, word) in [
        ("lut = 100\n", "", "`lut`"),
        ("seed = 3", "seed = \"3\"", "u64"),
        ("nextpnr", "other", "`nextpnr`"),
        ("sha256 = \"", "sha256 = \"X", "`sha256`"),
    ] {
        let error = error(|text| text.replacen(from, to, 1));
        assert_eq!(error.code(), "bitstream.entry");
        assert_eq!(error.exit(), Exit::Input);
        let message = error.to_string();
        assert!(
            message.contains(word) && message.contains("'good'"),
            "{message}"
        );
    }
    // Nothing is met by having no clock; a field of a later script is no error.
    let clockless = copy(|text| {
        let (before, rest) = text.split_once("clocks = [").unwrap();
        let (_, after) = rest.split_once("\n]").unwrap();
        format!("{before}later = 1\nclocks = []{after}")
    });
    let found = find(&clockless.path().join("good.bit")).unwrap();
    assert_eq!(found.check_timing().unwrap_err().code(), "bitstream.timing");
}

#[test]
fn a_name_is_a_file_or_a_configuration_with_a_board() {
    let directory = copy(|text| text);
    let start = [directory.path().join("a/b")];
    let locate = |name: &str| super::locate(Path::new(name), &start);
    assert_eq!(locate("x/y.bit").unwrap(), Path::new("x/y.bit"));
    assert_eq!(
        locate("ulx3s-85f").unwrap().file_name().unwrap(),
        "ulx3s-85f.bit"
    );
    std::fs::create_dir(directory.path().join("bitstreams")).unwrap();
    assert_eq!(
        locate("ulx3s-45f").unwrap(),
        directory.path().join("bitstreams/ulx3s-45f.bit")
    );
    // One for the simulation has no bitstream.
    for name in ["small-4", "nothing"] {
        let error = locate(name).unwrap_err();
        assert_eq!(error.code(), "bitstream.unknown");
        assert!(error.help().contains("ulx3s-85f"), "{}", error.help());
    }
    let error = locate("xem7010-a50").unwrap_err();
    let next = "scripts/synth-xem7010 xem7010-a50";
    assert!(error.help().contains(next), "{}", error.help());
}

#[test]
fn a_board_that_runs_another_bitstream_is_told() {
    let (config, other) = (preset("small-2").unwrap(), preset("tiny-1").unwrap());
    let board = FunctionalBoard::new(config.clone()).unwrap();
    let client = Client::connect(board, &config).unwrap();
    let mut entry = find(&sample().join("good.bit")).unwrap().entry;
    let wrong = check_id(client.info(), &config, &entry).unwrap_err();
    assert!(wrong.to_string().contains("source ID"), "{wrong}");
    assert!(wrong.to_string().contains("0x0123abcd"), "{wrong}");
    assert_eq!(wrong.exit(), Exit::Board);
    entry.source_sha256 = source_hash(&config).unwrap();
    check_id(client.info(), &config, &entry).unwrap();
    let wrong = check_id(client.info(), &other, &entry).unwrap_err();
    assert!(wrong.to_string().contains("configuration ID"), "{wrong}");
}
