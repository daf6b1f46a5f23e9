//! A reference model of the ECP5's multiplier block, from the vendor's description.

/// What steers one register of the block: indices 0..=3 of its clock, enable and reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MultControl {
    /// CLK0 to CLK3.
    pub clock: u8,
    /// CE0 to CE3.
    pub enable: u8,
    /// RST0 to RST3, synchronous and stronger than the enable.
    pub reset: u8,
}

/// A register, or `None` where it is bypassed.
pub type MultRegister = Option<MultControl>;

/// Values at the block's pins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MultInputs {
    /// Operand A, 18 bits.
    pub a: u32,
    /// Operand B, 18 bits.
    pub b: u32,
    /// Shift input of A, 18 bits.
    pub shift_a: u32,
    /// Shift input of B, 18 bits.
    pub shift_b: u32,
    /// Takes A from the shift input.
    pub source_a: bool,
    /// Takes B from the shift input.
    pub source_b: bool,
    /// A is two's complement.
    pub signed_a: bool,
    /// B is two's complement.
    pub signed_b: bool,
    /// CE0 (bit 0) to CE3.
    pub enables: u8,
    /// RST0 (bit 0) to RST3.
    pub resets: u8,
}

/// Values the block drives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MultOutputs {
    /// The product's 36 bits.
    pub p: u64,
    /// Whether the product is two's complement.
    pub signed_p: bool,
    /// A behind its register, 18 bits.
    pub shift_a: u32,
    /// B behind its register, 18 bits.
    pub shift_b: u32,
}

/// The block `MULT18X18D`: operands A and B, each with an input register, a pipeline register behind the multiplication
/// and an output register. All registers start at 0. The C operand and clock division are not modelled.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mult18x18d {
    /// Input register of A, which also holds A's sign.
    pub input_a: MultRegister,
    /// Input register of B, which also holds B's sign.
    pub input_b: MultRegister,
    /// Pipeline register.
    pub pipeline: MultRegister,
    /// Output register.
    pub output: MultRegister,
    held: [u64; 4],
}

const BITS: u64 = (1 << 18) - 1;
const SIGN: u64 = 1 << 18;
const PRODUCT: u64 = (1 << 36) - 1;

impl Mult18x18d {
    /// A block with these registers, at power-up.
    pub fn new(
        input_a: MultRegister,
        input_b: MultRegister,
        pipeline: MultRegister,
        output: MultRegister,
    ) -> Self {
        Self {
            input_a,
            input_b,
            pipeline,
            output,
            held: [0; 4],
        }
    }

    /// The outputs under these inputs.
    pub fn outputs(&self, inputs: &MultInputs) -> MultOutputs {
        let [a, b, _, result] = self.after_registers(inputs).1;
        MultOutputs {
            p: result & PRODUCT,
            signed_p: result > PRODUCT,
            shift_a: (a & BITS) as u32,
            shift_b: (b & BITS) as u32,
        }
    }

    /// A rising edge of the clocks in the mask `rising` (CLK0 is bit 0).
    pub fn edge(&mut self, rising: u8, inputs: &MultInputs) {
        let (before, _) = self.after_registers(inputs);
        let registers = [self.input_a, self.input_b, self.pipeline, self.output];
        for ((held, register), d) in self.held.iter_mut().zip(registers).zip(before) {
            let Some(control) = register else { continue };
            if rising >> control.clock & 1 == 0 {
                continue;
            }
            if inputs.resets >> control.reset & 1 != 0 {
                *held = 0;
            } else if inputs.enables >> control.enable & 1 != 0 {
                *held = d;
            }
        }
    }

    /// What stands before and behind the four registers.
    fn after_registers(&self, inputs: &MultInputs) -> ([u64; 4], [u64; 4]) {
        let operand = |parallel: u32, shift: u32, source: bool, signed: bool| {
            let bits = u64::from(if source { shift } else { parallel }) & BITS;
            bits | if signed { SIGN } else { 0 }
        };
        let pass =
            |index: usize, register: MultRegister, d: u64| register.map_or(d, |_| self.held[index]);
        let before_a = operand(inputs.a, inputs.shift_a, inputs.source_a, inputs.signed_a);
        let before_b = operand(inputs.b, inputs.shift_b, inputs.source_b, inputs.signed_b);
        let a = pass(0, self.input_a, before_a);
        let b = pass(1, self.input_b, before_b);
        let signed = if (a | b) & SIGN != 0 { PRODUCT + 1 } else { 0 };
        let product = (value(a) * value(b)) as u64 & PRODUCT | signed;
        let middle = pass(2, self.pipeline, product);
        let result = pass(3, self.output, middle);
        (
            [before_a, before_b, product, middle],
            [a, b, middle, result],
        )
    }
}

/// The number that 18 bits and a sign flag stand for.
fn value(operand: u64) -> i64 {
    let bits = (operand & BITS) as i64;
    let negative = operand & SIGN != 0 && bits >> 17 != 0;
    bits - if negative { 1 << 18 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTROL: MultRegister = Some(MultControl {
        clock: 0,
        enable: 0,
        reset: 0,
    });

    #[test]
    fn a_bypassed_block_multiplies_by_either_meaning_of_its_operands() {
        let block = Mult18x18d::default();
        let of = |a, b, signed_a, signed_b| {
            let inputs = MultInputs {
                a,
                b,
                signed_a,
                signed_b,
                ..MultInputs::default()
            };
            block.outputs(&inputs).p
        };
        assert_eq!(of(3, 5, false, false), 15);
        assert_eq!(of(0x3ffff, 2, true, true), PRODUCT - 1);
        assert_eq!(of(0x3ffff, 2, false, true), 0x7fffe);
        assert_eq!(of(0x20000, 0x20000, true, true), 1 << 34);
        assert_eq!(of(0x3ffff, 0x3ffff, false, false), 0x3ffff * 0x3ffff);
    }

    #[test]
    fn each_register_costs_a_clock_and_obeys_its_enable_and_reset() {
        let mut block = Mult18x18d::new(CONTROL, CONTROL, CONTROL, CONTROL);
        let mut inputs = MultInputs {
            a: 7,
            b: 6,
            enables: 1,
            ..MultInputs::default()
        };
        for clocks in 0..4 {
            assert_eq!(block.outputs(&inputs).p, if clocks == 3 { 42 } else { 0 });
            block.edge(1, &inputs);
        }
        inputs.enables = 0b1110;
        inputs.a = 1;
        block.edge(1, &inputs);
        block.edge(0b1110, &inputs);
        assert_eq!(block.outputs(&inputs).shift_a, 7, "held without an enable");
        inputs.resets = 1;
        block.edge(1, &inputs);
        assert_eq!(block.outputs(&inputs).p, 0, "reset without an enable");
    }
}
