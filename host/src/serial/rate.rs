//! Finding a board at whatever rate it is, if it has one, and agreeing on a higher one.

use super::error::SerialError;
use super::link::{Link, LinkError};
use super::window::SILENCES;
use rowfuse_spec::frame::{
    Info, ReplyStatus, KIND_INFO, KIND_RATE, KIND_READ, KIND_WRITE, MAX_DATA,
};
use rowfuse_spec::uart::{increment, DEFAULT_BAUD};
use rowfuse_spec::{EngineConfig, CONTRACT_VERSION};
use rowfuse_testbench::board::BoardError;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Rates that are tried from the highest allowed down, and at which a board may have been left.
pub const RATES: [u32; 6] = [
    3_000_000,
    2_000_000,
    1_000_000,
    500_000,
    230_400,
    DEFAULT_BAUD,
];
/// The highest rate unless another is asked for.
pub const MAX_BAUD: u32 = RATES[0];
/// Silence that says that nothing more is coming: longer than an adapter keeps bytes back.
const QUIET: Duration = Duration::from_millis(50);
/// How long what still comes is waited for.
const DRAIN: Duration = Duration::from_secs(2);
/// Rounds of one INFO, one full frame each way by which a rate is proven.
const PROOFS: usize = 4;
/// Troubles that a proof may have: a single fault says nothing about the rate.
const TROUBLES: u64 = 1;
/// Bytes without a reply that are noise rather than the board's refusal at another rate.
const NOISE: u64 = 1024;

/// Something that happened on the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Nothing answers: the board is given that time to go back to its first rate.
    Waiting(Duration),
    /// Bits a second from now on.
    Rate(u32),
    /// The line was lost, for that reason.
    Lost(String),
    /// It is back.
    Back,
}

/// Receives events, from any thread.
pub type Tell = Arc<dyn Fn(Event) + Send + Sync>;

/// The wider failure of a port of that name.
pub(super) fn of_port(port: &str, error: LinkError) -> SerialError {
    match error {
        LinkError::Board(error) => error.into(),
        LinkError::Cut(reason) => SerialError::Cut {
            port: port.into(),
            reason,
        },
    }
}

/// Whether going on makes no sense.
fn fatal(error: &LinkError) -> bool {
    matches!(
        error,
        LinkError::Cut(_) | LinkError::Board(BoardError::Interrupted)
    )
}

/// Finds the board: at its first rate, at one where another host left it, or once it is back at the first by itself.
///
/// # Errors
/// If nothing answers that could be a board of this contract.
pub async fn find(link: &mut Link, port: &str, tell: &Tell) -> Result<Info, SerialError> {
    let of_port = |error| of_port(port, error);
    let before = link.window().stats();
    drain(link).await.map_err(of_port)?;
    let mut found = ask_at(link, DEFAULT_BAUD, 2).await.map_err(of_port)?;
    for baud in RATES {
        if found.is_none() && baud != DEFAULT_BAUD && !echoes(link, before.echoed) {
            found = ask_at(link, baud, 1).await.map_err(of_port)?;
        }
    }
    if found.is_none() && !echoes(link, before.echoed) {
        let time = link.window().timing().hold();
        tell(Event::Waiting(time));
        link.pause(time, true).await.map_err(of_port)?;
        found = ask_at(link, DEFAULT_BAUD, SILENCES)
            .await
            .map_err(of_port)?;
    }
    let port = || port.to_owned();
    let Some(payload) = found else {
        let bytes = link.window().stats().bytes_received - before.bytes_received;
        return Err(if echoes(link, before.echoed) {
            SerialError::Echo { port: port() }
        } else if bytes > NOISE {
            SerialError::Noise {
                port: port(),
                bytes,
            }
        } else {
            SerialError::Silent { port: port() }
        });
    };
    known(&payload)
}

/// Asks a board that has no rate who it is.
///
/// # Errors
/// If nothing answers that could be a board of this contract.
pub async fn greet(link: &mut Link, port: &str) -> Result<Info, SerialError> {
    // Nothing that an earlier host asked for is still to come behind this.
    link.pause(QUIET, true)
        .await
        .map_err(|error| of_port(port, error))?;
    match link.request(KIND_INFO, &[], true).await {
        Ok(reply) if reply.status == ReplyStatus::Ok => known(&reply.payload),
        Err(error) if fatal(&error) => Err(of_port(port, error)),
        _ => Err(SerialError::Silent { port: port.into() }),
    }
}

/// What a board of this contract says of itself.
fn known(payload: &[u8]) -> Result<Info, SerialError> {
    let version = payload
        .first_chunk()
        .map(|bytes| u16::from_le_bytes(*bytes));
    if version != Some(CONTRACT_VERSION) {
        return Err(SerialError::Board(BoardError::Mismatch {
            what: "contract version",
            expected: CONTRACT_VERSION.to_string(),
            found: version.map_or("missing".into(), |version| version.to_string()),
        }));
    }
    Ok(Info::decode(payload).map_err(BoardError::from)?)
}

