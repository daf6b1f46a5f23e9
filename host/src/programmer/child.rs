//! A tool as a child process: its output as it comes, its progress, and its end, whatever it does.

use super::percent::percent;
use crate::progress::{Event, Progress, Unit};
use std::collections::VecDeque;
use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{sync_channel, Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

/// How often interrupts and the time are looked at.
const POLL: Duration = Duration::from_millis(50);
/// How long it may take to end when it is asked, before it is ended.
const GRACE: Duration = Duration::from_millis(500);
/// Lines that are kept, the last ones.
const LINES: usize = 200;
/// Longest line that is looked at; what is longer is cut in pieces.
const LINE: usize = 4096;

/// How a tool ended.
#[derive(Debug)]
pub(super) enum Outcome {
    /// By itself.
    Ended(ExitStatus),
    /// It was ended because it said nothing for too long.
    Silent,
    /// It was ended because somebody interrupted.
    Interrupted,
}

/// Runs a command to its end. Progress counts `bytes`; the lines that are no progress are given back.
pub(super) fn run(
    mut command: Command,
    silence: Duration,
    bytes: u64,
    progress: &dyn Progress,
) -> io::Result<(Outcome, Vec<String>)> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // A group of its own: a terminal's Ctrl-C comes to us alone, and the tool's children end with it.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = Running(command.spawn()?);
    let chunks = child.chunks();
    let mut output = Output::new(bytes, progress);
    let mut heard = Instant::now();
    let mut open = true;
    loop {
        if open {
            match chunks.recv_timeout(POLL) {
                Ok((stream, chunk)) => {
                    heard = Instant::now();
                    output.take(stream, &chunk);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => open = false,
            }
        } else {
            std::thread::sleep(POLL);
        }
        if progress.interrupted() {
            return Ok((Outcome::Interrupted, output.lines()));
        }
        if let Some(status) = child.0.try_wait()? {
            // What it left behind may hold its output open for ever: only what is there is read.
            while let Ok((stream, chunk)) = chunks.recv_timeout(POLL) {
                output.take(stream, &chunk);
            }
            return Ok((Outcome::Ended(status), output.lines()));
        }
        if heard.elapsed() > silence {
            return Ok((Outcome::Silent, output.lines()));
        }
    }
}

/// A child that does not outlive this value.
struct Running(Child);

impl Running {
    /// Both streams, piece by piece.
    fn chunks(&mut self) -> Receiver<(usize, Vec<u8>)> {
        let (sender, receiver) = sync_channel(64);
        if let Some(stdout) = self.0.stdout.take() {
            forward(0, stdout, sender.clone());
        }
        if let Some(stderr) = self.0.stderr.take() {
            forward(1, stderr, sender);
        }
        receiver
    }

    #[cfg(unix)]
    fn signal(&self, signal: nix::sys::signal::Signal) {
        if let Ok(id) = i32::try_from(self.0.id()) {
            // If it is gone already, there is nothing to end.
            let _ = nix::sys::signal::killpg(nix::unistd::Pid::from_raw(id), signal);
        }
    }

    #[cfg(unix)]
    fn end(&mut self) {
        use nix::sys::signal::Signal;
        self.signal(Signal::SIGTERM);
        let asked = Instant::now();
        while asked.elapsed() < GRACE {
            if !matches!(self.0.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(POLL / 5);
        }
        self.signal(Signal::SIGKILL);
    }

    #[cfg(not(unix))]
    fn end(&mut self) {
        let _ = (self.0.kill(), GRACE);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(None)) {
            self.end();
            let _ = self.0.wait();
        }
    }
}

/// Sends what can be read, on a thread that ends with the stream or with the receiver.
fn forward(stream: usize, mut from: impl Read + Send + 'static, to: SyncSender<(usize, Vec<u8>)>) {
    std::thread::spawn(move || {
        let mut buffer = [0; 1024];
        loop {
            match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => {
                    if to.send((stream, buffer[..count].to_vec())).is_err() {
                        break;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
    });
}

/// Lines and progress out of pieces of output.
struct Output<'a> {
    progress: &'a dyn Progress,
    bytes: u64,
    /// The unfinished line of each stream.
    open: [Vec<u8>; 2],
    lines: VecDeque<String>,
    /// The stage and how many bytes of it were reported.
    stage: Option<(String, u64)>,
}

impl<'a> Output<'a> {
    fn new(bytes: u64, progress: &'a dyn Progress) -> Output<'a> {
        Output {
            progress,
            bytes,
            open: Default::default(),
            lines: VecDeque::new(),
            stage: None,
        }
    }

    fn take(&mut self, stream: usize, chunk: &[u8]) {
        for &byte in chunk {
            if matches!(byte, b'\r' | b'\n') || self.open[stream].len() == LINE {
                self.finish(stream);
            }
            if !matches!(byte, b'\r' | b'\n') {
                self.open[stream].push(byte);
            }
        }
        // The tools end a line of progress by beginning the next one.
        let line = String::from_utf8_lossy(&self.open[stream]).into_owned();
        self.follow(&line);
    }

    fn finish(&mut self, stream: usize) {
        let line = std::mem::take(&mut self.open[stream]);
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        if line.trim().is_empty() || self.follow(&line) {
            return;
        }
        tracing::debug!("{line}");
        if self.lines.len() == LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    /// Shows progress; whether the line was one of progress.
    fn follow(&mut self, line: &str) -> bool {
        let Some((stage, percent)) = percent(line) else {
            return false;
        };
        let done = (self.bytes as f64 * percent / 100.0) as u64;
        let before = match &self.stage {
            Some((now, before)) if *now == stage && *before <= done => *before,
            _ => {
                self.progress.begin(&stage, self.bytes, Unit::Bytes);
                0
            }
        };
        self.progress.event(Event::Advance(done - before));
        self.stage = Some((stage, done));
        true
    }

    fn lines(mut self) -> Vec<String> {
        self.finish(0);
        self.finish(1);
        self.lines.into()
    }
}
