//! A constant as a type, so that a block with constants can still derive `Default`.

use rust_hdl::prelude::*;

/// The `N`-bit constant `V`. In emitted Verilog it is a `localparam` of the field's name.
#[derive(Clone, Debug)]
pub struct Fixed<const N: usize, const V: u64>(Constant<Bits<N>>);

impl<const N: usize, const V: u64> Fixed<N, V> {
    /// Its value.
    pub fn val(&self) -> Bits<N> {
        self.0.val()
    }
}

impl<const N: usize, const V: u64> Default for Fixed<N, V> {
    fn default() -> Self {
        Fixed(Constant::new(V.to_bits()))
    }
}

impl<const N: usize, const V: u64> Logic for Fixed<N, V> {
    fn update(&mut self) {}
}

impl<const N: usize, const V: u64> Block for Fixed<N, V> {
    fn connect_all(&mut self) {}

    fn update_all(&mut self) {}

    fn has_changed(&self) -> bool {
        false
    }

    fn accept(&self, name: &str, probe: &mut dyn Probe) {
        self.0.accept(name, probe);
    }
}
