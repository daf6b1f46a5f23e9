//! The integer arithmetic of the engine.
//!
//! A tile is F(4×4, 3×3) Winograd with rows scaled to integers: `U = G·g·Gᵀ`, `V = BT·d·BTᵀ`,
//! `M = Σ U∘V`, and two passes of [`AT`], each followed by the exact shifts [`AT_SHIFT`], leave nine
//! times the convolution. Nothing is rounded before [`requantise`].

use crate::error::RequantError;

/// Input transform `Bᵀ` (6×6): `V = BT·d·BTᵀ` of a 6×6 window `d` of uint8 has 16 bits.
pub const BT: [[i64; 6]; 6] = [
    [4, 0, -5, 0, 1, 0],
    [0, -4, -4, 1, 1, 0],
    [0, 4, -4, -1, 1, 0],
    [0, -2, -1, 2, 1, 0],
    [0, 2, -1, -2, 1, 0],
    [0, 4, 0, -5, 0, 1],
];

/// Kernel transform `G′` (6×3), scaled to integers: `U = G·g·Gᵀ` of a 3×3 int8 kernel has 14 bits.
pub const G: [[i64; 3]; 6] = [
    [1, 0, 0],
    [1, 1, 1],
    [1, -1, 1],
    [1, 2, 4],
    [1, -2, 4],
    [0, 0, 1],
];

/// Output transform (4×6). Each row is the scaled `A′ᵀ` divided by the factor its row has in common;
/// a pass is `(AT[i]·m) >> AT_SHIFT[i]`, exact, and leaves three times the convolution.
pub const AT: [[i64; 6]; 4] = [
    [6, -4, -4, 1, 1, 0],
    [0, -2, 2, 1, -1, 0],
    [0, -1, -1, 1, 1, 0],
    [0, -1, 1, 2, -2, 6],
];

/// Exact right shifts after each row of [`AT`].
pub const AT_SHIFT: [u32; 4] = [3, 2, 1, 1];

/// What two passes of the output transform leave too much: they give `9·Y`.
pub const OUTPUT_FACTOR: i64 = 9;

/// Smallest shift of the requantiser.
pub const SHIFT_MIN: u32 = 16;
/// Largest shift of the requantiser.
pub const SHIFT_MAX: u32 = 47;
/// Largest magnitude of a bias, after the input's zero point is folded in.
pub const BIAS_LIMIT: i32 = 1 << 30;
/// Largest number of input channels of a layer.
pub const MAX_INPUT_CHANNELS: u32 = 512;
/// Width of `9·bias` in two's complement.
pub const BIAS9_BITS: u32 = 35;
/// Words of a channel's parameters in memory.
pub const PARAMETER_WORDS: usize = 4;

/// `clamp(((acc + bias)·9·m + 2^(shift−1)) >> shift, 0, 255)`: one rounding, half up.
///
/// `acc` is the exact convolution sum (|acc| < 2^28 for 512 channels), `bias` is within
/// ±[`BIAS_LIMIT`], `multiplier` is 1..=65535 and `shift` is [`SHIFT_MIN`]`..=`[`SHIFT_MAX`].
#[inline]
pub const fn requantise(acc: i32, bias: i32, multiplier: u16, shift: u32) -> u8 {
    let scaled = (acc as i64 + bias as i64) * (OUTPUT_FACTOR * multiplier as i64);
    let rounded = (scaled + (1i64 << (shift - 1))) >> shift;
    if rounded < 0 {
        0
    } else if rounded > 255 {
        255
    } else {
        rounded as u8
    }
}

/// How one output channel is brought back to uint8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requant {
    /// Added to the sum, at the scale of input × weight; within ±[`BIAS_LIMIT`].
    pub bias: i32,
    /// `m′`, 1..=65535.
    pub multiplier: u16,
    /// Right shift, [`SHIFT_MIN`]`..=`[`SHIFT_MAX`].
    pub shift: u32,
}

