//! The external memory behind the accelerator's port.

use super::{Inputs, Outputs};

/// Clocks from a read's acceptance to its first word.
pub const READ_LATENCY: u32 = 8;
/// Clocks from a write's acceptance to its first word being taken.
pub const WRITE_LATENCY: u32 = 2;

/// A memory that moves a word a clock after a fixed latency, one burst at a time.
///
/// At 100 MHz its peak is 200 MB/s, about that of a 16-bit SDRAM at 125 MHz with its overheads; it has neither rows nor refresh.
pub struct Memory {
    words: Vec<u16>,
    burst: Option<Burst>,
}

struct Burst {
    write: bool,
    address: u32,
    left: u32,
    wait: u32,
}

impl Memory {
    /// `words` 16-bit words, zero.
    pub fn new(words: usize) -> Self {
        Self {
            words: vec![0; words],
            burst: None,
        }
    }

    /// The port's inputs in this cycle; they depend on the past only.
    pub(super) fn inputs(&self) -> Inputs {
        let mut inputs = Inputs {
            req_ready: self.burst.is_none(),
            ..Default::default()
        };
        if let Some(burst) = self.burst.as_ref().filter(|burst| burst.wait == 0) {
            inputs.wr_next = burst.write;
            inputs.done = burst.left == 1;
            // Beyond its end the memory reads zero; a host never asks for that.
            let word = self.words.get(burst.address as usize).copied();
            inputs.rd = (!burst.write).then(|| word.unwrap_or(0));
        }
        inputs
    }

    /// The clock edge at the end of a cycle with these outputs of the accelerator.
    pub(super) fn clock(&mut self, outputs: &Outputs) {
        let Some(burst) = &mut self.burst else {
            self.burst = outputs.request.map(|(write, address, words)| Burst {
                write,
                address,
                left: words,
                wait: if write { WRITE_LATENCY } else { READ_LATENCY } - 1,
            });
            return;
        };
        if burst.wait > 0 {
            burst.wait -= 1;
            return;
        }
        if burst.write {
            if let Some(word) = self.words.get_mut(burst.address as usize) {
                *word = outputs.wr_data;
            }
        }
        burst.address += 1;
        burst.left = burst.left.saturating_sub(1);
        if burst.left == 0 {
            self.burst = None;
        }
    }
}
