//! A pseudo-terminal: to a program that opens its path, a serial port.

use super::master::Master;
use super::{HostRate, ServeError};
use rowfuse_spec::uart::DEFAULT_BAUD;
use rustix::event::{poll, PollFd, PollFlags, Timespec};
use rustix::fs::{fcntl_getfl, fcntl_setfl, OFlags};
use rustix::pty::{grantpt, openpt, ptsname, unlockpt, OpenptFlags};
use rustix::termios::{tcgetattr, tcsetattr, OptionalActions};
use std::ffi::OsString;
use std::io::Result;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often it is looked for whether somebody has opened the terminal: the system does not tell.
const LOOK: Duration = Duration::from_millis(20);

/// The master's side of a pseudo-terminal.
pub struct Pty {
    master: OwnedFd,
    path: PathBuf,
    link: Option<PathBuf>,
}

impl Pty {
    /// A terminal in raw mode, at the rate a board starts with, and a symbolic link to it if one is wanted.
    ///
    /// # Errors
    /// If the system has no terminal, or something is at the link's path already: only a link to nowhere, which a server leaves that was
    /// killed, is replaced.
    pub fn open(link: Option<&Path>) -> std::result::Result<Pty, ServeError> {
        let (master, path) = master().map_err(ServeError::Terminal)?;
        if let Some(link) = link {
            let dangling = link.is_symlink() && !link.exists();
            let made = match dangling {
                true => std::fs::remove_file(link),
                false => Ok(()),
            };
            let made = made.and_then(|()| std::os::unix::fs::symlink(&path, link));
            made.map_err(|source| ServeError::Link {
                path: link.to_owned(),
                source,
            })?;
        }
        Ok(Pty {
            master,
            path,
            link: link.map(Path::to_owned),
        })
    }

    /// The path to open.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Waits until somebody has the terminal open. That it is closed is an error of the stream.
    ///
    /// # Errors
    /// If the system takes the terminal away.
    pub(super) async fn client(&self) -> Result<(Master, HostRate)> {
        if hung_up(&self.master)? {
            // Whoever comes next finds it as the first one did.
            raw(&self.master)?;
        }
        while hung_up(&self.master)? {
            tokio::time::sleep(LOOK).await;
        }
        Ok((Master::new(&self.master)?, rate(self.master.try_clone()?)))
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        if let Some(link) = &self.link {
            let ours = std::fs::read_link(link).is_ok_and(|target| target == self.path);
            if ours {
                // A link that cannot be removed leads nowhere and is replaced by the next server.
                let _ = std::fs::remove_file(link);
            }
        }
    }
}

fn master() -> Result<(OwnedFd, PathBuf)> {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let master = openpt(flags)?;
    grantpt(&master)?;
    unlockpt(&master)?;
    let name = ptsname(&master, Vec::new())?.into_bytes();
    let path = PathBuf::from(OsString::from_vec(name));
    fcntl_setfl(&master, fcntl_getfl(&master)? | OFlags::NONBLOCK)?;
    // Until it was opened once, a terminal that nobody has open does not look like one.
    drop(
        std::fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)?,
    );
    // Somebody may have it open before it is first looked at.
    raw(&master)?;
    Ok((master, path))
}

/// No echo, no line editing, no translation, and the rate a board starts with.
fn raw(master: &OwnedFd) -> Result<()> {
    let mut settings = tcgetattr(master)?;
    settings.make_raw();
    settings.set_speed(DEFAULT_BAUD)?;
    Ok(tcsetattr(master, OptionalActions::Now, &settings)?)
}

/// Whether nobody has the terminal open.
fn hung_up(master: &OwnedFd) -> Result<bool> {
    let mut descriptors = [PollFd::new(master, PollFlags::IN)];
    poll(&mut descriptors, Some(&Timespec::default()))?;
    Ok(descriptors[0].revents().contains(PollFlags::HUP))
}

/// Tells the rate that the terminal is set to.
fn rate(terminal: OwnedFd) -> HostRate {
    Box::new(move || {
        let speed = tcgetattr(&terminal).ok()?.output_speed();
        // Zero is a terminal that is hung up.
        Some(speed).filter(|&speed| speed > 0)
    })
}
