//! The Verilog model of the cell DP16KD against the Rust one: every pair of widths, the likely ones several
//! times, with all other settings drawn.

use std::fmt::Write;

use rand::seq::SliceRandom;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rowfuse_hdl::primitives::{cell_models, Dp16kd, MemoryInputs, MemoryPort, WriteMode};
use rowfuse_testbench::verilator::{Design, Model, Optimisation, Port};

use crate::support::toolchain;

const CYCLES: usize = 3000;
const MODES: [(WriteMode, &str); 3] = [
    (WriteMode::Normal, "NORMAL"),
    (WriteMode::WriteThrough, "WRITETHROUGH"),
    (WriteMode::ReadBeforeWrite, "READBEFOREWRITE"),
];

fn mode_name(mode: WriteMode) -> &'static str {
    let found = MODES.iter().find(|(known, _)| *known == mode);
    found.map_or("", |(_, name)| name)
}

fn blocks(random: &mut ChaCha8Rng, initial: &[u32]) -> Vec<Dp16kd> {
    let mut blocks = Vec::new();
    for a in [1, 2, 4, 9, 18, 36] {
        for b in [1, 2, 4, 9, 18, 36] {
            if b == 36 && a != 36 {
                continue;
            }
            for _ in 0..if a == b { 3 } else { 1 } {
                let mut port = |width| MemoryPort {
                    width,
                    output_register: random.gen(),
                    write_mode: MODES[random.gen_range(0..MODES.len())].0,
                    select: random.gen_range(0..8),
                };
                let ports = [port(a), port(b)];
                blocks.push(Dp16kd::new(ports, random.gen(), initial));
            }
        }
    }
    blocks
}

/// `.NAMEk(from[k])` for each bit.
fn pins(name: &str, from: &str, bits: usize) -> String {
    let pins = (0..bits).map(|bit| format!(".{name}{bit}({from}[{bit}])"));
    pins.collect::<Vec<_>>().join(", ")
}

fn instance(k: usize, block: &Dp16kd, initial: &[u32]) -> String {
    let reset = ["SYNC", "ASYNC"][usize::from(block.asynchronous)];
    let mut text = format!("DP16KD #(.RESETMODE(\"{reset}\")");
    for (index, words) in initial.chunks(16).enumerate() {
        let digits: String = words.iter().rev().map(|w| format!("{w:05x}")).collect();
        let _ = write!(text, ",\n .INITVAL_{index:02X}(320'h{digits})");
    }
    for (name, port) in ["A", "B"].iter().zip(block.ports) {
        let register = ["NOREG", "OUTREG"][usize::from(port.output_register)];
        let _ = write!(
            text,
            ",\n .DATA_WIDTH_{name}({}), .REGMODE_{name}(\"{register}\"), .WRITEMODE_{name}(\"{}\"), \
             .CSDECODE_{name}(\"0b{:03b}\")",
            port.width,
            mode_name(port.write_mode),
            port.select,
        );
    }
    let _ = write!(text, ") u{k} (");
    for (n, name) in ["A", "B"].iter().enumerate() {
        let low = name.to_lowercase();
        // Each block has its own chip select's meaning; the pins are given as what differs from it.
        let select = block.ports[n].select;
        let _ = write!(
            text,
            "{},\n {},\n .CS{name}0(miss_{low}[0] ^ {}), .CS{name}1(miss_{low}[1] ^ {}), .CS{name}2(miss_{low}[2] ^ {}),\n \
             .CLK{name}(clock), .WE{name}(control_{low}[0]), .CE{name}(control_{low}[1]), .OCE{name}(control_{low}[2]), \
             .RST{name}(control_{low}[3]), ",
            pins(&format!("AD{name}"), &format!("address_{low}"), 14),
            pins(&format!("DI{name}"), &format!("data_{low}"), 18),
            select & 1,
            select >> 1 & 1,
            select >> 2,
        );
    }
    let outputs = (0..18).map(|n| format!(".DOA{n}(y{k}[{n}]), .DOB{n}(y{k}[{}])", 18 + n));
    text + &outputs.collect::<Vec<_>>().join(", ") + ");\n"
}

/// Inputs that meet: addresses from a few places, the ports often at the same one.
fn inputs(random: &mut ChaCha8Rng, places: &[u16]) -> [MemoryInputs; 2] {
    let mut inputs = [MemoryInputs::default(); 2].map(|_| MemoryInputs {
        address: places.choose(random).copied().unwrap_or(0) | random.gen_range(0..64),
        data: random.gen_range(0..1 << 18),
        write: random.gen(),
        enable: random.gen_ratio(7, 8),
        output_enable: random.gen_ratio(3, 4),
        reset: random.gen_ratio(1, 12),
        select: if random.gen_ratio(1, 8) {
            random.gen_range(0..8)
        } else {
            0
        },
    });
    if random.gen_ratio(1, 3) {
        inputs[1].address = inputs[0].address ^ random.gen_range(0..16);
    }
    inputs
}

#[test]
fn the_cell_model_equals_the_rust_model_at_every_pair_of_widths() {
    let mut random = crate::support::rng(16_000);
    let initial: Vec<u32> = (0..1024).map(|_| random.gen_range(0..1 << 18)).collect();
    let mut blocks = blocks(&mut random, &initial);
    let mut ports = vec![Port::clock("clock")];
    let pins = [("address", 14), ("data", 18), ("control", 4), ("miss", 3)];
    for side in ["a", "b"] {
        ports.extend(pins.map(|(name, width)| Port::input(&format!("{name}_{side}"), width)));
    }
    ports.extend((0..blocks.len()).map(|k| Port::output(&format!("y{k}"), 36)));
    let declared: Vec<String> = ports[1..]
        .iter()
        .map(|port| {
            let way = if port.name.starts_with('y') {
                "output"
            } else {
                "input"
            };
            format!("{way} wire [{}:0] {}", port.width - 1, port.name)
        })
        .collect();
    let mut text = format!("module top(input wire clock, {});\n", declared.join(", "));
    for (k, block) in blocks.iter().enumerate() {
        text += &instance(k, block, &initial);
    }
    let design = Design::new("dp16kd", &(text + "endmodule\n"), "top", &ports)
        .source(cell_models())
        .optimise(Optimisation::Quick);
    let Some(tools) = toolchain() else { return };
    let mut model = Model::from_design(&tools, &design, &mut |_| {}).unwrap();

    let mut places = [0_u16; 3];
    for cycle in 0..CYCLES {
        if cycle % 50 == 0 {
            places = places.map(|_| random.gen_range(0..1 << 14) & !63);
        }
        let inputs = inputs(&mut random, &places);
        for (record, port) in model.inputs_mut().chunks_mut(4).zip(&inputs) {
            let control = [port.write, port.enable, port.output_enable, port.reset];
            let control = control
                .iter()
                .rev()
                .fold(0, |sum, bit| sum << 1 | u32::from(*bit));
            let values = [port.address.into(), port.data, control, port.select.into()];
            record.copy_from_slice(&values);
        }
        model.cycle();
        for (k, block) in blocks.iter_mut().enumerate() {
            let mut own = inputs;
            for (pins, port) in own.iter_mut().zip(block.ports) {
                pins.select ^= port.select;
            }
            let [a, b] = block.outputs(&own);
            let expected = u64::from(a) | u64::from(b) << 18;
            let is = model.get(&format!("y{k}")).unwrap();
            assert_eq!(
                is, expected,
                "cycle {cycle}, block {k}: {:?}, asynchronous {}, {own:?}",
                block.ports, block.asynchronous
            );
            block.edge(&own);
        }
    }
}
