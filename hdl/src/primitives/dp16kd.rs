//! A reference model of the ECP5's block memory, and what is known of the cell.
//!
//! Written from Yosys' description of the cell (`lattice/brams_16kd.txt` and `brams_map_16kd.v`), from what nextpnr writes
//! into a bitstream for it, and from what is quoted of the vendor's memory usage guide (FPGA-TN-02204):
//!
//! - 2048 units of nine bits. A word 18 or 36 bits wide is two or four units, the lower unit in the lower bits; words of
//!   1, 2 and 4 bits divide the lower eight bits of a unit, whose ninth they cannot reach.
//! - An address counts bits: words of 1, 2, 4, 9, 18 and 36 bits lie at AD13 down to AD0, 1, 2, 3, 4 and 5. At 18 and 36
//!   bits AD0 up enables writing of each unit.
//! - `INITVAL_xx` holds words 16·xx to 16·xx + 15 of 18 bits, each in 20 bits with zeros above.
//! - A port 36 bits wide uses the data pins of both: A then always writes where it is enabled, and only B reads.
//! - A port reads and writes only where it is enabled and its chip select is `CSDECODE`. While it writes, its output keeps
//!   its value (`NORMAL`), shows the word as it becomes (`WRITETHROUGH`) or as it was (`READBEFOREWRITE`). `OUTREG` puts
//!   a register behind that, with the enable OCE.
//! - RST clears the outputs, never the memory. Synchronously it also does so where the port is not enabled, and keeps it
//!   from writing.
//!
//! What the vendor leaves open gets the value that is most likely noticed: a bit that one port reads while the other
//! writes it reads as the opposite of what it was, and a bit that both write becomes that.
//!
//! Not modelled: ports with clocks of their own (the Verilog looks at CLKA alone), inverted pins other than the clocks,
//! GSR, ECC. Not confirmed on silicon: anything here; no netlist so far uses chip selects, resets or `OUTREG`.

/// Units of nine bits.
const UNITS: usize = 2048;
const UNIT_BITS: usize = 9;

/// What a port's output does while the port writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteMode {
    /// It keeps its value.
    Normal,
    /// It shows what is written.
    WriteThrough,
    /// It shows what is overwritten. The vendor offers it from nine bits on.
    ReadBeforeWrite,
}

/// How a port is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryPort {
    /// Bits of a word: 1, 2, 4, 9, 18, or 36 on A alone or on both.
    pub width: usize,
    /// A second register behind the output.
    pub output_register: bool,
    /// The output during writes.
    pub write_mode: WriteMode,
    /// The chip select that means this block, 3 bits.
    pub select: u8,
}

/// Values at a port's pins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryInputs {
    /// AD, 14 bits.
    pub address: u16,
    /// DI, 18 bits.
    pub data: u32,
    /// WE.
    pub write: bool,
    /// CE.
    pub enable: bool,
    /// OCE.
    pub output_enable: bool,
    /// RST.
    pub reset: bool,
    /// CS, 3 bits.
    pub select: u8,
}

/// The block `DP16KD`, ports A and B on one clock. Outputs start at 0.
#[derive(Clone, Debug)]
pub struct Dp16kd {
    /// A and B.
    pub ports: [MemoryPort; 2],
    /// Whether resets wait for no clock.
    pub asynchronous: bool,
    bits: Vec<bool>,
    latch: [u64; 2],
    register: [u64; 2],
}

impl Dp16kd {
    /// A block that holds `initial` at power-up: 1024 words of 18 bits, fewer for zeros behind them.
    pub fn new(ports: [MemoryPort; 2], asynchronous: bool, initial: &[u32]) -> Self {
        let mut bits = vec![false; UNITS * UNIT_BITS];
        for (place, bit) in bits.iter_mut().enumerate() {
            let word = initial.get(place / 18).copied().unwrap_or(0);
            *bit = word >> (place % 18) & 1 != 0;
        }
        Self {
            ports,
            asynchronous,
            bits,
            latch: [0; 2],
            register: [0; 2],
        }
    }

