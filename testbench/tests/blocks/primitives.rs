//! The cells: the Verilog model of the multiplier against the Rust one in many configurations, and what synthesis sees
//! of the project's own primitives, on models of the cells, against their behavioural twins.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rowfuse_hdl::primitives::{
    cell_models, flip_flop_model, verilog, Mult18x18d, MultControl, MultInputs, MultRegister,
};
use rowfuse_testbench::verilator::{Design, Model, Optimisation, Port};

use crate::support::toolchain;

const CYCLES: usize = 400;

fn model(design: Design) -> Option<Model> {
    let design = design.optimise(Optimisation::Quick);
    let built = Model::from_design(&toolchain()?, &design, &mut |_| {});
    Some(built.unwrap_or_else(|error| panic!("{error}")))
}

/// An 18-bit operand, often at an end of its range.
fn operand(random: &mut ChaCha8Rng) -> u32 {
    let ends = [0, 1, 0x1ffff, 0x20000, 0x3ffff];
    match random.gen_range(0..3) {
        0 => ends[random.gen_range(0..ends.len())],
        _ => random.gen_range(0..1 << 18),
    }
}

fn pins(name: &str, from: &str, bits: usize) -> String {
    let pins = (0..bits).map(|bit| format!(".{name}{bit}({from}[{bit}])"));
    pins.collect::<Vec<_>>().join(", ")
}

#[test]
fn the_cell_model_equals_the_rust_model_in_every_bypass_combination() {
    let mut random = crate::support::rng(1818);
    let mut blocks: Vec<Mult18x18d> = (0..32u8)
        .map(|kind| {
            let mut register = |present: bool| -> MultRegister {
                let control = MultControl {
                    clock: random.gen_range(0..4),
                    enable: random.gen_range(0..4),
                    reset: random.gen_range(0..4),
                };
                present.then_some(control)
            };
            let [a, b, pipeline, output] = [0, 1, 2, 3].map(|bit| register(kind >> bit & 1 != 0));
            Mult18x18d::new(a, b, pipeline, output)
        })
        .collect();
    let mut text = String::from(
        "module top(input wire clock, input wire [17:0] a, input wire [17:0] b, input wire [17:0] sa,
         input wire [17:0] sb, input wire [3:0] flags, input wire [3:0] ce, input wire [3:0] rst",
    );
    let mut ports = vec![Port::clock("clock")];
    ports.extend(["a", "b", "sa", "sb"].map(|name| Port::input(name, 18)));
    ports.extend(["flags", "ce", "rst"].map(|name| Port::input(name, 4)));
    let mut body = String::new();
    for (k, block) in blocks.iter().enumerate() {
        text += &format!(",\n output wire [72:0] y{k}");
        ports.push(Port::output(&format!("y{k}"), 73));
        let registers = [
            ("INPUTA", block.input_a),
            ("INPUTB", block.input_b),
            ("PIPELINE", block.pipeline),
            ("OUTPUT", block.output),
        ];
        let parameters = registers.iter().filter_map(|(name, register)| {
            register.map(|MultControl { clock, enable, reset }| {
                format!(
                    ".REG_{name}_CLK(\"CLK{clock}\"), .REG_{name}_CE(\"CE{enable}\"), .REG_{name}_RST(\"RST{reset}\"),"
                )
            })
        });
        body += &format!(
            "MULT18X18D #({} .RESETMODE(\"SYNC\")) u{k} (.SIGNEDA(flags[0]), .SIGNEDB(flags[1]), .SOURCEA(flags[2]),
             .SOURCEB(flags[3]), .CLK0(clock), .CLK1(clock), .CLK2(clock), .CLK3(clock),\n{},\n{},\n{},\n{},\n{},\n{},
             .SIGNEDP(y{k}[36]),\n{},\n{},\n{});\n",
            parameters.collect::<String>(),
            pins("A", "a", 18),
            pins("B", "b", 18),
            pins("SRIA", "sa", 18),
            pins("SRIB", "sb", 18),
            pins("CE", "ce", 4),
            pins("RST", "rst", 4),
            pins("P", &format!("y{k}"), 36),
            (0..18).map(|n| format!(".SROA{n}(y{k}[{}])", 37 + n)).collect::<Vec<_>>().join(", "),
            (0..18).map(|n| format!(".SROB{n}(y{k}[{}])", 55 + n)).collect::<Vec<_>>().join(", "),
        );
    }
    let text = format!("{text});\n{body}endmodule\n");
    let design = Design::new("mult18x18d", &text, "top", &ports).source(cell_models());
    let Some(mut model) = model(design) else {
        return;
    };
    for cycle in 0..CYCLES {
        let flags: u8 = random.gen_range(0..16);
        let inputs = MultInputs {
            a: operand(&mut random),
            b: operand(&mut random),
            shift_a: operand(&mut random),
            shift_b: operand(&mut random),
            signed_a: flags & 1 != 0,
            signed_b: flags & 2 != 0,
            source_a: flags & 4 != 0,
            source_b: flags & 8 != 0,
            enables: random.gen::<u8>() & 15 | random.gen::<u8>() & 15,
            resets: random.gen::<u8>() & random.gen::<u8>() & random.gen::<u8>() & 15,
        };
        let record = [inputs.a, inputs.b, inputs.shift_a, inputs.shift_b];
        model.inputs_mut()[..4].copy_from_slice(&record);
        let record = [flags, inputs.enables, inputs.resets].map(u32::from);
        model.inputs_mut()[4..].copy_from_slice(&record);
        model.cycle();
        for (k, block) in blocks.iter_mut().enumerate() {
            let outputs = block.outputs(&inputs);
            let expected = u128::from(outputs.p)
                | u128::from(outputs.signed_p) << 36
                | u128::from(outputs.shift_a) << 37
                | u128::from(outputs.shift_b) << 55;
            let words = &model.outputs()[3 * k..3 * k + 3];
            let is = words
                .iter()
                .rev()
                .fold(0u128, |sum, word| sum << 32 | u128::from(*word));
            assert_eq!(
                is, expected,
                "cycle {cycle}, block {k}: {block:?} {inputs:?}"
            );
            block.edge(0b1111, &inputs);
        }
    }
}

