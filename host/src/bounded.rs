//! Files from anywhere, read whole, but never more of them than is sensible.

use std::fs::File;
use std::io::{Error, Read};
use std::path::Path;

/// Why a file is not read.
#[derive(Debug)]
pub(crate) enum Refused {
    /// The system's reason.
    Io(Error),
    /// It is a directory, a pipe or a device.
    NotAFile,
    /// It has so many bytes.
    TooLarge(u64),
}

/// The bytes of a regular file that has at most `limit` of them.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Refused> {
    // Asked before opening: opening a pipe would wait for its writer.
    let metadata = std::fs::metadata(path).map_err(Refused::Io)?;
    if !metadata.is_file() {
        return Err(Refused::NotAFile);
    }
    let mut bytes = Vec::new();
    if metadata.len() <= limit {
        // One byte beyond the limit tells a file that has grown since.
        let file = File::open(path).map_err(Refused::Io)?;
        let mut file = file.take(limit.saturating_add(1));
        file.read_to_end(&mut bytes).map_err(Refused::Io)?;
    }
    match metadata.len().max(bytes.len() as u64) {
        found if found > limit => Err(Refused::TooLarge(found)),
        _ => Ok(bytes),
    }
}

impl Refused {
    /// As the system would say it, for errors that tell no more; the size, if that is the reason.
    pub(crate) fn into_io(self) -> Result<Error, u64> {
        match self {
            Refused::Io(error) => Ok(error),
            Refused::NotAFile => {
                let kind = std::io::ErrorKind::InvalidInput;
                Ok(Error::new(kind, "not a regular file"))
            }
            Refused::TooLarge(found) => Err(found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_that_are_small_enough_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        std::fs::write(&path, [7; 100]).unwrap();
        assert_eq!(read(&path, 100).unwrap(), [7; 100]);
        assert!(matches!(read(&path, 99), Err(Refused::TooLarge(100))));
        assert!(matches!(read(directory.path(), 99), Err(Refused::NotAFile)));
        let missing = read(&path.with_extension("no"), 99).unwrap_err();
        assert!(
            matches!(missing.into_io(), Ok(error) if error.kind() == std::io::ErrorKind::NotFound)
        );
    }
}
