//! Clocks of a device: its PLL, the gate behind it, and the pin that hands the memory's clock on.
use super::pll::{PllDividers, PllError};
use rust_hdl::prelude::*;

/// Makes the design's clock and the memory chip's clock, the same at another phase, of the board's.
///
/// The design's clock stands still until the PLL has locked: registers then hold what they woke up with, which is the design's reset state.
/// The memory's clock leaves through a double data rate cell of its pin, so that it takes the same way out as the signals from
/// [`super::OutputPins`]. A simulation has no PLL: there both clocks are the board's.
#[derive(LogicBlock, Default)]
pub struct Clocks {
    /// The board's clock.
    pub reference: Signal<In, Clock>,
    /// The design's clock.
    pub clock: Signal<Out, Clock>,
    /// The memory's clock, for its pin alone.
    pub memory_clock: Signal<Out, Bit>,
    _pll: Option<PllDividers>,
}

impl Clocks {
    /// For a board's clock and a design's, and the degrees by which the memory's comes later.
    ///
    /// # Errors
    /// If the PLL has no dividers for that.
    pub fn new(board_mhz: u32, mhz: u32, memory_degrees: u32) -> Result<Self, PllError> {
        Ok(Self {
            _pll: Some(PllDividers::new(board_mhz, mhz, memory_degrees)?),
            ..Default::default()
        })
    }
}

impl Logic for Clocks {
    fn update(&mut self) {
        self.clock.next = self.reference.val();
        self.memory_clock.next = self.reference.val().clk;
    }

    fn connect(&mut self) {
        self.clock.connect();
        self.memory_clock.connect();
    }

    fn hdl(&self) -> Verilog {
        let parameters = self._pll.map_or(String::new(), |pll| {
            format!(
                "#(.REFERENCE({}), .FEEDBACK({}), .OUTPUT({}), .PHASE({}), .SHIFTED_PHASE({}), .SHIFTED_FINE({})) ",
                pll.reference,
                pll.feedback,
                pll.output,
                pll.phase,
                pll.shifted_phase,
                pll.shifted_fine
            )
        });
        Verilog::Wrapper(Wrapper {
            code: format!(
                "rowfuse_clocks {parameters}clocks (.reference(reference), .clock(clock), .memory_clock(memory_clock));"
            ),
            cores: String::new(),
        })
    }
}
