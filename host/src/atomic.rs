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

    /// Where it is until then: for those who write it by themselves.
    pub fn path(&self) -> &Path {
        self.temporary.get_ref().path()
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

/// A directory being filled beside its final place. Dropped without [`AtomicDirectory::commit`] it vanishes.
#[derive(Debug)]
pub struct AtomicDirectory {
    temporary: tempfile::TempDir,
    path: PathBuf,
}

impl AtomicDirectory {
    /// Starts filling what will be `path`; its parent is created if need be.
    pub fn create(path: &Path) -> io::Result<AtomicDirectory> {
        // What a link points to is replaced, not the link.
        let path = match path.canonicalize() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => std::path::absolute(path)?,
            found => found?,
        };
        let no_parent = || io::Error::new(io::ErrorKind::InvalidInput, "it has no parent");
        let parent = path.parent().ok_or_else(no_parent)?;
        std::fs::create_dir_all(parent)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(".rowfuse-").suffix(".part");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(std::fs::Permissions::from_mode(0o777));
        }
        Ok(AtomicDirectory {
            temporary: builder.tempdir_in(parent)?,
            path,
        })
    }

    /// Where its files are to be written.
    pub fn path(&self) -> &Path {
        self.temporary.path()
    }

    /// Moves it to its place. If there is a directory with something in it, the plain files named `stale` are removed
    /// from it and the new ones moved into it one by one, `last` last and the old `last` removed first: whoever
    /// looks for that file finds it only beside all others.
    pub fn commit(self, last: &str, stale: &[&str]) -> io::Result<()> {
        let used = match std::fs::read_dir(&self.path) {
            Ok(mut entries) => entries.next().is_some(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(error),
        };
        if !used {
            std::fs::rename(self.temporary.path(), &self.path)?;
            // It is no longer where it would be removed from.
            drop(self.temporary.keep());
            return Ok(());
        }
        let remove = |name: &str| match std::fs::remove_file(self.path.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
        remove(last)?;
        let is_plain = |name: &&&str| Path::new(name).file_name() == Some(name.as_ref());
        for name in stale.iter().filter(is_plain) {
            remove(name)?;
        }
        let mut names = Vec::new();
        for entry in std::fs::read_dir(self.temporary.path())? {
            names.push(entry?.file_name());
        }
        names.sort_by_key(|name| name == last);
        for name in names {
            std::fs::rename(self.temporary.path().join(&name), self.path.join(&name))?;
        }
        Ok(())
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

    fn names(directory: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(directory).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_directory_appears_whole_or_not_at_all() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("deep/new");
        let fill = |files: &[&str]| {
            let directory = AtomicDirectory::create(&path).unwrap();
            for file in files {
                std::fs::write(directory.path().join(file), file).unwrap();
            }
            directory
        };
        drop(fill(&["a"]));
        assert!(names(&root.path().join("deep")).is_empty());
        fill(&["a", "index"]).commit("index", &[]).unwrap();
        assert_eq!(names(&path), ["a", "index"]);
        // Into one that is in use: what is stale goes, what is not ours stays, and nothing outside is touched.
        std::fs::write(path.join("mine"), "mine").unwrap();
        std::fs::write(root.path().join("deep/outside"), "").unwrap();
        let stale = ["a", "../outside", "gone", "/"];
        fill(&["b", "index"]).commit("index", &stale).unwrap();
        assert_eq!(names(&path), ["b", "index", "mine"]);
        assert_eq!(names(&root.path().join("deep")), ["new", "outside"]);
    }

    #[cfg(unix)]
    #[test]
    fn an_empty_directory_behind_a_link_is_filled() {
        let root = tempfile::tempdir().unwrap();
        let (real, link) = (root.path().join("real"), root.path().join("link"));
        std::fs::create_dir(&real).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let directory = AtomicDirectory::create(&link).unwrap();
        std::fs::write(directory.path().join("a"), "a").unwrap();
        directory.commit("index", &[]).unwrap();
        assert!(link.is_symlink());
        assert_eq!(names(&real), ["a"]);
    }
}
