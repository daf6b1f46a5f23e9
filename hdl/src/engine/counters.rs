//! The performance counters.
use rowfuse_spec::counters::NUM_COUNTERS;
use rust_hdl::prelude::*;

/// `NUM_COUNTERS` counters of 32 bits; bit `i` of `strobes` adds one to counter `i` of `rowfuse_spec::counters::Counter`.
///
/// `value` is the counter that `select` named in the clock before (0 for a number that does not exist).
#[derive(LogicBlock, Default)]
pub struct Counters {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Zeroes all.
    pub clear: Signal<In, Bit>,
    /// Which counters to add one to.
    pub strobes: [Signal<In, Bit>; NUM_COUNTERS],
    /// Counter to show.
    pub select: Signal<In, Bits<4>>,
    /// Its value.
    pub value: Signal<Out, Bits<32>>,
    _counts: [u32; NUM_COUNTERS],
}

impl Logic for Counters {
    fn update(&mut self) {
        if !self.clock.pos_edge() {
            return;
        }
        let select = usize::from(self.select.val().to_u8());
        let value = self._counts.get(select).copied().unwrap_or(0);
        self.value.next = u64::from(value).into();
        for (count, strobe) in self._counts.iter_mut().zip(&self.strobes) {
            *count = count.wrapping_add(strobe.val().into());
            if self.clear.val() {
                *count = 0;
            }
        }
    }

    fn connect(&mut self) {
        self.value.connect();
    }

    fn hdl(&self) -> Verilog {
        let mut v = String::from("initial value = 0;\n");
        let mut choices = String::new();
        for i in 0..NUM_COUNTERS {
            v.push_str(&format!(
                "reg [31:0] c{i}; initial c{i} = 0;\nalways @(posedge clock) if (clear) c{i} <= 0; else if (strobes${i}) c{i} <= c{i} + 1;\n"
            ));
            choices.push_str(&format!("4'd{i}: value <= c{i};\n"));
        }
        v.push_str(&format!(
            "always @(posedge clock) case (select)\n{choices}default: value <= 0;\nendcase\n"
        ));
        Verilog::Custom(v)
    }
}
