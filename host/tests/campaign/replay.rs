//! Cases that were found once, or are worth keeping, run for ever.

use std::path::PathBuf;

use rowfuse_spec::config::preset;

use rowfuse::campaign::{check, Case, Simulations, Verdict};

use super::all_boards;

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/regressions")
}

#[test]
fn every_kept_case_is_right_on_every_board() {
    let compiled = ["tiny-1", "small-4"]
        .map(|name| preset(name).unwrap().id())
        .to_vec();
    let boards = Simulations {
        boards: all_boards(),
        compiled,
    };
    let mut kept = 0;
    for entry in std::fs::read_dir(directory()).unwrap() {
        let path = entry.unwrap().path();
        let case = Case::read(&path).unwrap_or_else(|error| panic!("{error}"));
        assert!(
            !case.why.is_empty(),
            "{}: what is it kept for?",
            path.display()
        );
        let verdict = check(&case, &boards).unwrap();
        assert!(
            matches!(verdict, Verdict::Right(_)),
            "{}: {verdict:?}",
            path.display()
        );
        kept += 1;
    }
    assert!(kept > 0);
}
