//! A board at the other end of a pipe.

use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rowfuse::serve::{FarEnd, Faults, HostRate, Line, PowerUp, Rates, Rule};
use rowfuse_spec::command::encode_program;
use rowfuse_spec::config::preset;
use rowfuse_spec::frame::{Decoder, Frame, Request};
use rowfuse_spec::{Command, End, EngineConfig, Load, Tokens};
use rowfuse_testbench::board::{Device, FunctionalDevice};
use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

/// Longer than any reply takes that comes at all.
pub const PATIENCE: Duration = Duration::from_millis(400);

/// Small enough to be filled often.
pub fn config() -> EngineConfig {
    EngineConfig {
        memory_bytes: 65_536,
        ..preset("tiny-1").unwrap()
    }
}

/// Powers functional boards up that do so many multiplications a millisecond.
pub fn power(work: u64) -> PowerUp {
    Box::new(move |seed| {
        let device = FunctionalDevice::new(config()).unwrap().with_work(work);
        let mut device: Box<dyn Device> = Box::new(device);
        device.scramble(seed);
        Ok(device)
    })
}

/// A board behind a line with faults.
pub fn far_end(rates: Rates, faults: &str, seed: u64) -> FarEnd {
    let line = Line::new(rates, config().clock_mhz, Duration::from_millis(1));
    let faults = Faults::new(&Rule::list(faults).unwrap(), seed);
    FarEnd::new(power(1), line, faults).unwrap()
}

/// Runs a client of a board until it leaves. `rate` is what the host's end is set to; 0 if nobody knows.
pub async fn session<T>(
    far: &mut FarEnd,
    rate: &Rc<Cell<u32>>,
    client: impl FnOnce(Client) -> T,
) -> T::Output
where
    T: Future,
{
    let (near, other) = tokio::io::duplex(4096);
    let rate = rate.clone();
    let rate: HostRate = Box::new(move || Some(rate.get()).filter(|&rate| rate > 0));
    let (left, result) = tokio::join!(far.client(other, &rate), client(Client::new(near)));
    left.unwrap();
    result
}

/// A host's end of the pipe. Dropped, it leaves.
pub struct Client {
    pub stream: DuplexStream,
    decoder: Decoder,
    seq: u8,
}

impl Client {
    fn new(stream: DuplexStream) -> Client {
        Client {
            stream,
            decoder: Decoder::new(),
            seq: 0,
        }
    }

    pub async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// What comes until nothing has come for a while.
    pub async fn rest(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut buffer = [0; 4096];
        while let Ok(read) = tokio::time::timeout(PATIENCE, self.stream.read(&mut buffer)).await {
            let read = read.unwrap();
            assert!(read > 0, "the far end has left");
            bytes.extend(&buffer[..read]);
        }
        self.decoder.reset();
        bytes
    }

    /// The frames of [`Client::rest`].
    pub async fn frames(&mut self) -> Vec<Frame> {
        let found = Decoder::new().push_all(&self.rest().await);
        found.into_iter().map(Result::unwrap).collect()
    }

    /// Sends a request once and waits for its reply, if there is one.
    pub async fn ask(&mut self, request: &Request) -> Option<Frame> {
        self.seq = self.seq.wrapping_add(1);
        let frame = request.frame(self.seq).unwrap();
        self.send(&frame.encode().unwrap()).await;
        let mut buffer = [0; 4096];
        loop {
            let read = tokio::time::timeout(PATIENCE, self.stream.read(&mut buffer));
            let read = read.await.ok()?.unwrap();
            assert!(read > 0, "the far end has left");
            for found in self.decoder.push_all(&buffer[..read]) {
                match found {
                    Ok(found) if found.seq == self.seq => return Some(found),
                    _ => {}
                }
            }
        }
    }
}

/// Whom nobody told a rate.
pub fn unknown() -> Rc<Cell<u32>> {
    Rc::new(Cell::new(0))
}

/// A program of so many LOADs, each of which is work of its own.
pub fn program(loads: usize) -> Vec<u8> {
    let load = Load {
        header: Tokens::NONE,
        address: 0,
        sub_rows: 1,
        groups: 1,
        sub_cols: 1,
        base: 0,
        row_pitch: 1,
        channel_stride: 1,
        ring_end: 8,
        row_address: 0,
        row_bank: 0,
        gap: 0,
    };
    let mut commands = vec![Command::Load(load); loads];
    commands.push(Command::End(End {
        header: Tokens::NONE,
        status: 0,
    }));
    encode_program(&commands).unwrap()
}

/// Noise of a seed.
pub fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    ChaCha8Rng::seed_from_u64(seed).fill_bytes(&mut bytes);
    bytes
}

/// The seed of a test: `ROWFUSE_SEED`, or a fixed one; printed, so that a failure can be repeated.
pub fn seed() -> u64 {
    let seed = std::env::var("ROWFUSE_SEED").ok();
    let seed = seed.and_then(|text| text.parse().ok()).unwrap_or(1);
    println!("ROWFUSE_SEED={seed}");
    seed
}
