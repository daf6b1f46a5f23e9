//! A dataflow by itself: its simulator against its Verilog module.

use rowfuse_hdl::dataflow::{Dataflow, Port as FlowPort};
use rowfuse_hdl::primitives;
use rowfuse_testbench::verilator::{Design, Model, Optimisation, Port};

use crate::support::toolchain;

/// Runs `inputs[cycle][port]` through the simulator and through Verilator, panics when they disagree, and returns
/// `outputs[cycle][port]` as they stand before that cycle's edge.
pub fn agree_flow(flow: &Dataflow, inputs: &[Vec<i64>]) -> Vec<Vec<i64>> {
    let mut simulator = flow.simulator();
    simulator.set_checked(true);
    let ports = 0..flow.outputs().len();
    let outputs: Vec<Vec<i64>> = inputs
        .iter()
        .map(|now| {
            let before = ports.clone().map(|port| simulator.output(port)).collect();
            simulator.step(now);
            before
        })
        .collect();
    compare(flow, inputs, &outputs);
    outputs
}

fn compare(flow: &Dataflow, inputs: &[Vec<i64>], outputs: &[Vec<i64>]) {
    let Some(toolchain) = toolchain() else { return };
    let mut ports = vec![Port::clock("clock")];
    let sized =
        |make: fn(&str, usize) -> Port, port: &FlowPort| make(&port.name, port.width as usize);
    ports.extend(flow.inputs().iter().map(|port| sized(Port::input, port)));
    ports.extend(flow.outputs().iter().map(|port| sized(Port::output, port)));
    let design = Design::new(flow.name(), &flow.verilog_module(), flow.name(), &ports)
        .source(primitives::verilog())
        .optimise(Optimisation::Quick);
    let mut model = Model::from_design(&toolchain, &design, &mut |_| {})
        .unwrap_or_else(|error| panic!("{error}"));
    let inputs = records(flow.inputs(), inputs);
    let mut found = vec![0; outputs.len() * model.output_words()];
    model.run(outputs.len(), &inputs, &mut found);
    let expected = records(flow.outputs(), outputs);
    let words = model.output_words();
    for t in 0..outputs.len() {
        let record = t * words..(t + 1) * words;
        let (is, simulated) = (&found[record.clone()], &expected[record]);
        assert_eq!(is, simulated, "{}: Verilog in cycle {t}", flow.name());
    }
}

/// Rows of values as records of 32-bit words.
fn records(ports: &[FlowPort], rows: &[Vec<i64>]) -> Vec<u32> {
    let mut words = Vec::new();
    for row in rows {
        for (port, value) in ports.iter().zip(row) {
            let bits = *value as u64 & (u64::MAX >> (64 - port.width));
            words.push(bits as u32);
            if port.width > 32 {
                words.push((bits >> 32) as u32);
            }
        }
    }
    words
}
