//! Files that appear whole or not at all.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

/// A file being written beside its final place. Dropped without [`AtomicFile::commit`] it vanishes, so
/// an error, a panic or an interrupt leaves the old file, if any, as it was.
///
/// This guards against a stopped process, not against a power cut: the data are not forced to the disk.
#[derive(Debug)]
pub struct AtomicFile {
    temporary: BufWriter<tempfile::NamedTempFile>,
    path: PathBuf,
}

impl AtomicFile {
    /// Starts writing what will be `path`; its directory is created if need be.
    pub fn create(path: &Path) -> io::Result<AtomicFile> {
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        std::fs::create_dir_all(directory)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(".rowfuse-").suffix(".part");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        let temporary = BufWriter::with_capacity(1 << 20, builder.tempfile_in(directory)?);
        Ok(AtomicFile {
            temporary,
            path: path.to_owned(),
        })
    }

    /// Moves the finished file to its place, replacing what was there.
    pub fn commit(self) -> io::Result<File> {
        let temporary = self
            .temporary
            .into_inner()
            .map_err(|error| error.into_error())?;
        temporary.persist(&self.path).map_err(|error| error.error)
    }
}

impl io::Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.temporary.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.temporary.flush()
    }
}

/// Writes `bytes` to `path` atomically.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = AtomicFile::create(path)?;
    io::Write::write_all(&mut file, bytes)?;
    file.commit().map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn dropped_leaves_the_old_file_and_no_litter() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("new/file.bin");
        write(&path, b"old").unwrap();
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(&vec![7; 3 << 20]).unwrap();
        drop(file);
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(
            std::fs::read_dir(path.parent().unwrap()).unwrap().count(),
            1
        );
        write(&path, b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
    }
}
