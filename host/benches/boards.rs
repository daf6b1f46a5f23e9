//! How fast the boards execute a program: the functional one in multiply-accumulate operations, the simulated
//! ones in clock cycles a second.
#![allow(clippy::unwrap_used)]

use criterion::{Criterion, SamplingMode, Throughput};
use rowfuse::boards::{self, Kind};
use rowfuse::network::Shape;
use rowfuse::plan::testing::{image, random};
use rowfuse::plan::{plan, Fusion, Plan, PlanOptions};
use rowfuse::progress::Silent;
use rowfuse::run::{run_plan, RunOptions};
use rowfuse_spec::config::preset;
use rowfuse_spec::counters::Counter;
use rowfuse_testbench::board::{Board, Client};
use std::ops::ControlFlow;
use std::time::Duration;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    let layers = [(64, false), (64, true)];
    let fused = ("64×64×56×56", Shape::new(3, 56, 56), &layers[..]);
    board(&mut criterion, Kind::Functional, "ulx3s-85f", fused);
    let layers = [(16, false), (16, true)];
    let small = ("16×16×48×48", Shape::new(3, 48, 48), &layers[..]);
    board(&mut criterion, Kind::Verilated, "small-4", small);
    let tile = ("a tile", Shape::new(3, 4, 4), &[(4, false)][..]);
    board(&mut criterion, Kind::Gateware, "small-4", tile);
    criterion.final_summary();
}

/// Layers that one program executes: a name, the input and each layer's output channels and pool.
type Network<'a> = (&'a str, Shape, &'a [(usize, bool)]);

/// Executes the program again and again; everything it needs stays in the board's memory.
fn board(criterion: &mut Criterion, kind: Kind, config: &str, (name, input, layers): Network<'_>) {
    if let Some(reason) = kind.unavailable() {
        eprintln!("{} is left out: {reason}", kind.name());
        return;
    }
    let config = preset(config).unwrap();
    let network = random(input, layers, 1);
    let options = PlanOptions {
        fusion: Fusion::Groups(vec![layers.len()]),
        ..PlanOptions::default()
    };
    let plan = plan(&network, &config, &options).unwrap();
    let mut client = boards::open(kind, &config, None, &Silent).unwrap();
    let first = run_plan(
        &mut client,
        &plan,
        &network.layers,
        &image(input, 2),
        &RunOptions::default(),
        &mut |_| ControlFlow::Continue(()),
    )
    .unwrap();
    assert_eq!(first.mismatches(), Some(0));
    let work = match kind {
        Kind::Functional => plan.groups[0].macs(),
        _ => execute(&mut client, &plan).into(),
    };
    let mut group = criterion.benchmark_group(kind.name());
    group.sampling_mode(SamplingMode::Flat);
    group.throughput(Throughput::Elements(work));
    group.bench_function(name, |bencher| {
        bencher.iter(|| execute(&mut client, &plan));
    });
    group.finish();
}

/// Executes the first group's program; its cycles, if the board counts them.
fn execute(client: &mut Client<Box<dyn Board>>, plan: &Plan) -> u32 {
    let address = plan.groups[0].program_address;
    let go_on = &mut |_: &_| ControlFlow::Continue(());
    let status = client.run(address, go_on).unwrap();
    status.counters.get(Counter::Cycles)
}
