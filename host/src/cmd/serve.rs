//! `rowfuse serve`: a simulated board on a wire, for other programs to connect to.

use crate::cli::{table, Context, Failure, Report};
use clap::Args;
use rowfuse::progress::Interrupted;
use rowfuse::serve::{
    power_up, serve, Door, Ended, Event, FarEnd, Faults, Line, Rates, Rule, ServeError, Tcp,
};
use serde_json::{json, Map, Value};
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

/// What its help ends with.
const EXAMPLES: &str = "Examples:
  rowfuse serve --board functional --tcp 4000
  rowfuse serve --board verilated --link board --faults flip=1e-5,lose=1e-5 --seed 3";

/// Arguments of `serve`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Serve {
    /// Offer the board as a serial port, on a pseudo-terminal (the default)
    #[arg(long, conflicts_with = "tcp")]
    pty: bool,
    /// Make a symbolic link to the pseudo-terminal, which has another name each time
    #[arg(long, value_name = "PATH", conflicts_with = "tcp")]
    link: Option<PathBuf>,
    /// Offer the board at a TCP port instead: HOST:PORT, or PORT of this computer alone; 0 is any that is free
    #[arg(long, value_name = "HOST:PORT")]
    tcp: Option<String>,
    /// How fast bytes move: as the board's serial port, which RATE changes (board), at a fixed number of bits a second, or as fast as
    /// they can (none)
    #[arg(long, value_name = "board|BAUD|none", default_value = "board", value_parser = rates)]
    line_rate: Rates,
    /// How long what the board sends waits for company at most, in milliseconds, as in a USB adapter
    #[arg(long, value_name = "MS", default_value_t = 1, value_parser = clap::value_parser!(u64).range(..=10_000))]
    latency: u64,
    /// What goes wrong: KIND=PROBABILITY or KIND@PLACE, separated by commas, such as flip=1e-5,delay.reply=1e-4:20ms,cut@5000:500ms
    #[arg(long, value_name = "SPEC", default_value = "")]
    faults: String,
    /// End when the first client leaves
    #[arg(long)]
    once: bool,
}

/// Reads `--line-rate`.
fn rates(text: &str) -> Result<Rates, String> {
    match (text, text.parse::<u32>()) {
        ("board", _) => Ok(Rates::Board),
        ("none", _) => Ok(Rates::Unlimited),
        (_, Ok(baud @ 300..=20_000_000)) => Ok(Rates::Fixed(baud)),
        _ => Err("give board, none, or bits a second from 300 to 20000000".into()),
    }
}

impl Serve {
    /// Offers the board until Ctrl-C, or until the first client leaves.
    pub fn run(&self, context: &Context) -> Result<Report, Failure> {
        if context.kind().is_real() {
            let message = "serve offers a simulated board: functional, gateware or verilated";
            return Err(Failure::usage(message.into()));
        }
        let config = context.config()?;
        let rules = Rule::list(&self.faults).map_err(ServeError::from)?;
        let power = power_up(context.kind(), &config, context.progress())?;
        context.bars.clear();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(ServeError::from)?;
        runtime.block_on(async {
            let latency = Duration::from_millis(self.latency);
            let line = Line::new(self.line_rate, config.clock_mhz, latency);
            let faults = Faults::new(&rules, context.common.seed);
            let mut far = FarEnd::new(power, line, faults)?;
            let (door, address) = self.door().await?;
            self.announce(context, &far, &address);
            let mut clients = 0;
            let mut refused = 0;
            let stop = || context.progress().interrupted();
            let ended = serve(&door, &mut far, self.once, &stop, &mut |event| {
                match event {
                    Event::Came(_) => clients += 1,
                    Event::Refused(_) => refused += 1,
                    Event::Left => {}
                }
                tracing::info!("{event:?}");
            })
            .await?;
            let report = self.report(context, &far, &address, [clients, refused]);
            match ended {
                Ended::Left => Ok(report),
                Ended::Interrupted => {
                    context.leave(report);
                    Err(Interrupted.into())
                }
            }
        })
    }

    /// Opens the door, and says what to connect to.
    async fn door(&self) -> Result<(Door, String), ServeError> {
        if let Some(tcp) = &self.tcp {
            let tcp = Tcp::listen(tcp).await?;
            let address = tcp.address();
            if !address.ip().is_loopback() {
                tracing::warn!(
                    "other computers can reach {address}: whoever does can use the board"
                );
            }
            return Ok((Door::Tcp(tcp), address.to_string()));
        }
        self.terminal()
    }

    #[cfg(unix)]
    fn terminal(&self) -> Result<(Door, String), ServeError> {
        let pty = rowfuse::serve::Pty::open(self.link.as_deref())?;
        let path = self.link.as_deref().unwrap_or(pty.path());
        let path = path.display().to_string();
        Ok((Door::Pty(pty), path))
    }

    #[cfg(not(unix))]
    fn terminal(&self) -> Result<(Door, String), ServeError> {
        Err(ServeError::Terminal(std::io::ErrorKind::Unsupported.into()))
    }

    /// Says what to connect to, on stdout unless that is for a document.
    fn announce(&self, context: &Context, far: &FarEnd, address: &str) {
        let board = far.device().describe();
        let end = if self.once {
            "the first client ends it"
        } else {
            "Ctrl-C ends it"
        };
        let line = format!("{board} at {address}; {end}");
        if context.common.json {
            context.bars.println(&line);
        } else {
            // Without stdout there is stderr, and the address was asked for.
            let mut stdout = std::io::stdout();
            let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
        }
    }

    fn report(
        &self,
        context: &Context,
        far: &FarEnd,
        address: &str,
        [clients, refused]: [u64; 2],
    ) -> Report {
        let traffic = far.traffic();
        let mut faults = table(["fault", "injected"]);
        let mut counts = Map::new();
        for (kind, count) in far.counts().all() {
            counts.insert(kind.name().into(), json!(count));
            if count > 0 {
                faults.add_row([kind.name(), &count.to_string()]);
            }
        }
        let total = far.counts().total();
        let faults = match total {
            0 => "no faults were injected".into(),
            _ => faults.to_string(),
        };
        Report {
            text: format!(
                "{clients} clients, {refused} turned away; {} bytes of requests, {} of replies, {} found no room\n{faults}",
                traffic.requests, traffic.replies, traffic.overrun,
            ),
            result: json!({
                "board": far.device().describe(),
                "address": address,
                "seed": context.common.seed,
                "clients": clients,
                "refused": refused,
                "request_bytes": traffic.requests,
                "reply_bytes": traffic.replies,
                "overrun_bytes": traffic.overrun,
                "faults": Value::Object(counts),
            }),
        }
    }
}
