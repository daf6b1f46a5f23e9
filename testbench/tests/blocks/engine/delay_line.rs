//! The delay line: the output is the input of some clocks ago.

use rand::Rng;
use rowfuse_hdl::engine::delay_line::DelayLine;
use rowfuse_testbench::dut::Dut;

use super::seeded;
use crate::support::agree;

pub fn it_delays_by_its_depth() {
    for depth in [1, 2, 7, 40] {
        let mut random = seeded(depth as u64);
        let name = format!("delay_line{depth}");
        let block = DelayLine::new(depth);
        let mut dut = Dut::new(&name, block, |b, clock| b.clock.next = clock).unwrap();
        let trace = agree(&mut dut, 400, |b: &mut DelayLine, _: usize| {
            b.strobe_in.next = random.gen();
        });
        for t in 0..trace.cycles() {
            let before = t.checked_sub(depth);
            let expected = before.map_or(0, |before| trace.u64("strobe_in", before));
            assert_eq!(
                trace.u64("strobe_out", t),
                expected,
                "cycle {t}, depth {depth}"
            );
        }
    }
}
