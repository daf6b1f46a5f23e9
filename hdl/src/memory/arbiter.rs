//! Shares one memory port between the engine's units and the link, one burst at a time.

use super::port::{MemoryClient, MemoryServer};
use rust_hdl::prelude::*;

/// Who may use the memory, in round-robin order.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum Owner {
    Fetch,
    Weights,
    Features,
    Writer,
    Link,
}

/// Round-robin arbiter of five memory clients.
///
/// The `owner` register says whose request is shown to the memory. While the owner asks for nothing
/// it moves on to the next client that does (one cycle); during a burst it stays; with `done` it
/// moves on in time for the next request to be accepted in the very next cycle. The last owner is
/// the last to be chosen again, so with all five asking each waits for at most four bursts.
///
/// `abort` cuts the engine's clients off from the burst in progress, and from one accepted in the cycle
/// of `abort` or the next: the memory finishes it, but nobody sees its words or its end. So an engine
/// that is reset with `abort` or one cycle later starts clean, if it asks for nothing before the
/// second cycle after `abort`. The link's bursts are never cut off.
#[derive(LogicBlock, Default)]
pub struct MemoryArbiter {
    /// The one clock.
    pub clock: Signal<In, Clock>,
    /// Command fetcher.
    pub fetch: MemoryServer,
    /// Weight and parameter loader.
    pub weights: MemoryServer,
    /// Feature-map loader.
    pub features: MemoryServer,
    /// Result writer.
    pub writer: MemoryServer,
    /// The host's link.
    pub link: MemoryServer,
    /// To the memory.
    pub memory: MemoryClient,
    /// One cycle high: forget the engine's burst in progress.
    pub abort: Signal<In, Bit>,
    /// High for one cycle for each word the engine's clients read, one cycle after the word. The
    /// link's words do not count.
    pub read_words_strobe: Signal<Out, Bit>,
    /// The same for words written.
    pub write_words_strobe: Signal<Out, Bit>,
    owner: DFF<Owner>,
    busy: DFF<Bit>,
    muted: DFF<Bit>,
    late_abort: DFF<Bit>,
    cut_off: Signal<Local, Bit>,
    read_strobe: DFF<Bit>,
    write_strobe: DFF<Bit>,
    choice: Signal<Local, Owner>,
    accept: Signal<Local, Bit>,
    stay_busy: Signal<Local, Bit>,
    of_engine: Signal<Local, Bit>,
    offer: Signal<Local, Bit>,
    forward: Signal<Local, Bit>,
    wr_next: Signal<Local, Bit>,
    rd_valid: Signal<Local, Bit>,
    done: Signal<Local, Bit>,
}

