//! Refreshes over long times, in the emitted Verilog alone: the rust-hdl simulation would take minutes.

use super::bench::{Bench, Inputs, Outputs, Request, Source};
use super::{dut, random_source, settings, WORDS};
use rand::Rng;
use rowfuse_hdl::memory::sdram::{SdramSettings, SdramTiming};
use rowfuse_testbench::sdram::Pins;
use rowfuse_testbench::verilator::{Design, Model, PortHandle};

use crate::support::toolchain;

const INPUTS: [&str; 7] = [
    "port$req_valid",
    "port$req_write",
    "port$req_addr",
    "port$req_len",
    "port$wr_data",
    "port$wr_mask",
    "dq_in",
];
const OUTPUTS: [&str; 15] = [
    "port$req_ready",
    "port$wr_next",
    "port$rd_valid",
    "port$rd_data",
    "port$done",
    "cke",
    "cs_n",
    "ras_n",
    "cas_n",
    "we_n",
    "ba",
    "a",
    "dqm",
    "dq_out",
    "dq_oe",
];

/// Runs the Verilog alone; `None` without Verilator.
fn run_verilog(settings: &SdramSettings, cycles: usize, mut bench: Bench) -> Option<Bench> {
    let tools = toolchain()?;
    let dut = dut(settings);
    let design = Design::new("sdram", dut.verilog(), "top", dut.ports());
    let mut model = Model::from_design(&tools, &design, &mut |_| {}).unwrap();
    let inputs: Vec<PortHandle> = INPUTS.map(|name| model.input(name).unwrap()).into();
    let outputs: Vec<PortHandle> = OUTPUTS.map(|name| model.output(name).unwrap()).into();
    for cycle in 0..cycles {
        let Inputs {
            request,
            wr_data,
            wr_mask,
            dq,
        } = bench.inputs();
        let Request {
            write,
            address,
            length,
        } = request.unwrap_or_default();
        let values = [
            request.is_some().into(),
            write.into(),
            address.into(),
            length.into(),
            wr_data.into(),
            wr_mask.into(),
            dq.into(),
        ];
        let record = model.inputs_mut();
        for (handle, value) in inputs.iter().zip::<[u64; 7]>(values) {
            handle.write(record, value);
        }
        model.cycle();
        let value = |index: usize| outputs[index].read(model.outputs());
        let bit = |index| value(index) != 0;
        let pins = Pins {
            cke: bit(5),
            cs_n: bit(6),
            ras_n: bit(7),
            cas_n: bit(8),
            we_n: bit(9),
            ba: value(10) as u8,
            a: value(11) as u16,
            dqm: value(12) as u8,
            dq: bit(14).then(|| value(13) as u16),
        };
        let outputs = Outputs {
            req_ready: bit(0),
            wr_next: bit(1),
            rd_valid: bit(2),
            rd_data: value(3) as u16,
            done: bit(4),
            pins,
        };
        bench.clock(&outputs, cycle);
    }
    bench.check_chip();
    Some(bench)
}

/// Phases of continuous traffic, of traffic now and then, and of none.
fn mixed() -> Source {
    let mut sources = [random_source(1.0, 0.3), random_source(0.005, 0.5)];
    let (mut phase, mut left) = (0, 0);
    Box::new(move |random| {
        if left == 0 {
            phase = random.gen_range(0..3);
            left = random.gen_range(1_000..40_000);
        }
        left -= 1;
        sources.get_mut(phase).and_then(|source| source(random))
    })
}

#[test]
fn every_row_is_refreshed_in_time() {
    // The true figures: 8192 refreshes in 64 ms, here 3.2 million clocks. The chip's model checks each of them.
    let settings = settings(50, 2, 0);
    let cycles = 3_600_000;
    for source in [mixed(), random_source(1.0, 0.3)] {
        let bench = Bench::new(31, &settings, WORDS, source);
        let Some(bench) = run_verilog(&settings, cycles, bench) else {
            return;
        };
        let interval = settings.clocks().unwrap().refresh_interval() as usize;
        let due = cycles / interval;
        assert!(
            bench.refreshes.len().abs_diff(due) < 16,
            "{} of {due}",
            bench.refreshes.len()
        );
    }
}

#[test]
fn the_refresh_period_holds_many_times_over() {
    // A part of 64 refreshes a period, so that many periods pass, at the highest clock.
    let timing = SdramTiming {
        refreshes: 64,
        refresh_period_ns: 500_000,
        ..super::quick()
    };
    let settings = SdramSettings::new(timing, 143);
    let bench = Bench::new(32, &settings, WORDS, mixed());
    let Some(bench) = run_verilog(&settings, 1_500_000, bench) else {
        return;
    };
    assert!(bench.refreshes.len() > 20 * 64);
}
