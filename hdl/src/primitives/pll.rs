//! The dividers of the ECP5's PLL.

/// Range of the voltage controlled oscillator, MHz (ECP5 data sheet FPGA-DS-02012, sysCLOCK PLL timing).
const VCO_MHZ: std::ops::RangeInclusive<u32> = 400..=800;
/// Where in it the oscillator is put if possible, MHz: the middle.
const VCO_BEST_MHZ: u32 = 600;
/// Slowest phase comparison, kHz, as Project Trellis has it.
const COMPARISON_KHZ: u32 = 3_125;
/// Largest divider of any kind.
const MAX_DIVIDER: u32 = 128;
/// Eighths of an oscillator's period, in which phases are counted.
const FINE: u32 = 8;

/// Why there are no dividers for a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no PLL of an ECP5 makes {output_mhz} MHz of {input_mhz} MHz")]
pub struct PllError {
    /// The clock there is.
    pub input_mhz: u32,
    /// The clock wanted.
    pub output_mhz: u32,
}

/// Dividers of an `EHXPLLL` that makes a clock of another, and the same clock again at another phase.
///
/// `oscillator = input ÷ reference · feedback · output`, `clock = oscillator ÷ output`; the feedback is the clock itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PllDividers {
    /// `CLKI_DIV`.
    pub reference: u32,
    /// `CLKFB_DIV`.
    pub feedback: u32,
    /// `CLKOP_DIV` and `CLKOS_DIV`.
    pub output: u32,
    /// `CLKOP_CPHASE`: periods of the oscillator.
    pub phase: u32,
    /// `CLKOS_CPHASE`.
    pub shifted_phase: u32,
    /// `CLKOS_FPHASE`: eighths of such a period more.
    pub shifted_fine: u32,
}

impl PllDividers {
    /// For `output_mhz` of `input_mhz`, and the same `degrees` later, to the eighth of an oscillator's period below.
    ///
    /// The phase comparison is as fast as possible, the oscillator near the middle of its range, as Project Trellis's `ecppll` does it. The vendor's tool takes the result of 25 to 80 MHz, too.
    ///
    /// # Errors
    /// If there are none.
    pub fn new(input_mhz: u32, output_mhz: u32, degrees: u32) -> Result<Self, PllError> {
        let none = PllError {
            input_mhz,
            output_mhz,
        };
        if input_mhz == 0 || output_mhz == 0 {
            return Err(none);
        }
        let reference = (1..=MAX_DIVIDER)
            .find(|n| (output_mhz * n).is_multiple_of(input_mhz))
            .filter(|n| input_mhz * 1000 >= n * COMPARISON_KHZ)
            .ok_or(none)?;
        let feedback = output_mhz * reference / input_mhz;
        let output = (1..=MAX_DIVIDER)
            .filter(|n| VCO_MHZ.contains(&(output_mhz * n)))
            .min_by_key(|n| (output_mhz * n).abs_diff(VCO_BEST_MHZ))
            .filter(|_| feedback <= MAX_DIVIDER)
            .ok_or(none)?;
        let phase = output / 2;
        let shift = degrees % 360 * output * FINE / 360;
        Ok(Self {
            reference,
            feedback,
            output,
            phase,
            shifted_phase: phase + shift / FINE,
            shifted_fine: shift % FINE,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `ecppll -i 25 -o F --clkout1 F --phase1 270` of Project Trellis prints. (For some other clocks its floating point rounds an eighth off.)
    #[test]
    fn dividers_are_those_that_ecppll_finds() {
        for (mhz, dividers) in [
            (80, [5, 16, 7, 3, 8, 2]),
            (90, [5, 18, 7, 3, 8, 2]),
            (85, [5, 17, 7, 3, 8, 2]),
        ] {
            let [reference, feedback, output, phase, shifted_phase, shifted_fine] = dividers;
            let expected = PllDividers {
                reference,
                feedback,
                output,
                phase,
                shifted_phase,
                shifted_fine,
            };
            assert_eq!(PllDividers::new(25, mhz, 270), Ok(expected));
        }
    }

    #[test]
    fn every_clock_is_exact_and_the_oscillator_in_its_range() {
        for mhz in 10..=250 {
            for degrees in [0, 90, 180, 270] {
                let Ok(pll) = PllDividers::new(25, mhz, degrees) else {
                    assert!(!mhz.is_multiple_of(5), "{mhz} MHz");
                    continue;
                };
                assert!(pll.reference <= 8 && pll.feedback <= MAX_DIVIDER);
                assert_eq!(25 * pll.feedback, mhz * pll.reference);
                assert!(VCO_MHZ.contains(&(mhz * pll.output)));
                let shift = FINE * (pll.shifted_phase - pll.phase) + pll.shifted_fine;
                assert_eq!(shift, degrees * pll.output * FINE / 360);
            }
        }
        assert!(PllDividers::new(25, 0, 0).is_err());
        assert!(PllDividers::new(0, 80, 0).is_err());
        assert!(PllDividers::new(25, 81, 0).is_err());
        assert!(PllDividers::new(25, 805, 0).is_err());
    }
}