impl Logic for MemoryArbiter {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            owner,
            busy,
            muted,
            late_abort,
            read_strobe,
            write_strobe
        );

        // What the memory tells the owner: readiness between bursts, words during one.
        self.offer.next = !self.busy.q.val() & self.memory.req_ready.val();
        self.forward.next = self.busy.q.val() & !self.muted.q.val();
        self.wr_next.next = self.forward.val() & self.memory.wr_next.val();
        self.rd_valid.next = self.forward.val() & self.memory.rd_valid.val();
        self.done.next = self.forward.val() & self.memory.done.val();

        self.fetch.req_ready.next = false;
        self.fetch.wr_next.next = false;
        self.fetch.rd_valid.next = false;
        self.fetch.rd_data.next = self.memory.rd_data.val();
        self.fetch.done.next = false;
        self.weights.req_ready.next = false;
        self.weights.wr_next.next = false;
        self.weights.rd_valid.next = false;
        self.weights.rd_data.next = self.memory.rd_data.val();
        self.weights.done.next = false;
        self.features.req_ready.next = false;
        self.features.wr_next.next = false;
        self.features.rd_valid.next = false;
        self.features.rd_data.next = self.memory.rd_data.val();
        self.features.done.next = false;
        self.writer.req_ready.next = false;
        self.writer.wr_next.next = false;
        self.writer.rd_valid.next = false;
        self.writer.rd_data.next = self.memory.rd_data.val();
        self.writer.done.next = false;
        self.link.req_ready.next = false;
        self.link.wr_next.next = false;
        self.link.rd_valid.next = false;
        self.link.rd_data.next = self.memory.rd_data.val();
        self.link.done.next = false;

        // The owner is wired through, and its successor is the first behind it that asks.
        self.choice.next = self.owner.q.val();
        self.of_engine.next = true;
        match self.owner.q.val() {
            Owner::Fetch => {
                self.memory.req_valid.next = self.fetch.req_valid.val() & !self.busy.q.val();
                self.memory.req_write.next = self.fetch.req_write.val();
                self.memory.req_addr.next = self.fetch.req_addr.val();
                self.memory.req_len.next = self.fetch.req_len.val();
                self.memory.wr_data.next = self.fetch.wr_data.val();
                self.fetch.req_ready.next = self.offer.val();
                self.fetch.wr_next.next = self.wr_next.val();
                self.fetch.rd_valid.next = self.rd_valid.val();
                self.fetch.done.next = self.done.val();
                if self.weights.req_valid.val() {
                    self.choice.next = Owner::Weights;
                } else if self.features.req_valid.val() {
                    self.choice.next = Owner::Features;
                } else if self.writer.req_valid.val() {
                    self.choice.next = Owner::Writer;
                } else if self.link.req_valid.val() {
                    self.choice.next = Owner::Link;
                }
            }
            Owner::Weights => {
                self.memory.req_valid.next = self.weights.req_valid.val() & !self.busy.q.val();
                self.memory.req_write.next = self.weights.req_write.val();
                self.memory.req_addr.next = self.weights.req_addr.val();
                self.memory.req_len.next = self.weights.req_len.val();
                self.memory.wr_data.next = self.weights.wr_data.val();
                self.weights.req_ready.next = self.offer.val();
                self.weights.wr_next.next = self.wr_next.val();
                self.weights.rd_valid.next = self.rd_valid.val();
                self.weights.done.next = self.done.val();
                if self.features.req_valid.val() {
                    self.choice.next = Owner::Features;
                } else if self.writer.req_valid.val() {
                    self.choice.next = Owner::Writer;
                } else if self.link.req_valid.val() {
                    self.choice.next = Owner::Link;
                } else if self.fetch.req_valid.val() {
                    self.choice.next = Owner::Fetch;
                }
            }
            Owner::Features => {
                self.memory.req_valid.next = self.features.req_valid.val() & !self.busy.q.val();
                self.memory.req_write.next = self.features.req_write.val();
                self.memory.req_addr.next = self.features.req_addr.val();
                self.memory.req_len.next = self.features.req_len.val();
                self.memory.wr_data.next = self.features.wr_data.val();
                self.features.req_ready.next = self.offer.val();
                self.features.wr_next.next = self.wr_next.val();
                self.features.rd_valid.next = self.rd_valid.val();
                self.features.done.next = self.done.val();
                if self.writer.req_valid.val() {
                    self.choice.next = Owner::Writer;
                } else if self.link.req_valid.val() {
                    self.choice.next = Owner::Link;
                } else if self.fetch.req_valid.val() {
                    self.choice.next = Owner::Fetch;
                } else if self.weights.req_valid.val() {
                    self.choice.next = Owner::Weights;
                }
            }
            Owner::Writer => {
                self.memory.req_valid.next = self.writer.req_valid.val() & !self.busy.q.val();
                self.memory.req_write.next = self.writer.req_write.val();
                self.memory.req_addr.next = self.writer.req_addr.val();
                self.memory.req_len.next = self.writer.req_len.val();
                self.memory.wr_data.next = self.writer.wr_data.val();
                self.writer.req_ready.next = self.offer.val();
                self.writer.wr_next.next = self.wr_next.val();
                self.writer.rd_valid.next = self.rd_valid.val();
                self.writer.done.next = self.done.val();
                if self.link.req_valid.val() {
                    self.choice.next = Owner::Link;
                } else if self.fetch.req_valid.val() {
                    self.choice.next = Owner::Fetch;
                } else if self.weights.req_valid.val() {
                    self.choice.next = Owner::Weights;
                } else if self.features.req_valid.val() {
                    self.choice.next = Owner::Features;
                }
            }
            _ => {
                self.of_engine.next = false;
                self.memory.req_valid.next = self.link.req_valid.val() & !self.busy.q.val();
                self.memory.req_write.next = self.link.req_write.val();
                self.memory.req_addr.next = self.link.req_addr.val();
                self.memory.req_len.next = self.link.req_len.val();
                self.memory.wr_data.next = self.link.wr_data.val();
                self.link.req_ready.next = self.offer.val();
                self.link.wr_next.next = self.wr_next.val();
                self.link.rd_valid.next = self.rd_valid.val();
                self.link.done.next = self.done.val();
                if self.fetch.req_valid.val() {
                    self.choice.next = Owner::Fetch;
                } else if self.weights.req_valid.val() {
                    self.choice.next = Owner::Weights;
                } else if self.features.req_valid.val() {
                    self.choice.next = Owner::Features;
                } else if self.writer.req_valid.val() {
                    self.choice.next = Owner::Writer;
                }
            }
        }

        // A burst begins when its request is accepted and ends with `done`.
        self.accept.next = self.memory.req_valid.val() & self.memory.req_ready.val();
        self.stay_busy.next = self.accept.val() | (self.busy.q.val() & !self.memory.done.val());
        self.busy.d.next = self.stay_busy.val();
        if self.busy.q.val() {
            if self.memory.done.val() {
                self.owner.d.next = self.choice.val();
            }
        } else if !self.memory.req_valid.val() {
            self.owner.d.next = self.choice.val();
        }

        // An aborted burst runs to its end unseen.
        self.late_abort.d.next = self.abort.val();
        self.cut_off.next = (self.abort.val() | self.late_abort.q.val()) & self.of_engine.val();
        self.muted.d.next = self.stay_busy.val() & (self.muted.q.val() | self.cut_off.val());

        // Only what the engine sees counts: the planner predicts these numbers.
        self.read_strobe.d.next = self.rd_valid.val() & self.of_engine.val();
        self.write_strobe.d.next = self.wr_next.val() & self.of_engine.val();
        self.read_words_strobe.next = self.read_strobe.q.val();
        self.write_words_strobe.next = self.write_strobe.q.val();
    }
}
