//! Requantisation of one sum: `clamp(((9Y + 9·bias)·m′ + 2^(s-1)) >> s, 0, 255)` with two 18×18 multipliers.
use crate::dataflow::{Graph, Range, Value};
use rowfuse_spec::numerics::{BIAS_LIMIT, MAX_INPUT_CHANNELS, SHIFT_MIN};

/// `|9·Y|` at most: 9 taps of 255·128 over the most input channels, times the transform's 9.
pub const NINE_Y_LIMIT: i64 = 9 * 9 * 255 * 128 * MAX_INPUT_CHANNELS as i64;

/// A channel's parameters as the dataflow needs them.
#[derive(Clone, Copy)]
pub struct Parameters {
    /// `9·bias`, `|bias| ≤ BIAS_LIMIT`.
    pub bias9: Value,
    /// `m′`, 16 bits unsigned.
    pub multiplier: Value,
    /// `s - SHIFT_MIN`, 5 bits.
    pub shift: Value,
}

/// Range of `9·bias`.
pub fn bias9_range() -> Range {
    let limit = 9 * i64::from(BIAS_LIMIT);
    Range {
        lo: -limit,
        hi: limit,
    }
}

/// One value to 0..=255; nine pipeline stages.
///
/// `t = 9Y + 9·bias` (35 bits) is split at bit 17, both parts are multiplied by `m′`, and the product is shifted in two steps to one bit
/// more than asked, so that the last bit rounds half up. ReLU is the clamp's lower end.
pub fn requantise(g: &mut Graph, nine_y: Value, p: Parameters, in_luts: bool) -> Value {
    const SPLIT: u32 = 17;
    let t = g.add(nine_y, p.bias9);
    let t = g.reg(t);
    let high = g.shr(t, SPLIT);
    let low = g.bits(t, 0, SPLIT);
    let mul = |g: &mut Graph, a, b| match in_luts {
        true => g.mul_lut(a, b),
        false => g.mul(a, b),
    };
    let high = mul(g, high, p.multiplier);
    let low = mul(g, low, p.multiplier);
    let high = g.shl(high, SPLIT);
    let product = g.add(high, low);
    let product = g.reg(product);
    // s - 1 = (SHIFT_MIN - 1) + coarse·8 + fine; what is below the rounding bit never matters.
    let fixed = g.shr(product, SHIFT_MIN - 1);
    let coarse = g.bits(p.shift, 3, 2);
    let coarse_options = [0, 8, 16, 24].map(|n| g.shr(fixed, n));
    let shifted = g.select(coarse, &coarse_options);
    let shifted = g.reg(shifted);
    let fine = g.bits(p.shift, 0, 3);
    let fine_options = [0, 1, 2, 3, 4, 5, 6, 7].map(|n| g.shr(shifted, n));
    let shifted = g.select(fine, &fine_options);
    let shifted = g.reg(shifted);
    // Saturating before the rounding add keeps the adder nine bits wide.
    let near = g.clamp(shifted, 0, 511);
    let near = g.reg(near);
    let one = g.constant(1);
    let rounded = g.add(near, one);
    let rounded = g.shr(rounded, 1);
    let out = g.clamp(rounded, 0, 255);
    g.reg(out)
}
