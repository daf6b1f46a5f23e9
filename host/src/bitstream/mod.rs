//! Bitstreams: which there are, what each was made of, and whether one is what its manifest says.

mod error;
mod identity;
mod manifest;
#[cfg(test)]
mod tests;

pub use error::BitstreamError;
pub use identity::{check_id, Sources};
pub use manifest::{Clock, Entry, Manifest, Tools, MANIFEST};

use rowfuse_hdl::board::Board;
use rowfuse_spec::config::presets;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Name of the directory with the committed bitstreams.
const DIRECTORY: &str = "bitstreams";

/// A bitstream's bytes, measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Where it is.
    pub path: PathBuf,
    /// Its size.
    pub bytes: usize,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
}

impl File {
    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read(path: &Path) -> Result<File, BitstreamError> {
        let content = std::fs::read(path).map_err(|error| BitstreamError::File {
            path: path.to_owned(),
            reason: error.to_string(),
        })?;
        Ok(File {
            path: path.to_owned(),
            bytes: content.len(),
            sha256: Sha256::digest(&content)
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        })
    }
}

/// A bitstream that is what its manifest says.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// The file.
    pub file: File,
    /// Its manifest.
    pub manifest: PathBuf,
    /// Name of its configuration.
    pub config: String,
    /// What the manifest says.
    pub entry: Entry,
}

impl Listed {
    /// Finds a file in the manifest beside it: by its name without `.bit`, or, if no entry has that name, by its bytes.
    ///
    /// # Errors
    /// If there is no usable manifest, it has no entry for the file, or the bytes are not the entry's.
    pub fn find(file: File) -> Result<Listed, BitstreamError> {
        let directory = match file.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let mut manifest = Manifest::of_directory(directory)?;
        let stem = file.path.file_stem().and_then(|stem| stem.to_str());
        let found = stem
            .and_then(|stem| manifest.entries.remove_entry(stem))
            .or_else(|| {
                let mut entries = std::mem::take(&mut manifest.entries).into_iter();
                entries.find(|(_, entry)| entry.sha256 == file.sha256)
            });
        let Some((config, entry)) = found else {
            return Err(BitstreamError::NotListed {
                path: file.path,
                manifest: manifest.path,
                sha256: file.sha256,
            });
        };
        if entry.sha256 != file.sha256 {
            return Err(BitstreamError::Altered {
                path: file.path,
                bytes: file.bytes,
                expected: entry.sha256,
                found: file.sha256,
            });
        }
        Ok(Listed {
            file,
            manifest: manifest.path,
            config,
            entry,
        })
    }

    /// Refuses one that is too slow for its clock.
    ///
    /// # Errors
    /// If a clock is slower than it must be.
    pub fn check_timing(&self) -> Result<(), BitstreamError> {
        if self.entry.timing_met() {
            return Ok(());
        }
        let slow = self.entry.clocks.iter().find(|clock| !clock.met());
        let clock = slow.map_or("the manifest names no clock".into(), |clock| {
            format!(
                "the clock '{}' reaches {} MHz, but {} MHz are needed",
                clock.name, clock.fmax_mhz, clock.required_mhz
            )
        });
        Err(BitstreamError::TimingMissed {
            path: self.file.path.clone(),
            clock,
        })
    }
}

/// The file that `name` means: a file of that path or, if it is the name of a configuration, its bitstream in the directory
/// `bitstreams` above one of `starts`.
///
/// # Errors
/// If it is neither.
pub fn locate(name: &Path, starts: &[PathBuf]) -> Result<PathBuf, BitstreamError> {
    let known: Vec<String> = presets()
        .into_iter()
        .filter(|config| Board::of(config).is_some())
        .map(|config| config.name)
        .collect();
    let config = name
        .to_str()
        .filter(|name| known.iter().any(|known| known == name));
    if name.is_file() || (config.is_none() && name.extension().is_some()) {
        // Whether it can be read shows when it is read.
        return Ok(name.to_owned());
    }
    let Some(config) = config else {
        return Err(BitstreamError::Unknown {
            name: name.display().to_string(),
            known,
        });
    };
    let directories = starts.iter().flat_map(|start| start.ancestors());
    let mut directories = directories.map(|directory| directory.join(DIRECTORY));
    let directory = directories
        .find(|directory| directory.is_dir())
        .unwrap_or_else(|| DIRECTORY.into());
    Ok(directory.join(format!("{config}.bit")))
}

/// Where [`locate`] looks for configurations' bitstreams: above the current directory, this program, and the sources it was built from.
pub fn starts() -> Vec<PathBuf> {
    [
        std::env::current_dir().ok(),
        std::env::current_exe().ok(),
        Some(PathBuf::from(env!("CARGO_MANIFEST_DIR"))),
    ]
    .into_iter()
    .flatten()
    .collect()
}
