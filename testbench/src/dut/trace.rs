//! The inputs and outputs of a run, cycle by cycle.

use super::error::{DutError, Mismatch};
use crate::verilator::{Direction, Port, PortHandle};

/// Whether a trace was confirmed by Verilator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verified {
    /// Every output of every cycle was equal in both simulations.
    Compared,
    /// Verilator is missing, for this reason; the trace is the rust-hdl simulation's alone.
    Skipped(String),
}

/// What was applied and what came out. Look values up by the port's name (`bus$field` for a field of
/// an interface, `data$3` for an element of an array) and the cycle.
///
/// # Panics
/// Every look-up panics on an unknown port or a cycle that was not run: both are mistakes of the test.
#[derive(Debug, Clone)]
pub struct Trace {
    columns: Vec<(Port, PortHandle)>,
    input_words: usize,
    output_words: usize,
    inputs: Vec<u32>,
    outputs: Vec<u32>,
    cycles: usize,
    verified: Verified,
}

impl Trace {
    pub(super) fn new(ports: &[Port]) -> Self {
        let (mut input_words, mut output_words) = (0, 0);
        let mut columns = Vec::new();
        for port in ports
            .iter()
            .filter(|port| port.direction != Direction::Clock)
        {
            let words = match port.direction {
                Direction::Output => &mut output_words,
                _ => &mut input_words,
            };
            columns.push((
                port.clone(),
                PortHandle {
                    offset: *words,
                    width: port.width,
                },
            ));
            *words += port.words();
        }
        Self {
            columns,
            input_words,
            output_words,
            inputs: Vec::new(),
            outputs: Vec::new(),
            cycles: 0,
            verified: Verified::Skipped("not compared yet".to_owned()),
        }
    }

    /// Appends one cycle; `read` appends one record of inputs and one of outputs.
    pub(super) fn record(&mut self, read: impl FnOnce(&mut Vec<u32>, &mut Vec<u32>)) {
        read(&mut self.inputs, &mut self.outputs);
        self.cycles += 1;
        assert_eq!(self.inputs.len(), self.cycles * self.input_words);
        assert_eq!(self.outputs.len(), self.cycles * self.output_words);
    }

    /// All inputs, one record a cycle, as [`crate::verilator::Model::run`] takes them.
    pub fn input_records(&self) -> &[u32] {
        &self.inputs
    }

    /// All outputs likewise.
    pub fn output_records(&self) -> &[u32] {
        &self.outputs
    }

    /// Number of cycles.
    pub fn cycles(&self) -> usize {
        self.cycles
    }

    /// Whether Verilator confirmed it.
    pub fn verified(&self) -> &Verified {
        &self.verified
    }

    pub(super) fn set_verified(&mut self, verified: Verified) {
        self.verified = verified;
    }

    /// A value as 32-bit words, least significant first.
    pub fn words(&self, port: &str, cycle: usize) -> &[u32] {
        let (column, handle) = self.column_of(port);
        self.value(column, *handle, cycle)
    }

    /// A value of at most 64 bits.
    pub fn u64(&self, port: &str, cycle: usize) -> u64 {
        self.field(port, cycle, 0, self.column_of(port).1.width)
    }

    /// A value of at most 64 bits, sign-extended from the port's width.
    pub fn i64(&self, port: &str, cycle: usize) -> i64 {
        self.signed_field(port, cycle, 0, self.column_of(port).1.width)
    }

    /// `width` bits (1..=64) of a value, from bit `low` upwards.
    pub fn field(&self, port: &str, cycle: usize, low: usize, width: usize) -> u64 {
        let (column, handle) = self.column_of(port);
        assert!(
            (1..=64).contains(&width) && low + width <= handle.width,
            "{port}: {low}+:{width}"
        );
        let words = self.value(column, *handle, cycle);
        (0..width).fold(0, |value, bit| {
            let at = low + bit;
            value | u64::from(words[at / 32] >> (at % 32) & 1) << bit
        })
    }

    /// `width` bits (1..=64) of a value, from bit `low` upwards, in two's complement.
    pub fn signed_field(&self, port: &str, cycle: usize, low: usize, width: usize) -> i64 {
        let unused = 64 - width;
        (self.field(port, cycle, low, width) << unused) as i64 >> unused
    }

