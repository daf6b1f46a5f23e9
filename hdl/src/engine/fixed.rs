//! A value fixed when the design is built.
use rust_hdl::prelude::*;

/// A constant whose value comes from the configuration; rust-hdl's own `Constant` has no default, which every block around it would then lack.
#[derive(LogicBlock, Default)]
pub struct Fixed<const N: usize> {
    /// The value, always.
    pub value: Signal<Out, Bits<N>>,
    _value: u64,
}

impl<const N: usize> Fixed<N> {
    /// Holds `value`, which must fit `N` bits.
    pub fn new(value: u64) -> Self {
        debug_assert!(N >= 64 || value >> N == 0);
        Self {
            _value: value,
            ..Default::default()
        }
    }
}

impl<const N: usize> Logic for Fixed<N> {
    fn update(&mut self) {
        self.value.next = self._value.into();
    }

    fn connect(&mut self) {
        self.value.connect();
    }

    fn hdl(&self) -> Verilog {
        Verilog::Wrapper(Wrapper {
            code: format!("assign value = {N}'d{};", self._value),
            cores: String::new(),
        })
    }
}
