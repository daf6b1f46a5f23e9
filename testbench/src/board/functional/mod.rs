//! The functional board: executes the very same frames and commands in plain Rust, for speed.
//!
//! It models what programs can get wrong: pixels are read from a modelled line buffer by lane address,
//! weights from a ring, parameters from a table, and three units work through their queues in order
//! with semaphores between them. It convolves directly, not by Winograd, and knows no cycles: the
//! counters that depend on timing stay zero. A deadlock is reported instead of suffered.

mod compute;
mod engine;
mod kernel;
mod line_buffer;
mod memory;
mod weights;

pub use engine::Schedule;

use engine::Engine;
use rowfuse_spec::crc32::crc32;
use rowfuse_spec::frame::{Decoder, Frame, Info, ReplyStatus, Request, KIND_NAK, REPLY};
use rowfuse_spec::{ConfigError, EngineConfig, FrameError};

use super::{Board, BoardError, Exchange, Reply, Wire};

/// Multiplications a program is advanced by at most for each STATUS request: some hundredths of a
/// second, so that progress shows and an interruption is prompt.
const WORK_PER_STATUS: u64 = 1 << 27;

/// The functional board.
#[derive(Debug)]
pub struct FunctionalBoard {
    exchange: Exchange,
    device: Device,
}

impl FunctionalBoard {
    /// A board of that configuration with its memory zeroed. Refuses an illegal configuration.
    pub fn new(config: EngineConfig) -> Result<FunctionalBoard, ConfigError> {
        config.validate()?;
        let device = Device {
            engine: Engine::new(&config),
            config,
            source_id: None,
            decoder: Decoder::new(),
            replies: Vec::new(),
        };
        Ok(FunctionalBoard {
            exchange: Exchange::new(),
            device,
        })
    }

    /// Chooses among the orders of execution that the semaphores allow. A correct program gives the
    /// same bytes under all of them.
    pub fn with_schedule(mut self, schedule: Schedule) -> FunctionalBoard {
        self.device.engine.set_schedule(schedule);
        self
    }

    /// The bytes the board sends in answer to these bytes on its wire, for tests of the link.
    pub fn exchange_bytes(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.device.accept(bytes);
        std::mem::take(&mut self.device.replies)
    }
}

impl Board for FunctionalBoard {
    fn describe(&self) -> String {
        format!("functional ({})", self.device.config.name)
    }

    fn request(&mut self, kind: u8, payload: &[u8]) -> Result<Reply, BoardError> {
        self.exchange.request(&mut self.device, kind, payload)
    }
}

/// What lies behind the wire.
#[derive(Debug)]
struct Device {
    config: EngineConfig,
    engine: Engine,
    /// What takes long to find out, once it was asked for.
    source_id: Option<u32>,
    decoder: Decoder,
    replies: Vec<u8>,
}

impl Device {
    fn accept(&mut self, bytes: &[u8]) {
        for result in self.decoder.push_all(bytes) {
            let reply = match result {
                Ok(request) => self.answer(&request),
                Err(error) => {
                    let status = ReplyStatus::from(&error) as u8;
                    Frame {
                        kind: KIND_NAK,
                        seq: 0,
                        status,
                        payload: Vec::new(),
                    }
                }
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
                self.engine.advance(WORK_PER_STATUS);
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

impl Wire for Device {
    fn send(&mut self, bytes: &[u8]) -> Result<(), BoardError> {
        self.accept(bytes);
        Ok(())
    }

    fn receive(&mut self) -> Result<Vec<u8>, BoardError> {
        Ok(std::mem::take(&mut self.replies))
    }

    fn resynchronise(&mut self) -> Result<(), BoardError> {
        self.decoder.reset();
        self.replies.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
