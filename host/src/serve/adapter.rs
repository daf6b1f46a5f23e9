//! The USB adapter before the host: it collects bytes until a packet is full or a timer is over.

use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

/// Bytes of a full packet: the 64 of a full-speed USB packet but for two of status.
const PACKET: usize = 62;
/// Bytes a host's system keeps for a reader that is slow; more are lost.
const KEPT: usize = 64 * 1024;

/// Bytes on their way from the board's pins to the host.
#[derive(Debug, Default)]
pub(super) struct Adapter {
    packet: Vec<u8>,
    /// When the first byte of the packet came.
    since: Option<Instant>,
    /// What the host can have.
    pub(super) ready: VecDeque<u8>,
    /// Bytes lost because nobody read.
    pub(super) overrun: u64,
}

impl Adapter {
    /// A byte that left the board at a time.
    pub(super) fn push(&mut self, byte: u8, at: Instant) {
        self.packet.push(byte);
        self.since.get_or_insert(at);
        if self.packet.len() >= PACKET {
            self.send();
        }
    }

    /// Sends a packet whose time is over.
    pub(super) fn flush(&mut self, latency: Duration, now: Instant) {
        if self.due(latency).is_some_and(|due| now >= due) {
            self.send();
        }
    }

    /// When the packet's time is over.
    pub(super) fn due(&self, latency: Duration) -> Option<Instant> {
        self.since.map(|since| since + latency)
    }

    /// Nobody is there to have it.
    pub(super) fn clear(&mut self) {
        self.packet.clear();
        self.since = None;
        self.ready.clear();
    }

    fn send(&mut self) {
        self.since = None;
        for byte in self.packet.drain(..) {
            if self.ready.len() < KEPT {
                self.ready.push_back(byte);
            } else {
                self.overrun += 1;
            }
        }
    }
}
