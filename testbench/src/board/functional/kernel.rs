//! The inner kernel of the direct convolution, the only place where speed decides.
//!
//! It is not [`crate::kernel`], which gives the golden model the same sums. The board is compared with that model,
//! so they share no arithmetic; nor would one fit the other: there sixteen output channels go through a row of a
//! whole map, here one to four lanes through a row of tiles as it comes from the line buffer.

/// Pixels and weights are worked on in runs of this many.
pub(super) const RUN: usize = 16;

/// The operands of a row of tiles for all lanes.
pub(super) struct Operands<'a> {
    /// `[6][cols][channels]`, and [`RUN`] more of anything at the end.
    pub window: &'a [i16],
    /// `[lane][3][run_length]`: for each kernel row `[3][channels]` and then zeros.
    pub weights: &'a [i16],
    /// Lanes: 1, 2 or 4.
    pub lanes: usize,
    /// Input channels.
    pub channels: usize,
    /// Columns of the window.
    pub cols: usize,
}

impl Operands<'_> {
    /// Weights of a kernel row with their padding.
    fn run_length(&self) -> usize {
        run_length(self.channels)
    }

    /// Output columns.
    fn width(&self) -> usize {
        self.cols - 2
    }
}

/// `3·channels` rounded up to whole runs.
pub(super) fn run_length(channels: usize) -> usize {
    (3 * channels).next_multiple_of(RUN)
}

/// Convolves a row of tiles: `sums` is `[lane][4][cols − 2]`.
///
/// The sums are exact: 9·512 products of 8 and 8 bits fit in 32.
pub(super) fn convolve(operands: &Operands<'_>, sums: &mut [i32]) {
    #[cfg(target_arch = "x86_64")]
    if avx2::available() {
        return avx2::convolve(operands, sums);
    }
    portable(operands, sums);
}

/// The kernel without any special instructions.
pub(super) fn portable(operands: &Operands<'_>, sums: &mut [i32]) {
    let (run, width) = (operands.run_length(), operands.width());
    for (lane, sums) in sums.chunks_exact_mut(4 * width).enumerate() {
        for (place, sum) in sums.iter_mut().enumerate() {
            let (y, x) = (place / width, place % width);
            *sum = (0..3)
                .map(|ky| {
                    let start = ((y + ky) * operands.cols + x) * operands.channels;
                    let weights = &operands.weights[(lane * 3 + ky) * run..][..run];
                    let pixels = &operands.window[start..][..run];
                    let products = pixels.iter().zip(weights);
                    products
                        .map(|(&d, &g)| i32::from(d) * i32::from(g))
                        .sum::<i32>()
                })
                .sum();
        }
    }
}

