//! Inclusive integer ranges: the interval arithmetic from which every width follows.

/// An inclusive range of integers that a value is proven to stay within.
///
/// A range whose `lo` is not negative is stored unsigned in hardware, any other as two's complement;
/// [`Range::width`] is the least number of bits that holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Range {
    /// Least value.
    pub lo: i64,
    /// Greatest value.
    pub hi: i64,
}

impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}..={}", self.lo, self.hi)
    }
}

impl Range {
    /// The range `lo..=hi`.
    ///
    /// # Panics
    /// If `lo > hi`: an empty range is a mistake of the caller's.
    pub const fn new(lo: i64, hi: i64) -> Self {
        assert!(lo <= hi, "a range must not be empty");
        Self { lo, hi }
    }

    /// All unsigned values of `bits` bits, `bits` in 1..=63.
    pub const fn unsigned(bits: u32) -> Self {
        assert!(
            bits >= 1 && bits <= 63,
            "an unsigned range has 1 to 63 bits"
        );
        Self::new(0, ((1u64 << bits) - 1) as i64)
    }

    /// All two's complement values of `bits` bits, `bits` in 1..=64.
    pub const fn signed(bits: u32) -> Self {
        assert!(bits >= 1 && bits <= 64, "a signed range has 1 to 64 bits");
        Self::new(i64::MIN >> (64 - bits), i64::MAX >> (64 - bits))
    }

    /// 0 or 1.
    pub const fn bit() -> Self {
        Self::new(0, 1)
    }

    /// The single value `v`.
    pub const fn constant(v: i64) -> Self {
        Self::new(v, v)
    }

    /// True if the value is stored in two's complement.
    pub const fn is_signed(self) -> bool {
        self.lo < 0
    }

    /// Least number of bits that holds every value of the range (at least 1).
    pub const fn width(self) -> u32 {
        if self.lo >= 0 {
            let bits = 64 - self.hi.leading_zeros();
            if bits == 0 {
                1
            } else {
                bits
            }
        } else {
            let low = 65 - (!self.lo).leading_zeros();
            let high = if self.hi < 0 {
                1
            } else {
                65 - self.hi.leading_zeros()
            };
            if low > high {
                low
            } else {
                high
            }
        }
    }

    /// True if `v` lies in the range.
    pub const fn contains(self, v: i64) -> bool {
        self.lo <= v && v <= self.hi
    }

    /// True if every value of `other` lies in the range.
    pub const fn includes(self, other: Self) -> bool {
        self.lo <= other.lo && other.hi <= self.hi
    }

    /// The smallest range that includes both.
    pub fn hull(self, other: Self) -> Self {
        Self::new(self.lo.min(other.lo), self.hi.max(other.hi))
    }

    /// The range with 0 added: what a register shows that starts at 0.
    pub fn with_zero(self) -> Self {
        self.hull(Self::constant(0))
    }

    /// The values common to both, `None` if there are none.
    pub fn intersect(self, other: Self) -> Option<Self> {
        let (lo, hi) = (self.lo.max(other.lo), self.hi.min(other.hi));
        (lo <= hi).then_some(Self { lo, hi })
    }

    /// The only value of a range of one value.
    pub fn single(self) -> Option<i64> {
        (self.lo == self.hi).then_some(self.lo)
    }

    fn checked(values: &[i128]) -> Option<Self> {
        let lo = i64::try_from(*values.iter().min()?).ok()?;
        let hi = i64::try_from(*values.iter().max()?).ok()?;
        Some(Self { lo, hi })
    }

    /// Range of a sum, `None` beyond 64 bits.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        Self::checked(&[
            i128::from(self.lo) + i128::from(other.lo),
            i128::from(self.hi) + i128::from(other.hi),
        ])
    }

    /// Range of a negation, `None` beyond 64 bits.
    pub fn checked_neg(self) -> Option<Self> {
        Self::checked(&[-i128::from(self.lo), -i128::from(self.hi)])
    }

    /// Range of a difference, `None` beyond 64 bits.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        Self::checked(&[
            i128::from(self.lo) - i128::from(other.hi),
            i128::from(self.hi) - i128::from(other.lo),
        ])
    }

    /// Range of a product, `None` beyond 64 bits.
    pub fn checked_mul(self, other: Self) -> Option<Self> {
        let [a, b, c, d] = [self.lo, self.hi, other.lo, other.hi].map(i128::from);
        Self::checked(&[a * c, a * d, b * c, b * d])
    }

    /// Range after a shift to the left by `n`, `None` beyond 64 bits.
    pub fn checked_shl(self, n: u32) -> Option<Self> {
        if n > 63 {
            return (self == Self::constant(0)).then_some(self);
        }
        Self::checked(&[i128::from(self.lo) << n, i128::from(self.hi) << n])
    }

    /// Range after an arithmetic shift to the right (rounding down) by `n`.
    pub fn shift_right(self, n: u32) -> Self {
        let n = n.min(63);
        Self::new(self.lo >> n, self.hi >> n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_width_is_the_least_that_holds_every_value() {
        for lo in -70..=70i64 {
            for hi in lo..=70 {
                let range = Range::new(lo, hi);
                let fits = |w: u32| {
                    if lo < 0 {
                        Range::signed(w).includes(range)
                    } else {
                        Range::unsigned(w).includes(range)
                    }
                };
                let least = (1..=63).find(|w| fits(*w)).expect("63 bits are enough");
                assert_eq!(range.width(), least, "{range:?}");
            }
        }
        assert_eq!(Range::signed(64).width(), 64);
        assert_eq!(Range::unsigned(63).width(), 63);
    }

    #[test]
    fn operations_give_the_exact_hull() {
        let small: Vec<Range> = (-5..=5)
            .flat_map(|lo| (lo..=5).map(move |hi| Range::new(lo, hi)))
            .collect();
        for a in &small {
            for b in &small {
                let pairs = || (a.lo..=a.hi).flat_map(|x| (b.lo..=b.hi).map(move |y| (x, y)));
                let hull = |f: fn(i64, i64) -> i64| {
                    pairs()
                        .map(|(x, y)| Range::constant(f(x, y)))
                        .reduce(Range::hull)
                };
                assert_eq!(a.checked_add(*b), hull(|x, y| x + y));
                assert_eq!(a.checked_sub(*b), hull(|x, y| x - y));
                assert_eq!(a.checked_mul(*b), hull(|x, y| x * y));
            }
        }
    }

    #[test]
    fn what_leaves_64_bits_is_refused() {
        let all = Range::signed(64);
        assert_eq!(all.checked_neg(), None);
        assert_eq!(all.checked_add(Range::bit()), None);
        assert_eq!(all.checked_mul(Range::constant(-1)), None);
        assert_eq!(Range::bit().checked_shl(63), None);
        assert_eq!(Range::bit().checked_shl(62), Some(Range::new(0, 1 << 62)));
        assert_eq!(all.shift_right(100), Range::new(-1, 0));
    }
}
