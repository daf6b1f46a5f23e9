//! The ring of weight entries: one entry (K×9 int8) a clock, skewed from hop to hop of the multiplier array.
use crate::dataflow::Pack;
use rust_hdl::prelude::*;
use std::fmt::Write as _;

/// Weights of a kernel.
const TAPS: usize = 9;
/// Words written from one register of the write chain.
const WORDS_PER_HOP: usize = 3;

/// Clocks after which the last word of an entry can be read: write chain and memory.
pub const WRITE_LATENCY: u32 = 8;

/// Where the multiplier array holds channel `j` of a group: hop 0 comes first, and the last hop's sums leave first, so that
/// results come out in ascending channel order.
pub fn hop_of_channel(lanes: usize, j: usize) -> usize {
    lanes - 1 - j
}

/// `ceil(9·K/2)` memories of `depth` 16-bit words, one a word of an entry.
///
/// **Write**: word `write_word` of entry `write_address` (modulo `depth`); bytes `2·word` and `2·word + 1` of the entry, low
/// byte first. **Read**: for `read_address` (modulo `depth`) given in clock `t`, the nine bytes of channel `j` appear in
/// `weights[72·j..72·j+72]` in clock `t + stage + hop(j)`: each channel of the systolic array one clock after the one before it.
/// A word shared by two channels is read for the earlier and its other byte held a clock.
#[derive(LogicBlock)]
pub struct WeightBuffer {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Stores `write_data`.
    pub write: Signal<In, Bit>,
    /// Entry to write.
    pub write_address: Signal<In, Bits<16>>,
    /// Word of the entry, `0..ceil(9·K/2)`.
    pub write_word: Signal<In, Bits<16>>,
    /// Two bytes.
    pub write_data: Signal<In, Bits<16>>,
    /// Entry to read.
    pub read_address: Signal<In, Bits<16>>,
    /// K×9 bytes, channel 0 in the low bits, unused upper bits zero.
    pub weights: Signal<Out, Bits<288>>,
    _plan: Plan,
    _state: State,
}

#[derive(Clone, Copy, Default)]
struct WriteBus {
    valid: bool,
    address: usize,
    word: usize,
    data: u16,
}

struct Plan {
    lanes: usize,
    depth: usize,
    stage: usize,
}

struct State {
    memories: Vec<Vec<u16>>,
    bus: Vec<WriteBus>,
    addresses: Vec<usize>,
    fetched: Vec<u16>,
    words: Vec<u16>,
    held: Vec<u8>,
}

impl Plan {
    fn bytes(&self) -> usize {
        TAPS * self.lanes
    }

    fn words(&self) -> usize {
        self.bytes().div_ceil(2)
    }

    fn hop_of_byte(&self, byte: usize) -> usize {
        hop_of_channel(self.lanes, byte / TAPS)
    }

    /// Hop for which a word is read: the earliest of its bytes'.
    fn hop_of_word(&self, word: usize) -> usize {
        let second = (2 * word + 1).min(self.bytes() - 1);
        self.hop_of_byte(2 * word).min(self.hop_of_byte(second))
    }

    /// Register of the address chain from which a word's memory reads.
    fn tap(&self, word: usize) -> usize {
        self.stage - 3 + self.hop_of_word(word)
    }

    fn is_held(&self, byte: usize) -> bool {
        self.hop_of_byte(byte) > self.hop_of_word(byte / 2)
    }
}

impl WeightBuffer {
    /// A ring of `depth` entries for `lanes` channels, read `stage` clocks after the address.
    ///
    /// # Panics
    /// If `depth` is not a power of two or `stage < 3`: faults of the design, not of its input.
    pub fn new(lanes: u32, depth: u32, stage: u32) -> Self {
        assert!(depth.is_power_of_two() && stage >= 3);
        let plan = Plan {
            lanes: lanes as usize,
            depth: depth as usize,
            stage: stage as usize,
        };
        let words = plan.words();
        Self {
            clock: Default::default(),
            write: Default::default(),
            write_address: Default::default(),
            write_word: Default::default(),
            write_data: Default::default(),
            read_address: Default::default(),
            weights: Default::default(),
            _state: State {
                memories: vec![vec![0; plan.depth]; words],
                bus: vec![Default::default(); words.div_ceil(WORDS_PER_HOP)],
                addresses: vec![0; plan.stage - 3 + plan.lanes],
                fetched: vec![0; words],
                words: vec![0; words],
                held: vec![0; plan.bytes()],
            },
            _plan: plan,
        }
    }