/// The kernel with 256-bit multiply-add of pairs.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod avx2 {
    use std::arch::x86_64::*;

    use super::{Operands, RUN};

    /// Whether this machine can execute this kernel.
    pub(super) fn available() -> bool {
        is_x86_feature_detected!("avx2")
    }

    /// See [`super::convolve`]. Only for machines where [`available`] is true.
    pub(super) fn convolve(operands: &Operands<'_>, sums: &mut [i32]) {
        assert!(available());
        // SAFETY: the functions need nothing but AVX2, which has just been checked.
        unsafe {
            match operands.lanes {
                4 => rows::<4, 2>(operands, sums),
                2 => rows::<2, 4>(operands, sums),
                _ => rows::<1, 4>(operands, sums),
            }
        }
    }

    /// Works on blocks of `J` lanes by `P` pixels; `J·P` is 4 or 8, and `P` divides four.
    #[target_feature(enable = "avx2")]
    fn rows<const J: usize, const P: usize>(operands: &Operands<'_>, sums: &mut [i32]) {
        let width = operands.width();
        for y in 0..4 {
            for x in (0..width).step_by(P) {
                let block = block::<J, P>(operands, y, x);
                for (j, pixels) in block.iter().enumerate() {
                    let place = (j * 4 + y) * width + x;
                    sums[place..place + P].copy_from_slice(pixels);
                }
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn block<const J: usize, const P: usize>(
        operands: &Operands<'_>,
        y: usize,
        x: usize,
    ) -> [[i32; P]; J] {
        let run = operands.run_length();
        let mut sums = [[_mm256_setzero_si256(); P]; J];
        for ky in 0..3 {
            let start = ((y + ky) * operands.cols + x) * operands.channels;
            let pixels: [&[[i16; RUN]]; P] = std::array::from_fn(|p| {
                runs(&operands.window[start + p * operands.channels..], run)
            });
            let weights: [&[[i16; RUN]]; J] =
                std::array::from_fn(|j| runs(&operands.weights[(j * 3 + ky) * run..], run));
            for n in 0..run / RUN {
                let mut d = [_mm256_setzero_si256(); P];
                for p in 0..P {
                    d[p] = load(&pixels[p][n]);
                }
                for j in 0..J {
                    let g = load(&weights[j][n]);
                    for p in 0..P {
                        sums[j][p] = _mm256_add_epi32(sums[j][p], _mm256_madd_epi16(d[p], g));
                    }
                }
            }
        }
        let mut result = [[0; P]; J];
        for j in 0..J {
            for p in 0..P {
                result[j][p] = sum(sums[j][p]);
            }
        }
        result
    }

    /// The first `length` values in runs.
    #[inline]
    fn runs(values: &[i16], length: usize) -> &[[i16; RUN]] {
        values[..length].as_chunks().0
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn load(run: &[i16; RUN]) -> __m256i {
        // SAFETY: the 32 bytes read are those of `run`; the load needs no alignment.
        unsafe { _mm256_loadu_si256(run.as_ptr().cast()) }
    }

    /// The sum of eight 32-bit values.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn sum(values: __m256i) -> i32 {
        let four = _mm_add_epi32(
            _mm256_castsi256_si128(values),
            _mm256_extracti128_si256::<1>(values),
        );
        let two = _mm_add_epi32(four, _mm_shuffle_epi32::<0b01_00_11_10>(four));
        let one = _mm_add_epi32(two, _mm_shuffle_epi32::<0b10_11_00_01>(two));
        _mm_cvtsi128_si32(one)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn both_kernels_are_the_definition(
            lanes in prop::sample::select(vec![1usize, 2, 4]), channels in 1usize..40, tiles in 1usize..4,
            seed in any::<u32>(), extreme: bool,
        ) {
            let cols = 4 * tiles + 2;
            let mut state = seed;
            let mut next = move || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            };
            let window: Vec<i16> =
                (0..6 * cols * channels + RUN).map(|_| if extreme { 255 } else { next().into() }).collect();
            let kernels: Vec<i16> =
                (0..lanes * 9 * channels).map(|_| if extreme { -128 } else { (next() as i8).into() }).collect();
            let run = run_length(channels);
            let mut weights = vec![0; lanes * 3 * run];
            for (place, &g) in kernels.iter().enumerate() {
                weights[place / (3 * channels) * run + place % (3 * channels)] = g;
            }
            let operands = Operands { window: &window, weights: &weights, lanes, channels, cols };
            let (mut fast, mut plain) = (vec![0; lanes * 16 * tiles], vec![0; lanes * 16 * tiles]);
            convolve(&operands, &mut fast);
            portable(&operands, &mut plain);
            prop_assert_eq!(&fast, &plain);
            for (place, &sum) in plain.iter().enumerate() {
                let (lane, y, x) = (place / (16 * tiles), place / (4 * tiles) % 4, place % (4 * tiles));
                let mut direct = 0i64;
                for tap in 0..9 {
                    for c in 0..channels {
                        let d = window[((y + tap / 3) * cols + x + tap % 3) * channels + c];
                        direct += i64::from(d) * i64::from(kernels[(lane * 9 + tap) * channels + c]);
                    }
                }
                prop_assert_eq!(i64::from(sum), direct);
            }
        }
    }
}
