//! Prints how fast the dataflow simulator is on a graph of the engine's size and kind: two-dimensional transforms,
//! multipliers, accumulators. Run it with `--release`.

use std::time::Instant;

use rowfuse_hdl::dataflow::{DataflowError, Graph, Range, Value};
use rowfuse_spec::numerics::{BT as INPUT, G as WEIGHTS};

/// One pass of a transform along the rows of `x`, then transposed.
fn pass<const N: usize>(
    g: &mut Graph,
    matrix: &[[i64; N]; 6],
    x: &[Vec<Value>],
) -> Vec<Vec<Value>> {
    let row = |row: &[i64; N], values: &[Value], g: &mut Graph| {
        let terms: Vec<(i64, Value)> = row.iter().copied().zip(values.iter().copied()).collect();
        let sum = g.linear(&terms);
        g.reg(sum)
    };
    matrix
        .iter()
        .map(|m| x.iter().map(|values| row(m, values, g)).collect())
        .collect()
}

fn inputs(g: &mut Graph, name: &str, range: Range, n: usize) -> Vec<Vec<Value>> {
    let mut input = |r, c| g.input(&format!("{name}_{r}_{c}"), range);
    (0..n)
        .map(|r| (0..n).map(|c| input(r, c)).collect())
        .collect()
}

fn main() -> Result<(), DataflowError> {
    let mut g = Graph::new("speed");
    let pixels = inputs(&mut g, "d", Range::unsigned(8), 6);
    let last = g.input("last", Range::bit());
    let rows = pass(&mut g, &INPUT, &pixels);
    let mut v = pass(&mut g, &INPUT, &rows);
    let one = g.constant(1);
    for lane in 0..4 {
        let weights = inputs(&mut g, &format!("g{lane}"), Range::signed(8), 3);
        let rows = pass(&mut g, &WEIGHTS, &weights);
        let u = pass(&mut g, &WEIGHTS, &rows);
        for r in 0..6 {
            for c in 0..6 {
                v[r][c] = g.replicate(v[r][c]);
                let term = g.mul(v[r][c], u[r][c]);
                let sum = g.accumulate(term, one, last, 512);
                let sum = g.reg(sum);
                g.output(&format!("y{lane}_{r}_{c}"), sum);
            }
        }
    }
    let flow = g.finish()?;
    let mut simulator = flow.simulator();
    simulator.set_checked(false);
    let steps = 100_000u64;
    let mut sample = vec![0i64; flow.inputs().len()];
    let mut state = 1u64;
    let start = Instant::now();
    for step in 0..steps {
        for (value, port) in sample.iter_mut().zip(flow.inputs()) {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            *value = port.range.lo + ((state >> 33) as i64 & (port.range.hi - port.range.lo));
        }
        sample[36] = i64::from(step % 512 == 511);
        simulator.step(&sample);
    }
    let seconds = start.elapsed().as_secs_f64();
    let nodes = flow.node_count() as f64;
    println!(
        "{nodes} nodes, latency {}, {:?}: {:.0} steps a second, {:.2} ns a node (sum {})",
        flow.latency(),
        flow.cost(),
        steps as f64 / seconds,
        seconds * 1e9 / (steps as f64 * nodes),
        simulator.output(0)
    );
    Ok(())
}
