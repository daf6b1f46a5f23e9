//! Thousands of faults, one at a time, on a board that an undisturbed twin is compared with.
//!
//! Every answer must be the twin's, or an error. `ROWFUSE_FAULTS` says how many faults, `ROWFUSE_SEED` which.

use crate::support::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rowfuse::serve::{Direction, FarEnd, Kind, Length, Rates, Rule, When};
use rowfuse_spec::frame::{
    Decoder, Frame, ReplyStatus, Request, Status, KIND_NAK, KIND_RUN, MAX_DATA, REPLY,
    SILENCE_CLOCKS,
};
use rowfuse_testbench::board::{Board, FunctionalBoard, Reply};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Memory that is written and read.
const REGION: usize = 4 * MAX_DATA;
/// Where the program lies, behind it.
const PROGRAM: u32 = REGION as u32;
/// Virtual time in which a trial must be over.
const BOUND: Duration = Duration::from_secs(120);

/// The host's side of the link.
trait Host {
    /// Over a line to a board.
    fn new(client: Client) -> Self;
    /// Asks until there is an answer, or gives up with a reason.
    async fn request(&mut self, kind: u8, payload: &[u8]) -> Result<Reply, String>;
    /// Attempts that came to nothing, so far.
    fn repeats(&self) -> u64;
}

/// The plainest host: one request at a time, repeated as the contract allows.
struct Plain {
    client: Client,
    decoder: Decoder,
    seq: u8,
    repeats: u64,
}

impl Plain {
    /// One attempt; an error says whether the board is known not to have acted.
    async fn attempt(&mut self, kind: u8, frame: &[u8]) -> Result<Reply, bool> {
        let stream = &mut self.client.stream;
        stream.write_all(frame).await.map_err(|_| false)?;
        let mut buffer = [0; 4096];
        loop {
            let read = tokio::time::timeout(PATIENCE, stream.read(&mut buffer));
            let read = read.await.map_err(|_| false)?.map_err(|_| false)?;
            for found in self.decoder.push_all(&buffer[..read]) {
                let frame = found.map_err(|_| false)?;
                if frame.kind == KIND_NAK {
                    return Err(true);
                }
                if frame.kind == kind | REPLY && frame.seq == self.seq {
                    let status = ReplyStatus::from_byte(frame.status).ok_or(false)?;
                    let payload = frame.payload;
                    return Ok(Reply { status, payload });
                }
            }
        }
    }
}

impl Host for Plain {
    fn new(client: Client) -> Plain {
        Plain {
            client,
            decoder: Decoder::new(),
            seq: 0,
            repeats: 0,
        }
    }

    async fn request(&mut self, kind: u8, payload: &[u8]) -> Result<Reply, String> {
        self.seq = self.seq.wrapping_add(1);
        let frame = Frame::request(kind, self.seq, payload.to_vec());
        let frame = frame.encode().map_err(|error| error.to_string())?;
        for _ in 0..4 {
            match self.attempt(kind, &frame).await {
                Ok(reply) => return Ok(reply),
                Err(false) if kind == KIND_RUN => return Err("it may have started".into()),
                Err(_) => self.repeats += 1,
            }
            // Until the board has dropped what it has, and what it said is over.
            let silence = SILENCE_CLOCKS / config().clock_mhz;
            tokio::time::sleep(Duration::from_micros(silence.into())).await;
            self.client.rest().await;
            self.decoder.reset();
        }
        Err("four attempts came to nothing".into())
    }

    fn repeats(&self) -> u64 {
        self.repeats
    }
}

/// What became of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    /// Every answer was right at once.
    Harmless,
    /// Every answer was right, some after a repetition.
    Repeated,
    /// There was an error instead of an answer.
    Reported,
    /// The power took the memory, or the button a running program: the link alone cannot know.
    Lost,
}

/// A request at random that any board answers the same.
fn request(random: &mut ChaCha8Rng) -> Request {
    let length = 2 * random.gen_range(1..=64);
    let address = 2 * random.gen_range(0..(REGION - length) / 2) as u32;
    match random.gen_range(0..8) {
        0 => Request::Info,
        1 => Request::Status,
        2 => Request::Abort,
        3 => Request::Run { address: PROGRAM },
        4 | 5 => Request::Read {
            address,
            length: length as u16,
        },
        _ => Request::Write {
            address,
            data: (0..length).map(|_| random.gen()).collect(),
        },
    }
}

/// Asks the twin, and lets it run a program to its end.
fn twin(twin: &mut FunctionalBoard, request: &Request) -> Reply {
    let payload = request.payload().unwrap();
    let reply = twin.request(request.kind(), &payload).unwrap();
    if matches!(request, Request::Run { .. }) {
        let status = twin.request(Request::Status.kind(), &[]).unwrap();
        assert!(!Status::decode(&status.payload).unwrap().busy);
    }
    reply
}

/// Asks the board, and waits for the end of a program.
async fn ask<H: Host>(host: &mut H, request: &Request) -> Result<Reply, String> {
    let payload = request.payload().unwrap();
    let reply = host.request(request.kind(), &payload).await?;
    if matches!(request, Request::Run { .. }) {
        finish(host).await?;
    }
    Ok(reply)
}

