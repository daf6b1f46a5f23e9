//! A board that has a rate, behind a pipe.
#![allow(missing_docs)]

use super::stream::Line;
use super::testing::Far;
use super::timing::Timing;
use rowfuse_spec::config::preset;
use rowfuse_spec::frame::{KIND_RATE, REPLY};
use rowfuse_spec::uart::{baud as baud_of, DEFAULT_BAUD};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

/// A board behind a pipe that follows RATE as a real one does: at another rate than the host's nothing is understood.
pub struct Picky {
    pub far: Far,
    pub baud: u32,
    /// Rates at which every second piece of what the host sends is damaged.
    pub bad: Arc<Mutex<Vec<u32>>>,
    pub pieces: u32,
    /// Time without a good frame until it is back at its first rate.
    pub hold: Duration,
    /// Set to reset it.
    pub reset: Arc<AtomicBool>,
}

impl Picky {
    /// One that is at that rate.
    pub fn new(baud: u32) -> Picky {
        Picky {
            far: Far::new("tiny-1").awake(),
            baud,
            bad: Arc::default(),
            pieces: 0,
            hold: Timing::new(preset("tiny-1").unwrap().clock_mhz).hold(),
            reset: Arc::default(),
        }
    }
}

/// The rate that the host's end of a pipe is set to.
pub struct Rated {
    pub pipe: DuplexStream,
    pub baud: Arc<AtomicU64>,
}

impl tokio::io::AsyncRead for Rated {
    fn poll_read(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::pin::Pin::new(&mut self.pipe).poll_read(context, buffer)
    }
}

impl tokio::io::AsyncWrite for Rated {
    fn poll_write(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
        bytes: &[u8],
    ) -> std::task::Poll<std::io::Result<usize>> {
        std::pin::Pin::new(&mut self.pipe).poll_write(context, bytes)
    }
    fn poll_flush(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::pin::Pin::new(&mut self.pipe).poll_flush(context)
    }
    fn poll_shutdown(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::pin::Pin::new(&mut self.pipe).poll_shutdown(context)
    }
}

impl Line for Rated {
    fn set_baud(&mut self, baud: u32) -> std::io::Result<()> {
        self.baud.store(baud.into(), Ordering::Relaxed);
        Ok(())
    }
}

/// Serves a pipe until it is closed. After the hold time without a good frame the board is back at its first rate.
pub async fn serve(mut end: DuplexStream, mut board: Picky, host: Arc<AtomicU64>) {
    let began = tokio::time::Instant::now();
    let mut buffer = vec![0; 4096];
    let mut good = began;
    loop {
        let read = match end.read(&mut buffer).await {
            Ok(read) if read > 0 => read,
            _ => return,
        };
        if good.elapsed() > board.hold || board.reset.swap(false, Ordering::Relaxed) {
            board.baud = DEFAULT_BAUD;
        }
        let said = host.load(Ordering::Relaxed) as u32;
        if said.abs_diff(board.baud) > board.baud / 50 {
            continue;
        }
        let rate = buffer[..read]
            .windows(10)
            .find(|frame| frame[0] == rowfuse_spec::frame::SYNC && frame[1] == KIND_RATE);
        let increment =
            rate.map(|frame| u32::from_le_bytes([frame[6], frame[7], frame[8], frame[9]]));
        board.pieces += 1;
        let bad = board.bad.lock().unwrap().contains(&said);
        if bad && board.pieces.is_multiple_of(2) {
            buffer[read / 2] ^= 0x40;
        }
        let replies = board.far.take(&buffer[..read], began.elapsed());
        good = tokio::time::Instant::now();
        if end.write_all(&replies).await.is_err() {
            return;
        }
        let executed = replies.get(1) == Some(&(KIND_RATE | REPLY)) && replies[3] == 0;
        if let (Some(increment), true) = (increment, executed) {
            board.baud = baud_of(increment, preset("tiny-1").unwrap().clock_mhz);
        }
    }
}
