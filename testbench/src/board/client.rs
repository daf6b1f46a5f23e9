//! Typed operations on any board.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use rowfuse_spec::counters::Counter;
use rowfuse_spec::frame::{Info, ReplyStatus, Request, Status, KIND_READ, KIND_WRITE, MAX_DATA};
use rowfuse_spec::{EngineConfig, CONTRACT_VERSION};

use super::{Board, BoardError, Reply};

/// When to give a program up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest time without any progress in the counters of work done.
    pub stall: Duration,
}

impl Default for Limits {
    /// One minute: boards that are simulated cycle by cycle are slow.
    fn default() -> Limits {
        Limits {
            stall: Duration::from_secs(60),
        }
    }
}

/// A board that is known to be the right one.
#[derive(Debug)]
pub struct Client<B: Board> {
    board: B,
    info: Info,
    limits: Limits,
}

impl<B: Board> Client<B> {
    /// Asks the board who it is, and refuses one of another contract or configuration than `config`.
    pub fn connect(mut board: B, config: &EngineConfig) -> Result<Client<B>, BoardError> {
        let info = ask_info(&mut board)?;
        let same = |what, expected: String, found: String| {
            if expected == found {
                Ok(())
            } else {
                Err(BoardError::Mismatch {
                    what,
                    expected,
                    found,
                })
            }
        };
        let expected = Info::of(config, info.source_id);
        let version = CONTRACT_VERSION.to_string();
        same(
            "contract version",
            version,
            info.contract_version.to_string(),
        )?;
        same(
            "number of lanes",
            expected.lanes.to_string(),
            info.lanes.to_string(),
        )?;
        let id = |info: &Info| format!("{:#010x}", info.config_id);
        same("configuration", id(&expected), id(&info))?;
        same(
            "memory in KiB",
            expected.memory_kib.to_string(),
            info.memory_kib.to_string(),
        )?;
        Ok(Client {
            board,
            info,
            limits: Limits::default(),
        })
    }

    /// Gives programs up by other limits.
    pub fn with_limits(mut self, limits: Limits) -> Client<B> {
        self.limits = limits;
        self
    }

    /// What the board said when it was connected.
    pub fn info(&self) -> &Info {
        &self.info
    }

    /// The board.
    pub fn board(&mut self) -> &mut B {
        &mut self.board
    }

    /// Writes bytes to memory at an even byte address, an even number of them.
    pub fn write(&mut self, address: u32, bytes: &[u8]) -> Result<(), BoardError> {
        self.write_with(address, bytes, &mut |_| ControlFlow::Continue(()))
    }

