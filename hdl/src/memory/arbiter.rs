//! Shares one memory port between the engine's units and the link.

use super::port::{MemoryClient, MemoryServer};
use rust_hdl::prelude::*;

/// Bursts that may be under way at once.
pub const OUTSTANDING: u32 = 2;

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
/// The `owner` register says whose request is shown to the memory. When it is accepted, or while the owner asks for nothing,
/// the next client that asks becomes the owner (one cycle). The last owner is the last to be chosen again, so with all five asking each
/// waits for at most four others.
///
/// Up to [`OUTSTANDING`] bursts are under way: `serving` is whose words move now, `waiting` who comes next. The memory answers in the order of the
/// requests. A client may ask again while its burst is under way.
///
/// `abort` cuts the engine's clients off from the bursts under way, and from one accepted in the cycle of `abort` or the next: the memory finishes them,
/// but nobody sees their words or their ends. So an engine that is reset with `abort` or one cycle later starts clean, if it asks for nothing before the
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
    /// One cycle high: forget the engine's bursts under way.
    pub abort: Signal<In, Bit>,
    /// High for one cycle for each word the engine's clients read, one cycle after the word. The
    /// link's words do not count.
    pub read_words_strobe: Signal<Out, Bit>,
    /// The same for words written.
    pub write_words_strobe: Signal<Out, Bit>,
    owner: DFF<Owner>,
    serving: DFF<Owner>,
    waiting: DFF<Owner>,
    count: DFF<Bits<2>>,
    muted: DFF<Bit>,
    muted_waiting: DFF<Bit>,
    late_abort: DFF<Bit>,
    read_strobe: DFF<Bit>,
    write_strobe: DFF<Bit>,
    choice: Signal<Local, Owner>,
    room: Signal<Local, Bit>,
    offer: Signal<Local, Bit>,
    forward: Signal<Local, Bit>,
    accept: Signal<Local, Bit>,
    ends: Signal<Local, Bit>,
    cut_off: Signal<Local, Bit>,
    wr_next: Signal<Local, Bit>,
    rd_valid: Signal<Local, Bit>,
    done: Signal<Local, Bit>,
    head_muted: Signal<Local, Bit>,
    next_muted: Signal<Local, Bit>,
    new_muted: Signal<Local, Bit>,
}

