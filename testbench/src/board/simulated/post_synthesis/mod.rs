//! What Yosys makes of the system for the ECP5, simulated: pin by pin and cycle by cycle as the Verilog that it was made
//! from, and with the golden model's answer.
//!
//! Yosys takes a minute or two, and so does compiling its netlist; both results are cached by content. Without Yosys the
//! tests say that they are skipped, unless `ROWFUSE_REQUIRE_YOSYS` is set. `ROWFUSE_NETLIST` names another configuration
//! than `small-2`. They are part of `scripts/verify`.

mod netlist;
mod yosys;

use std::ops::ControlFlow;
use std::sync::Mutex;

use super::tests::two_layers;
use super::{Chip, Compiled, Core, Inputs, Outputs, Simulated, Verilated};
use crate::board::test_plan::Plan;
use crate::board::{BoardError, Client};
use crate::verilator::{Design, Model, Optimisation, Port, Toolchain};
use netlist::{with_faults, with_noise, FAULTS};
use rowfuse_hdl::primitives::cell_models;
use rowfuse_spec::command::encode_program;
use rowfuse_spec::config::preset;
use rowfuse_spec::counters::Counters;
use rowfuse_spec::EngineConfig;
use yosys::{cells, Yosys};

const REQUIRE: &str = "ROWFUSE_REQUIRE_YOSYS";
static BUILDING: Mutex<()> = Mutex::new(());

/// The Verilog and the netlist, to be compiled.
struct Designs {
    tools: Toolchain,
    config: EngineConfig,
    rtl: Design,
    netlist: Design,
}

impl Designs {
    /// Nothing, with a note, where a tool is missing and may be.
    fn make() -> Option<Self> {
        let (tools, yosys) = tools()?;
        let config = configuration();
        let rtl = Verilated::design(&config).unwrap();
        let mut ports = Verilated::ports();
        ports.push(Port::input("fault", 6));
        // The tests want the same: the first one builds it.
        let _building = BUILDING.lock();
        let text = yosys.netlist(rtl.verilog());
        check_cells(&config, rtl.verilog(), &text);
        let text = with_faults(&with_noise(&text));
        let netlist = Design::new(&format!("netlist of {}", config.name), &text, "top", &ports)
            .source(&yosys.cell_models())
            .source(cell_models())
            .define("NO_INCLUDES")
            .optimise(Optimisation::None);
        let designs = Self {
            tools,
            config,
            rtl,
            netlist,
        };
        designs.model(&designs.netlist);
        designs.model(&designs.rtl);
        Some(designs)
    }

    fn model(&self, design: &Design) -> Model {
        Model::from_design(&self.tools, design, &mut |_| {}).unwrap()
    }

    /// Two convolutions and a pool, fused.
    fn plan(&self) -> Plan {
        two_layers(&self.config.name, 12, 13)
    }

    /// The Verilog alone.
    fn verilog(&self) -> Simulated<Verilated> {
        let core = Verilated::of(self.model(&self.rtl)).unwrap();
        Simulated::new(core, &self.config).unwrap()
    }

    /// Both, with a fault in the netlist unless that is 0.
    fn pair(&self, fault: usize) -> Simulated<Pair> {
        let mut netlist = Verilated::of(self.model(&self.netlist)).unwrap();
        netlist.model.set("fault", fault as u64).unwrap();
        let pair = Pair {
            rtl: Verilated::of(self.model(&self.rtl)).unwrap(),
            netlist,
            cycle: 0,
        };
        Simulated::new(pair, &self.config).unwrap()
    }
}

/// The tools, or nothing with a note where they may be missing.
fn tools() -> Option<(Toolchain, Yosys)> {
    let required = std::env::var_os(REQUIRE).is_some();
    match (Toolchain::find(), Yosys::find()) {
        (Ok(tools), Some(yosys)) => Some((tools, yosys)),
        (tools, _) => {
            let missing = match tools {
                Err(error) => error.to_string(),
                Ok(_) => "Yosys was not found in .venv: run scripts/setup --synth".into(),
            };
            assert!(!required, "{missing}");
            eprintln!("NOT CHECKED, the netlist after synthesis: {missing}");
            None
        }
    }
}

/// Lanes in a chain, so two of them at least, and little more.
fn configuration() -> EngineConfig {
    let name = std::env::var("ROWFUSE_NETLIST").unwrap_or_else(|_| "small-2".into());
    preset(&name).unwrap()
}

