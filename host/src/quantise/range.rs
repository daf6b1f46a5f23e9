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
    /// The value with the least mean squared error of all activations, those that saturate included.
    MeanSquaredError,
    /// The value with the least Kullback-Leibler divergence of the integers' distribution from that of the activations, zeros left aside, as TensorRT
    /// calibrates (S. Migacz, 8-bit Inference with TensorRT, GTC 2017).
    Entropy,
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
            Method::MeanSquaredError => f.write_str("mean squared error"),
            Method::Entropy => f.write_str("entropy"),
        }
    }
}

const BINS: usize = 1 << 13;
/// Limits that are tried at most.
const CANDIDATES: usize = 200;
/// What stands for a probability of zero in a divergence.
const LEAST_PROBABILITY: f64 = 1e-9;

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

    /// The value at which integers of so many steps (255, or 127 beside a sign) shall saturate; 0 if nothing above zero was seen.
    pub fn limit(&self, method: Method, steps: u32) -> f32 {
        if self.max == 0.0 {
            return 0.0;
        }
        let bins = match method {
            Method::MinMax => return self.max,
            Method::Percentile(percent) => self.percentile(percent),
            Method::MeanSquaredError => {
                let error = |bins: usize| squared_error(&self.counts, bins, steps);
                self.least(steps, error)
            }
            Method::Entropy => {
                let loss = |bins: usize| divergence(&self.counts, bins, steps as usize);
                self.least(steps, loss)
            }
        };
        (self.span * bins as f32 / BINS as f32).min(self.max)
    }

    /// The bins, from the first on, in which so many percent of the values lie.
    fn percentile(&self, percent: f64) -> usize {
        let wanted = (self.total as f64 * percent / 100.0).ceil() as u64;
        let mut seen = 0;
        let reached = self.counts.iter().position(|count| {
            seen += count;
            seen >= wanted
        });
        reached.map_or(BINS, |bin| bin + 1)
    }

    /// The number of bins with the least loss, of [`CANDIDATES`] from one for each step to those that hold a value; the more bins if two are equal.
    fn least(&self, steps: u32, loss: impl Fn(usize) -> f64) -> usize {
        let most = self.counts.iter().rposition(|&count| count > 0);
        let most = most.map_or(1, |bin| bin + 1);
        let least = (steps as usize).min(most);
        let candidates = (0..=CANDIDATES).map(|n| most - n * (most - least) / CANDIDATES);
        let losses = candidates.map(|bins| (bins, loss(bins)));
        let best = losses.min_by(|a, b| a.1.total_cmp(&b.1));
        best.map_or(most, |(bins, _)| bins)
    }
}

/// Sum of squared errors, in squares of a bin, if integers of so many steps saturate behind the first `bins` bins.
fn squared_error(counts: &[u64], bins: usize, steps: u32) -> f64 {
    let step = bins as f64 / f64::from(steps);
    let error = |(bin, &count): (usize, &u64)| {
        let value = bin as f64 + 0.5;
        let rounded = (value / step).round().min(f64::from(steps)) * step;
        count as f64 * (value - rounded).powi(2)
    };
    // Most values are exact zeros, which every scale holds.
    counts.iter().enumerate().skip(1).map(error).sum()
}