    /// All values of a port of at most 64 bits.
    pub fn column(&self, port: &str) -> Vec<u64> {
        (0..self.cycles)
            .map(|cycle| self.u64(port, cycle))
            .collect()
    }

    /// Cycles in which a one-bit port is high.
    pub fn when<'a>(&'a self, port: &'a str) -> impl Iterator<Item = usize> + 'a {
        (0..self.cycles).filter(move |cycle| self.u64(port, *cycle) == 1)
    }

    fn column_of(&self, name: &str) -> &(Port, PortHandle) {
        self.columns
            .iter()
            .find(|(port, _)| port.name == name)
            .unwrap_or_else(|| {
                let known: Vec<&str> = self
                    .columns
                    .iter()
                    .map(|(port, _)| port.name.as_str())
                    .collect();
                panic!("no port {name}; there are {}", known.join(", "))
            })
    }

    fn value(&self, port: &Port, handle: PortHandle, cycle: usize) -> &[u32] {
        assert!(cycle < self.cycles, "cycle {cycle} of {}", self.cycles);
        let (records, words) = match port.direction {
            Direction::Output => (&self.outputs, self.output_words),
            _ => (&self.inputs, self.input_words),
        };
        &records[cycle * words..][handle.words()]
    }

    /// Compares with Verilator's outputs, one record a cycle.
    pub(super) fn compare(&self, block: &str, other: &[u32]) -> Result<(), DutError> {
        assert_eq!(other.len(), self.outputs.len());
        if other == self.outputs {
            return Ok(());
        }
        let mut first = None;
        let mut count = 0;
        for cycle in 0..self.cycles {
            let record = &other[cycle * self.output_words..][..self.output_words];
            for (port, handle) in &self.columns {
                if port.direction != Direction::Output {
                    continue;
                }
                let (ours, theirs) = (self.value(port, *handle, cycle), &record[handle.words()]);
                if ours != theirs {
                    count += 1;
                    first.get_or_insert((cycle, port, hex(ours), hex(theirs)));
                }
            }
        }
        let Some((cycle, port, rust_hdl, verilator)) = first else {
            return Ok(());
        };
        let inputs: Vec<String> = self
            .columns
            .iter()
            .filter(|(port, _)| port.direction == Direction::Input)
            .map(|(port, handle)| {
                format!("{}={}", port.name, hex(self.value(port, *handle, cycle)))
            })
            .collect();
        let (port, inputs) = (port.name.clone(), inputs.join(" "));
        let mismatch = Mismatch {
            cycle,
            port,
            rust_hdl,
            verilator,
            inputs,
            count,
        };
        Err(DutError::Mismatch {
            block: block.to_owned(),
            mismatch: Box::new(mismatch),
        })
    }
}

/// Words as one hexadecimal number without leading zeros.
fn hex(words: &[u32]) -> String {
    let digits: String = words
        .iter()
        .rev()
        .map(|word| format!("{word:08x}"))
        .collect();
    let digits = digits.trim_start_matches('0');
    format!("0x{}", if digits.is_empty() { "0" } else { digits })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_cut_out_of_the_records() {
        let ports = [
            Port::input("a", 40),
            Port::clock("clock"),
            Port::output("q", 9),
            Port::output("w", 70),
        ];
        let mut trace = Trace::new(&ports);
        trace.record(|inputs, outputs| {
            inputs.extend([0x1234_5678, 0x9a]);
            outputs.extend([0x1ff, 0xffff_fff0, 0xffff_ffff, 0x3f]);
        });
        assert_eq!(trace.u64("a", 0), 0x9a_1234_5678);
        assert_eq!((trace.u64("q", 0), trace.i64("q", 0)), (0x1ff, -1));
        assert_eq!(trace.signed_field("w", 0, 2, 64), -4);
        assert_eq!(trace.field("w", 0, 60, 10), 0x3ff);
        assert!(trace
            .compare("b", &[0x1ff, 0xffff_fff0, 0xffff_ffff, 0x3f])
            .is_ok());
        let error = trace
            .compare("b", &[0x1ff, 0xffff_fff0, 0xffff_ffff, 0x1f])
            .expect_err("differs");
        let message = error.to_string();
        assert!(
            message.contains("output w") && message.contains("a=0x9a12345678"),
            "{message}"
        );
    }
}
