//! Who holds a port. Two hosts never use one: an open port has an exclusive lock (`TIOCEXCL` and `flock`, which end with the process).

use std::path::Path;

/// The process that has the device open, if that can be seen: of others' processes only root sees it.
pub fn holder(device: &Path) -> Option<u32> {
    let device = device.canonicalize().ok()?;
    let own = std::process::id();
    let pids = std::fs::read_dir("/proc")
        .ok()?
        .flatten()
        .filter_map(|entry| {
            entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse::<u32>().ok())
        });
    let mut found: Vec<u32> = pids
        .filter(|pid| {
            let open = std::fs::read_dir(format!("/proc/{pid}/fd"));
            open.is_ok_and(|open| {
                open.flatten()
                    .any(|fd| std::fs::read_link(fd.path()).is_ok_and(|path| path == device))
            })
        })
        .collect();
    // Another process explains more than this one.
    found.sort_by_key(|&pid| pid == own);
    found.first().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_holds_what_it_opened() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert_eq!(holder(file.path()), Some(std::process::id()));
        let path = file.path().to_owned();
        drop(file);
        assert_eq!(holder(&path), None);
    }
}
