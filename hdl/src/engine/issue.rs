//! The front of every unit: take a command from the queue, wait for its semaphores, run it, give its semaphores.
use rust_hdl::prelude::*;

/// Words of a unit's queue: two commands.
pub const QUEUE_WORDS: usize = 2 * rowfuse_spec::command::COMMAND_WORDS;

/// Where a unit is with its current command.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum IssueState {
    /// Taking words from the queue.
    Reading,
    /// All words are here; semaphores are not.
    Waiting,
    /// The unit is at work.
    Running,
}

/// Hands commands to a unit one at a time.
///
/// While `Reading`, every word that the queue holds goes to the unit's registers (`put`). After the 32nd (`complete`), the wait mask in bits 8..11 of
/// `header` must be a subset of `available`; a clock later `take` subtracts it, and `start` is high for one clock. (What is available stays so: nobody else takes
/// the same semaphores.) After the unit's `finished`, `give` adds
/// the signal mask in bits 12..15.
#[derive(LogicBlock, Default)]
pub struct Issue {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Returns to `Reading`, dropping the command.
    pub clear: Signal<In, Bit>,
    /// The queue holds a word.
    pub queue_valid: Signal<In, Bit>,
    /// The registers hold a whole command.
    pub complete: Signal<In, Bit>,
    /// Word 0 of the command.
    pub header: Signal<In, Bits<16>>,
    /// Semaphores above zero.
    pub available: Signal<In, Bits<4>>,
    /// The unit has finished.
    pub finished: Signal<In, Bit>,
    /// Takes the queue's word into the registers.
    pub put: Signal<Out, Bit>,
    /// Starts the unit.
    pub start: Signal<Out, Bit>,
    /// Semaphores to subtract.
    pub take: Signal<Out, Bits<4>>,
    /// Semaphores to add.
    pub give: Signal<Out, Bits<4>>,
    /// No command is here, not even in part.
    pub idle: Signal<Out, Bit>,
    /// A whole command waits for semaphores.
    pub waiting: Signal<Out, Bit>,
    state: DFF<IssueState>,
    words: DFF<Bits<6>>,
    mask: Signal<Local, Bits<4>>,
    signals: Signal<Local, Bits<4>>,
    ready: DFF<Bit>,
}

impl Logic for Issue {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, words, ready);
        self.mask.next = self.header.val().get_bits::<4>(8);
        self.signals.next = self.header.val().get_bits::<4>(12);
        self.ready.d.next = false;
        self.put.next = false;
        self.start.next = false;
        self.take.next = 0.into();
        self.give.next = 0.into();
        self.idle.next = false;
        self.waiting.next = false;
        match self.state.q.val() {
            IssueState::Reading => {
                self.idle.next = self.words.q.val() == 0;
                if self.complete.val() {
                    self.idle.next = false;
                    self.words.d.next = 0.into();
                    self.state.d.next = IssueState::Waiting;
                } else {
                    if self.queue_valid.val() & (self.words.q.val() != 32) {
                        self.put.next = true;
                        self.words.d.next = self.words.q.val() + 1;
                    }
                }
            }
            IssueState::Waiting => {
                self.waiting.next = true;
                self.ready.d.next = (self.available.val() & self.mask.val()) == self.mask.val();
                if self.ready.q.val() {
                    self.ready.d.next = false;
                    self.take.next = self.mask.val();
                    self.start.next = true;
                    self.state.d.next = IssueState::Running;
                }
            }
            IssueState::Running => {
                if self.finished.val() {
                    self.give.next = self.signals.val();
                    self.state.d.next = IssueState::Reading;
                }
            }
            _ => {
                self.state.d.next = IssueState::Reading;
            }
        }
        if self.clear.val() {
            self.state.d.next = IssueState::Reading;
            self.words.d.next = 0.into();
            self.ready.d.next = false;
        }
    }
}
