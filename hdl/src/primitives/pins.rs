//! Registers inside the cells of the device's pins.
use rust_hdl::prelude::*;

/// `N` output pins' registers: `q` is `d` of the clock before, from within the pins' own cells, so that all leave the device at the same moment
/// after the clock whatever was placed where. Without registers `q` is `d`.
///
/// Each bit of `q` must drive exactly one pin's data or exactly one pin's tristate input.
/// Golden model: a register that wakes up at `first`.
#[derive(LogicBlock, Default)]
pub struct OutputPins<const N: usize> {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Next values.
    pub d: Signal<In, Bits<N>>,
    /// Present values.
    pub q: Signal<Out, Bits<N>>,
    _registers: bool,
    _first: u64,
    _awake: bool,
}

impl<const N: usize> OutputPins<N> {
    /// Registers that wake up as the bits of `first`.
    pub fn new(registers: bool, first: u64) -> Self {
        Self {
            _registers: registers,
            _first: first,
            ..Default::default()
        }
    }
}

impl<const N: usize> Logic for OutputPins<N> {
    fn update(&mut self) {
        if !self._registers || self.clock.pos_edge() {
            self.q.next = self.d.val();
        } else if !self._awake {
            self.q.next = self._first.into();
        }
        self._awake = true;
    }

    fn connect(&mut self) {
        self.q.connect();
    }

    fn hdl(&self) -> Verilog {
        let first = self._first;
        wrapper(match self._registers {
            true => format!(
                "rowfuse_output_pins #(.WIDTH({N}), .FIRST({N}'d{first})) pins (.clock(clock), .d(d), .q(q));"
            ),
            false => "assign q = d;".into(),
        })
    }
}

/// `N` input pins' registers, in the pins' own cells: `q` is `d` of the clock before. Without registers `q` is `d`.
///
/// Each bit of `d` must be a pin that nothing else reads. Golden model: a register.
#[derive(LogicBlock, Default)]
pub struct InputPins<const N: usize> {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// The pins.
    pub d: Signal<In, Bits<N>>,
    /// What they were.
    pub q: Signal<Out, Bits<N>>,
    _registers: bool,
}

impl<const N: usize> InputPins<N> {
    /// Registers that wake up at zero, or none.
    pub fn new(registers: bool) -> Self {
        Self {
            _registers: registers,
            ..Default::default()
        }
    }
}

impl<const N: usize> Logic for InputPins<N> {
    fn update(&mut self) {
        if !self._registers || self.clock.pos_edge() {
            self.q.next = self.d.val();
        }
    }

    fn connect(&mut self) {
        self.q.connect();
    }

    fn hdl(&self) -> Verilog {
        wrapper(match self._registers {
            true => {
                format!("rowfuse_input_pins #(.WIDTH({N})) pins (.clock(clock), .d(d), .q(q));")
            }
            false => "assign q = d;".into(),
        })
    }
}

/// `N` pins in both directions, each with its own tristate, in the pins' own cells.
///
/// In the simulation all of them are driven or none, as the first bit of `z` says.
#[derive(LogicBlock, Default)]
pub struct DataPins<const N: usize> {
    /// What to drive.
    pub d: Signal<In, Bits<N>>,
    /// Pins not to drive.
    pub z: Signal<In, Bits<N>>,
    /// What the pins are.
    pub q: Signal<Out, Bits<N>>,
    /// The pins.
    pub pins: Signal<InOut, Bits<N>>,
}

impl<const N: usize> Logic for DataPins<N> {
    fn update(&mut self) {
        let driven = !self.z.val().get_bit(0);
        if driven {
            self.pins.next = self.d.val();
        }
        self.q.next = self.pins.val();
        self.pins.set_tristate_is_output(driven);
    }

    fn connect(&mut self) {
        self.pins.connect();
        self.q.connect();
    }

    fn hdl(&self) -> Verilog {
        wrapper(format!(
            "rowfuse_data_pins #(.WIDTH({N})) cells (.d(d), .z(z), .q(q), .pins(pins));"
        ))
    }
}

fn wrapper(code: String) -> Verilog {
    Verilog::Wrapper(Wrapper {
        code,
        cores: String::new(),
    })
}
