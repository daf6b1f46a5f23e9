//! The functional board behind its link: bytes to frames, frames to requests, requests to the engine.

use std::time::Duration;

use rowfuse_spec::crc32::crc32;
use rowfuse_spec::frame::{Decoder, Frame, Info, ReplyStatus, Request, KIND_NAK, REPLY};
use rowfuse_spec::{ConfigError, EngineConfig, FrameError};

use super::engine::{Engine, Schedule};
use crate::board::{BoardError, Device};

/// Where the sequence number is in a frame, behind sync and kind.
const SEQ_PLACE: usize = 2;
/// How often a running program is advanced.
const SLICE: Duration = Duration::from_millis(1);

/// The functional board behind its link. Its memory is zero at first.
#[derive(Debug)]
pub struct FunctionalDevice {
    config: EngineConfig,
    engine: Engine,
    /// What takes long to find out, once it was asked for.
    source_id: Option<u32>,
    decoder: Decoder,
    /// Bytes of the frame that has begun, and its sequence number.
    place: usize,
    seq: u8,
    replies: Vec<u8>,
    /// Multiplications done before a STATUS is answered.
    pub(super) work_per_status: u64,
    /// Multiplications done in [`SLICE`].
    work_per_slice: u64,
}

impl FunctionalDevice {
    /// A board of that configuration. While a program runs it does [`FunctionalDevice::WORK`] multiplications a millisecond.
    ///
    /// # Errors
    /// If the configuration is not legal.
    pub fn new(config: EngineConfig) -> Result<FunctionalDevice, ConfigError> {
        config.validate()?;
        Ok(FunctionalDevice {
            engine: Engine::new(&config),
            source_id: None,
            config,
            decoder: Decoder::new(),
            place: 0,
            seq: 0,
            replies: Vec::new(),
            work_per_status: 0,
            work_per_slice: Self::WORK,
        })
    }

    /// Multiplications a millisecond, unless told otherwise: about what plain Rust does in that time.
    pub const WORK: u64 = 1 << 20;

    /// Does `work` multiplications a millisecond while a program runs, at least one.
    #[must_use]
    pub fn with_work(mut self, work: u64) -> FunctionalDevice {
        self.work_per_slice = work.max(1);
        self
    }

    /// Says that it was made of those sources. Without that it finds out when it is asked, which takes seconds.
    #[must_use]
    pub fn with_source_id(mut self, source_id: u32) -> FunctionalDevice {
        self.source_id = Some(source_id);
        self
    }

    pub(super) fn set_schedule(&mut self, schedule: Schedule) {
        self.engine.set_schedule(schedule);
    }

    pub(super) fn feed(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.place = if self.decoder.is_idle() {
                0
            } else {
                self.place + 1
            };
            if self.place == SEQ_PLACE {
                self.seq = byte;
            }
            let Some(result) = self.decoder.push(byte) else {
                continue;
            };
            let reply = match result {
                Ok(request) => self.answer(&request),
                Err(error) => Frame {
                    kind: KIND_NAK,
                    seq: self.seq,
                    status: ReplyStatus::from(&error) as u8,
                    payload: Vec::new(),
                },
            };
            let encoded = reply
                .encode()
                .expect("no reply is longer than a READ's data");
            self.replies.extend_from_slice(&encoded);
        }
    }

    fn answer(&mut self, frame: &Frame) -> Frame {
        let done = match frame.kind & REPLY {
            0 => Request::decode(frame.kind, &frame.payload),
            _ => Err(FrameError::UnknownKind { kind: frame.kind }),
        };
        match done
            .map_err(|error| ReplyStatus::from(&error))
            .and_then(|r| self.execute(r))
        {
            Ok(payload) => frame.reply(ReplyStatus::Ok, payload),
            Err(status) => frame.reply(status, Vec::new()),
        }
    }

    fn execute(&mut self, request: Request) -> Result<Vec<u8>, ReplyStatus> {
        let memory = &mut self.engine.memory;
        match request {
            Request::Info => {
                // The configuration is legal, so it has an ID.
                let config = &self.config;
                let source_id = *self
                    .source_id
                    .get_or_insert_with(|| rowfuse_hdl::identity::source_id(config).unwrap_or(0));
                return Ok(Info::of(&self.config, source_id).encode().to_vec());
            }
            Request::Write { address, data } => {
                let place = memory
                    .slice_mut(address, data.len())
                    .ok_or(ReplyStatus::BadAddress)?;
                place.copy_from_slice(&data);
            }
            Request::Read { address, length } => {
                let place = memory.slice_mut(address, usize::from(length));
                return Ok(place.ok_or(ReplyStatus::BadAddress)?.to_vec());
            }
            Request::Run { .. } if self.engine.status().busy => return Err(ReplyStatus::Busy),
            Request::Run { address } => self.engine.start(address)?,
            Request::Status => {
                self.engine.advance(self.work_per_status);
                return Ok(self.engine.status().encode());
            }
            Request::Abort => self.engine.abort(),
            Request::Checksum { address, length } => {
                let place = self.engine.memory.slice_mut(address, usize::from(length));
                let sum = crc32(place.ok_or(ReplyStatus::BadAddress)?);
                return Ok(sum.to_le_bytes().to_vec());
            }
            // There is no serial port whose rate could change.
            Request::Rate { .. } => {}
        }
        Ok(Vec::new())
    }
}

impl Device for FunctionalDevice {
    fn describe(&self) -> String {
        format!("functional ({})", self.config.name)
    }

    fn accept(&mut self, bytes: &[u8]) -> Result<(), BoardError> {
        self.feed(bytes);
        Ok(())
    }

    fn advance(&mut self) -> Result<Duration, BoardError> {
        self.engine.advance(self.work_per_slice);
        Ok(SLICE)
    }

    fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.replies)
    }

    fn busy(&self) -> bool {
        self.engine.status().busy
    }

    fn idle(&self) -> bool {
        !self.busy() && self.replies.is_empty()
    }

    fn silence(&mut self) -> Result<(), BoardError> {
        self.decoder.reset();
        Ok(())
    }

    fn reset(&mut self) -> Result<(), BoardError> {
        self.engine.abort();
        self.decoder.reset();
        self.replies.clear();
        Ok(())
    }

    fn scramble(&mut self, seed: u64) {
        self.engine.memory.scramble(seed);
    }
}
