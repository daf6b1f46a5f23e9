//! The link's protocol without I/O: requests in, bytes out; bytes and time in, replies out.
//!
//! Several frames are under way at a time. The board answers in order, so a reply says that whatever was sent before and
//! has none was damaged. Exactly those frames are repeated, after a silence in which the board drops a frame that was torn.

use super::flight::Flight;
use super::stats::Stats;
use super::timing::{Timing, Wire};
use rowfuse_spec::frame::{
    Decoder, Frame, Info, ReplyStatus, CRC_BYTES, HEADER_BYTES, KIND_NAK, KIND_WRITE, REPLY,
};
use rowfuse_testbench::board::{BoardError, Reply};
use std::collections::VecDeque;
use std::time::Duration;

/// How often a frame is sent at most.
pub const ATTEMPTS: u32 = 16;
/// How often in a row no reply may come in time.
pub const SILENCES: u32 = 5;
/// How much later than the line allows a reply may come, at first. What is observed replaces it.
const MARGIN: Duration = Duration::from_millis(100);
/// The same over pipes, which lose nothing: a frame that is repeated there costs room that was reckoned with for others.
const PIPES_MARGIN: Duration = Duration::from_secs(1);
/// How often in a row no reply may come in time over pipes.
const PIPES_SILENCES: u32 = 3;
/// The most that is learned from late replies.
const MAX_MARGIN: Duration = Duration::from_millis(400);

/// Bytes of a refusal.
const REFUSAL: u64 = (HEADER_BYTES + CRC_BYTES) as u64;

/// The frames under way, and what was learned of the line. Times are those since any fixed moment.
#[derive(Debug)]
pub struct Window {
    pub(super) timing: Timing,
    decoder: Decoder,
    pub(super) flights: VecDeque<Flight>,
    seq: u8,
    sent: u64,
    /// When the line will have carried what was sent, and what was asked for.
    out_free: Duration,
    in_free: Duration,
    /// Nothing is sent before.
    hold: Duration,
    margin: Duration,
    silences: u32,
    /// How many silences in a row are a failure.
    tries: u32,
    /// What was last wrong.
    last: &'static str,
    stats: Stats,
}

impl Window {
    /// An empty window. `seq` is best a random number, so that replies to another host's requests are not taken for ours.
    pub fn new(timing: Timing, seq: u8) -> Window {
        let (margin, tries) = match timing.wire {
            Wire::Serial => (MARGIN, SILENCES),
            Wire::Pipes => (PIPES_MARGIN, PIPES_SILENCES),
        };
        Window {
            timing,
            decoder: Decoder::new(),
            flights: VecDeque::new(),
            seq,
            sent: 0,
            out_free: Duration::ZERO,
            in_free: Duration::ZERO,
            hold: Duration::ZERO,
            margin,
            silences: 0,
            tries,
            last: "silence",
            stats: Stats::default(),
        }
    }

    /// The line's figures.
    pub fn timing(&self) -> Timing {
        self.timing
    }

    /// Reckons with other figures from now on.
    pub fn set_timing(&mut self, timing: Timing) {
        self.timing = timing;
    }

    /// What was counted.
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// The same, to count what happens outside.
    pub fn stats_mut(&mut self) -> &mut Stats {
        &mut self.stats
    }

    /// Whether no request lacks its reply and no reply waits to be taken.
    pub fn is_empty(&self) -> bool {
        self.flights.is_empty()
    }

    /// When all that was sent has left, as far as the rate tells.
    pub fn out_free(&self) -> Duration {
        self.out_free
    }

    /// Takes a request. The caller has asked [`Window::room`].
    ///
    /// # Errors
    /// If the payload is too long for a frame.
    pub fn push(&mut self, kind: u8, payload: Vec<u8>) -> Result<(), BoardError> {
        self.seq = self.seq.wrapping_add(1);
        self.flights
            .push_back(Flight::new(kind, self.seq, payload)?);
        Ok(())
    }

    /// Forgets all requests; their replies will be skipped.
    pub fn abandon(&mut self) {
        self.flights.clear();
        self.silences = 0;
    }

    /// Fails after so many silences in a row, at most `SILENCES`.
    pub fn set_tries(&mut self, tries: u32) {
        self.tries = tries;
    }

    /// Drops what was received of a frame.
    pub fn reset_decoder(&mut self) {
        self.decoder.reset();
    }

