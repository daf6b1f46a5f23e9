//! Scale ratios as multiplier and shift.

use rowfuse_spec::numerics::{Requant, OUTPUT_FACTOR, SHIFT_MAX, SHIFT_MIN};

/// Multiplier and shift with 9·m′/2^shift ≈ `ratio`, the multiplier in 2^15..2^16 where the shift's range
/// allows (then within one part in 2^16), smaller for the tiniest ratios.
///
/// `None` if the ratio is not a positive number between about 2^-44 and 9.
pub fn requant_for(ratio: f64, bias: i32) -> Option<Requant> {
    for shift in (SHIFT_MIN..=SHIFT_MAX).rev() {
        let multiplier = (ratio * (1u64 << shift) as f64 / OUTPUT_FACTOR as f64).round();
        if (1.0..=65535.0).contains(&multiplier) {
            return Some(Requant {
                bias,
                multiplier: multiplier as u16,
                shift,
            });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_ends_of_the_range() {
        let largest = 9.0 * 65535.0 / 65536.0;
        assert_eq!(
            requant_for(largest, 5),
            Some(Requant {
                bias: 5,
                multiplier: 65535,
                shift: 16
            })
        );
        let smallest = 9.0 * (-47f64).exp2();
        assert_eq!(
            requant_for(smallest, 0),
            Some(Requant {
                bias: 0,
                multiplier: 1,
                shift: 47
            })
        );
        for ratio in [9.1, smallest / 2.1, 0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(requant_for(ratio, 0), None, "{ratio}");
        }
        assert_eq!(requant_for(9.0, 0).map(|r| r.multiplier), None);
    }

    proptest! {
        #[test]
        fn close_and_normalised(exponent in -28.0f64..3.1, bias in -(1i32 << 30)..=1 << 30) {
            let ratio = exponent.exp2();
            let requant = requant_for(ratio, bias).unwrap();
            prop_assert!(requant.validate().is_ok());
            prop_assert!(requant.multiplier >= 1 << 15);
            let found = 9.0 * f64::from(requant.multiplier) / (1u64 << requant.shift) as f64;
            prop_assert!((found / ratio - 1.0).abs() <= (-16f64).exp2(), "{ratio} {found}");
        }
    }
}
