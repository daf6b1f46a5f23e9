//! The transforms in plain integer arithmetic, from the matrices of the contract.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rowfuse_spec::numerics::{BT, G};

/// A 6×6 matrix: a window, a transformed window or kernel, or sums.
pub type Square = [[i64; 6]; 6];
/// A 3×3 kernel.
pub type Kernel = [[i64; 3]; 3];

/// `matrix · x · matrixᵀ`.
fn sandwich<const N: usize>(matrix: &[[i64; N]; 6], x: &[[i64; N]; N]) -> Square {
    std::array::from_fn(|i| {
        std::array::from_fn(|j| {
            let term = |r: usize, c: usize| matrix[i][r] * x[r][c] * matrix[j][c];
            (0..N)
                .map(|r| (0..N).map(|c| term(r, c)).sum::<i64>())
                .sum()
        })
    })
}

/// `V = BT·d·BTᵀ`.
pub fn transformed_window(window: &Square) -> Square {
    sandwich(&BT, window)
}

/// `U = G·g·Gᵀ`.
pub fn transformed_kernel(kernel: &Kernel) -> Square {
    sandwich(&G, kernel)
}

/// Adds `U∘V` to the sums of a tile.
pub fn accumulate(sums: &mut Square, window: &Square, kernel: &Kernel) {
    let (u, v) = (transformed_kernel(kernel), transformed_window(window));
    for i in 0..6 {
        for j in 0..6 {
            sums[i][j] += u[i][j] * v[i][j];
        }
    }
}

/// What the pixels and weights of a test look like.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Anything.
    Random,
    /// The largest pixels on the most negative weights.
    Constant,
    /// Both at the ends of their ranges, by chance.
    Ends,
}

impl Kind {
    /// One after another.
    pub fn nth(n: usize) -> Self {
        [Self::Random, Self::Ends, Self::Constant][n % 3]
    }

    /// An unsigned byte.
    pub fn pixel(self, random: &mut ChaCha8Rng) -> i64 {
        match self {
            Self::Random => random.gen_range(0..=255),
            Self::Constant => 255,
            Self::Ends => 255 * random.gen_range(0..=1),
        }
    }

    /// A 3×3 kernel of signed bytes.
    pub fn kernel(self, random: &mut ChaCha8Rng) -> Kernel {
        let mut weight = || match self {
            Self::Random => random.gen_range(-128..=127),
            Self::Constant => -128,
            Self::Ends => [-128, 127][random.gen_range(0..2)],
        };
        std::array::from_fn(|_| std::array::from_fn(|_| weight()))
    }
}
