//! From the array's columns to requantised 2×2 quads: inverse transform, requantise, ReLU, max-pool.
use super::array::MAX_CHANNELS;
use super::convolver::COLUMN_PITCH;
use super::requantise::{bias9_range, requantise, Parameters, NINE_Y_LIMIT};
use super::transform::inverse_transform_1d;
use crate::dataflow::{Dataflow, DataflowError, Graph, Leaf, LeafError, Packed, Range, Value};
use rowfuse_spec::numerics::{BT, G, SHIFT_MAX, SHIFT_MIN};
use rust_hdl::prelude::*;

/// Columns of a channel's sums.
const COLUMNS: u32 = 6;

/// Stage of the parameters at the graph's input: the register behind it meets the channel's `9·Y` at the bias adder.
pub const PARAMETER_STAGE: u32 = 6;

/// Clocks, after a channel's first column enters, in which its parameters are needed: from `PARAMETER_STAGE + 5` for four clocks.
pub const FIRST_ROW_DELAY: u32 = COLUMNS - 1;

/// The output stage for `lanes` channels a group.
///
/// Inputs: `column0..5` (35-bit sums of rows 0..5), `first` (a tile's first column; the others follow clock by clock, `6·lanes` in all), `bias9`,
/// `multiplier`, `shift` (at stage [`PARAMETER_STAGE`]) and `pool` (steady).
/// Outputs: `pixel0..3` and `valid`. Without pooling a channel gives four quads in the order top left, top right, bottom left, bottom
/// right in four successive clocks; with pooling one quad of the four maxima.
pub fn output_stage(lanes: u32, requantiser_in_luts: bool) -> Result<Dataflow, DataflowError> {
    let mut graph = Graph::new("output_stage");
    let g = &mut graph;
    let column = [0, 1, 2, 3, 4, 5].map(|i| g.input(&format!("column{i}"), column_range(i)));
    let first = g.input("first", Range::bit());
    let pool = g.input("pool", Range::bit());
    let parameters = Parameters {
        bias9: g.input_at("bias9", bias9_range(), PARAMETER_STAGE),
        multiplier: g.input_at(
            "multiplier",
            Range {
                lo: 0,
                hi: i64::from(u16::MAX),
            },
            PARAMETER_STAGE,
        ),
        shift: g.input_at(
            "shift",
            Range {
                lo: 0,
                hi: i64::from(SHIFT_MAX - SHIFT_MIN),
            },
            PARAMETER_STAGE,
        ),
    };
    let (row, first_row) = rows_of_nine_y(g, column, first, lanes);
    let bytes = row.map(|y| requantise(g, y, parameters, requantiser_in_luts));
    let (pixels, valid) = quads(g, bytes, first_row, pool);
    for (i, pixel) in pixels.into_iter().enumerate() {
        let pixel = g.reg(pixel);
        g.output(&format!("pixel{i}"), pixel);
    }
    let valid = g.reg(valid);
    g.output("valid", valid);
    graph.finish()
}

/// The widest sum of a row over the columns: every shift chain of row `i` passes through the same wires.
fn column_range(row: usize) -> Range {
    super::array::row_range(row, MAX_CHANNELS)
}

/// Range after the first pass: by the one-dimensional identity each value is `3·Σ (d·B)(g·G′ᵀ)` over three taps and all channels.
fn half_range() -> Range {
    let reach = |row: &[i64], lo: i64, hi: i64| -> i64 {
        let up: i64 = row.iter().map(|c| (c * lo).max(c * hi)).sum();
        let down: i64 = row.iter().map(|c| (c * lo).min(c * hi)).sum();
        up.max(-down)
    };
    let columns = BT.iter().zip(&G);
    let widest = columns.map(|(b, g)| reach(b, 0, 255) * reach(g, -128, 127));
    let limit = 3 * 3 * i64::from(MAX_CHANNELS) * widest.max().unwrap_or(0);
    Range {
        lo: -limit,
        hi: limit,
    }
}

