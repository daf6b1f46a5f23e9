//! Verilog text.
//!
//! Every signal is an unsigned vector of exactly the width of its range. Operands are brought to the width of the
//! result by explicit concatenation, so that no rule of Verilog about widths or signs is relied on; the one signed
//! operator used is `<` on two operands of equal width.

use std::fmt::Write;

use super::expression::literal;
use super::node::{Op, Restart, Value, View};
use super::Dataflow;

/// The pieces of a module's body.
#[derive(Default)]
struct Body {
    declarations: String,
    clocked: String,
    instances: String,
}

impl Dataflow {
    /// A module of its own: `clock`, one port an input, one port an output. It uses the modules of
    /// [`crate::primitives`].
    pub fn verilog_module(&self) -> String {
        let mut text = format!("module {} (\n  input wire clock", self.name());
        for port in self.inputs() {
            let _ = write!(text, ",\n  input wire [{}:0] {}", port.width - 1, port.name);
        }
        for port in self.outputs() {
            let _ = write!(
                text,
                ",\n  output wire [{}:0] {}",
                port.width - 1,
                port.name
            );
        }
        text.push_str("\n);\n");
        let inputs: Vec<String> = self.inputs().iter().map(|port| port.name.clone()).collect();
        text.push_str(&self.verilog_body("clock", &inputs));
        for (index, port) in self.outputs().iter().enumerate() {
            let signal = self.output_signal(index, port.width);
            let _ = writeln!(text, "  assign {} = {signal};", port.name);
        }
        text.push_str("endmodule\n");
        text
    }

    /// Signals, registers and instances, without a module around them; `inputs` are the expressions of the inputs.
    pub(super) fn verilog_body(&self, clock: &str, inputs: &[String]) -> String {
        let mut body = Body::default();
        let live = self.live(View::Hardware);
        for index in (0..self.nodes.len()).filter(|index| live[*index]) {
            self.emit(Value(index as u32), clock, inputs, &mut body);
        }
        let mut text = body.declarations;
        if !body.clocked.is_empty() {
            let _ = write!(
                text,
                "  always @(posedge {clock}) begin\n{}  end\n",
                body.clocked
            );
        }
        text + &body.instances
    }

    /// An output, extended to `width` bits.
    pub(super) fn output_signal(&self, index: usize, width: u32) -> String {
        self.extend(self.output_values[index], width)
    }

    /// Bits of a value as a signed number.
    fn signed_width(&self, a: Value) -> u32 {
        let range = self.node(a).range;
        range.width() + u32::from(!range.is_signed())
    }

    /// A value in the upper bits of a multiplier's port.
    fn left_aligned(&self, a: Value, bits: u32) -> String {
        let extended = self.extend(a, bits);
        match 18 - bits {
            0 => extended,
            zeros => format!("{{{extended}, {zeros}'d0}}"),
        }
    }

