//! The range of a layer's activations, seen value by value.

use super::QuantiseError;
use serde::{Deserialize, Serialize};

/// How the largest representable activation is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The largest value seen: nothing saturates on the calibration images.
    MinMax,
    /// The value below which so many percent lie: the rare rest saturates, and all others gain
    /// resolution.
    Percentile(f64),
}

impl Method {
    /// Refuses percentiles outside 50 (exclusive) to 100.
    pub fn validate(self) -> Result<(), QuantiseError> {
        match self {
            Method::Percentile(found) if !(found > 50.0 && found <= 100.0) => {
                Err(QuantiseError::Percentile { found })
            }
            _ => Ok(()),
        }
    }
}

impl std::fmt::Display for Method {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Method::MinMax => f.write_str("min-max"),
            Method::Percentile(percent) => write!(f, "percentile {percent}"),
        }
    }
}

const BINS: usize = 1 << 13;

/// A histogram of values ≥ 0 that needs no second look: its span doubles when a larger value comes.
#[derive(Clone, Debug)]
pub struct Range {
    counts: Vec<u64>,
    span: f32,
    max: f32,
    total: u64,
}

impl Default for Range {
    fn default() -> Self {
        Range {
            counts: vec![0; BINS],
            span: 0.0,
            max: 0.0,
            total: 0,
        }
    }
}

impl Range {
    /// Counts values, finite and ≥ 0.
    pub fn add(&mut self, values: &[f32]) {
        let max = values.iter().copied().fold(0.0, f32::max);
        self.max = self.max.max(max);
        self.total += values.len() as u64;
        if self.span == 0.0 {
            // Until something is above zero there is nothing to divide.
            self.counts[0] += values.len() as u64;
            if max == 0.0 {
                return;
            }
            self.counts[0] -= values.len() as u64;
            self.span = max.max(f32::MIN_POSITIVE * BINS as f32);
        }
        while self.span < max {
            self.double();
        }
        let scale = BINS as f32 / self.span;
        for &value in values {
            self.counts[((value * scale) as usize).min(BINS - 1)] += 1;
        }
    }

    fn double(&mut self) {
        for bin in 0..BINS / 2 {
            self.counts[bin] = self.counts[2 * bin] + self.counts[2 * bin + 1];
        }
        self.counts[BINS / 2..].fill(0);
        self.span *= 2.0;
    }

    /// The largest value seen.
    pub fn max(&self) -> f32 {
        self.max
    }

    /// The value at which uint8 shall saturate; 0 if nothing above zero was seen.
    pub fn limit(&self, method: Method) -> f32 {
        let Method::Percentile(percent) = method else {
            return self.max;
        };
        let wanted = (self.total as f64 * percent / 100.0).ceil() as u64;
        let mut seen = 0;
        for (bin, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return (self.span * (bin + 1) as f32 / BINS as f32).min(self.max);
            }
        }
        self.max
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn methods_are_checked_and_named() {
        for bad in [50.0, 0.0, -1.0, 100.1, f64::NAN] {
            assert!(Method::Percentile(bad).validate().is_err());
        }
        assert!(Method::Percentile(100.0).validate().is_ok() && Method::MinMax.validate().is_ok());
        assert_eq!(Method::Percentile(99.9).to_string(), "percentile 99.9");
    }

    #[test]
    fn zeros_only_and_an_outlier() {
        let mut range = Range::default();
        range.add(&[0.0; 5]);
        assert_eq!(
            (
                range.limit(Method::MinMax),
                range.limit(Method::Percentile(99.0))
            ),
            (0.0, 0.0)
        );
        range.add(&[1.0; 994]);
        range.add(&[1000.0]);
        assert_eq!(range.limit(Method::MinMax), 1000.0);
        assert_eq!(range.limit(Method::Percentile(100.0)), 1000.0);
        let limit = range.limit(Method::Percentile(99.9));
        assert!((1.0..1.2).contains(&limit), "{limit}");
    }

    proptest! {
        /// Against sorting everything, in whatever portions it arrives.
        #[test]
        fn percentile_is_a_bin_from_the_truth(
            values in prop::collection::vec(0.0f32..50.0, 1..400), portion in 1usize..50, percent in 50.1f64..100.0,
        ) {
            let mut range = Range::default();
            values.chunks(portion).for_each(|part| range.add(part));
            let mut sorted = values.clone();
            sorted.sort_by(f32::total_cmp);
            let wanted = (values.len() as f64 * percent / 100.0).ceil() as usize;
            let truth = sorted[wanted - 1];
            let found = range.limit(Method::Percentile(percent));
            // The span is at most twice the largest value.
            let bin = 2.0 * sorted[values.len() - 1] / BINS as f32 * 1.01;
            prop_assert!((found - truth).abs() <= bin, "{found} {truth} {bin}");
            prop_assert_eq!(range.max(), sorted[values.len() - 1]);
        }
    }
}