    /// The next frame to send, if one may be sent now.
    pub fn transmit(&mut self, now: Duration) -> Option<Vec<u8>> {
        if now < self.hold {
            return None;
        }
        let timing = self.timing;
        let flight = self.flights.iter_mut().find(|flight| flight.queued)?;
        self.sent += 1;
        self.out_free = self.out_free.max(now) + timing.bytes(flight.bytes.len());
        let reply = HEADER_BYTES + flight.length.unwrap_or(Info::BYTES) + CRC_BYTES;
        self.in_free = self.in_free.max(self.out_free) + timing.bytes(reply + flight.work);
        (flight.last, flight.due) = (self.sent, self.in_free);
        flight.heard = self.stats.bytes_received;
        if flight.attempts == 0 {
            (flight.first, flight.first_due) = (flight.last, flight.due);
        } else {
            self.stats.frames_repeated += 1;
            tracing::debug!(
                kind = flight.kind,
                seq = flight.seq,
                attempt = flight.attempts + 1,
                "repeated"
            );
        }
        flight.attempts += 1;
        flight.queued = false;
        self.stats.frames_sent += 1;
        self.stats.bytes_sent += flight.bytes.len() as u64;
        let length = flight.bytes.len() - HEADER_BYTES - CRC_BYTES;
        tracing::trace!(kind = flight.kind, seq = flight.seq, length, "sent");
        Some(flight.bytes.clone())
    }

    /// Takes what was received.
    pub fn receive(&mut self, bytes: &[u8], now: Duration) {
        self.stats.bytes_received += bytes.len() as u64;
        for result in self.decoder.push_all(bytes) {
            match result {
                Ok(frame) => self.accept(frame, now),
                Err(error) => {
                    tracing::debug!(%error, "a reply is damaged");
                    self.stats.damaged += 1;
                    self.last = "a damaged reply";
                    self.suspect_only(now);
                }
            }
        }
    }

    /// When [`Window::expire`] or [`Window::transmit`] has something to do next, if nothing is received before.
    pub fn deadline(&self) -> Option<Duration> {
        let queued = self.flights.iter().any(|flight| flight.queued);
        let held = queued.then_some(self.hold);
        let under_way = self.flights.iter().filter(|flight| flight.under_way());
        under_way.map(|f| self.limit(f)).chain(held).min()
    }

    /// Has frames repeated whose replies should be here by now.
    ///
    /// # Errors
    /// If too many attempts were in vain, or a frame that must not be repeated got no reply.
    pub fn expire(&mut self, now: Duration) -> Result<(), BoardError> {
        let late = |flight: &Flight| flight.under_way() && self.limit(flight) <= now;
        let late: Vec<bool> = self.flights.iter().map(late).collect();
        if !late.contains(&true) {
            return self.exhausted();
        }
        self.stats.timeouts += 1;
        self.silences += 1;
        self.decoder.reset();
        for (flight, _) in self.flights.iter_mut().zip(late).filter(|(_, late)| *late) {
            let heard = self.stats.bytes_received - flight.heard;
            if flight.once() && !(flight.refused && heard == REFUSAL) {
                return Err(BoardError::RunUnknown(self.last.into()));
            }
            flight.queued = true;
            flight.refused = false;
        }
        self.hold_off(now);
        self.exhausted()
    }

    /// The oldest request's reply, if it is here.
    pub fn reply(&mut self) -> Option<Reply> {
        if self.flights.front()?.waits() {
            return None;
        }
        self.flights.pop_front()?.reply
    }

    /// How much later than the line allows a reply may come.
    pub fn margin(&self) -> Duration {
        self.margin
    }

    /// When a frame's reply counts as lost. Who must not repeat it waits long, as that costs less than the loss.
    fn limit(&self, flight: &Flight) -> Duration {
        let doublings = if flight.once() && !flight.refused {
            4
        } else {
            self.silences.min(SILENCES)
        };
        flight.due + self.margin * (1 << doublings)
    }

    fn exhausted(&self) -> Result<(), BoardError> {
        let tired = |f: &&Flight| f.queued && f.attempts >= ATTEMPTS;
        let attempts = match self.flights.iter().find(tired) {
            Some(flight) => flight.attempts,
            None if self.silences >= self.tries => self.silences,
            None => return Ok(()),
        };
        Err(BoardError::NoReply {
            attempts,
            last: self.last.into(),
        })
    }