async fn finish<H: Host>(host: &mut H) -> Result<Status, String> {
    for _ in 0..1_000 {
        let reply = host.request(Request::Status.kind(), &[]).await?;
        let status = Status::decode(&reply.payload).map_err(|error| error.to_string())?;
        if !status.busy {
            return Ok(status);
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Err("the program does not end".into())
}

/// Brings the board to the twin's state, over a line without faults.
async fn recover<H: Host>(host: &mut H, board: &mut FunctionalBoard) {
    let mut all = vec![Request::Abort];
    let whole = |address: usize| Request::Read {
        address: address as u32,
        length: MAX_DATA as u16,
    };
    for address in (0..REGION + MAX_DATA).step_by(MAX_DATA) {
        let data = twin(board, &whole(address)).payload;
        let address = address as u32;
        all.push(Request::Write { address, data });
    }
    all.push(Request::Run { address: PROGRAM });
    for request in all {
        twin(board, &request);
        let mut tries = 0;
        while ask(host, &request).await.is_err() {
            tries += 1;
            assert!(tries < 20, "the board does not come back: {request:?}");
        }
    }
    twin(board, &Request::Status);
}

/// One fault; `None` if no byte met it.
async fn trial<H: Host>(
    far: &mut FarEnd,
    board: &mut FunctionalBoard,
    rule: Rule,
    random: &mut ChaCha8Rng,
) -> Option<Fate> {
    let before = far.counts().total();
    far.faults().clear();
    far.faults().add(rule);
    let fate = session(far, &unknown(), |client| async move {
        let mut host = H::new(client);
        let mut fate = Fate::Harmless;
        for _ in 0..12 {
            let request = request(random);
            match ask(&mut host, &request).await {
                Ok(reply) => {
                    let right = twin(board, &request);
                    if reply != right {
                        let lost = match rule.kind {
                            Kind::Power => true,
                            Kind::Reset => matches!(request, Request::Status),
                            _ => false,
                        };
                        assert!(lost, "{request:?} after {rule:?}: {reply:?}, not {right:?}");
                        fate = Fate::Lost;
                        break;
                    }
                }
                Err(_) => {
                    // It may have been executed, which a repetition of it after recovery makes good.
                    fate = Fate::Reported;
                    break;
                }
            }
        }
        if fate == Fate::Harmless && host.repeats() > 0 {
            fate = Fate::Repeated;
        }
        if fate > Fate::Repeated || matches!(rule.kind, Kind::Power | Kind::Reset) {
            // Nothing but the one fault is in the way.
            recover(&mut host, board).await;
        }
        fate
    })
    .await;
    (far.counts().total() > before).then_some(fate)
}

/// A fault of that kind a little ahead.
fn rule(far: &mut FarEnd, kind: Kind, random: &mut ChaCha8Rng) -> Rule {
    let direction = Direction::ALL[random.gen_range(0..2)];
    let ahead = random.gen_range(0..if kind.of_frames() { 8 } else { 250 });
    let place = far.faults().place(kind, direction) + ahead;
    let mut rule = Rule::new(kind, Some(direction), When::At(place));
    match kind.usual() {
        Length::Forever => {
            rule.length = Length::For(Duration::from_millis(random.gen_range(1..900)))
        }
        Length::For(_) => {
            rule.length = Length::For(Duration::from_millis(random.gen_range(1..700)))
        }
        Length::Bytes(_) => rule.length = Length::Bytes(random.gen_range(1..40)),
        Length::None => {}
    }
    rule
}

async fn campaign<H: Host>(
    rates: Rates,
    faults: u64,
    seed: u64,
) -> BTreeMap<&'static str, [u64; 4]> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut far = far_end(rates, "", seed);
    let mut board = FunctionalBoard::new(config()).unwrap();
    let mut program = program(3);
    program.resize(MAX_DATA, 0);
    let write = Request::Write {
        address: PROGRAM,
        data: program,
    };
    twin(&mut board, &write);
    session(&mut far, &unknown(), |client| async {
        recover(&mut H::new(client), &mut board).await;
    })
    .await;
    let mut fates: BTreeMap<&str, [u64; 4]> = BTreeMap::new();
    let (mut struck, mut missed) = (0, 0);
    while struck < faults {
        let kind = Kind::ALL[random.gen_range(0..Kind::ALL.len())];
        let rule = rule(&mut far, kind, &mut random);
        let trial = trial::<H>(&mut far, &mut board, rule, &mut random);
        let fate = tokio::time::timeout(BOUND, trial).await;
        match fate.unwrap_or_else(|_| panic!("{rule:?} is never over")) {
            Some(fate) => {
                fates.entry(kind.name()).or_default()[fate as usize] += 1;
                struck += 1;
            }
            None => missed += 1,
        }
        assert!(missed < faults + 100, "faults are not met");
    }
    fates
}

fn run<H: Host>(rates: Rates, faults: u64, seed: u64) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    let fates = runtime.block_on(campaign::<H>(rates, faults, seed));
    println!("{rates:?}, {faults} faults: harmless, repeated, reported, lost");
    for (kind, counts) in &fates {
        println!("{kind:>8} {counts:?}");
    }
    let total: u64 = fates.values().flatten().sum();
    assert_eq!(total, faults);
    let of = |fate: Fate| {
        fates
            .values()
            .map(|counts| counts[fate as usize])
            .sum::<u64>()
    };
    assert!(of(Fate::Harmless) > 0 && of(Fate::Repeated) > 0 && of(Fate::Reported) > 0);
    assert_eq!(fates.len(), Kind::ALL.len(), "every kind was injected");
}

/// How many faults the whole campaign has.
fn faults() -> u64 {
    let faults = std::env::var("ROWFUSE_FAULTS").ok();
    faults.map_or(2_000, |text| text.parse().unwrap())
}

#[test]
fn a_plain_host_on_a_line_without_rates() {
    run::<Plain>(Rates::Unlimited, faults() / 2, seed());
}

#[test]
fn a_plain_host_on_a_serial_line() {
    run::<Plain>(Rates::Board, faults() / 2, seed() + 1);
}
