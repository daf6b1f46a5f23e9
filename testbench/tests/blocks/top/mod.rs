//! What surrounds the accelerator on a board, at the device's pins.

mod pins;
mod serial_system;

use rowfuse_hdl::top::Lights;
use rowfuse_testbench::dut::Dut;

use crate::support::agree;

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

#[test]
fn lights_show_what_happened_for_a_while() {
    const ON: u64 = 50;
    let told = |cycle: usize| {
        let at = |cycles: &[usize]| cycles.contains(&cycle);
        [
            at(&[10, 300, 320, 349]),
            at(&[20, 500]),
            (100..200).contains(&cycle),
            (600..620).contains(&cycle),
        ]
    };
    let mut dut = Dut::new("lights", Lights::new(ON), |b, clock| b.clock.next = clock).unwrap();
    let trace = agree(&mut dut, 700, |block: &mut Lights, cycle: usize| {
        let [good, bad, busy, failed] = told(cycle);
        block.frame_good.next = good;
        block.frame_bad.next = bad;
        block.busy.next = busy;
        block.program_failed.next = failed;
    });
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