impl Logic for MemoryArbiter {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            owner,
            serving,
            waiting,
            count,
            muted,
            muted_waiting,
            late_abort,
            read_strobe,
            write_strobe
        );

        // What the memory tells: readiness to the owner, words to the one served.
        self.room.next = self.count.q.val() != 2;
        self.offer.next = self.room.val() & self.memory.req_ready.val();
        self.forward.next = self.count.q.val().any() & !self.muted.q.val();
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
        match self.serving.q.val() {
            Owner::Fetch => {
                self.memory.wr_data.next = self.fetch.wr_data.val();
                self.memory.wr_mask.next = self.fetch.wr_mask.val();
                self.fetch.wr_next.next = self.wr_next.val();
                self.fetch.rd_valid.next = self.rd_valid.val();
                self.fetch.done.next = self.done.val();
            }
            Owner::Weights => {
                self.memory.wr_data.next = self.weights.wr_data.val();
                self.memory.wr_mask.next = self.weights.wr_mask.val();
                self.weights.wr_next.next = self.wr_next.val();
                self.weights.rd_valid.next = self.rd_valid.val();
                self.weights.done.next = self.done.val();
            }
            Owner::Features => {
                self.memory.wr_data.next = self.features.wr_data.val();
                self.memory.wr_mask.next = self.features.wr_mask.val();
                self.features.wr_next.next = self.wr_next.val();
                self.features.rd_valid.next = self.rd_valid.val();
                self.features.done.next = self.done.val();
            }
            Owner::Writer => {
                self.memory.wr_data.next = self.writer.wr_data.val();
                self.memory.wr_mask.next = self.writer.wr_mask.val();
                self.writer.wr_next.next = self.wr_next.val();
                self.writer.rd_valid.next = self.rd_valid.val();
                self.writer.done.next = self.done.val();
            }
            _ => {
                self.memory.wr_data.next = self.link.wr_data.val();
                self.memory.wr_mask.next = self.link.wr_mask.val();
                self.link.wr_next.next = self.wr_next.val();
                self.link.rd_valid.next = self.rd_valid.val();
                self.link.done.next = self.done.val();
            }
        }

        // The owner's request is shown; its successor is the first behind it that asks.
        self.choice.next = self.owner.q.val();
        match self.owner.q.val() {
            Owner::Fetch => {
                self.memory.req_valid.next = self.fetch.req_valid.val() & self.room.val();
                self.memory.req_write.next = self.fetch.req_write.val();
                self.memory.req_addr.next = self.fetch.req_addr.val();
                self.memory.req_len.next = self.fetch.req_len.val();
                self.fetch.req_ready.next = self.offer.val();
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
                self.memory.req_valid.next = self.weights.req_valid.val() & self.room.val();
                self.memory.req_write.next = self.weights.req_write.val();
                self.memory.req_addr.next = self.weights.req_addr.val();
                self.memory.req_len.next = self.weights.req_len.val();
                self.weights.req_ready.next = self.offer.val();
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
                self.memory.req_valid.next = self.features.req_valid.val() & self.room.val();
                self.memory.req_write.next = self.features.req_write.val();
                self.memory.req_addr.next = self.features.req_addr.val();
                self.memory.req_len.next = self.features.req_len.val();
                self.features.req_ready.next = self.offer.val();
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
                self.memory.req_valid.next = self.writer.req_valid.val() & self.room.val();
                self.memory.req_write.next = self.writer.req_write.val();
                self.memory.req_addr.next = self.writer.req_addr.val();
                self.memory.req_len.next = self.writer.req_len.val();
                self.writer.req_ready.next = self.offer.val();
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
                self.memory.req_valid.next = self.link.req_valid.val() & self.room.val();
                self.memory.req_write.next = self.link.req_write.val();
                self.memory.req_addr.next = self.link.req_addr.val();
                self.memory.req_len.next = self.link.req_len.val();
                self.link.req_ready.next = self.offer.val();
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
        self.accept.next = self.memory.req_valid.val() & self.memory.req_ready.val();
        if self.accept.val() | (self.room.val() & !self.memory.req_valid.val()) {
            self.owner.d.next = self.choice.val();
        }

        // Aborted bursts run to their ends unseen.
        self.late_abort.d.next = self.abort.val();
        self.cut_off.next = self.abort.val() | self.late_abort.q.val();
        self.head_muted.next =
            self.muted.q.val() | (self.cut_off.val() & (self.serving.q.val() != Owner::Link));
        self.next_muted.next = self.muted_waiting.q.val()
            | (self.cut_off.val() & (self.waiting.q.val() != Owner::Link));
        self.new_muted.next = self.cut_off.val() & (self.owner.q.val() != Owner::Link);

        // The queue of bursts under way.
        self.ends.next = self.count.q.val().any() & self.memory.done.val();
        self.muted.d.next = self.head_muted.val();
        self.muted_waiting.d.next = self.next_muted.val();
        if self.ends.val() {
            self.serving.d.next = self.waiting.q.val();
            self.muted.d.next = self.next_muted.val();
        }
        if self.accept.val() & !self.ends.val() {
            self.count.d.next = self.count.q.val() + 1;
        }
        if self.ends.val() & !self.accept.val() {
            self.count.d.next = self.count.q.val() - 1;
        }
        if self.accept.val() {
            self.waiting.d.next = self.owner.q.val();
            self.muted_waiting.d.next = self.new_muted.val();
            if self.ends.val() | !self.count.q.val().any() {
                self.serving.d.next = self.owner.q.val();
                self.muted.d.next = self.new_muted.val();
            }
        }

        // Only what the engine sees counts: the planner predicts these numbers.
        self.read_strobe.d.next = self.rd_valid.val() & (self.serving.q.val() != Owner::Link);
        self.write_strobe.d.next = self.wr_next.val() & (self.serving.q.val() != Owner::Link);
        self.read_words_strobe.next = self.read_strobe.q.val();
        self.write_words_strobe.next = self.write_strobe.q.val();
    }
}
