//! Which images arguments name.

use crate::cli::Failure;
use std::path::{Path, PathBuf};

/// The images that arguments name: files, and those in directories, in order of their names.
///
/// # Errors
/// If a directory cannot be read or has no JPEG or PNG.
pub fn image_files(arguments: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in arguments {
        match path.is_dir() {
            true => files.extend(images_in(path)?),
            false => files.push(path.clone()),
        }
    }
    Ok(files)
}

fn images_in(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = |error| Failure::file(directory, "read", &error);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
        if ["jpg", "jpeg", "png"]
            .iter()
            .any(|known| extension == *known)
            && path.is_file()
        {
            files.push(path);
        }
    }
    if files.is_empty() {
        let text = format!("{} has no JPEG or PNG", directory.display());
        return Err(Failure::usage(text));
    }
    files.sort();
    Ok(files)
}