fn echoes(link: &Link, before: u64) -> bool {
    link.window().stats().echoed > before
}

/// Skips what still comes, until it is silent or that has lasted too long.
async fn drain(link: &mut Link) -> Result<(), LinkError> {
    link.set_baud(DEFAULT_BAUD)?;
    let began = Instant::now();
    loop {
        let before = link.window().stats().bytes_received;
        link.pause(QUIET, true).await?;
        if link.window().stats().bytes_received == before || began.elapsed() > DRAIN {
            return Ok(());
        }
    }
}

/// What the board says of itself at that rate, if it answers. A port that cannot have the rate finds nobody there.
async fn ask_at(link: &mut Link, baud: u32, tries: u32) -> Result<Option<Vec<u8>>, LinkError> {
    if link.set_baud(baud).is_err() {
        return Ok(None);
    }
    let silence = link.window().timing().silence();
    link.pause(silence, true).await?;
    link.window_mut().set_tries(tries);
    let reply = link.request(KIND_INFO, &[], true).await;
    link.window_mut().set_tries(SILENCES);
    match reply {
        Ok(reply) if reply.status == ReplyStatus::Ok => Ok(Some(reply.payload)),
        Ok(_) => Ok(None),
        Err(error) if fatal(&error) => Err(error),
        Err(_) => Ok(None),
    }
}

/// Agrees on the highest rate up to `max` that carries frames both ways. The board has just been found.
///
/// # Errors
/// If the board is lost on the way, or on a stop.
pub async fn raise(
    link: &mut Link,
    config: &EngineConfig,
    max: u32,
    port: &str,
    tell: &Tell,
) -> Result<(), SerialError> {
    let own = (!RATES.contains(&max)).then_some(max);
    let lower = RATES.into_iter().filter(|&baud| baud <= max);
    for baud in own.into_iter().chain(lower) {
        let now = link.window().timing().baud;
        let Some(increment) = increment(baud, config.clock_mhz) else {
            continue;
        };
        let agreed = match now == baud {
            true => prove(link).await,
            false => change(link, increment, baud).await,
        };
        match agreed {
            Ok(()) => {
                tracing::info!(baud, "rate");
                link.window_mut().stats_mut().rate_changes += u64::from(now != baud);
                tell(Event::Rate(baud));
                return Ok(());
            }
            Err(error) if fatal(&error) => return Err(of_port(port, error)),
            Err(error) => tracing::info!(baud, ?error, "the rate is given up"),
        }
        find(link, port, tell).await?;
    }
    Ok(())
}

async fn change(link: &mut Link, increment: u32, baud: u32) -> Result<(), LinkError> {
    match link
        .request(KIND_RATE, &increment.to_le_bytes(), true)
        .await
    {
        Ok(reply) if reply.status == ReplyStatus::Ok => {}
        Ok(reply) => {
            let (kind, status) = (KIND_RATE, reply.status);
            return Err(BoardError::Refused { kind, status }.into());
        }
        // Whether it was executed the proof shows.
        Err(LinkError::Board(BoardError::RunUnknown(_))) => {}
        Err(error) => return Err(error),
    }
    let settle = link.window().timing().settle();
    link.pause(settle, true).await?;
    link.set_baud(baud)?;
    prove(link).await
}

/// Sends frames of all lengths both ways, none of which changes anything: the long ones of ours are WRITEs that leave the memory.
async fn prove(link: &mut Link) -> Result<(), LinkError> {
    let length = (MAX_DATA as u16).to_le_bytes();
    let read = [&[0; 4], &length[..], &[0; 2]].concat();
    let write = [&[0xFE, 0xFF, 0xFF, 0xFF][..], &[0x55; MAX_DATA]].concat();
    let round = [
        (KIND_INFO, Vec::new()),
        (KIND_READ, read),
        (KIND_WRITE, write),
    ];
    let expected = [ReplyStatus::Ok, ReplyStatus::Ok, ReplyStatus::BadAddress];
    let mut frames = (0..PROOFS).flat_map(|_| round.clone());
    let before = link.troubles_so_far();
    let mut wrong = false;
    link.window_mut().set_tries(1);
    let done = link
        .requests(
            &mut frames,
            &mut |place, reply| {
                wrong |= reply.status != expected[place % expected.len()];
                ControlFlow::Continue(())
            },
            true,
        )
        .await;
    link.window_mut().set_tries(SILENCES);
    done?;
    if wrong || link.troubles_so_far() - before > TROUBLES {
        return Err(BoardError::Link("frames are damaged at this rate".into()).into());
    }
    Ok(())
}
