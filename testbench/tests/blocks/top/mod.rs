//! What surrounds the accelerator on a board, at the device's pins.

pub mod pins;
pub mod serial_system;
pub mod system;

use rand::Rng;
use rowfuse_hdl::top::Lights;
use rowfuse_testbench::dut::Dut;

use crate::support::{agree, rng};

/// Lights after each cycle, from when they were told what; golden model of [`Lights`].
#[derive(Default)]
struct Golden {
    good: u64,
    bad: u64,
    shown: u64,
}

impl Golden {
    fn clock(&mut self, on: u64, [good, bad, busy, failed]: [bool; 4]) {
        let lit = |counter: u64| u64::from(counter != 0);
        self.shown =
            lit(self.good) | u64::from(busy) << 1 | (lit(self.bad) | u64::from(failed)) << 2;
        self.good = if good {
            on
        } else {
            self.good.saturating_sub(1)
        };
        self.bad = if bad { on } else { self.bad.saturating_sub(1) };
    }
}

pub fn lights_show_what_happened_for_a_while() {
    const ON: u64 = 50;
    let mut random = rng(390);
    let (mut busy, mut failed) = (false, false);
    let script: Vec<[bool; 4]> = (0..3000)
        .map(|cycle| {
            // Frames come often or hardly ever, so that the lights go out between.
            let often = [0.05, 0.004][cycle / 500 % 2];
            busy ^= random.gen_ratio(1, 60);
            failed ^= random.gen_ratio(1, 90);
            [
                random.gen_bool(often),
                random.gen_bool(often / 2.0),
                busy,
                failed,
            ]
        })
        .collect();
    let told = |cycle: usize| script[cycle];
    let mut dut = Dut::new("lights", Lights::new(ON), |b, clock| b.clock.next = clock).unwrap();
    let trace = agree(
        &mut dut,
        script.len(),
        |block: &mut Lights, cycle: usize| {
            let [good, bad, busy, failed] = told(cycle);
            block.frame_good.next = good;
            block.frame_bad.next = bad;
            block.busy.next = busy;
            block.program_failed.next = failed;
        },
    );
    let mut golden = Golden::default();
    for cycle in 0..trace.cycles() {
        assert_eq!(trace.u64("led", cycle), golden.shown, "cycle {cycle}");
        golden.clock(ON, told(cycle));
    }
    // The clock's own light has half a period of 2^25 clocks: it stays dark here.
    let lit = trace
        .column("led")
        .into_iter()
        .fold(0, |all, led| all | led);
    assert_eq!(lit, 7);
}