    /// [`Client::write`] that reports the bytes written so far after each frame, and stops on a break.
    pub fn write_with(
        &mut self,
        address: u32,
        bytes: &[u8],
        progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<(), BoardError> {
        even(address, bytes.len())?;
        let mut requests = bytes.chunks(MAX_DATA).enumerate().map(|(index, data)| {
            let address = address.wrapping_add((index * MAX_DATA) as u32);
            Request::Write {
                address,
                data: data.to_vec(),
            }
        });
        self.ask_all(KIND_WRITE, &mut requests, &|_| 0, &mut |index, _| {
            progress(bytes.len().min((index + 1) * MAX_DATA))
        })
    }

    /// Reads an even number of bytes from memory at an even byte address.
    pub fn read(&mut self, address: u32, length: usize) -> Result<Vec<u8>, BoardError> {
        self.read_with(address, length, &mut |_| ControlFlow::Continue(()))
    }

    /// [`Client::read`] that reports the bytes read so far after each frame, and stops on a break.
    pub fn read_with(
        &mut self,
        address: u32,
        length: usize,
        progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Vec<u8>, BoardError> {
        even(address, length)?;
        let size = |done: usize| (length - done).min(MAX_DATA);
        let mut requests = (0..length).step_by(MAX_DATA).map(|done| Request::Read {
            address: address.wrapping_add(done as u32),
            length: size(done) as u16,
        });
        let mut bytes = Vec::with_capacity(length);
        self.ask_all(
            KIND_READ,
            &mut requests,
            &|index| size(index * MAX_DATA),
            &mut |_, data| {
                bytes.extend(data);
                progress(bytes.len())
            },
        )?;
        Ok(bytes)
    }

    /// Starts the program at an even byte address.
    pub fn start(&mut self, address: u32) -> Result<(), BoardError> {
        self.ask(&Request::Run { address }, 0).map(drop)
    }

    /// Whether a program is running, how the last one ended, and the counters.
    pub fn status(&mut self) -> Result<Status, BoardError> {
        let payload = self.ask(&Request::Status, Status::BYTES)?;
        Ok(Status::decode(&payload)?)
    }

    /// Resets the engine and its program.
    pub fn abort(&mut self) -> Result<(), BoardError> {
        self.ask(&Request::Abort, 0).map(drop)
    }

    /// Runs the program at `address` to its end and returns the final status. `progress` sees every
    /// status; a break aborts the program. A program that ends with a status other than zero, or makes
    /// no progress, is an error.
    pub fn run(
        &mut self,
        address: u32,
        progress: &mut dyn FnMut(&Status) -> ControlFlow<()>,
    ) -> Result<Status, BoardError> {
        self.start(address)?;
        self.finish(progress)
    }

    /// Waits for the end of a program that [`Client::start`] started, as [`Client::run`] does.
    pub fn finish(
        &mut self,
        progress: &mut dyn FnMut(&Status) -> ControlFlow<()>,
    ) -> Result<Status, BoardError> {
        let mut work = 0;
        let mut since = Instant::now();
        loop {
            let status = self.status()?;
            let interrupted = progress(&status).is_break();
            if !status.busy {
                return match status.program_status {
                    _ if interrupted => Err(BoardError::Interrupted),
                    0 => Ok(status),
                    status => Err(BoardError::Program { status }),
                };
            }
            if interrupted {
                self.abort()?;
                return Err(BoardError::Interrupted);
            }
            let now = work_done(&status);
            if now != work {
                (work, since) = (now, Instant::now());
            } else if since.elapsed() > self.limits.stall {
                self.abort()?;
                let seconds = self.limits.stall.as_secs();
                return Err(BoardError::Stalled { seconds });
            }
            self.board.pause();
        }
    }

    /// Cycles so far in which no program ran, if the board counts them.
    pub fn idle_cycles(&self) -> Option<u64> {
        self.board.idle_cycles()
    }

    /// Sends requests of one kind that are independent of each other and may be repeated, and hands on their replies' payloads in order, which must
    /// have as many bytes as `length` says. A break stops.
    pub(super) fn ask_all(
        &mut self,
        kind: u8,
        requests: &mut dyn Iterator<Item = Request>,
        length: &dyn Fn(usize) -> usize,
        each: &mut dyn FnMut(usize, Vec<u8>) -> ControlFlow<()>,
    ) -> Result<(), BoardError> {
        let mut failed = None;
        let done = self
            .board
            .requests(
                requests,
                &mut |index, reply| match answered(kind, reply, length(index)) {
                    Ok(payload) => each(index, payload),
                    Err(error) => {
                        failed = Some(error);
                        ControlFlow::Break(())
                    }
                },
            );
        failed.map_or(done, Err)
    }

    /// Sends a request and returns its reply's payload, which must have `length` bytes.
    fn ask(&mut self, request: &Request, length: usize) -> Result<Vec<u8>, BoardError> {
        ask(&mut self.board, request, length)
    }
}

/// Asks a board who it is.
fn ask_info<B: Board>(board: &mut B) -> Result<Info, BoardError> {
    let payload = ask(board, &Request::Info, 16)?;
    Ok(Info::decode(&payload)?)
}

fn ask<B: Board>(board: &mut B, request: &Request, length: usize) -> Result<Vec<u8>, BoardError> {
    let kind = request.kind();
    answered(kind, board.request(kind, &request.payload()?)?, length)
}

/// The payload of a reply that must have so many bytes.
fn answered(kind: u8, reply: Reply, length: usize) -> Result<Vec<u8>, BoardError> {
    match reply.status {
        ReplyStatus::Ok if reply.payload.len() == length => Ok(reply.payload),
        ReplyStatus::Ok => {
            let found = reply.payload.len();
            Err(rowfuse_spec::FrameError::PayloadLength {
                kind: "reply",
                found,
            }
            .into())
        }
        status => Err(BoardError::Refused { kind, status }),
    }
}

/// What changes as long as a program gets on.
fn work_done(status: &Status) -> u64 {
    let counters = [
        Counter::ReadWords,
        Counter::WriteWords,
        Counter::Tiles,
        Counter::Commands,
    ];
    counters
        .iter()
        .map(|&counter| u64::from(status.counters.get(counter)))
        .sum()
}

fn even(address: u32, length: usize) -> Result<(), BoardError> {
    if address.is_multiple_of(2) && length.is_multiple_of(2) {
        Ok(())
    } else {
        Err(BoardError::Odd { address, length })
    }
}
