//! The row kernel with AVX2: `vpmaddwd` multiplies and sums a pair of channels for eight outputs.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m256i, _mm256_add_epi32, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_set1_epi32,
    _mm256_setzero_si256, _mm256_storeu_si256,
};

use super::{Pair, BLOCK};

/// Computes a row, or returns false on a machine without AVX2. The caller has checked that every row
/// holds `(sums.len() + 2)·stride` values and that there are `9·stride/2` pairs.
pub(super) fn row(
    pairs: &[Pair],
    rows: [&[i16]; 3],
    stride: usize,
    sums: &mut [[i32; BLOCK]],
) -> bool {
    if !is_x86_feature_detected!("avx2") {
        return false;
    }
    // SAFETY: the processor has AVX2.
    unsafe { row_avx2(pairs, rows, stride, sums) }
    true
}

/// Splits the row into runs of pixels that share each load of weights.
#[target_feature(enable = "avx2")]
fn row_avx2(pairs: &[Pair], rows: [&[i16]; 3], stride: usize, sums: &mut [[i32; BLOCK]]) {
    let mut x = 0;
    while x < sums.len() {
        let at = rows.map(|row| &row[x * stride..]);
        let rest = &mut sums[x..];
        x += match rest.len() {
            6.. => pixels::<6>(pairs, at, stride, rest),
            4.. => pixels::<4>(pairs, at, stride, rest),
            2.. => pixels::<2>(pairs, at, stride, rest),
            _ => pixels::<1>(pairs, at, stride, rest),
        };
    }
}

/// The sums of the first `P` pixels, kept in `2·P` registers; returns `P`.
#[target_feature(enable = "avx2")]
fn pixels<const P: usize>(
    pairs: &[Pair],
    rows: [&[i16]; 3],
    stride: usize,
    sums: &mut [[i32; BLOCK]],
) -> usize {
    let run = 3 * stride / 2;
    let mut low = [_mm256_setzero_si256(); P];
    let mut high = [_mm256_setzero_si256(); P];
    for (row, pairs) in rows.iter().zip(pairs.chunks_exact(run.max(1))) {
        assert!(row.len() >= (P + 2) * stride);
        for (index, pair) in pairs.iter().enumerate() {
            let weights: *const __m256i = pair.as_ptr().cast();
            // SAFETY: a pair is 64 bytes, two unaligned loads of 32.
            let (first, second) = unsafe {
                (
                    _mm256_loadu_si256(weights),
                    _mm256_loadu_si256(weights.add(1)),
                )
            };
            for pixel in 0..P {
                // SAFETY: pixel < P and 2·index + 1 < 3·stride, so the last value read lies before
                // (P + 2)·stride, which the row was just seen to hold.
                let value: i32 = unsafe {
                    row.as_ptr()
                        .add(pixel * stride + 2 * index)
                        .cast::<i32>()
                        .read_unaligned()
                };
                let value = _mm256_set1_epi32(value);
                low[pixel] = _mm256_add_epi32(low[pixel], _mm256_madd_epi16(value, first));
                high[pixel] = _mm256_add_epi32(high[pixel], _mm256_madd_epi16(value, second));
            }
        }
    }
    for (sums, (low, high)) in sums[..P].iter_mut().zip(low.into_iter().zip(high)) {
        let sums: *mut __m256i = sums.as_mut_ptr().cast();
        // SAFETY: a pixel's sums are 64 bytes, two unaligned stores of 32.
        unsafe {
            _mm256_storeu_si256(sums, low);
            _mm256_storeu_si256(sums.add(1), high);
        }
    }
    P
}
