//! Axes: from values to places, and where the ticks are.

/// A linear axis from 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Linear {
    /// The value at the axis's end.
    pub most: f64,
    /// Where the axis begins, and where it ends.
    pub ends: [f64; 2],
}

impl Linear {
    /// The place of a value.
    pub fn at(&self, value: f64) -> f64 {
        let [begin, end] = self.ends;
        begin + (end - begin) * value / self.most
    }

    /// Values of ticks from 0 on: at most `count`, a 1, 2 or 5 with zeros apart.
    pub fn ticks(&self, count: usize) -> Vec<f64> {
        let least = self.most / count.max(1) as f64;
        let power = 10f64.powf(least.log10().floor());
        let steps = [1.0, 2.0, 5.0, 10.0];
        // Rounding must not make a step too short.
        let fits = |step: &&f64| **step * power >= least * (1.0 - 1e-9);
        let step = power * steps.iter().find(fits).unwrap_or(&10.0);
        (0..=count)
            .map(|n| n as f64 * step)
            .take_while(|value| *value <= self.most * (1.0 + 1e-9))
            .collect()
    }
}

/// A logarithmic axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Logarithmic {
    /// Values at its ends, above 0.
    pub range: [f64; 2],
    /// Where the axis begins, and where it ends.
    pub ends: [f64; 2],
}

impl Logarithmic {
    /// An axis on which all values are, with some room at both ends. Of no values, from 1 to 10.
    pub fn around(values: impl Iterator<Item = f64>, ends: [f64; 2]) -> Logarithmic {
        let values = values.filter(|value| value.is_finite() && *value > 0.0);
        let both = values.fold(None, |range: Option<[f64; 2]>, value| {
            let [least, most] = range.unwrap_or([value, value]);
            Some([least.min(value), most.max(value)])
        });
        let [least, most] = both.unwrap_or([2.0, 5.0]);
        Logarithmic {
            range: [least / 2.0, most * 2.0],
            ends,
        }
    }

    /// The place of a value above 0.
    pub fn at(&self, value: f64) -> f64 {
        let [least, most] = self.range.map(f64::log10);
        let [begin, end] = self.ends;
        begin + (end - begin) * (value.log10() - least) / (most - least)
    }

    /// Values of ticks: powers of ten, with 2 and 5 between them if there are few.
    pub fn ticks(&self) -> Vec<f64> {
        let [least, most] = self.range;
        let powers = least.log10().floor() as i32..=most.log10().ceil() as i32;
        let digits: &[f64] = match (most / least).log10() {
            decades if decades > 3.0 => &[1.0],
            _ => &[1.0, 2.0, 5.0],
        };
        let ticks = powers.flat_map(|power| digits.iter().map(move |d| d * 10f64.powi(power)));
        ticks.filter(|tick| (least..=most).contains(tick)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ends_are_where_they_should_be() {
        let axis = Linear {
            most: 250.0,
            ends: [10.0, 110.0],
        };
        assert_eq!([0.0, 125.0, 250.0].map(|v| axis.at(v)), [10.0, 60.0, 110.0]);
        assert_eq!(axis.ticks(5), [0.0, 50.0, 100.0, 150.0, 200.0, 250.0]);
        let axis = Logarithmic::around([5.0, 50.0].into_iter(), [100.0, 0.0]);
        assert_eq!(axis.range, [2.5, 100.0]);
        assert_eq!((axis.at(2.5), axis.at(100.0)), (100.0, 0.0));
        assert_eq!(axis.ticks(), [5.0, 10.0, 20.0, 50.0, 100.0]);
        let wide = Logarithmic::around([1.0, 1e6].into_iter(), [0.0, 1.0]);
        assert_eq!(wide.ticks(), [1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6]);
        let none = Logarithmic::around(std::iter::empty(), [0.0, 1.0]);
        assert_eq!(none.range, [1.0, 10.0]);
    }

    proptest! {
        #[test]
        fn ticks_are_few_and_on_the_axis(most in 1e-3f64..1e15, count in 1usize..12) {
            let axis = Linear { most, ends: [0.0, 1.0] };
            let ticks = axis.ticks(count);
            prop_assert!((1..=count + 1).contains(&ticks.len()), "{:?}", ticks);
            prop_assert!(ticks.iter().all(|tick| (0.0..=1.0 + 1e-6).contains(&axis.at(*tick))));
        }
    }
}
