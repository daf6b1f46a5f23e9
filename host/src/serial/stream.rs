//! A line: a serial port, a TCP connection or, in tests, a pipe.

use std::io;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::net::TcpStream;
use tokio_serial::{SerialPort, SerialStream};

/// Bytes both ways, at a rate.
pub trait Line: AsyncRead + AsyncWrite + Unpin + Send {
    /// Changes the rate (bits a second) at once; nothing happens where there is none.
    ///
    /// # Errors
    /// If the port cannot have that rate, or is gone.
    fn set_baud(&mut self, _baud: u32) -> io::Result<()> {
        Ok(())
    }
}

impl Line for TcpStream {}

impl Line for DuplexStream {}

impl Line for SerialStream {
    fn set_baud(&mut self, baud: u32) -> io::Result<()> {
        Ok(self.set_baud_rate(baud)?)
    }
}