/// A multiplier beside a register that stays a copy, and the ports of both.
pub fn multiplier_and_kept_register() -> (&'static str, [Port; 6]) {
    let text =
        "module top(input wire clock, input wire [17:0] a, input wire [17:0] b, input wire d,
          output wire [35:0] p, output wire q);
          rowfuse_mul18 m (.clock(clock), .a(a), .b(b), .p(p));
          rowfuse_keep_ff f (.clock(clock), .d(d), .q(q));
        endmodule\n";
    let ports = [
        Port::clock("clock"),
        Port::input("a", 18),
        Port::input("b", 18),
        Port::input("d", 1),
        Port::output("p", 36),
        Port::output("q", 1),
    ];
    (text, ports)
}

/// Both branches of the primitives, in one run, against the Rust model.
#[test]
fn what_synthesis_sees_equals_the_behavioural_twin() {
    let (text, ports) = multiplier_and_kept_register();
    let twin = Design::new("primitives_twin", text, "top", &ports).source(verilog());
    let cells = Design::new("primitives_cells", text, "top", &ports)
        .source(verilog())
        .source(cell_models())
        .source(flip_flop_model())
        .define("SYNTHESIS");
    let (Some(twin), Some(cells)) = (model(twin), model(cells)) else {
        return;
    };
    let control = Some(MultControl {
        clock: 0,
        enable: 0,
        reset: 0,
    });
    for mut model in [twin, cells] {
        let mut random = crate::support::rng(36);
        let mut reference = Mult18x18d::new(control, control, control, control);
        let mut flip_flop = 0;
        for cycle in 0..CYCLES {
            let inputs = MultInputs {
                a: operand(&mut random),
                b: operand(&mut random),
                signed_a: true,
                signed_b: true,
                enables: 1,
                ..MultInputs::default()
            };
            let d = random.gen_range(0..2);
            model.inputs_mut().copy_from_slice(&[inputs.a, inputs.b, d]);
            model.cycle();
            let p = reference.outputs(&inputs).p;
            let expected = [p as u32, (p >> 32) as u32, flip_flop];
            assert_eq!(model.outputs(), expected, "cycle {cycle}");
            reference.edge(1, &inputs);
            flip_flop = d;
        }
    }
}
