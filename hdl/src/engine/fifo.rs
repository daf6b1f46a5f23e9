//! A small show-ahead FIFO in distributed RAM.
use rust_hdl::prelude::*;
use std::collections::VecDeque;

/// First-in first-out queue of `Bits<W>` words, `depth` a power of two (at most 1024).
///
/// The oldest word is on `data_out` whenever `valid` is high; `take` removes it at the clock edge. `put` with a full queue or
/// `take` with an empty one is ignored. `level` counts the words held; a word put in is visible one clock later.
/// Golden model: `VecDeque`.
#[derive(LogicBlock)]
pub struct Fifo<const W: usize> {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Empties the queue at the clock edge.
    pub clear: Signal<In, Bit>,
    /// Stores `data_in` at the clock edge.
    pub put: Signal<In, Bit>,
    /// The word to store.
    pub data_in: Signal<In, Bits<W>>,
    /// Removes the oldest word at the clock edge.
    pub take: Signal<In, Bit>,
    /// The oldest word, meaningful while `valid`.
    pub data_out: Signal<Out, Bits<W>>,
    /// The queue holds at least one word.
    pub valid: Signal<Out, Bit>,
    /// Number of words held, `0..=depth`.
    pub level: Signal<Out, Bits<16>>,
    _depth: usize,
    _queue: VecDeque<Bits<W>>,
}

impl<const W: usize> Fifo<W> {
    /// A queue of `depth` words.
    ///
    /// # Panics
    /// If `depth` is not a power of two in `2..=1024`: a fault of the design, not of its input.
    pub fn new(depth: usize) -> Self {
        assert!(depth.is_power_of_two() && (2..=1024).contains(&depth));
        Self {
            clock: Default::default(),
            clear: Default::default(),
            put: Default::default(),
            data_in: Default::default(),
            take: Default::default(),
            data_out: Default::default(),
            valid: Default::default(),
            level: Default::default(),
            _depth: depth,
            _queue: VecDeque::with_capacity(depth),
        }
    }
}

impl<const W: usize> Default for Fifo<W> {
    /// Two words.
    fn default() -> Self {
        Self::new(2)
    }
}

impl<const W: usize> Logic for Fifo<W> {
    fn update(&mut self) {
        if !self.clock.pos_edge() {
            return;
        }
        let room = self._queue.len() < self._depth;
        if self.clear.val() {
            self._queue.clear();
        } else {
            if self.take.val() {
                self._queue.pop_front();
            }
            if self.put.val() && room {
                self._queue.push_back(self.data_in.val());
            }
        }
        self.valid.next = !self._queue.is_empty();
        self.level.next = (self._queue.len() as u64).into();
        // While empty the memory's stale word shows: keep the same one out of the comparison by holding it at zero.
        self.data_out.next = self._queue.front().copied().unwrap_or_default();
    }

    fn connect(&mut self) {
        self.data_out.connect();
        self.valid.connect();
        self.level.connect();
    }

    fn hdl(&self) -> Verilog {
        let bits = self._depth.trailing_zeros();
        let (top, ptr) = (W - 1, bits - 1);
        Verilog::Custom(format!(
            "\
(* ram_style = \"distributed\" *) reg [{top}:0] mem [0:{last}];
reg [{ptr}:0] head, tail;
reg [{bits}:0] count;
initial begin head = 0; tail = 0; count = 0; end
wire do_put = put && !count[{bits}];
wire do_take = take && (count != 0);
always @(*) begin
  valid = (count != 0);
  level = count;
  data_out = (count != 0) ? mem[head] : {W}'d0;
end
always @(posedge clock) begin
  if (do_put) mem[tail] <= data_in;
  if (clear) begin head <= 0; tail <= 0; count <= 0; end
  else begin
    if (do_put) tail <= tail + 1'b1;
    if (do_take) head <= head + 1'b1;
    count <= count + {{{bits}'d0, do_put}} - {{{bits}'d0, do_take}};
  end
end
",
            last = self._depth - 1,
        ))
    }
}
