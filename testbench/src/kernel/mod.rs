//! One row of a 3×3 convolution over int16 pixels, for the golden model where it must be quick.
//!
//! The functional board has a kernel of its own for the same sums. It is compared with the golden model, so
//! the two share no arithmetic: one mistake in both would go unseen.
//!
//! Pixels lie row by row, column by column, channel innermost, and a row carries one column of border
//! at each end. A pixel's three neighbours in a row are then one contiguous run, so an output is three
//! dot products; [`BLOCK`] output channels are computed at once. With AVX2 a pair of channels is
//! multiplied and summed in one instruction; without, the same sums are taken in plain Rust.
//!
//! ```
//! use rowfuse_testbench::kernel::{Kernel, BLOCK};
//! // Two input channels, one output channel, every weight 1.
//! let kernel = Kernel::new(1, 2, |_output, _input, _row, _column| 1);
//! // Three rows of a map one pixel wide: border, pixel, border.
//! let row = [0, 0, 7, 9, 0, 0_i16];
//! let mut sums = [[0_i32; BLOCK]; 1];
//! kernel.row(0, [&row, &row, &row], &mut sums);
//! assert_eq!(sums[0][0], 3 * (7 + 9));
//! ```

#[cfg(target_arch = "x86_64")]
mod avx2;

/// Output channels computed at once.
pub const BLOCK: usize = 16;

/// int16 values of one pair of channels for all outputs of a block: `[output][2]`.
type Pair = [i16; 2 * BLOCK];

/// Weights of a 3×3 layer, arranged for [`Kernel::row`].
#[derive(Debug, Clone)]
pub struct Kernel {
    outputs: usize,
    stride: usize,
    /// `[block][row of the kernel][pair of (column, channel)]`.
    pairs: Vec<Pair>,
}

impl Kernel {
    /// Arranges the weights `weight(output, input, row, column)` of a layer.
    pub fn new(
        outputs: usize,
        inputs: usize,
        mut weight: impl FnMut(usize, usize, usize, usize) -> i8,
    ) -> Self {
        let stride = inputs.next_multiple_of(2);
        let blocks = outputs.div_ceil(BLOCK);
        let mut pairs = vec![[0; 2 * BLOCK]; blocks * 9 * stride / 2];
        for output in 0..outputs {
            let (block, lane) = (output / BLOCK, output % BLOCK);
            for tap in 0..9 {
                let start = (block * 9 + tap) * stride;
                for input in 0..inputs {
                    pairs[(start + input) / 2][2 * lane + input % 2] =
                        weight(output, input, tap / 3, tap % 3).into();
                }
            }
        }
        Self {
            outputs,
            stride,
            pairs,
        }
    }

    /// Number of output channels.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Number of blocks of [`BLOCK`] output channels; the last may hold fewer.
    pub fn blocks(&self) -> usize {
        self.outputs.div_ceil(BLOCK)
    }

    /// int16 values from one column of pixels to the next: the input channels, rounded up to even.
    /// What the padding channel holds does not matter, as its weights are zero.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// The sums of one output row for the channels of `block`: `sums[x][j]` belongs to column `x` and
    /// output channel `block·BLOCK + j`; lanes beyond the last channel are zero.
    ///
    /// `rows` are the rows above, at and below, each of `(sums.len() + 2)·stride` values with the
    /// border column first. A pixel may be any int16 as long as sums stay within int32: with int8
    /// weights and pixels of 9 bits that holds up to 7,000 input channels.
    ///
    /// # Panics
    /// When a row is too short or there is no such block.
    pub fn row(&self, block: usize, rows: [&[i16]; 3], sums: &mut [[i32; BLOCK]]) {
        assert!(block < self.blocks(), "block {block} of {}", self.blocks());
        let needed = (sums.len() + 2) * self.stride;
        assert!(
            rows.iter().all(|row| row.len() >= needed),
            "rows need {needed} values"
        );
        let size = 9 * self.stride / 2;
        let pairs = &self.pairs[block * size..][..size];
        #[cfg(target_arch = "x86_64")]
        if avx2::row(pairs, rows, self.stride, sums) {
            return;
        }
        plain_row(pairs, rows, self.stride, sums);
    }
}

/// The same in plain Rust, for machines without AVX2.
fn plain_row(pairs: &[Pair], rows: [&[i16]; 3], stride: usize, sums: &mut [[i32; BLOCK]]) {
    let run = 3 * stride;
    for (x, sums) in sums.iter_mut().enumerate() {
        *sums = [0; BLOCK];
        for (row, pairs) in rows.iter().zip(pairs.chunks_exact((run / 2).max(1))) {
            for (pixels, pair) in row[x * stride..][..run].chunks_exact(2).zip(pairs) {
                let [p, q] = [i32::from(pixels[0]), i32::from(pixels[1])];
                for (sum, weights) in sums.iter_mut().zip(pair.chunks_exact(2)) {
                    *sum += p * i32::from(weights[0]) + q * i32::from(weights[1]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn both_versions_equal_the_definition() {
        let mut random = ChaCha8Rng::seed_from_u64(3);
        for width in 0..20 {
            for (outputs, inputs) in [(1, 1), (16, 2), (17, 3), (5, 8), (33, 31)] {
                let weights: Vec<i8> = (0..outputs * inputs * 9).map(|_| random.gen()).collect();
                let weight = |o: usize, i: usize, r: usize, c: usize| {
                    weights[((o * inputs + i) * 3 + r) * 3 + c]
                };
                let kernel = Kernel::new(outputs, inputs, weight);
                let stride = kernel.stride();
                let rows: Vec<Vec<i16>> = (0..3)
                    .map(|_| {
                        (0..(width + 2) * stride)
                            .map(|_| random.gen_range(-255..=255))
                            .collect()
                    })
                    .collect();
                let rows = [&rows[0][..], &rows[1][..], &rows[2][..]];
                for block in 0..kernel.blocks() {
                    let mut quick = vec![[7; BLOCK]; width];
                    kernel.row(block, rows, &mut quick);
                    let mut plain = vec![[8; BLOCK]; width];
                    let size = 9 * stride / 2;
                    plain_row(
                        &kernel.pairs[block * size..][..size],
                        rows,
                        stride,
                        &mut plain,
                    );
                    assert_eq!(quick, plain, "{outputs}×{inputs}, width {width}");
                    for (x, sums) in plain.iter().enumerate() {
                        for (lane, sum) in sums.iter().enumerate() {
                            let output = block * BLOCK + lane;
                            let mut expected = 0;
                            if output < outputs {
                                for (i, r, c) in (0..inputs * 9).map(|n| (n / 9, n / 3 % 3, n % 3))
                                {
                                    let pixel = i32::from(rows[r][(x + c) * stride + i]);
                                    expected += pixel * i32::from(weight(output, i, r, c));
                                }
                            }
                            assert_eq!(*sum, expected);
                        }
                    }
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "rows need")]
    fn a_short_row_is_refused() {
        let row = [0; 5];
        Kernel::new(1, 1, |_, _, _, _| 0).row(0, [&row; 3], &mut [[0; BLOCK]; 1]);
    }
}
