//! A dataflow inside a rust-hdl block.

use rust_hdl::core::prelude::{Bits, Verilog, Wrapper};

use super::{Dataflow, DataflowError, Simulator};

/// A port of a rust-hdl block that carries several inputs or outputs of a dataflow side by side, the first in the
/// lowest bits. The port is `fields * pitch` bits wide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// Name of the rust-hdl signal.
    pub name: String,
    /// Number of dataflow ports it carries.
    pub fields: usize,
    /// Bits from one field to the next. A dataflow input takes the low bits of its field; an output is extended to its
    /// field by its sign.
    pub pitch: u32,
}

impl Packed {
    /// `fields` fields of `pitch` bits in the signal `name`.
    pub fn new(name: &str, fields: usize, pitch: u32) -> Self {
        Self {
            name: name.to_owned(),
            fields,
            pitch,
        }
    }
}

/// What cannot be embedded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// The packed ports do not carry exactly the dataflow's ports.
    #[error("{name}: the block's ports carry {carried} {kind}, the dataflow has {needed}")]
    Count {
        /// The dataflow.
        name: String,
        /// "inputs" or "outputs".
        kind: &'static str,
        /// Fields of the packed ports.
        carried: usize,
        /// Ports of the dataflow.
        needed: usize,
    },
    /// A dataflow port is wider than its field.
    #[error("{port} has {width} bits, its field in {packed} {pitch}")]
    Width {
        /// The dataflow's port.
        port: String,
        /// Its width.
        width: u32,
        /// The packed port.
        packed: String,
        /// The field's width.
        pitch: u32,
    },
    /// A name clash between the block and the dataflow.
    #[error(transparent)]
    Name(#[from] DataflowError),
}

/// Values that a rust-hdl signal carries and a leaf can cut into fields.
pub trait Pack: Copy {
    /// Bits of the signal.
    const WIDTH: usize;
    /// Bits `lo..lo + width` (at most 64 of them, inside the signal) as an unsigned number.
    fn field(&self, lo: usize, width: usize) -> u64;
    /// The signal whose fields of `pitch` bits hold the low bits of the values.
    fn pack(pitch: usize, values: impl Iterator<Item = i64>) -> Self;
}

impl Pack for bool {
    const WIDTH: usize = 1;

    fn field(&self, _lo: usize, _width: usize) -> u64 {
        u64::from(*self)
    }

    fn pack(_pitch: usize, mut values: impl Iterator<Item = i64>) -> Self {
        values.next().is_some_and(|value| value & 1 != 0)
    }
}

impl<const N: usize> Pack for Bits<N> {
    const WIDTH: usize = N;

    fn field(&self, lo: usize, width: usize) -> u64 {
        match self {
            Bits::Short(bits) => {
                let all = u64::from(bits.short()) >> lo;
                all & (u64::MAX >> (64 - width))
            }
            Bits::Long(bits) => {
                (0..width).fold(0, |sum, bit| sum | u64::from(bits.get_bit(lo + bit)) << bit)
            }
        }
    }

    fn pack(pitch: usize, values: impl Iterator<Item = i64>) -> Self {
        if N <= 32 {
            let mask = u64::MAX >> (64 - pitch.min(64));
            let fields = values.enumerate();
            let all = fields.fold(0u64, |sum, (nth, value)| {
                sum | (value as u64 & mask) << (nth * pitch)
            });
            return all.into();
        }
        let mut bits = [false; N];
        for (field, value) in bits.chunks_exact_mut(pitch).zip(values) {
            for (nth, bit) in field.iter_mut().enumerate() {
                *bit = (value >> nth.min(63)) & 1 != 0;
            }
        }
        Bits::Long(bits.into())
    }
}

/// One input's place in a packed port.
#[derive(Clone, Copy, Debug)]
struct Field {
    lo: usize,
    width: usize,
    signed: bool,
}

/// A dataflow as the inside of a rust-hdl block: the block's `update` steps the simulator, its `hdl` returns the same
/// dataflow's Verilog. [`crate::leaf_logic`] writes both.
///
/// Keep it in a field whose name starts with an underscore: `derive(LogicBlock)` leaves those alone.
#[derive(Clone, Debug)]
pub struct Leaf {
    dataflow: Dataflow,
    simulator: Simulator,
    input_ports: Vec<Packed>,
    output_ports: Vec<Packed>,
    fields: Vec<Field>,
    sampled: Vec<i64>,
    powered_up: bool,
}

impl Leaf {
    /// Embeds a dataflow: its inputs and outputs in order, spread over the block's ports in order.
    ///
    /// # Errors
    /// If the ports do not carry exactly the dataflow's ports, a field is too narrow, or names clash.
    pub fn new(
        dataflow: Dataflow,
        inputs: &[Packed],
        outputs: &[Packed],
    ) -> Result<Self, LeafError> {
        for (kind, packed, ports) in [
            ("inputs", inputs, dataflow.inputs()),
            ("outputs", outputs, dataflow.outputs()),
        ] {
            let carried = packed.iter().map(|port| port.fields).sum();
            if carried != ports.len() {
                return Err(LeafError::Count {
                    name: dataflow.name().to_owned(),
                    kind,
                    carried,
                    needed: ports.len(),
                });
            }
            let fields = packed.iter().flat_map(|p| std::iter::repeat_n(p, p.fields));
            for (packed, port) in fields.zip(ports) {
                if port.width > packed.pitch {
                    return Err(LeafError::Width {
                        port: port.name.clone(),
                        width: port.width,
                        packed: packed.name.clone(),
                        pitch: packed.pitch,
                    });
                }
            }
            for name in packed.iter().map(|packed| &packed.name) {
                if dataflow.is_internal(name) {
                    return Err(DataflowError::DuplicateName { name: name.clone() }.into());
                }
            }
        }
        let offsets = inputs.iter().flat_map(|packed| {
            let pitch = packed.pitch as usize;
            (0..packed.fields).map(move |nth| nth * pitch)
        });
        let fields = offsets.zip(dataflow.inputs()).map(|(lo, port)| Field {
            lo,
            width: port.width as usize,
            signed: port.signed,
        });
        Ok(Self {
            fields: fields.collect(),
            sampled: vec![0; dataflow.inputs().len()],
            simulator: dataflow.simulator(),
            dataflow,
            input_ports: inputs.to_vec(),
            output_ports: outputs.to_vec(),
            powered_up: false,
        })
    }

