//! Where compiled models are kept, and how they get there when several programs compile at once.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

use super::VerilatorError;

/// The directory of compiled models: `verilated` under `CARGO_TARGET_DIR`, under the target directory
/// the running program lies in, under `rowfuse` in the user's cache, or under the temporary directory.
pub fn cache_root() -> PathBuf {
    let named = |variable: &str| {
        env::var_os(variable)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(target) = named("CARGO_TARGET_DIR") {
        return target.join("verilated");
    }
    let program = env::current_exe().unwrap_or_default();
    // Cargo marks its target directory with this file.
    if let Some(target) = program
        .ancestors()
        .find(|path| path.join("CACHEDIR.TAG").is_file())
    {
        return target.join("verilated");
    }
    named("XDG_CACHE_HOME")
        .or_else(|| named("HOME").map(|home| home.join(".cache")))
        .map(|cache| cache.join("rowfuse"))
        .unwrap_or_else(|| env::temp_dir().join("rowfuse"))
        .join("verilated")
}

/// SHA-256 over parts, each preceded by its length so that no two lists run together.
pub(crate) fn key(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The entry `key` of the cache at `root`, made by `fill` in a directory of its own if it is absent.
/// The finished directory is renamed into place, so that others see all of it or nothing; the loser
/// of a race uses the winner's. A failed build stays where it is, for inspection.
pub(crate) fn entry(
    root: &Path,
    key: &str,
    fill: impl FnOnce(&Path) -> Result<(), VerilatorError>,
) -> Result<PathBuf, VerilatorError> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let finished = root.join(key);
    if finished.is_dir() {
        return Ok(finished);
    }
    let unique = COUNTER.fetch_add(1, Ordering::Relaxed);
    let building = root.join(format!("building-{}-{unique}-{key}", std::process::id()));
    fs::create_dir_all(&building)
        .map_err(|error| VerilatorError::file("create", &building, &error))?;
    fill(&building)?;
    match fs::rename(&building, &finished) {
        Ok(()) => Ok(finished),
        Err(_) if finished.is_dir() => {
            // Someone else was first with the same content; leftovers only cost space.
            let _ = fs::remove_dir_all(&building);
            Ok(finished)
        }
        Err(error) => Err(VerilatorError::file("rename into place", &building, &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(key(&["ab", "c"]), key(&["a", "bc"]));
        assert_ne!(key(&["a"]), key(&["a", ""]));
        assert_eq!(key(&["a", "b"]), key(&["a", "b"]));
    }

    #[test]
    fn an_entry_is_filled_once_and_failures_leave_none() {
        let root = tempfile::tempdir().expect("temporary directory");
        let fail = entry(root.path(), "k", |_| Err(VerilatorError::NotFound));
        assert!(fail.is_err() && !root.path().join("k").exists());
        let write = |path: &Path| {
            fs::write(path.join("f"), "1").expect("file");
            Ok(())
        };
        let made = entry(root.path(), "k", write).expect("filled");
        let again = entry(root.path(), "k", |_| panic!("filled twice")).expect("found");
        assert_eq!(made, again);
    }

    #[test]
    fn the_loser_of_a_race_takes_the_winners() {
        let root = tempfile::tempdir().expect("temporary directory");
        let path = entry(root.path(), "k", |building| {
            fs::write(building.join("f"), "loser").expect("file");
            fs::create_dir(root.path().join("k")).expect("directory");
            fs::write(root.path().join("k/f"), "winner").expect("file");
            Ok(())
        });
        let content = fs::read_to_string(path.expect("found").join("f")).expect("file");
        assert_eq!(content, "winner");
        assert_eq!(
            fs::read_dir(root.path()).expect("listing").count(),
            1,
            "nothing is left over"
        );
    }
}