    fn emit(&self, value: Value, clock: &str, inputs: &[String], body: &mut Body) {
        let node = self.node(value);
        let (width, name) = (node.range.width(), self.signal(value));
        match node.op {
            Op::Constant(_) | Op::MulLut { .. } => {}
            Op::Reg(a) => {
                body.register(&name, width);
                body.assign(&name, &self.extend(a, width));
            }
            Op::Delay(a, n) => {
                let mut from = self.extend(a, width);
                for z in 1..=n {
                    let to = if z == n {
                        name.clone()
                    } else {
                        format!("{name}_z{z}")
                    };
                    body.register(&to, width);
                    body.assign(&to, &from);
                    from = to;
                }
            }
            Op::Keep(a) => {
                body.wire(&name, width, None);
                for bit in 0..width {
                    let d = self.slice(a, bit, 1);
                    let _ = writeln!(
                        body.instances,
                        "  rowfuse_keep_ff {name}_ff{bit} (.clock({clock}), .d({d}), .q({name}[{bit}]));"
                    );
                }
            }
            Op::Mul(a, b) => {
                // Operands stand at the top of the ports, zeros below: constant pins need no wire, sign copies would.
                let a_bits = self.signed_width(a);
                let b_bits = self.signed_width(b);
                let unused = 36 - a_bits - b_bits;
                let (a, b) = (self.left_aligned(a, a_bits), self.left_aligned(b, b_bits));
                body.wire(&format!("{name}_p"), 36, None);
                let low = format!("{name}_p[{}:{unused}]", unused + width - 1);
                body.wire(&name, width, Some(&low));
                // Only for synthesis: a simulator would make a module of its own for every site.
                let site = self.sites.get(&value).map_or(String::new(), |site| {
                    format!("\n`ifdef SYNTHESIS\n    #(.SITE(\"{site}\"))\n`endif\n   ")
                });
                let _ = writeln!(
                    body.instances,
                    "  rowfuse_mul18{site} {name}_mul (.clock({clock}), .a({a}), .b({b}), .p({name}_p));"
                );
            }
            Op::Accumulate {
                value: term,
                enable,
                stop,
                restart,
            } => {
                let state = format!("{name}_acc");
                body.register(&state, width);
                let sum = format!("{state} + {}", self.extend(term, width));
                body.wire(&name, width, Some(&sum));
                let (enable, stop) = (self.extend(enable, 1), self.extend(stop, 1));
                let zero = literal(0, width);
                let _ = match restart {
                    Restart::WhenCleared => writeln!(
                        body.clocked,
                        "    if ({stop}) {state} <= {zero}; else if ({enable}) {state} <= {name};"
                    ),
                    Restart::AfterLastEnabled => writeln!(
                        body.clocked,
                        "    if ({enable}) begin if ({stop}) {state} <= {zero}; else {state} <= {name}; end"
                    ),
                };
            }
            Op::ShrBy(a, amount) => self.barrel(value, a, amount, body),
            Op::Input(index) => body.wire(&name, width, Some(&inputs[index as usize])),
            op => body.wire(&name, width, Some(&self.function(op, width))),
        }
    }

    /// A barrel shifter, one multiplexer a bit of the amount.
    fn barrel(&self, value: Value, a: Value, amount: Value, body: &mut Body) {
        let (own, name) = (self.node(a).range.width(), self.signal(value));
        let mut last = format!("{name}_s");
        body.wire(&last, own, Some(&self.extend(a, own)));
        let sign = self.sign(a, 1);
        for bit in 0..self.node(amount).range.width() {
            let stage = format!("{name}_s{bit}");
            let by = 1u32 << bit;
            let shifted = if by >= own {
                format!("{{{own}{{{sign}}}}}")
            } else {
                format!("{{{{{by}{{{sign}}}}}, {last}[{}:{by}]}}", own - 1)
            };
            let choice = format!("({}) ? {shifted} : {last}", self.slice(amount, bit, 1));
            body.wire(&stage, own, Some(&choice));
            last = stage;
        }
        let width = self.node(value).range.width();
        let result = match width.cmp(&own) {
            std::cmp::Ordering::Greater => format!("{{{{{}{{{sign}}}}}, {last}}}", width - own),
            _ => format!("{last}[{}:0]", width - 1),
        };
        body.wire(&name, width, Some(&result));
    }
}

impl Body {
    fn wire(&mut self, name: &str, width: u32, is: Option<&str>) {
        let _ = match is {
            Some(is) => writeln!(self.declarations, "  wire [{}:0] {name} = {is};", width - 1),
            None => writeln!(self.declarations, "  wire [{}:0] {name};", width - 1),
        };
    }

    fn register(&mut self, name: &str, width: u32) {
        let zero = literal(0, width);
        let _ = writeln!(
            self.declarations,
            "  reg [{}:0] {name} = {zero};",
            width - 1
        );
    }

    fn assign(&mut self, to: &str, from: &str) {
        let _ = writeln!(self.clocked, "    {to} <= {from};");
    }
}