    /// The dataflow inside.
    pub fn dataflow(&self) -> &Dataflow {
        &self.dataflow
    }

    /// Clocks from the inputs to the outputs.
    pub fn latency(&self) -> u32 {
        self.dataflow.latency()
    }

    /// Presents a value at input port number `port`, for the next [`Leaf::step`].
    pub fn set<T: Pack>(&mut self, port: usize, value: &T) {
        let first = first_field(&self.input_ports, port);
        let packed = &self.input_ports[port];
        // A signal may be wider than its fields: one type of block serves all numbers of lanes.
        debug_assert!(
            T::WIDTH >= packed.fields * packed.pitch as usize,
            "{}",
            packed.name
        );
        let range = first..first + packed.fields;
        for (to, field) in self.sampled[range.clone()]
            .iter_mut()
            .zip(&self.fields[range])
        {
            let bits = value.field(field.lo, field.width) << (64 - field.width);
            *to = if field.signed {
                bits as i64 >> (64 - field.width)
            } else {
                (bits >> (64 - field.width)) as i64
            };
        }
    }

    /// One rising edge of the clock.
    pub fn step(&mut self) {
        self.simulator.step(&self.sampled);
    }

    /// The value of output port number `port` after the last edge.
    pub fn get<T: Pack>(&self, port: usize) -> T {
        let first = first_field(&self.output_ports, port);
        let packed = &self.output_ports[port];
        // A signal may be wider than its fields: one type of block serves all numbers of lanes.
        debug_assert!(
            T::WIDTH >= packed.fields * packed.pitch as usize,
            "{}",
            packed.name
        );
        let fields = first..first + packed.fields;
        let values = fields.map(|index| self.simulator.output(index));
        T::pack(packed.pitch as usize, values)
    }

    /// True the first time it is asked: the outputs must then be shown although there was no edge yet.
    pub fn power_up(&mut self) -> bool {
        !std::mem::replace(&mut self.powered_up, true)
    }

    /// The Verilog of the block, whose clock is the port `clock`. The modules of [`crate::primitives`] it uses are not
    /// part of it: the design's top level has them once.
    pub fn hdl(&self, clock: &str) -> Verilog {
        let inputs = self.input_ports.iter();
        let slices = inputs.flat_map(|packed| (0..packed.fields).map(move |nth| (packed, nth)));
        let inputs: Vec<String> = slices
            .zip(self.dataflow.inputs())
            .map(|((packed, nth), port)| {
                if packed.fields * packed.pitch as usize == 1 {
                    return packed.name.clone();
                }
                let lo = nth * packed.pitch as usize;
                format!("{}[{}:{lo}]", packed.name, lo + port.width as usize - 1)
            })
            .collect();
        let mut code = self.dataflow.verilog_body(clock, &inputs);
        let mut index = 0;
        for packed in &self.output_ports {
            let fields = index..index + packed.fields;
            index = fields.end;
            let mut fields: Vec<String> = fields
                .map(|output| self.dataflow.output_signal(output, packed.pitch))
                .collect();
            fields.reverse();
            code += &format!("  assign {} = {{{}}};\n", packed.name, fields.join(", "));
        }
        Verilog::Wrapper(Wrapper {
            code,
            cores: String::new(),
        })
    }
}

fn first_field(ports: &[Packed], port: usize) -> usize {
    ports[..port].iter().map(|packed| packed.fields).sum()
}

/// Writes `impl Logic` for a block whose inside is a [`Leaf`]: its type, the leaf's field, the clock, the inputs and the
/// outputs, each in the order given to [`Leaf::new`].
///
/// ```ignore
/// leaf_logic!(Transform, _leaf, clock, [pixels], [transformed]);
/// ```
#[macro_export]
macro_rules! leaf_logic {
    ($block:ty, $leaf:ident, $clock:ident, [$($input:ident),* $(,)?], [$($output:ident),* $(,)?]) => {
        impl rust_hdl::core::prelude::Logic for $block {
            fn update(&mut self) {
                let edge = self.$clock.pos_edge();
                if edge {
                    let mut port = 0usize..;
                    $(self.$leaf.set(port.next().unwrap_or(0), &self.$input.val());)*
                    self.$leaf.step();
                }
                if edge || self.$leaf.power_up() {
                    let mut port = 0usize..;
                    $(self.$output.next = self.$leaf.get(port.next().unwrap_or(0));)*
                }
            }

            fn connect(&mut self) {
                $(self.$output.connect();)*
            }

            fn hdl(&self) -> rust_hdl::core::prelude::Verilog {
                self.$leaf.hdl(stringify!($clock))
            }
        }
    };
}