/// Divergence of the distribution that `steps` equal parts of the first `bins` bins can tell apart from that of the values, where those beyond saturate.
fn divergence(counts: &[u64], bins: usize, steps: usize) -> f64 {
    let kept = &counts[..bins];
    let beyond: u64 = counts[bins..].iter().sum();
    let part = |index: usize| index * bins / steps..(index + 1) * bins / steps;
    let mut total = [beyond as f64, 0.0];
    let mut pairs = Vec::with_capacity(bins);
    for range in (0..steps).map(part) {
        // The zero bin holds exact zeros.
        let values = range.clone().filter(|&bin| bin > 0);
        let sum: u64 = values.clone().map(|bin| kept[bin]).sum();
        let filled = values.clone().filter(|&bin| kept[bin] > 0).count();
        for bin in values.filter(|&bin| kept[bin] > 0) {
            let mut reference = kept[bin] as f64;
            if bin + 1 == bins {
                reference += beyond as f64;
            }
            let spread = sum as f64 / filled as f64;
            total[0] += kept[bin] as f64;
            total[1] += spread;
            pairs.push((reference, spread));
        }
    }
    // What saturates in an empty last bin has no counterpart at all.
    let placed: f64 = pairs.iter().map(|pair| pair.0).sum();
    let lost = total[0] - placed;
    let [all, spread_all] = total;
    if all == 0.0 || spread_all == 0.0 {
        return f64::INFINITY;
    }
    let terms = pairs.into_iter().map(|(reference, spread)| {
        let (p, q) = (reference / all, spread / spread_all);
        p * (p / q).ln()
    });
    let penalty = match lost > 0.0 {
        true => lost / all * (lost / all / LEAST_PROBABILITY).ln(),
        false => 0.0,
    };
    terms.sum::<f64>() + penalty
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_divergence_is_that_of_two_distributions() {
        // Two parts of two bins: 2 values, and 6 and 2 that cannot be told apart, as if they were 4 and 4.
        let found = divergence(&[9, 2, 6, 2], 4, 2);
        let expected = 0.6 * (0.6f64 / 0.4).ln() + 0.2 * (0.2f64 / 0.4).ln();
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        // Each bin is a part: nothing is lost.
        assert_eq!(divergence(&[9, 2, 6, 2], 4, 4), 0.0);
    }

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
                range.limit(Method::MinMax, 255),
                range.limit(Method::Percentile(99.0), 255)
            ),
            (0.0, 0.0)
        );
        range.add(&[1.0; 994]);
        range.add(&[1000.0]);
        assert_eq!(range.limit(Method::MinMax, 255), 1000.0);
        assert_eq!(range.limit(Method::Percentile(100.0), 255), 1000.0);
        let limit = range.limit(Method::Percentile(99.9), 255);
        assert!((1.0..1.2).contains(&limit), "{limit}");
    }

    /// A few outliers above an even spread: the two that weigh losses let them saturate, and not much else.
    #[test]
    fn outliers_are_let_go_where_that_costs_less() {
        let mut range = Range::default();
        range.add(&(0..100_000).map(|n| n as f32 / 1e5).collect::<Vec<_>>());
        range.add(&[4.0; 3]);
        let limit = range.limit(Method::MeanSquaredError, 15);
        assert!((0.9..1.3).contains(&limit), "{limit}");
        // Three values in ten are no outliers.
        range.add(&[4.0; 40_000]);
        assert!(range.limit(Method::MeanSquaredError, 15) > 3.5);
        // A divergence sees shapes: few steps must not make a slope flat.
        let mut slope = Range::default();
        slope.add(
            &(1..5000)
                .map(|n| -(n as f32 / 5e3).ln())
                .collect::<Vec<_>>(),
        );
        slope.add(&[60.0; 3]);
        let limit = slope.limit(Method::Entropy, 15);
        assert!((2.0..12.0).contains(&limit), "{limit}");
    }

    /// The squared error of the limit found is that of the values themselves, and no other limit is much better.
    #[test]
    fn the_least_error_is_found() {
        let values: Vec<f32> = (1..5000).map(|n| -(n as f32 / 5000.0).ln()).collect();
        let mut range = Range::default();
        range.add(&values);
        let error = |limit: f32| {
            let step = limit / 15.0;
            let of =
                |&value: &f32| f64::from(value - (value / step).round().min(15.0) * step).powi(2);
            values.iter().map(of).sum::<f64>()
        };
        let found = error(range.limit(Method::MeanSquaredError, 15));
        let best = (1..400)
            .map(|n| error(n as f32 * range.max() / 400.0))
            .fold(f64::MAX, f64::min);
        assert!(found < 1.01 * best, "{found} {best}");
        assert!(found < 0.8 * error(range.max()));
    }

    proptest! {
        /// Whatever the values, every method gives a limit among them.
        #[test]
        fn limits_are_within_the_values(values in prop::collection::vec(0.0f32..1e6, 1..300), steps in prop::sample::select(vec![127u32, 255])) {
            let mut range = Range::default();
            range.add(&values);
            for method in [Method::MinMax, Method::Percentile(99.9), Method::MeanSquaredError, Method::Entropy] {
                let limit = range.limit(method, steps);
                prop_assert!(limit <= range.max() && (limit > 0.0 || range.max() == 0.0), "{method} {limit}");
            }
        }

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
            let found = range.limit(Method::Percentile(percent), 255);
            // The span is at most twice the largest value.
            let bin = 2.0 * sorted[values.len() - 1] / BINS as f32 * 1.01;
            prop_assert!((found - truth).abs() <= bin, "{found} {truth} {bin}");
            prop_assert_eq!(range.max(), sorted[values.len() - 1]);
        }
    }
}