/// Both passes of the inverse transform with the transposition between them.
///
/// Returns a row of four `9·Y` a clock and the strobe of each channel's first row; the other three follow.
fn rows_of_nine_y(
    g: &mut Graph,
    column: [Value; 6],
    first: Value,
    lanes: u32,
) -> ([Value; 4], Value) {
    let half = inverse_transform_1d(g, column);
    let half = half.map(|v| {
        g.bound(
            v,
            half_range(),
            "three times a one-dimensional convolution of transformed rows",
        )
    });
    let stage = g.stage(half[0]);
    let first = g.at_stage(first, stage);
    // A channel's sixth column arrives five clocks after its first: the five before it wait in a shift register.
    let mut first_row = g.constant(0);
    for n in 0..lanes {
        let strobe = g.delay(first, COLUMNS * n + FIRST_ROW_DELAY);
        first_row = if n == 0 {
            strobe
        } else {
            g.or(first_row, strobe)
        };
    }
    let rows: [[Value; 6]; 4] = half.map(|newest| {
        let mut shifted = [newest; 6];
        for c in (0..5).rev() {
            shifted[c] = g.delay(shifted[c + 1], 1);
        }
        shifted
    });
    // Row 0 leaves at once, the others one clock after another through the row above. Zeros follow them: a row whose columns are of two channels is
    // no convolution's and would break the bound below.
    let zero = g.constant(0);
    let mut leaving = rows[3].map(|v| g.if_else(first_row, v, zero));
    for row in rows[..3].iter().rev() {
        let waiting = leaving.map(|v| g.delay(v, 1));
        leaving = std::array::from_fn(|c| g.if_else(first_row, row[c], waiting[c]));
    }
    let leaving = leaving.map(|v| g.reg(v));
    let y = inverse_transform_1d(g, leaving);
    let limit = Range {
        lo: -NINE_Y_LIMIT,
        hi: NINE_Y_LIMIT,
    };
    let y = y.map(|v| {
        g.bound(
            v,
            limit,
            "9·Y of a direct convolution over at most MAX_INPUT_CHANNELS channels",
        )
    });
    (y, first_row)
}

/// Packs rows of four bytes into quads, pooled or not.
fn quads(g: &mut Graph, row: [Value; 4], first_row: Value, pool: Value) -> ([Value; 4], Value) {
    let stage = g.stage(row[0]);
    let first_row = g.at_stage(first_row, stage);
    let above = row.map(|v| g.delay(v, 1));
    let after = [1, 2, 3, 4].map(|n| g.delay(first_row, n));
    // Rows 0 and 1 are complete one clock after the first, rows 2 and 3 three clocks after it; the right quad waits a clock.
    let right_now = g.or(after[1], after[3]);
    let quad: [Value; 4] = std::array::from_fn(|p| {
        let (r, c) = (p / 2, p % 2);
        let source = if r == 0 { above } else { row };
        let right = g.delay(source[2 + c], 1);
        g.if_else(right_now, right, source[c])
    });
    let left_now = g.or(after[0], after[2]);
    let quad_valid = g.or(left_now, right_now);
    let lower: [Value; 2] = std::array::from_fn(|c| {
        let top = g.max(above[2 * c], above[2 * c + 1]);
        let bottom = g.max(row[2 * c], row[2 * c + 1]);
        g.max(top, bottom)
    });
    let lower = lower.map(|v| g.reg(v));
    let upper = lower.map(|v| g.delay(v, 2));
    let pooled = [upper[0], upper[1], lower[0], lower[1]];
    let pixels = std::array::from_fn(|p| {
        let quad = g.reg(quad[p]);
        g.if_else(pool, pooled[p], quad)
    });
    let valid = g.if_else(pool, after[2], quad_valid);
    (pixels, valid)
}

/// The output stage as a block; see [`output_stage`] for its timing.
#[derive(LogicBlock)]
pub struct OutputStage {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Six sums of [`COLUMN_PITCH`] bits.
    pub columns: Signal<In, Bits<216>>,
    /// A tile's first column.
    pub first: Signal<In, Bit>,
    /// The command pools; steady.
    pub pool: Signal<In, Bit>,
    /// `9·bias`, 35 bits.
    pub bias9: Signal<In, Bits<35>>,
    /// `m′`.
    pub multiplier: Signal<In, Bits<16>>,
    /// `s - SHIFT_MIN`.
    pub shift: Signal<In, Bits<5>>,
    /// Four pixels, row major, the first in the low byte.
    pub quad: Signal<Out, Bits<32>>,
    /// `quad` is a result.
    pub valid: Signal<Out, Bit>,
    _leaf: Leaf,
}

impl OutputStage {
    /// For `lanes` output channels a group; with `requantiser_in_luts` its eight multipliers are built without DSPs.
    ///
    /// # Errors
    /// If the graph cannot be built, which no legal configuration makes happen.
    pub fn new(lanes: u32, requantiser_in_luts: bool) -> Result<Self, LeafError> {
        let inputs = [
            Packed::new("columns", 6, COLUMN_PITCH),
            Packed::new("first", 1, 1),
            Packed::new("pool", 1, 1),
            Packed::new("bias9", 1, 35),
            Packed::new("multiplier", 1, 16),
            Packed::new("shift", 1, 5),
        ];
        let outputs = [Packed::new("quad", 4, 8), Packed::new("valid", 1, 1)];
        let flow = output_stage(lanes, requantiser_in_luts)?;
        Ok(Self {
            clock: Default::default(),
            columns: Default::default(),
            first: Default::default(),
            pool: Default::default(),
            bias9: Default::default(),
            multiplier: Default::default(),
            shift: Default::default(),
            quad: Default::default(),
            valid: Default::default(),
            _leaf: Leaf::new(flow, &inputs, &outputs)?,
        })
    }
}

crate::leaf_logic!(
    OutputStage,
    _leaf,
    clock,
    [columns, first, pool, bias9, multiplier, shift],
    [quad, valid]
);