    /// Keeps silent for as long as the board needs to drop a torn frame, and longer the more often frames were sent in vain: a
    /// disturbance may last.
    fn hold_off(&mut self, now: Duration) {
        let queued = self.flights.iter().filter(|flight| flight.queued);
        let attempts = queued.map(|flight| flight.attempts).max().unwrap_or(1);
        let silence = self.timing.silence() * (1 << attempts.saturating_sub(1).min(6));
        self.hold = self.out_free.max(now) + silence;
    }

    fn accept(&mut self, frame: Frame, now: Duration) {
        let Frame { kind, seq, .. } = frame;
        tracing::trace!(
            kind,
            seq,
            length = frame.payload.len(),
            status = frame.status,
            "received"
        );
        if kind == KIND_NAK {
            self.stats.refused += 1;
            self.last = "the board received a damaged frame";
            return self.refused(&frame, now);
        }
        if kind & REPLY == 0 {
            let ours = self
                .flights
                .iter()
                .any(|f| f.kind == kind && f.seq == seq && f.attempts > 0);
            self.stats.echoed += u64::from(ours);
            self.stats.skipped += u64::from(!ours);
            self.last = "what was sent comes back";
            return;
        }
        let answers = |flight: &&mut Flight| {
            flight.waits()
                && flight.attempts > 0
                && flight.seq == seq
                && flight.kind | REPLY == kind
        };
        let found = self.flights.iter_mut().find(answers);
        let status = ReplyStatus::from_byte(frame.status);
        let (Some(flight), Some(status)) = (found, status) else {
            self.stats.skipped += 1;
            return;
        };
        let length = frame.payload.len();
        if !flight.fits(status, length) {
            self.stats.skipped += 1;
            self.last = "a reply that cannot be one";
            return;
        }
        self.stats.answered += 1;
        self.stats.payload_received += length as u64;
        if flight.kind == KIND_WRITE && status == ReplyStatus::Ok {
            let data = flight.bytes.len() - HEADER_BYTES - CRC_BYTES - 4;
            self.stats.payload_sent += data as u64;
        }
        let (first, due) = (flight.first, flight.first_due);
        let repeated = flight.attempts > 1;
        flight.queued = false;
        flight.reply = Some(Reply {
            status,
            payload: frame.payload,
        });
        self.silences = 0;
        self.last = "silence";
        self.learn(now.saturating_sub(due), repeated);
        self.passed_over(first, now);
    }

    /// Follows how late replies are. That of a repeated frame may be the reply to any of its sendings.
    fn learn(&mut self, late: Duration, repeated: bool) {
        if self.timing.wire == Wire::Pipes {
            return;
        }
        let wanted = (late * 2).clamp(MARGIN, MAX_MARGIN);
        if wanted > self.margin {
            self.margin = wanted;
        } else if !repeated {
            self.margin -= (self.margin - wanted) / 8;
        }
    }

    /// Repeats what was sent before the frame of that place, which is answered, and has no reply.
    fn passed_over(&mut self, place: u64, now: Duration) {
        let lost = |f: &&mut Flight| f.under_way() && !f.once() && f.last < place;
        let mut any = false;
        for flight in self.flights.iter_mut().filter(lost) {
            flight.queued = true;
            any = true;
        }
        if any {
            self.hold_off(now);
        }
    }

    /// The board got a frame damaged, perhaps the one of that number.
    fn refused(&mut self, nak: &Frame, now: Duration) {
        let seq = nak.seq;
        let found = self
            .flights
            .iter_mut()
            .find(|f| f.under_way() && f.seq == seq);
        match found {
            // The refusal may be that of noise on the line, so the reply still has its time, and nothing else may come.
            Some(flight) if flight.once() => {
                flight.refused = nak.status == ReplyStatus::BadCrc as u8;
            }
            Some(flight) => {
                flight.queued = true;
                self.hold_off(now);
            }
            None => self.suspect_only(now),
        }
    }

    /// Something is damaged: if one frame alone is under way, it is that one.
    fn suspect_only(&mut self, now: Duration) {
        let mut under_way = self.flights.iter_mut().filter(|f| f.under_way());
        let (Some(only), None) = (under_way.next(), under_way.next()) else {
            return;
        };
        if !only.once() && only.attempts == 1 {
            only.queued = true;
            self.hold_off(now);
        }
    }
}
