//! Meeting a board, and meeting it again when the line was lost.

use super::board::Options;
use super::error::SerialError;
use super::link::{Link, Stop, POLL};
use super::port::Connect;
use super::rate::{find, greet, of_port, raise};
use super::timing::Wire;
use rowfuse_spec::frame::{Info, KIND_ABORT};
use rowfuse_spec::EngineConfig;
use rowfuse_testbench::board::BoardError;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

/// Between two attempts to open a port that is gone.
const REOPEN: Duration = Duration::from_millis(50);

/// Does what may take long, unless the user wants to stop.
pub(super) async fn unless_stopped<T>(
    stop: &Stop,
    work: impl Future<Output = Result<T, SerialError>>,
) -> Result<T, SerialError> {
    let mut work = pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            _ = tokio::time::sleep(POLL) => {
                if stop() {
                    return Err(BoardError::Interrupted.into());
                }
            }
        }
    }
}

/// Finds the board and agrees on a rate, if there is one.
pub(super) async fn meet(
    link: &mut Link,
    config: &EngineConfig,
    options: &Options,
    port: &str,
) -> Result<Info, SerialError> {
    if link.window().timing().wire == Wire::Pipes {
        return greet(link, port).await;
    }
    let info = find(link, port, &options.tell).await?;
    // Of another configuration the clock is not known.
    if info.config_id == config.id() {
        raise(link, config, options.max_baud, port, &options.tell).await?;
    }
    Ok(info)
}

/// Opens the port again if it was cut, finds the board and ends what it runs, for as long as the time allows.
pub(super) async fn come_back(
    link: &mut Link,
    connect: &mut dyn Connect,
    config: &EngineConfig,
    options: &Options,
    mut cut: bool,
) -> Result<Info, SerialError> {
    let until = tokio::time::Instant::now() + options.timeout;
    let port = connect.name();
    loop {
        let tried = once_more(link, connect, config, options, &mut cut).await;
        match tried {
            Ok(_)
            | Err(SerialError::Echo { .. })
            | Err(SerialError::Board(BoardError::Interrupted | BoardError::Mismatch { .. })) => {
                return tried;
            }
            Err(error) if tokio::time::Instant::now() >= until => return Err(error),
            Err(error) => tracing::debug!(%error, port, "not back yet"),
        }
        if (options.stop)() {
            return Err(BoardError::Interrupted.into());
        }
        tokio::time::sleep(REOPEN).await;
    }
}

async fn once_more(
    link: &mut Link,
    connect: &mut dyn Connect,
    config: &EngineConfig,
    options: &Options,
    cut: &mut bool,
) -> Result<Info, SerialError> {
    let port = connect.name();
    if *cut {
        link.close();
        let line = unless_stopped(&options.stop, connect.connect()).await?;
        link.replace(line);
        *cut = false;
    }
    let met = async {
        let info = meet(link, config, options, &port).await?;
        let aborted = link.request(KIND_ABORT, &[], false).await;
        aborted.map_err(|error| of_port(&port, error))?;
        Ok(info)
    }
    .await;
    *cut = match connect.wire() {
        Wire::Serial => matches!(met, Err(SerialError::Cut { .. })),
        Wire::Pipes => met.is_err(),
    };
    met
}
