//! The systolic multiplier array: V passes from channel to channel, sums shift out column by column.
use super::transform::weight_transform;
use crate::board::floorplan::Floorplan;
use crate::dataflow::{Graph, Range, Value};
use rowfuse_spec::numerics::{BT, G};

/// Input channels summed at most; fixes the accumulators' widths.
pub const MAX_CHANNELS: u32 = rowfuse_spec::numerics::MAX_INPUT_CHANNELS;

/// The array's inputs, for one input channel a clock.
pub struct ArrayInput {
    /// Transformed window.
    pub v: [[Value; 6]; 6],
    /// 3×3 weights by hop; hop `k`'s may arrive `k` stages later than hop 0's.
    pub kernels: Vec<[[Value; 3]; 3]>,
    /// An input channel is present.
    pub enable: Value,
    /// It is the tile's last.
    pub last: Value,
}

/// The array's outputs.
pub struct ArrayOutput {
    /// Sums of column `j` of the last hop in the clock of `first` plus `j`; hop `K-1-n` follows `6·n` clocks later.
    pub column: [Value; 6],
    /// Marks a tile's first column.
    pub first: Value,
}

/// `hops × 36` multiply-accumulators.
///
/// Hop `k` multiplies `V` (delayed by `k` registers) by its own `U = G′gG′ᵀ`, adds up over the tile's input channels, and on `last` loads its
/// 36 sums into a shift chain of six columns. The chain of hop `k` refills from hop `k-1`, so that the results of a tile leave through the last hop
/// in `6·hops` clocks, while the next tile is summed. Two `last` must be at least `6·hops` enabled or idle clocks apart.
pub fn multiplier_array(g: &mut Graph, input: ArrayInput, floorplan: &Floorplan) -> ArrayOutput {
    let mut v = input.v;
    let mut previous: Option<[Value; 6]> = None;
    let mut first = input.last;
    let gated_last = g.and(input.enable, input.last);
    for (hop, kernel) in input.kernels.into_iter().enumerate() {
        g.scope(&format!("hop{hop}"));
        v = v.map(|row| row.map(|x| g.reg(x)));
        let u = weight_transform(g, kernel).map(|row| row.map(|x| g.reg(x)));
        let products: [[Value; 6]; 6] = std::array::from_fn(|i| {
            std::array::from_fn(|j| {
                // Straight from the multiplier's output register into the adder: the wires beside the
                // multipliers are what the device has least of.
                let product = g.mul(v[i][j], u[i][j]);
                if let Some(site) = floorplan.site(hop, i, j) {
                    g.locate(product, site);
                }
                product
            })
        });
        let stage = g.stage(products[0][0]);
        let strobes = Strobes::new(g, input.enable, gated_last, stage);
        let mut shifted = previous;
        let mut chain = [[products[0][0]; 6]; 6];
        for j in (0..6).rev() {
            let mut held = [products[0][0]; 6];
            for i in 0..6 {
                let (enable, last) = strobes.copy(g, j, stage);
                let sum = g.accumulate(products[i][j], enable, last, MAX_CHANNELS);
                let entering = match shifted {
                    Some(column) => column[i],
                    None => g.constant(0),
                };
                let load = strobes.load(g, j);
                chain[i][j] = g.if_else(load, sum, entering);
                held[i] = g.delay(chain[i][j], 1);
            }
            shifted = Some(held);
        }
        previous = shifted;
        first = g.at_stage(gated_last, stage);
    }
    // The chain's head is its held register: one clock behind the load.
    let column = previous.unwrap_or([first; 6]);
    let first = g.delay(first, 1);
    ArrayOutput { column, first }
}

/// Enable and last, spread over the array by a tree of registers that synthesis keeps apart: one pair a column, then one a sum.
struct Strobes {
    columns: Vec<(Value, Value)>,
}

impl Strobes {
    fn new(g: &mut Graph, enable: Value, last: Value, stage: u32) -> Self {
        let enable = g.at_stage(enable, stage - 2);
        let last = g.at_stage(last, stage - 2);
        let columns = (0..6)
            .map(|_| (g.replicate(enable), g.replicate(last)))
            .collect();
        Self { columns }
    }

    fn copy(&self, g: &mut Graph, column: usize, stage: u32) -> (Value, Value) {
        let (enable, last) = self.columns[column];
        debug_assert_eq!(g.stage(enable), stage - 1);
        (g.replicate(enable), g.replicate(last))
    }

    fn load(&self, g: &mut Graph, column: usize) -> Value {
        g.replicate(self.columns[column].1)
    }
}

/// Range of the sums that leave in row `row` of the columns, whatever the column: computed from the transforms' own intervals.
pub fn row_range(row: usize, channels: u32) -> Range {
    let extent = |matrix: &[i64], lo: i64, hi: i64| {
        let up: i64 = matrix
            .iter()
            .map(|&c| if c > 0 { c * hi } else { c * lo })
            .sum();
        let down: i64 = matrix
            .iter()
            .map(|&c| if c > 0 { c * lo } else { c * hi })
            .sum();
        (down, up)
    };
    let mut range = Range { lo: 0, hi: 0 };
    for column in 0..6 {
        let (lo, hi) = extent(&BT[row], 0, 255);
        let (v_lo, v_hi) = extent(&BT[column], lo, hi);
        let (lo, hi) = extent(&G[row], -128, 127);
        let (u_lo, u_hi) = extent(&G[column], lo, hi);
        let products = [v_lo * u_lo, v_lo * u_hi, v_hi * u_lo, v_hi * u_hi];
        for product in products {
            range.lo = range.lo.min(product * i64::from(channels));
            range.hi = range.hi.max(product * i64::from(channels));
        }
    }
    range
}
