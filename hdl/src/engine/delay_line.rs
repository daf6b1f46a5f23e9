//! A fixed delay for one strobe.
use rust_hdl::prelude::*;

/// `output` is `input` of `depth` clocks ago (initially low). Golden model: a shift register.
#[derive(LogicBlock)]
pub struct DelayLine {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// The strobe.
    pub strobe_in: Signal<In, Bit>,
    /// The strobe, `depth` clocks later.
    pub strobe_out: Signal<Out, Bit>,
    _stages: Vec<bool>,
}

impl DelayLine {
    /// A delay of `depth` clocks, at least one.
    ///
    /// # Panics
    /// If `depth` is zero: a fault of the design, not of its input.
    pub fn new(depth: usize) -> Self {
        assert!(depth > 0);
        Self {
            clock: Default::default(),
            strobe_in: Default::default(),
            strobe_out: Default::default(),
            _stages: vec![false; depth],
        }
    }
}

impl Default for DelayLine {
    /// One clock.
    fn default() -> Self {
        Self::new(1)
    }
}

impl Logic for DelayLine {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self._stages.rotate_right(1);
            self._stages[0] = self.strobe_in.val();
            self.strobe_out.next = *self._stages.last().unwrap_or(&false);
        }
    }

    fn connect(&mut self) {
        self.strobe_out.connect();
    }

    fn hdl(&self) -> Verilog {
        let depth = self._stages.len();
        let shift = if depth == 1 {
            "stages <= strobe_in;".to_string()
        } else {
            format!("stages <= {{stages[{}:0], strobe_in}};", depth - 2)
        };
        Verilog::Custom(format!(
            "\
reg [{top}:0] stages;
initial stages = 0;
always @(*) strobe_out = stages[{top}];
always @(posedge clock) {shift}
",
            top = depth - 1
        ))
    }
}
