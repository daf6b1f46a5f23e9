//! What the link's requests and replies take on a serial line.

use rowfuse_spec::frame::{Frame, Request, Status, MAX_DATA};
use rowfuse_spec::uart::BYTE_BITS;
use rowfuse_spec::FrameError;
use serde::Serialize;
use std::ops::{Add, Mul};

/// Bytes on the line, headers and CRCs included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Traffic {
    /// From host to board.
    pub to_board: u64,
    /// From board to host.
    pub from_board: u64,
    /// Requests, each with a reply.
    pub requests: u64,
}

impl Traffic {
    /// A request, and a reply whose payload has that many bytes.
    fn exchange(request: &Request, reply: usize) -> Result<Traffic, FrameError> {
        let request = request.frame(0)?;
        let reply = Frame {
            payload: vec![0; reply],
            ..Frame::default()
        };
        Ok(Traffic {
            to_board: request.encode()?.len() as u64,
            from_board: reply.encode()?.len() as u64,
            requests: 1,
        })
    }

    /// Transfers of a number of bytes in the longest frames there are; `one` gives that of a single frame.
    fn frames(
        bytes: u64,
        one: impl Fn(usize) -> Result<Traffic, FrameError>,
    ) -> Result<Traffic, FrameError> {
        let most = MAX_DATA as u64;
        let mut all = Traffic::default();
        if bytes >= most {
            all = one(MAX_DATA)? * (bytes / most);
        }
        match (bytes % most) as usize {
            0 => Ok(all),
            rest => Ok(all + one(rest)?),
        }
    }

    /// WRITEs of an even number of bytes to one place. An odd number is an error.
    pub fn write(bytes: u64) -> Result<Traffic, FrameError> {
        Traffic::frames(bytes, |length| {
            let data = vec![0; length];
            Traffic::exchange(&Request::Write { address: 0, data }, 0)
        })
    }

    /// READs of an even number of bytes from one place. An odd number is an error.
    pub fn read(bytes: u64) -> Result<Traffic, FrameError> {
        Traffic::frames(bytes, |length| {
            let request = Request::Read {
                address: 0,
                length: length as u16,
            };
            Traffic::exchange(&request, length)
        })
    }

    /// A RUN, and one STATUS that says that the program is over.
    pub fn program() -> Result<Traffic, FrameError> {
        let run = Traffic::exchange(&Request::Run { address: 0 }, 0)?;
        Ok(run + Traffic::exchange(&Request::Status, Status::BYTES)?)
    }

    /// Bytes both ways.
    pub fn bytes(&self) -> u64 {
        self.to_board + self.from_board
    }

    /// Seconds at a rate in bits a second, if each request waits for the reply before it: what goes one way never goes beside
    /// what comes the other. What a USB adapter and the host add is not in it.
    pub fn seconds(&self, baud: u32) -> f64 {
        seconds(self.bytes() as f64, baud)
    }

    /// The same with several requests under way, as the `serial` board sends those of one transfer: the way that carries more is
    /// full from the first request to the last reply, and of the other way a single frame is waited for, the last or the first.
    pub fn seconds_together(&self, baud: u32) -> f64 {
        let more = self.to_board.max(self.from_board);
        let one = self.to_board.min(self.from_board) as f64 / self.requests.max(1) as f64;
        seconds(more as f64 + one, baud)
    }
}

/// Seconds of so many bytes.
fn seconds(bytes: f64, baud: u32) -> f64 {
    bytes * f64::from(BYTE_BITS) / f64::from(baud)
}

impl Add for Traffic {
    type Output = Traffic;

    fn add(self, other: Traffic) -> Traffic {
        Traffic {
            to_board: self.to_board + other.to_board,
            from_board: self.from_board + other.from_board,
            requests: self.requests + other.requests,
        }
    }
}

impl Mul<u64> for Traffic {
    type Output = Traffic;

    fn mul(self, count: u64) -> Traffic {
        Traffic {
            to_board: self.to_board * count,
            from_board: self.from_board * count,
            requests: self.requests * count,
        }
    }
}
