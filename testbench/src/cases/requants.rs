//! Requantisation parameters that make the most of a layer's sums.

use ndarray::Array3;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rowfuse_spec::numerics::Requant;
use rowfuse_spec::numerics::{BIAS_LIMIT, OUTPUT_FACTOR, SHIFT_MAX, SHIFT_MIN};

/// What a channel's parameters aim at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The sums are stretched over 0..=255 and a little beyond, so that rounding decides.
    Stretched,
    /// As before with bias and multiplier at random.
    Loose,
    /// The bias is at its upper limit.
    HighBias,
    /// The bias is at its lower limit.
    LowBias,
    /// The smallest shift with the largest multiplier: everything clamps but zero.
    Steep,
    /// The largest shift with the smallest multiplier: everything becomes zero.
    Flat,
}

/// The fates, by channel: mostly stretched, as most channels should show their sums.
const FATES: [Fate; 12] = {
    use Fate::{Flat, HighBias, Loose, LowBias, Steep, Stretched};
    [
        Stretched, Loose, Stretched, Stretched, Steep, Stretched, HighBias, Stretched, Loose, Flat,
        Stretched, LowBias,
    ]
};

/// Parameters for every channel of the sums `acc`; all are legal.
pub fn spread(acc: &Array3<i32>, random: &mut ChaCha8Rng) -> Vec<Requant> {
    let fates = FATES.into_iter().cycle();
    let channels = acc.outer_iter().zip(fates);
    channels
        .map(|(sums, fate)| {
            let low = sums.iter().copied().min().unwrap_or(0);
            let high = sums.iter().copied().max().unwrap_or(0);
            requant(fate, low, high, random)
        })
        .collect()
}

/// Parameters for a channel whose sums lie in `low..=high`.
fn requant(fate: Fate, low: i32, high: i32, random: &mut ChaCha8Rng) -> Requant {
    let range = i64::from(high) - i64::from(low) + 1;
    match fate {
        Fate::Stretched => {
            let (multiplier, shift) = scale(300.0 / range as f64);
            // The lowest twentieth falls below zero, the highest above 255.
            let bias = i64::from(-low) - range / 20;
            Requant {
                bias: limit(bias),
                multiplier,
                shift,
            }
        }
        Fate::Loose => {
            let (multiplier, shift) = scale(random.gen_range(20.0..2000.0) / range as f64);
            let bias = random.gen_range(-range..=range);
            Requant {
                bias: limit(bias),
                multiplier,
                shift,
            }
        }
        Fate::HighBias => {
            let (multiplier, shift) = scale(128.0 / f64::from(BIAS_LIMIT));
            Requant {
                bias: BIAS_LIMIT,
                multiplier,
                shift,
            }
        }
        Fate::LowBias => {
            let (multiplier, shift) = scale(128.0 / f64::from(BIAS_LIMIT));
            Requant {
                bias: -BIAS_LIMIT,
                multiplier,
                shift,
            }
        }
        Fate::Steep => Requant {
            bias: limit(-i64::from(low)),
            multiplier: u16::MAX,
            shift: SHIFT_MIN,
        },
        Fate::Flat => Requant {
            bias: 0,
            multiplier: 1,
            shift: SHIFT_MAX,
        },
    }
}

/// The multiplier and shift nearest to a factor per unit of sum.
fn scale(factor: f64) -> (u16, u32) {
    let of = |shift: u32| factor / OUTPUT_FACTOR as f64 * (1_u64 << shift) as f64;
    // The largest shift whose multiplier still fits in 16 bits keeps the most digits.
    let shift = (SHIFT_MIN..=SHIFT_MAX)
        .rev()
        .find(|shift| of(*shift) <= f64::from(u16::MAX));
    let shift = shift.unwrap_or(SHIFT_MIN);
    (
        of(shift).round().clamp(1.0, f64::from(u16::MAX)) as u16,
        shift,
    )
}

/// A bias within its limits.
fn limit(bias: i64) -> i32 {
    bias.clamp((-BIAS_LIMIT).into(), BIAS_LIMIT.into()) as i32
}
