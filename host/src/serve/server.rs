//! Waits for clients, one at a time.

#[cfg(unix)]
use super::Pty;
use super::{FarEnd, HostRate, ServeError};
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;

/// How often an interruption is looked for.
const LOOK: Duration = Duration::from_millis(50);

/// Where clients come from.
pub enum Door {
    /// TCP connections.
    Tcp(Tcp),
    /// Whoever opens a pseudo-terminal.
    #[cfg(unix)]
    Pty(Pty),
}

/// What happens at the door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A client has come; its address if it has one.
    Came(Option<SocketAddr>),
    /// Another client was turned away, as there is one already.
    Refused(SocketAddr),
    /// The client has left.
    Left,
}

/// Why no more clients are waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The one client that was to be served has left.
    Left,
    /// Somebody asked to stop.
    Interrupted,
}

/// A port at which clients are waited for.
pub struct Tcp {
    listener: TcpListener,
    address: SocketAddr,
}

impl Tcp {
    /// Listens at `HOST:PORT`, or at that port of this computer's loopback address; port 0 is any that is free.
    ///
    /// # Errors
    /// If it is no address, is in use or may not be used.
    pub async fn listen(address: &str) -> Result<Tcp, ServeError> {
        let wrong = |source| ServeError::Listen {
            address: address.to_owned(),
            source,
        };
        let addresses: Vec<SocketAddr> = match address.parse::<u16>() {
            Ok(port) => vec![([127, 0, 0, 1], port).into()],
            Err(_) => address.to_socket_addrs().map_err(wrong)?.collect(),
        };
        let listener = TcpListener::bind(&addresses[..]).await.map_err(wrong)?;
        let address = listener.local_addr().map_err(wrong)?;
        Ok(Tcp { listener, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin {}
impl<S: AsyncRead + AsyncWrite + Unpin> Stream for S {}

impl Door {
    /// Waits for a client.
    async fn open(&self) -> Result<(Box<dyn Stream>, HostRate, Option<SocketAddr>), ServeError> {
        match self {
            Door::Tcp(tcp) => {
                let (stream, address) = tcp.listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok((Box::new(stream), Box::new(|| None), Some(address)))
            }
            #[cfg(unix)]
            Door::Pty(pty) => {
                let (stream, rate) = pty.client().await?;
                Ok((Box::new(stream), rate, None))
            }
        }
    }

    /// Turns further clients away, for ever.
    async fn refuse(&self, tell: &mut dyn FnMut(Event)) -> ServeError {
        let Door::Tcp(tcp) = self else {
            // A terminal cannot tell who has opened it.
            return std::future::pending().await;
        };
        loop {
            match tcp.listener.accept().await {
                Ok((_, address)) => tell(Event::Refused(address)),
                Err(error) => return error.into(),
            }
        }
    }
}

/// Serves clients until `stop` says so, or with `once` until the first has left.
///
/// # Errors
/// If the simulation of the board fails, or the system takes back what it granted. A client's connection that fails is a client that
/// leaves.
pub async fn serve(
    door: &Door,
    far: &mut FarEnd,
    once: bool,
    stop: &dyn Fn() -> bool,
    tell: &mut dyn FnMut(Event),
) -> Result<Ended, ServeError> {
    let interrupted = async {
        while !stop() {
            tokio::time::sleep(LOOK).await;
        }
    };
    let clients = async {
        loop {
            let (stream, rate, address) = tokio::select! {
                opened = door.open() => opened?,
                failed = far.alone() => match failed? {},
            };
            tell(Event::Came(address));
            tokio::select! {
                left = far.client(stream, &rate) => left?,
                error = door.refuse(tell) => return Err(error),
            }
            tell(Event::Left);
            if once {
                return Ok(Ended::Left);
            }
        }
    };
    tokio::select! {
        () = interrupted => Ok(Ended::Interrupted),
        ended = clients => ended,
    }
}
