//! Runs benches through the simulator and, all in one design, through Verilator.

use rowfuse_hdl::dataflow::{Dataflow, Port as FlowPort};
use rowfuse_hdl::primitives;
use rowfuse_testbench::verilator::{Design, Model, Optimisation, Port};

use super::reference::Bench;
use crate::support::toolchain;

/// A finished bench: the dataflow, its inputs and the golden outputs, both by port and cycle.
pub struct Case {
    pub flow: Dataflow,
    pub inputs: Vec<Vec<i64>>,
    pub golden: Vec<Vec<i64>>,
}

impl Case {
    /// Finishes the graph, and checks its latency and the simulator against the naive series.
    pub fn new(bench: Bench) -> Self {
        let flow = bench
            .graph
            .clone()
            .finish()
            .unwrap_or_else(|e| panic!("{e}"));
        let stages = bench.outputs.iter().filter_map(|o| bench.stage(*o));
        let latency = stages.max().unwrap_or(0);
        assert_eq!(flow.latency(), latency, "latency of {}", flow.name());
        let golden: Vec<Vec<i64>> = bench
            .outputs
            .iter()
            .map(|o| {
                let series = bench.values[*o].1.at_stage(latency);
                series.at.iter().map(|v| *v as i64).collect()
            })
            .collect();
        let mut simulator = flow.simulator();
        simulator.set_checked(true);
        for t in 0..bench.cycles {
            for (index, golden) in golden.iter().enumerate() {
                let (is, name) = (simulator.output(index), flow.name());
                let what = bench.outputs[index];
                assert_eq!(
                    is,
                    golden[t],
                    "{name}: simulated value {what} after {t} clocks of\n{}",
                    bench.history()
                );
            }
            // The series end here: no bound is known of what another step would compute.
            if t + 1 < bench.cycles {
                let now: Vec<i64> = bench.inputs.iter().map(|series| series[t]).collect();
                simulator.step(&now);
            }
        }
        Self {
            flow,
            inputs: bench.inputs,
            golden,
        }
    }
}

/// The words of a record that hold one port.
fn words(port: &FlowPort) -> usize {
    port.width.div_ceil(32) as usize
}

/// Compares the Verilog of all cases (of equal length), in one model, with the golden outputs.
pub fn verilog_agrees(name: &str, cases: &[Case]) {
    let Some(toolchain) = toolchain() else { return };
    let mut ports = vec![Port::clock("clock")];
    let (mut header, mut body) = (String::from("module top(input clock"), String::new());
    let mut text = primitives::verilog().to_owned();
    for (case, k) in cases.iter().zip(0..) {
        let mut wires = String::from(".clock(clock)");
        let sides = [(case.flow.inputs(), true), (case.flow.outputs(), false)];
        for (side, is_input) in sides {
            for port in side {
                let outer = format!("c{k}_{}", port.name);
                let direction = if is_input { "input" } else { "output" };
                header += &format!(",\n  {direction} [{}:0] {outer}", port.width - 1);
                wires += &format!(",\n    .{}({outer})", port.name);
                let width = port.width as usize;
                ports.push(if is_input {
                    Port::input(&outer, width)
                } else {
                    Port::output(&outer, width)
                });
            }
        }
        body += &format!("  {} case{k} ({wires});\n", case.flow.name());
        text += &case.flow.verilog_module();
    }
    text += &format!("{header});\n{body}endmodule\n");
    let design = Design::new(name, &text, "top", &ports).optimise(Optimisation::Quick);
    let mut model = Model::from_design(&toolchain, &design, &mut |_| {})
        .unwrap_or_else(|error| panic!("{error}"));

    let cycles = cases[0].inputs[0].len();
    let mut inputs = Vec::new();
    for t in 0..cycles {
        for case in cases {
            for (port, series) in case.flow.inputs().iter().zip(&case.inputs) {
                push_word(&mut inputs, port, series[t]);
            }
        }
    }
    let mut outputs = vec![0; cycles * model.output_words()];
    model.run(cycles, &inputs, &mut outputs);
    let mut expected = Vec::new();
    for t in 0..cycles {
        for case in cases {
            for (index, (port, golden)) in case.flow.outputs().iter().zip(&case.golden).enumerate()
            {
                let start = expected.len();
                push_word(&mut expected, port, golden[t]);
                let is = &outputs[start..start + words(port)];
                let name = case.flow.name();
                assert_eq!(
                    is,
                    &expected[start..],
                    "{name}: Verilog y{index} in cycle {t} (golden {})\n{}",
                    golden[t],
                    case.flow.verilog_module()
                );
            }
        }
    }
    assert_eq!(expected.len(), outputs.len());
}

/// Appends a value as a port's bits.
fn push_word(record: &mut Vec<u32>, port: &FlowPort, value: i64) {
    let bits = value as u64 & (u64::MAX >> (64 - port.width));
    record.push(bits as u32);
    if words(port) == 2 {
        record.push((bits >> 32) as u32);
    }
}
