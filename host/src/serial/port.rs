//! Which port, and how it is opened.

use super::error::SerialError;
use super::lock::holder;
use super::stream::Line;
use super::timing::Wire;
use rowfuse_spec::uart::DEFAULT_BAUD;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_serial::{ErrorKind, SerialPortBuilderExt, SerialPortType};

/// USB vendor of the ULX3S's serial chip, an FT231X.
pub const VENDOR: u16 = 0x0403;
/// Its product.
pub const PRODUCT: u16 = 0x6015;
/// How long a connection over TCP may take.
const CONNECT: Duration = Duration::from_secs(5);

/// A line that was opened, once it is.
pub type Opening<'a> =
    Pin<Box<dyn Future<Output = Result<Box<dyn Line>, SerialError>> + Send + 'a>>;

/// Whatever can open a line, again when it was cut.
pub trait Connect: Send {
    /// What it opens, for people.
    fn name(&self) -> String;
    /// What the line is.
    fn wire(&self) -> Wire {
        Wire::Serial
    }
    /// Opens it at the first rate of a board.
    fn connect(&mut self) -> Opening<'_>;
}

/// A port that was asked for or found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Port {
    /// A serial device.
    Device(PathBuf),
    /// `HOST:PORT` of a far end on TCP.
    Tcp(String),
    /// The one board that is connected by USB, wherever it is found.
    Found,
}

impl Port {
    /// Reads `tcp:HOST:PORT` or a device's path.
    ///
    /// # Errors
    /// If it is neither.
    pub fn parse(text: &str) -> Result<Port, SerialError> {
        let wrong = |reason: &str| SerialError::Address {
            port: text.into(),
            reason: reason.into(),
        };
        let Some(address) = text.strip_prefix("tcp:") else {
            return match text {
                "" => Err(wrong("it is empty")),
                _ => Ok(Port::Device(text.into())),
            };
        };
        match address.rsplit_once(':') {
            Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok_and(|n| n > 0) => {
                Ok(Port::Tcp(address.into()))
            }
            _ => Err(wrong("HOST:PORT is missing behind `tcp:`")),
        }
    }
}

/// Devices of all boards that are connected, in order of their names.
pub fn found() -> Vec<String> {
    // Where there is no such directory the library's search would not return.
    if cfg!(target_os = "linux") && !Path::new("/sys/class/tty").is_dir() {
        return Vec::new();
    }
    let ports = tokio_serial::available_ports().unwrap_or_default();
    let ours = ports.into_iter().filter(|port| match &port.port_type {
        SerialPortType::UsbPort(usb) => (usb.vid, usb.pid) == (VENDOR, PRODUCT),
        _ => false,
    });
    let mut names: Vec<String> = ours.map(|port| port.port_name).collect();
    names.sort();
    names
}

/// The one of these ports.
fn only(mut ports: Vec<String>) -> Result<PathBuf, SerialError> {
    match ports.len() {
        0 => Err(SerialError::NotFound {
            vendor: VENDOR,
            product: PRODUCT,
        }),
        1 => Ok(ports.remove(0).into()),
        _ => Err(SerialError::Several { ports }),
    }
}

impl Connect for Port {
    fn name(&self) -> String {
        match self {
            Port::Device(path) => path.display().to_string(),
            Port::Tcp(address) => format!("tcp:{address}"),
            Port::Found => "the board's port".into(),
        }
    }

    fn connect(&mut self) -> Opening<'_> {
        Box::pin(async move {
            match self {
                Port::Device(path) => open_device(path),
                Port::Found => open_device(&only(found())?),
                Port::Tcp(address) => open_tcp(address).await,
            }
        })
    }
}

async fn open_tcp(address: &str) -> Result<Box<dyn Line>, SerialError> {
    let failed = |reason: String| SerialError::Open {
        port: format!("tcp:{address}"),
        reason,
    };
    let connecting = tokio::time::timeout(CONNECT, TcpStream::connect(address)).await;
    let stream = connecting
        .map_err(|_| failed("nobody answers".into()))?
        .map_err(|error| failed(error.to_string()))?;
    stream
        .set_nodelay(true)
        .map_err(|error| failed(error.to_string()))?;
    Ok(Box::new(stream))
}

/// Opens a device and locks it; another host's lock is [`SerialError::Busy`].
fn open_device(path: &Path) -> Result<Box<dyn Line>, SerialError> {
    let port = path.display().to_string();
    let builder = tokio_serial::new(port.clone(), DEFAULT_BAUD);
    let error = match builder.open_native_async() {
        Ok(stream) => return Ok(Box::new(stream)),
        Err(error) => error,
    };
    Err(match error.kind() {
        ErrorKind::Io(io::ErrorKind::PermissionDenied) => SerialError::NoAccess {
            group: group(path),
            port,
        },
        ErrorKind::Io(io::ErrorKind::NotFound) => SerialError::Open {
            port,
            reason: "there is no such device".into(),
        },
        // What the library says of a port that has another's lock.
        ErrorKind::NoDevice if path.exists() => SerialError::Busy {
            holder: holder(path),
            port,
        },
        _ => SerialError::Open {
            port,
            reason: error.to_string(),
        },
    })
}

/// The group that may open the device, if one may.
#[cfg(unix)]
fn group(path: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let found = std::fs::metadata(path).ok()?;
    let groups = std::fs::read_to_string("/etc/group").ok()?;
    let named = groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(found.gid())).then(|| name.to_owned())
    })?;
    // Being in the group of a device that is for its owner alone helps nobody.
    (found.mode() & 0o060 == 0o060 && named != "root").then_some(named)
}

#[cfg(not(unix))]
fn group(_: &Path) -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_devices_or_addresses() {
        assert_eq!(
            Port::parse("/dev/ttyUSB0").unwrap(),
            Port::Device("/dev/ttyUSB0".into())
        );
        assert_eq!(
            Port::parse("tcp:localhost:4000").unwrap(),
            Port::Tcp("localhost:4000".into())
        );
        assert_eq!(
            Port::parse("tcp:[::1]:4000").unwrap(),
            Port::Tcp("[::1]:4000".into())
        );
        for wrong in [
            "",
            "tcp:",
            "tcp:host",
            "tcp:host:",
            "tcp::1",
            "tcp:host:0",
            "tcp:host:65536",
        ] {
            let error = Port::parse(wrong).unwrap_err();
            assert!(matches!(error, SerialError::Address { .. }), "{wrong}");
        }
    }

    #[test]
    fn exactly_one_board_is_taken() {
        assert!(matches!(only(vec![]), Err(SerialError::NotFound { .. })));
        let two = vec!["a".to_owned(), "b".to_owned()];
        let error = only(two).unwrap_err().to_string();
        assert_eq!(error, "2 boards are connected: a, b");
        assert_eq!(only(vec!["a".into()]).unwrap(), PathBuf::from("a"));
    }
}