    fn clock_edge(&mut self) {
        let (plan, s) = (&self._plan, &mut self._state);
        for byte in 0..plan.bytes() {
            s.held[byte] = (s.words[byte / 2] >> (8 * (byte % 2))) as u8;
        }
        s.words.copy_from_slice(&s.fetched);
        for word in 0..plan.words() {
            s.fetched[word] = s.memories[word][s.addresses[plan.tap(word)] & (plan.depth - 1)];
        }
        for word in 0..plan.words() {
            let bus = s.bus[word / WORDS_PER_HOP];
            if bus.valid && bus.word == word {
                s.memories[word][bus.address & (plan.depth - 1)] = bus.data;
            }
        }
        s.bus.rotate_right(1);
        s.bus[0] = WriteBus {
            valid: self.write.val(),
            address: self.write_address.val().to_u16().into(),
            word: self.write_word.val().to_u16().into(),
            data: self.write_data.val().to_u16(),
        };
        s.addresses.rotate_right(1);
        s.addresses[0] = self.read_address.val().to_u16().into();
        let (words, held) = (&s.words, &s.held);
        let bytes = (0..plan.bytes()).map(|byte| match plan.is_held(byte) {
            true => held[byte].into(),
            false => i64::from(words[byte / 2] >> (8 * (byte % 2)) & 0xff),
        });
        self.weights.next = Pack::pack(8, bytes);
    }

    fn verilog(&self) -> String {
        let plan = &self._plan;
        let bits = plan.depth.trailing_zeros() as usize;
        let top = bits - 1;
        let mut v = String::new();
        for tap in 0..self._state.addresses.len() {
            let from = match tap {
                0 => format!("read_address[{top}:0]"),
                _ => format!("ra{}", tap - 1),
            };
            let _ = writeln!(
                v,
                "reg [{top}:0] ra{tap}; initial ra{tap} = 0; always @(posedge clock) ra{tap} <= {from};"
            );
        }
        for hop in 0..self._state.bus.len() {
            let from = |port: &str, name: &str| match hop {
                0 => port.to_string(),
                _ => format!("b{}_{name}", hop - 1),
            };
            let _ = writeln!(
                v,
                "reg b{hop}_v; reg [{top}:0] b{hop}_a; reg [4:0] b{hop}_w; reg [15:0] b{hop}_d; initial b{hop}_v = 0;
always @(posedge clock) begin b{hop}_v <= {}; b{hop}_a <= {}; b{hop}_w <= {}; b{hop}_d <= {}; end",
                from("write", "v"),
                from(&format!("write_address[{top}:0]"), "a"),
                from("write_word[4:0]", "w"),
                from("write_data", "d"),
            );
        }
        for word in 0..plan.words() {
            let (hop, tap) = (word / WORDS_PER_HOP, plan.tap(word));
            let _ = writeln!(
                v,
                "(* ram_style = \"block\", no_rw_check *) reg [15:0] m{word} [0:{last}]; reg [15:0] f{word}, w{word};
initial begin f{word} = 0; w{word} = 0; end
{clear}always @(posedge clock) begin
  if (b{hop}_v && b{hop}_w == 5'd{word}) m{word}[b{hop}_a] <= b{hop}_d;
  f{word} <= m{word}[ra{tap}]; w{word} <= f{word};
end",
                last = plan.depth - 1,
                clear = super::memory_clear(&format!("m{word}"), plan.depth)
            );
        }
        for byte in 0..plan.bytes() {
            let (lo, hi) = (8 * (byte % 2), 8 * (byte % 2) + 7);
            let source = format!("w{}[{hi}:{lo}]", byte / 2);
            let (out_lo, out_hi) = (8 * byte, 8 * byte + 7);
            if plan.is_held(byte) {
                let _ = writeln!(
                    v,
                    "reg [7:0] held{byte}; initial held{byte} = 0; always @(posedge clock) held{byte} <= {source};
always @(*) weights[{out_hi}:{out_lo}] = held{byte};"
                );
            } else {
                let _ = writeln!(v, "always @(*) weights[{out_hi}:{out_lo}] = {source};");
            }
        }
        if plan.bytes() < 36 {
            let _ = writeln!(v, "initial weights[287:{}] = 0;", 8 * plan.bytes());
        }
        v
    }
}

impl Logic for WeightBuffer {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.clock_edge();
        }
    }

    fn connect(&mut self) {
        self.weights.connect();
    }

    fn hdl(&self) -> Verilog {
        Verilog::Custom(self.verilog())
    }
}
