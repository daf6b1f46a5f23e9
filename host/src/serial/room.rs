//! How much may be under way.

use super::flight::{reply_length, Flight};
use super::timing::Wire;
use super::window::Window;
use rowfuse_spec::frame::{CRC_BYTES, HEADER_BYTES, KIND_RATE, KIND_RUN, KIND_WRITE, MAX_PAYLOAD};
use rowfuse_spec::pipes::{blocks, REPLY_ROOM, REQUEST_ROOM};
use std::time::Duration;

/// Most frames under way: far below the 256 sequence numbers, so that an old reply is not taken for a new one.
pub const FRAMES: usize = 64;
/// Bytes of requests that a board may have to keep while it sends replies: its queue has 1,024 (`docs/blocks/uart.md`).
const QUEUE: usize = 960;
/// Time that the bytes under way may last beyond [`SPARE`]: twice the 16 ms of an adapter's latency timer, and as much again.
const LATENCY: Duration = Duration::from_millis(64);
/// Bytes that may be under way at any rate: four of the longest frames.
const SPARE: usize = 4 * (HEADER_BYTES + MAX_PAYLOAD + CRC_BYTES);

impl Window {
    /// Whether another request of that kind and payload may be pushed.
    pub fn room(&self, kind: u8, payload: &[u8]) -> bool {
        let Some(oldest) = self.flights.front() else {
            return true;
        };
        let once = matches!(kind, KIND_RUN | KIND_RATE) || oldest.once();
        if once || self.flights.len() >= FRAMES {
            return false;
        }
        let request = HEADER_BYTES + payload.len() + CRC_BYTES;
        let reply = HEADER_BYTES + reply_length(kind, payload).unwrap_or(0) + CRC_BYTES;
        if self.timing.wire == Wire::Pipes {
            return self.room_in_pipes(request, reply);
        }
        let limit = SPARE + self.timing.carried(LATENCY);
        let all: usize = self.flights.iter().map(Flight::weight).sum();
        // WRITEs are executed as fast as they come; behind any other request they may have to be kept.
        let kept = self.flights.iter().skip_while(|f| f.kind == KIND_WRITE);
        let kept: usize = kept.map(|f| f.bytes.len()).sum();
        all + request.max(reply) <= limit && (kept == 0 || kept + request <= QUEUE)
    }

    /// Whether the board could keep all requests under way, or all their replies, with one more of so many bytes: otherwise it may wait for
    /// a host to read that is still writing. Each may lie in blocks of its own.
    fn room_in_pipes(&self, request: usize, reply: usize) -> bool {
        let sum = |bytes: fn(&Flight) -> usize| -> usize {
            self.flights.iter().map(|f| blocks(bytes(f))).sum()
        };
        sum(|f| f.bytes.len()) + blocks(request) <= REQUEST_ROOM
            || sum(Flight::reply_bytes) + blocks(reply) <= REPLY_ROOM
    }
}
