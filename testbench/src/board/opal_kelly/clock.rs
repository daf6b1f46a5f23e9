//! A second clock beside the one that a simulation counts in.

/// A clock that may change once in each cycle of another, by a phase that grows evenly.
///
/// It can be as fast as half the other.
#[derive(Clone, Debug)]
pub struct SecondClock {
    phase: u32,
    step: u32,
    level: bool,
}

/// One is 2²⁴ of a phase.
const ONE: u32 = 1 << 24;

impl SecondClock {
    /// A clock of `ours` MHz in cycles of `theirs`; at most half as fast, or it is half as fast.
    pub fn new(ours: u32, theirs: u32) -> SecondClock {
        let mut clock = SecondClock {
            phase: 0,
            step: 0,
            level: false,
        };
        clock.retune(ours, theirs);
        clock
    }

    /// Goes on at another rate.
    pub fn retune(&mut self, ours: u32, theirs: u32) {
        let step = 2 * u64::from(ours) * u64::from(ONE) / u64::from(theirs.max(1));
        self.step = step.min(u64::from(ONE)) as u32;
    }

    /// The next cycle: the level the clock changes to, if it does.
    pub fn tick(&mut self) -> Option<bool> {
        self.phase += self.step;
        if self.phase < ONE {
            return None;
        }
        self.phase -= ONE;
        self.level = !self.level;
        Some(self.level)
    }

    /// Its level.
    pub fn level(&self) -> bool {
        self.level
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_as_many_periods_as_its_rate_says() {
        for (ours, theirs) in [(48, 100), (1, 100), (37, 99), (50, 100), (70, 100)] {
            let mut clock = SecondClock::new(ours, theirs);
            let rises = (0..100 * theirs)
                .filter(|_| clock.tick() == Some(true))
                .count();
            let expected = 100 * ours.min(theirs / 2);
            assert!(
                rises.abs_diff(expected as usize) <= 1,
                "{ours}:{theirs} {rises}"
            );
        }
    }
}