    /// DOA and DOB, 18 bits each, under these inputs.
    pub fn outputs(&self, inputs: &[MemoryInputs; 2]) -> [u32; 2] {
        let shown = [0, 1].map(|port| {
            if self.asynchronous && self.reset(port, inputs) {
                0
            } else if self.ports[port].output_register {
                self.register[port]
            } else {
                self.latch[port]
            }
        });
        let low = |value: u64| (value & 0x3ffff) as u32;
        match (self.pseudo(), self.ports[1].width) {
            (true, 36) => [low(shown[1]), low(shown[1] >> 18)],
            (true, _) => [0, low(shown[1])],
            _ => shown.map(low),
        }
    }

    /// A rising edge of the clock.
    pub fn edge(&mut self, inputs: &[MemoryInputs; 2]) {
        let words = [0, 1].map(|port| self.word(port, inputs[port].address));
        let writes = [0, 1].map(|port| self.writes(port, inputs, &words[port]));
        let by = |port: usize, place: usize| writes[port].iter().find(|(at, _)| *at == place);
        let before = self.bits.clone();
        for (place, value) in writes.iter().flatten() {
            let both = by(0, *place).is_some() && by(1, *place).is_some();
            self.bits[*place] = if both { !before[*place] } else { *value };
        }
        for port in 0..2 {
            let MemoryPort { write_mode, .. } = self.ports[port];
            let through = write_mode == WriteMode::WriteThrough;
            let seen = |place: &usize| {
                if through && by(port, *place).is_some() {
                    self.bits[*place]
                } else {
                    before[*place] ^ by(1 - port, *place).is_some()
                }
            };
            let word = words[port]
                .iter()
                .rev()
                .fold(0, |word, place| word << 1 | u64::from(seen(place)));
            if self.reset(port, inputs) {
                (self.latch[port], self.register[port]) = (0, 0);
                continue;
            }
            if inputs[port].output_enable {
                self.register[port] = self.latch[port];
            }
            let keeps = self.writing(port, inputs) && write_mode == WriteMode::Normal;
            if self.selected(port, inputs) && !keeps {
                self.latch[port] = word;
            }
        }
    }

    /// Whether A is 36 bits wide and has taken B's data pins.
    fn pseudo(&self) -> bool {
        self.ports[0].width == 36
    }

    fn selected(&self, port: usize, inputs: &[MemoryInputs; 2]) -> bool {
        inputs[port].enable && inputs[port].select == self.ports[port].select
    }

    fn reset(&self, port: usize, inputs: &[MemoryInputs; 2]) -> bool {
        inputs[port].reset && !(self.pseudo() && port == 0)
    }

    /// Whether the port writes, were it only to no unit.
    fn writing(&self, port: usize, inputs: &[MemoryInputs; 2]) -> bool {
        let asked = if self.pseudo() {
            port == 0
        } else {
            inputs[port].write
        };
        let held = self.reset(port, inputs) && !self.asynchronous;
        asked && self.selected(port, inputs) && !held
    }

    /// Where the bits of the word at an address are, its lowest first.
    fn word(&self, port: usize, address: u16) -> Vec<usize> {
        let address = usize::from(address);
        let bits = |unit: usize, from: usize, count: usize| {
            let first = unit * UNIT_BITS + from;
            (first..first + count).collect()
        };
        match self.ports[port].width {
            36 => bits(address >> 5 << 2, 0, 36),
            18 => bits(address >> 4 << 1, 0, 18),
            9 => bits(address >> 3, 0, 9),
            narrow => bits(address >> 3, address % 8 / narrow * narrow, narrow),
        }
    }

    /// The bits a port writes, and what.
    fn writes(
        &self,
        port: usize,
        inputs: &[MemoryInputs; 2],
        word: &[usize],
    ) -> Vec<(usize, bool)> {
        if !self.writing(port, inputs) {
            return Vec::new();
        }
        let data = if self.pseudo() {
            u64::from(inputs[0].data) | u64::from(inputs[1].data) << 18
        } else {
            u64::from(inputs[port].data)
        };
        let enabled =
            |n: usize| word.len() < 18 || inputs[port].address >> (n / UNIT_BITS) & 1 != 0;
        let written = word.iter().enumerate().filter(|(n, _)| enabled(*n));
        written
            .map(|(n, place)| (*place, data >> n & 1 != 0))
            .collect()
    }
}

#[cfg(test)]
#[path = "dp16kd_tests.rs"]
mod tests;
