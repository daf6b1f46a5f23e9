//! Registers in the pins' cells, and the same ports without them.

use rand::Rng;
use rowfuse_hdl::primitives::{InputPins, OutputPins};
use rowfuse_testbench::dut::Dut;
use rust_hdl::prelude::*;

use crate::support::agree;

const FIRST: u64 = 0b1011_0010_0110;

#[derive(LogicBlock)]
struct Pins {
    pub clock: Signal<In, Clock>,
    pub d: Signal<In, Bits<12>>,
    pub out: Signal<Out, Bits<12>>,
    pub back: Signal<Out, Bits<12>>,
    pub wire_out: Signal<Out, Bits<12>>,
    pub wire_back: Signal<Out, Bits<12>>,
    sent: OutputPins<12>,
    received: InputPins<12>,
    sent_wire: OutputPins<12>,
    received_wire: InputPins<12>,
}

impl Logic for Pins {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, sent, received, sent_wire, received_wire);
        self.sent.d.next = self.d.val();
        self.received.d.next = self.d.val();
        self.sent_wire.d.next = self.d.val();
        self.received_wire.d.next = self.d.val();
        self.out.next = self.sent.q.val();
        self.back.next = self.received.q.val();
        self.wire_out.next = self.sent_wire.q.val();
        self.wire_back.next = self.received_wire.q.val();
    }
}

#[test]
fn pins_registers_cost_a_clock_and_wake_up_as_told() {
    let pins = Pins {
        clock: Default::default(),
        d: Default::default(),
        out: Default::default(),
        back: Default::default(),
        wire_out: Default::default(),
        wire_back: Default::default(),
        sent: OutputPins::new(true, FIRST),
        received: InputPins::new(true),
        sent_wire: OutputPins::new(false, FIRST),
        received_wire: InputPins::new(false),
    };
    let mut random = crate::support::rng(12);
    let values: Vec<u64> = (0..200).map(|_| random.gen_range(0..1 << 12)).collect();
    let mut dut = Dut::new("pins", pins, |b, clock| b.clock.next = clock).unwrap();
    let trace = agree(&mut dut, values.len(), |block: &mut Pins, cycle: usize| {
        block.d.next = values[cycle].to_bits();
    });
    for (cycle, value) in values.iter().enumerate() {
        let before = cycle.checked_sub(1).map(|before| values[before]);
        assert_eq!(trace.u64("out", cycle), before.unwrap_or(FIRST));
        assert_eq!(trace.u64("back", cycle), before.unwrap_or(0));
        assert_eq!(trace.u64("wire_out", cycle), *value);
        assert_eq!(trace.u64("wire_back", cycle), *value);
    }
}