/// The netlist has the cells it should have, each of a kind that there is a model of.
fn check_cells(config: &EngineConfig, rtl: &str, netlist: &str) {
    let cells = cells(netlist);
    eprintln!("cells of {}: {cells:?}", config.name);
    let known = [
        "CCU2C",
        "DP16KD",
        "L6MUX21",
        "LUT4",
        "MULT18X18D",
        "PFUMX",
        "TRELLIS_DPR16X4",
        "TRELLIS_FF",
    ];
    assert_eq!(cells.keys().collect::<Vec<_>>(), known);
    assert_eq!(cells["MULT18X18D"], config.dsp_needed() as usize);
    // The model of a block memory looks at one clock.
    let clocked = |pin: &str| netlist.matches(&format!("    .{pin}(clock)")).count();
    assert_eq!([clocked("CLKA"), clocked("CLKB")], [cells["DP16KD"]; 2]);
    // Copies of a strobe are copies still. The text has each block once per instance, and the module itself.
    let copies = rtl.matches("rowfuse_keep_ff ").count() - 1;
    let kept = netlist.lines().filter(|line| line.ends_with(".ff  ("));
    let of_pins = |line: &&str| line.ends_with("].ff  (");
    assert_eq!(kept.filter(|line| !of_pins(line)).count(), copies);
}

/// The Verilog and its netlist side by side.
struct Pair {
    rtl: Verilated,
    netlist: Verilated,
    cycle: u64,
}

/// All outputs, whether the board uses them or not, but for data pins that nobody drives: before their buffers stands what the tile store gave, which
/// may be read where it is written in the same clock. What it gives then is left to the synthesis, and never sent.
fn pins(core: &Verilated) -> Vec<u32> {
    let mut outputs = core.model.outputs().to_vec();
    if let [.., dq_out, dq_z] = &mut outputs[..] {
        *dq_out &= !*dq_z;
    }
    outputs
}

impl Core for Pair {
    type Outside = Chip;

    fn kind(&self) -> &'static str {
        "netlist"
    }

    fn cycle(&mut self, inputs: &Inputs) -> Result<Outputs, BoardError> {
        let expected = self.rtl.cycle(inputs)?;
        let found = self.netlist.cycle(inputs)?;
        let outputs = [&self.netlist, &self.rtl].map(pins);
        if outputs[0] != outputs[1] {
            let cycle = self.cycle;
            let message = format!(
                "cycle {cycle}: {:x?}, {found:?}; in the Verilog {:x?}, {expected:?}",
                outputs[0], outputs[1]
            );
            return Err(BoardError::Build(message));
        }
        self.cycle += 1;
        Ok(found)
    }

    fn cycles_per_poll(&self) -> u64 {
        self.rtl.cycles_per_poll()
    }
}

/// The output map's bytes, the counters, and the cycles of it all, link traffic included.
fn answer<C: Core>(
    plan: &Plan,
    board: Simulated<C>,
) -> Result<(Vec<u8>, Counters, u64), BoardError> {
    let mut client = Client::connect(board, &plan.config)?;
    for (address, bytes) in &plan.memory {
        client.write(*address, bytes)?;
    }
    let program = encode_program(&plan.program).unwrap();
    client.write(plan.program_address, &program)?;
    let status = client.run(plan.program_address, &mut |_| ControlFlow::Continue(()))?;
    let bytes = client.read(plan.output.base, plan.output.bytes() as usize)?;
    Ok((bytes, status.counters, client.board().cycles()))
}

#[test]
#[ignore = "minutes of Yosys and compiling: scripts/verify runs it"]
fn the_netlist_does_what_the_verilog_does_in_every_cycle() {
    let Some(designs) = Designs::make() else {
        return;
    };
    let plan = designs.plan();
    let of_verilog = answer(&plan, designs.verilog()).unwrap();
    let of_netlist = answer(&plan, designs.pair(0)).unwrap();
    assert_eq!(of_netlist, of_verilog, "bytes, counters, cycles");
    let (bytes, counters, cycles) = of_netlist;
    assert_eq!(plan.output.unpack(&bytes).unwrap(), plan.expected());
    eprintln!("equal at every pin for {cycles} cycles; {counters:?}");
}

/// Not every table matters to this program: some serve what it does not do, such as aborting.
#[test]
#[ignore = "minutes of Yosys and compiling: scripts/verify runs it"]
fn a_netlist_with_a_wrong_table_is_caught() {
    let Some(designs) = Designs::make() else {
        return;
    };
    let plan = designs.plan();
    let caught = |fault: &usize| match answer(&plan, designs.pair(*fault)) {
        Ok(_) => false,
        Err(BoardError::Build(difference)) => {
            eprintln!("fault {fault}: {difference}");
            true
        }
        Err(error) => panic!("fault {fault}: {error}"),
    };
    let tried: Vec<usize> = (1..=FAULTS).step_by(8).collect();
    let found = tried.iter().filter(|fault| caught(fault)).count();
    assert!(
        2 * found > tried.len(),
        "{found} of {} wrong netlists",
        tried.len()
    );
}
