//! One byte of CRC-32 a cycle, as a network of XORs.

use rowfuse_spec::crc32::crc32_step;
use rust_hdl::prelude::*;

/// The CRC register's next value for one more byte, without a clock.
///
/// The step is linear over GF(2): each bit of the result is the XOR of those bits of state and byte
/// whose unit vector alone sets it. The emitted network is read off [`crc32_step`] that way, and the
/// simulation calls the same function, so the polynomial stands in one place.
#[derive(LogicBlock, Default)]
pub struct Crc32Step {
    /// The register's value. The first of a frame is `CRC32_INIT`.
    pub state: Signal<In, Bits<32>>,
    /// The byte to add.
    pub data: Signal<In, Bits<8>>,
    /// The register's next value.
    pub result: Signal<Out, Bits<32>>,
}

impl Crc32Step {
    /// The XOR terms of one bit of the result, as Verilog.
    fn terms(bit: usize) -> String {
        let state = (0..32)
            .filter(|n| crc32_step(1 << n, 0) >> bit & 1 == 1)
            .map(|n| format!("state[{n}]"));
        let data = (0..8)
            .filter(|n| crc32_step(0, 1 << n) >> bit & 1 == 1)
            .map(|n| format!("data[{n}]"));
        state.chain(data).collect::<Vec<_>>().join(" ^ ")
    }
}

impl Logic for Crc32Step {
    fn update(&mut self) {
        let state: LiteralType = self.state.val().into();
        let data: LiteralType = self.data.val().into();
        // Both fit by their widths.
        self.result.next = crc32_step(state as u32, data as u8).to_bits();
    }

    fn connect(&mut self) {
        self.result.connect();
    }

    fn hdl(&self) -> Verilog {
        let bits: Vec<_> = (0..32)
            .map(|bit| format!("    result[{bit}] = {};", Self::terms(bit)))
            .collect();
        Verilog::Custom(format!("always @(*) begin\n{}\nend", bits.join("\n")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// What the network relies on: the step of a XOR is the XOR of the steps.
        #[test]
        fn the_step_is_linear(a: u32, b: u32, x: u8, y: u8) {
            prop_assert_eq!(crc32_step(a ^ b, x ^ y), crc32_step(a, x) ^ crc32_step(b, y));
        }
    }
}
