//! Two clocks at random ratios.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rowfuse_testbench::board::opal_kelly::SecondClock;
use rowfuse_testbench::dut::Trace;

/// The second clock, as the stimulus moves it: it changes its rate now and then.
pub struct Ticking {
    clock: SecondClock,
    left: u32,
}

impl Ticking {
    /// Begins with 48 in 100.
    pub fn new() -> Ticking {
        Ticking {
            clock: SecondClock::new(48, 100),
            left: 1000,
        }
    }

    /// The level in the next cycle, and whether inputs of this clock's domain may change in it: after it has fallen.
    pub fn tick(&mut self, random: &mut ChaCha8Rng) -> (bool, bool) {
        self.left -= 1;
        if self.left == 0 {
            self.left = random.gen_range(300..1500);
            let rate = [48, random.gen_range(5..=50)][random.gen_range(0..2)];
            self.clock.retune(rate, 100);
        }
        let change = self.clock.tick();
        (self.clock.level(), change == Some(false))
    }
}

/// Whether the second clock has risen at the beginning of a cycle. A level that was there before the first cycle was low.
pub fn rises(trace: &Trace, clock: &str, cycle: usize) -> bool {
    let before = match cycle {
        0 => 0,
        _ => trace.u64(clock, cycle - 1),
    };
    trace.u64(clock, cycle) > before
}
