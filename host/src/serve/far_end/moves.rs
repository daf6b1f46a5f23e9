//! What moves along the line, when it arrives, and what happens to it on the way.

use super::{differ, FarEnd};
use crate::serve::board::Power;
use crate::serve::faults::{Happening, Item};
use crate::serve::receiver::Receiver;
use crate::serve::resample::heard;
use crate::serve::watch::{Meaning, Watch};
use crate::serve::{Direction, Line, ServeError};
use rowfuse_spec::frame::{CRC_BYTES, HEADER_BYTES, MAX_DATA};
use rowfuse_testbench::board::Device;
use std::time::Duration;
use tokio::time::Instant;

/// Bytes the enframer can hold beside those it sends: a reply.
const REPLY_BYTES: usize = HEADER_BYTES + MAX_DATA + CRC_BYTES;

impl<P: Power> FarEnd<P> {
    pub(super) fn send_to_board(&mut self, items: Vec<Item>, baud: Option<u32>, now: Instant) {
        let byte = Line::byte(baud);
        self.free = self.free.max(now);
        for item in items {
            match item {
                Item::Byte(_) => self.free += byte,
                Item::Pause(time) => self.free += time,
                Item::Happening(_) => {}
            }
            self.coming.push_back((self.free, item));
        }
    }

    /// Everything that is due by now.
    pub(super) fn advance(
        &mut self,
        now: Instant,
        host_rate: &dyn Fn() -> Option<u32>,
    ) -> Result<(), ServeError> {
        self.line.settle(now);
        let due = self.faults().due(Direction::Request);
        if due.is_some_and(|due| due <= now) {
            let items = self.faults().release(Direction::Request);
            self.send_to_board(items, self.line.baud(), now);
        }
        self.deliver(now)?;
        self.feed()?;
        if !self.device.idle() && now >= self.resume {
            self.resume = now + self.device.advance()?;
        }
        self.collect(now);
        let due = self.faults().due(Direction::Reply);
        if due.is_some_and(|due| due <= now) {
            let items = self.faults().release(Direction::Reply);
            self.send_to_host(items, now);
        }
        while self.going.front().is_some_and(|(at, ..)| *at <= now) {
            if let Some((at, item, baud)) = self.going.pop_front() {
                self.leave(item, at, baud, host_rate)?;
            }
        }
        self.adapter.flush(self.line.latency(), now);
        Ok(())
    }

    /// What is there by now reaches the board.
    pub(super) fn deliver(&mut self, now: Instant) -> Result<(), ServeError> {
        while self.coming.front().is_some_and(|(at, _)| *at <= now) {
            if let Some((at, item)) = self.coming.pop_front() {
                self.arrive(item, at)?;
                self.collect(now);
            }
        }
        Ok(())
    }

    /// A byte or another thing reaches the board.
    pub(super) fn arrive(&mut self, item: Item, at: Instant) -> Result<(), ServeError> {
        match item {
            Item::Byte(_) if lasts(&mut self.cut, at) || lasts(&mut self.stopped, at) => {}
            Item::Byte(byte) if lasts(&mut self.echoing, at) => {
                self.adapter.push(byte, at);
            }
            Item::Byte(byte) if self.line.baud().is_none() => self.take(&[byte])?,
            Item::Byte(byte) => {
                self.traffic.overrun += u64::from(!self.receiver.push(byte));
                self.feed()?;
            }
            Item::Pause(_) => {}
            Item::Happening(happening) => self.happen(happening, at)?,
        }
        Ok(())
    }

    /// Hands over what the controller has room for.
    pub(super) fn feed(&mut self) -> Result<(), ServeError> {
        while self.going.len() <= REPLY_BYTES {
            let Some(frame) = self.receiver.pop() else {
                break;
            };
            self.take(&frame)?;
            self.collect(Instant::now());
        }
        let begun = self.receiver.pop_begun();
        self.take(&begun)
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), ServeError> {
        if !bytes.is_empty() {
            self.watch.request(bytes);
            self.device.accept(bytes)?;
        }
        Ok(())
    }

    /// Puts on the line what the board gives.
    pub(super) fn collect(&mut self, now: Instant) {
        let bytes = self.device.take();
        if bytes.is_empty() {
            return;
        }
        for &byte in &bytes {
            match self.watch.reply(byte) {
                Some(Meaning::Rate(increment)) => {
                    self.line.understood(now);
                    self.line.ask(increment, now);
                }
                Some(Meaning::Good) => self.line.understood(now),
                None => {}
            }
        }
        self.traffic.replies += bytes.len() as u64;
        let items = self.faults().pass(Direction::Reply, &bytes, now);
        self.send_to_host(items, now);
    }

    fn send_to_host(&mut self, items: Vec<Item>, now: Instant) {
        let baud = self.line.baud();
        let byte = Line::byte(baud);
        let mut at = self.line.sent.max(now);
        for item in items {
            match item {
                Item::Byte(_) => at += byte,
                Item::Pause(time) => at += time,
                Item::Happening(_) => {}
            }
            self.going.push_back((at, item, baud));
        }
        self.line.sent = at;
    }

    /// A byte or another thing leaves the board.
    fn leave(
        &mut self,
        item: Item,
        at: Instant,
        baud: Option<u32>,
        host_rate: &dyn Fn() -> Option<u32>,
    ) -> Result<(), ServeError> {
        match item {
            Item::Byte(_) if lasts(&mut self.cut, at) || lasts(&mut self.stopped, at) => {}
            Item::Byte(byte) => {
                let host = host_rate().filter(|_| self.line.has_rate());
                match (host, baud) {
                    (Some(host), Some(board)) if differ(host, board) => {
                        for byte in heard(&[byte], board, host) {
                            self.adapter.push(byte, at);
                        }
                    }
                    _ => self.adapter.push(byte, at),
                }
            }
            Item::Pause(_) => {}
            Item::Happening(happening) => self.happen(happening, at)?,
        }
        Ok(())
    }

    fn happen(&mut self, happening: Happening, at: Instant) -> Result<(), ServeError> {
        // Ends that are never: a century is as good.
        let end =
            |time: Option<Duration>| Some(at + time.unwrap_or(Duration::from_secs(3_000_000_000)));
        match happening {
            Happening::Cut(time) => self.cut = end(time),
            Happening::Stop(time) => self.stopped = end(time),
            Happening::Echo(time) => self.echoing = end(time),
            Happening::Reset => {
                self.device.reset()?;
                self.forget();
            }
            Happening::Power => {
                let seed = self.faults().number();
                self.device = self.power.up(seed)?;
                self.forget();
            }
        }
        Ok(())
    }

    /// What the serial port knew is gone.
    fn forget(&mut self) {
        self.line.reset();
        self.receiver = Receiver::default();
        self.watch = Watch::default();
        self.going.clear();
        self.line.sent = Instant::now();
    }

    pub(super) fn silence(&mut self) -> Result<(), ServeError> {
        self.receiver.silence();
        self.watch.silence();
        Ok(self.device.silence()?)
    }
}

/// Whether what lasts until a time still lasts.
fn lasts(until: &mut Option<Instant>, at: Instant) -> bool {
    if until.is_some_and(|until| at >= until) {
        *until = None;
    }
    until.is_some()
}
