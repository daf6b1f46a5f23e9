//! Faults of whole frames: doubled, exchanged.

use rowfuse_spec::frame::Decoder;
use tokio::time::Instant;

/// What is to happen to the frame that begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) twice: bool,
    pub(super) swap: bool,
}

/// Finds the frames of one direction, and holds back one that is to come behind the next.
#[derive(Debug, Default)]
pub(super) struct Frames {
    decoder: Decoder,
    frame: Vec<u8>,
    plan: Plan,
    /// Frames begun so far.
    pub(super) begun: u64,
    held: Vec<u8>,
    /// Until when the next frame is waited for.
    pub(super) until: Option<Instant>,
}

impl Frames {
    /// Whether this byte begins a frame.
    pub(super) fn begins(&self, byte: u8) -> bool {
        self.decoder.is_idle() && byte == rowfuse_spec::frame::SYNC
    }

    /// The frame that begins with the next byte is to have that fate; one that is exchanged is held until then at most.
    pub(super) fn begin(&mut self, plan: Plan, until: Option<Instant>) {
        self.begun += 1;
        // One frame is held at a time.
        let swap = plan.swap && self.until.is_none();
        self.plan = Plan { swap, ..plan };
        if swap {
            self.until = until;
        }
    }

    /// Passes a byte on; bytes come out that are to go on now.
    pub(super) fn push(&mut self, byte: u8, out: &mut Vec<u8>) {
        let done = self.decoder.push(byte).is_some();
        let within = done || !self.decoder.is_idle();
        if !within {
            out.push(byte);
            return;
        }
        self.frame.push(byte);
        if self.plan.swap {
            self.held.push(byte);
        } else {
            out.push(byte);
        }
        if !done {
            return;
        }
        let plan = std::mem::take(&mut self.plan);
        let frame = std::mem::take(&mut self.frame);
        if plan.twice {
            if plan.swap {
                self.held.extend(&frame);
            } else {
                out.extend(&frame);
            }
        }
        if !plan.swap {
            self.release(out);
        }
    }

    /// Lets go what is held.
    pub(super) fn release(&mut self, out: &mut Vec<u8>) {
        self.until = None;
        self.plan.swap = false;
        out.append(&mut self.held);
    }

    /// The stream begins anew.
    pub(super) fn restart(&mut self) {
        let begun = self.begun;
        *self = Frames {
            begun,
            ..Frames::default()
        };
    }
}
