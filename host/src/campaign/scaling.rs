//! How sums become bytes in a case.

use rowfuse_spec::numerics::{Requant, BIAS_LIMIT, SHIFT_MAX, SHIFT_MIN};
use serde::{Deserialize, Serialize};

use super::fill::noise;
use crate::quantise::QuantisedConv;

/// How sums become bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scaling {
    /// Most outputs lie between 0 and 255.
    Ordinary,
    /// The least and the largest sum that there can be become 0 and 255.
    Whole,
    /// The bias at its upper limit, scaled so that it shows.
    HighBias,
    /// The bias at its lower limit, the same scale.
    LowBias,
    /// The largest multiplier with the smallest shift: everything is clamped but what is zero.
    Steep,
    /// The smallest multiplier with the largest shift: everything becomes zero.
    Flat,
    /// The largest multiplier with the largest shift.
    Largest,
    /// Any legal numbers, another for each channel.
    Any,
}

/// Brings sums of so many products of pixels and weights, all that there can be, to 0..=255.
fn whole(taps: usize) -> Requant {
    let span = taps as u64 * 255 * 255;
    // 9·m/2^shift = 255/span, with as many digits as fit.
    let of = |shift: u32| ((255u128 << shift) / (9 * u128::from(span))) as u64;
    let fits = (SHIFT_MIN..=SHIFT_MAX)
        .rev()
        .find(|shift| of(*shift) <= u64::from(u16::MAX));
    let shift = fits.unwrap_or(SHIFT_MIN);
    Requant {
        bias: (taps * 128 * 255) as i32,
        multiplier: of(shift).max(1) as u16,
        shift,
    }
}

/// Gives a convolution its parameters, legal with the zero point's share and without it.
pub(super) fn scale(conv: &mut QuantisedConv, scaling: Scaling, seed: u64) {
    let (_, cin, rows, columns) = conv.weights.dim();
    let taps = cin * rows * columns;
    let inputs = (taps / 9).max(1);
    let (shift, lift) = (22 + inputs.ilog2() / 2, inputs.isqrt() as i32);
    // ±BIAS_LIMIT becomes about ±128, half of what there is.
    let visible = ((128u64 << 40) / (9 * BIAS_LIMIT as u64)) as u16;
    conv.requant = (0..conv.cout() as u64)
        .map(|channel| {
            let noise = |n| noise(seed, 4 * channel + n);
            match scaling {
                Scaling::Ordinary => Requant {
                    bias: lift * ((noise(0) % 12_000) as i32 - 3_000),
                    multiplier: 1200 + (noise(1) % 2400) as u16,
                    shift,
                },
                Scaling::Whole => whole(taps),
                Scaling::HighBias => Requant {
                    bias: BIAS_LIMIT,
                    multiplier: visible,
                    shift: 40,
                },
                Scaling::LowBias => Requant {
                    bias: -BIAS_LIMIT,
                    multiplier: visible,
                    shift: 40,
                },
                Scaling::Steep => Requant {
                    bias: 0,
                    multiplier: u16::MAX,
                    shift: SHIFT_MIN,
                },
                Scaling::Flat => Requant {
                    bias: 0,
                    multiplier: 1,
                    shift: SHIFT_MAX,
                },
                Scaling::Largest => Requant {
                    bias: 0,
                    multiplier: u16::MAX,
                    shift: SHIFT_MAX,
                },
                Scaling::Any => Requant {
                    bias: (noise(0) % (2 * BIAS_LIMIT as u64 + 1)) as i32 - BIAS_LIMIT,
                    multiplier: 1 + (noise(1) % u64::from(u16::MAX)) as u16,
                    shift: SHIFT_MIN + (noise(2) % u64::from(SHIFT_MAX - SHIFT_MIN + 1)) as u32,
                },
            }
        })
        .collect();
    if scaling == Scaling::Ordinary {
        conv.lift();
        conv.fold();
    }
    for channel in 0..conv.cout() {
        let share = conv.unfolded_bias(channel) - conv.requant[channel].bias;
        let bias = &mut conv.requant[channel].bias;
        *bias = (*bias).clamp(
            (-BIAS_LIMIT).max(-BIAS_LIMIT - share),
            BIAS_LIMIT.min(BIAS_LIMIT - share),
        );
    }
}