impl Requant {
    /// Refuses parameters outside their ranges.
    pub fn validate(&self) -> Result<(), RequantError> {
        if self.bias.unsigned_abs() > BIAS_LIMIT.unsigned_abs() {
            return Err(RequantError::Bias {
                bias: self.bias.into(),
            });
        }
        if self.multiplier == 0 {
            return Err(RequantError::Multiplier);
        }
        if !(SHIFT_MIN..=SHIFT_MAX).contains(&self.shift) {
            return Err(RequantError::Shift { shift: self.shift });
        }
        Ok(())
    }

    /// [`requantise`] with these parameters.
    #[inline]
    pub const fn apply(&self, acc: i32) -> u8 {
        requantise(acc, self.bias, self.multiplier, self.shift)
    }

    /// The four words of a channel in the parameter table: `9·bias` in 35 bits of two's complement
    /// over words 0, 1 and bits 0..=2 of word 2, `shift − 16` in bits 8..=12 of word 2, the multiplier
    /// in word 3.
    pub fn encode(&self) -> Result<[u16; PARAMETER_WORDS], RequantError> {
        self.validate()?;
        let bias9 = (OUTPUT_FACTOR * i64::from(self.bias)) as u64 & ((1 << BIAS9_BITS) - 1);
        Ok([
            bias9 as u16,
            (bias9 >> 16) as u16,
            (bias9 >> 32) as u16 | (((self.shift - SHIFT_MIN) as u16) << 8),
            self.multiplier,
        ])
    }

    /// Reads the four words back. Refuses a sum that is not nine times a legal bias, reserved bits and
    /// a multiplier of zero.
    pub fn decode(words: &[u16; PARAMETER_WORDS]) -> Result<Requant, RequantError> {
        let RawParameters {
            bias9,
            multiplier,
            shift,
        } = RawParameters::from_words(words);
        if bias9 % OUTPUT_FACTOR != 0 || words[2] & 0xE0F8 != 0 {
            return Err(RequantError::Encoding { found: bias9 });
        }
        let bias = bias9 / OUTPUT_FACTOR;
        let bias = i32::try_from(bias).map_err(|_| RequantError::Bias { bias })?;
        let requant = Requant {
            bias,
            multiplier,
            shift,
        };
        requant.validate()?;
        Ok(requant)
    }
}

/// A channel's parameters as the hardware holds them: any four words are some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawParameters {
    /// Nine times the bias, 35 bits.
    pub bias9: i64,
    /// `m′`.
    pub multiplier: u16,
    /// Right shift, [`SHIFT_MIN`]`..=`[`SHIFT_MAX`].
    pub shift: u32,
}

impl RawParameters {
    /// Takes the fields from the words and ignores the other bits, as the hardware does.
    pub const fn from_words(words: &[u16; PARAMETER_WORDS]) -> RawParameters {
        let bits = words[0] as u64 | (words[1] as u64) << 16 | (words[2] as u64 & 7) << 32;
        let unused = 64 - BIAS9_BITS;
        RawParameters {
            bias9: ((bits << unused) as i64) >> unused,
            multiplier: words[3],
            shift: (words[2] as u32 >> 8 & 0x1F) + SHIFT_MIN,
        }
    }

    /// What the hardware makes of a sum: `clamp(((9·acc + bias9)·m + 2^(shift−1)) >> shift, 0, 255)`.
    #[inline]
    pub const fn apply(&self, acc: i32) -> u8 {
        let scaled = (OUTPUT_FACTOR * acc as i64 + self.bias9) * self.multiplier as i64;
        let rounded = (scaled + (1i64 << (self.shift - 1))) >> self.shift;
        if rounded < 0 {
            0
        } else if rounded > 255 {
            255
        } else {
            rounded as u8
        }
    }
}

#[cfg(test)]
#[path = "numerics_tests.rs"]
mod tests;
